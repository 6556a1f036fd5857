/* The box. What was taken out is kept until the transaction that holds it is on the disk, and is written again when that one was undone. */
#include "server/feed_news.h"
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "server/feed.h"

enum { NEWS_MOST = 64 };

static void let_go(struct sg_news *n)
{
    while (n) {
        struct sg_news *next = n->next;
        free(n->note);
        free(n);
        n = next;
    }
}

void sg_news_begin(struct sg_news_box *b) { (void)pthread_mutex_init(&b->lock, NULL); }

void sg_news_end(struct sg_news_box *b)
{
    let_go(b->ready);
    let_go(b->taken);
    (void)pthread_mutex_destroy(&b->lock);
}

/* A newer checkpoint of the same tree takes the place of one that has not been fetched. */
void sg_news_put(struct sg_news_box *b, struct sg_news *n)
{
    struct sg_news *gone = NULL;
    (void)pthread_mutex_lock(&b->lock);
    struct sg_news **at = &b->ready;
    while (*at && !(n->note && (*at)->note && (*at)->tree == n->tree)) at = &(*at)->next;
    if (*at) {
        gone = *at;
        n->next = gone->next;
        gone->next = NULL;
        *at = n;
    } else if (b->n < NEWS_MOST || n->note) {
        *at = n;
        b->n++;
        b->events = b->events || n->kind;
    } else {
        gone = n;
    }
    (void)pthread_mutex_unlock(&b->lock);
    let_go(gone);
}

bool sg_news_waiting(struct sg_news_box *b)
{
    (void)pthread_mutex_lock(&b->lock);
    bool yes = b->events;
    (void)pthread_mutex_unlock(&b->lock);
    for (const struct sg_news *n = b->taken; n && !yes; n = n->next) yes = n->kind != NULL;
    return yes;
}

static enum sg_err write_event(const struct sg_news *n, struct sg_evlog *log, const struct sg_clock *clock, const struct sg_random *random)
{
    struct sg_event ev;
    sg_event_of_service(&ev, n->kind, clock, random);
    SG_COPY(ev.activity_args, n->args);
    return sg_evlog_append(log, &ev);
}

static void take(struct sg_news_box *b)
{
    struct sg_news **end = &b->taken;
    while (*end) end = &(*end)->next;
    (void)pthread_mutex_lock(&b->lock);
    *end = b->ready;
    b->ready = NULL;
    b->n = 0;
    b->events = false;
    (void)pthread_mutex_unlock(&b->lock);
}

enum sg_err sg_news_store(struct sg_news_box *b, struct sg_db *db, struct sg_evlog *log, const struct sg_clock *clock, const struct sg_random *random)
{
    enum sg_err err = SG_E_OK;
    take(b);
    for (const struct sg_news *n = b->taken; n && err == SG_E_OK; n = n->next)
        err = n->kind ? write_event(n, log, clock, random)
                      : sg_db_run(db, SG_SQL_COSIGNED_PUT, "iiib", n->tree, n->size, n->at, (const void *)n->note, strlen(n->note));
    return err;
}

void sg_news_stored(struct sg_news_box *b)
{
    let_go(b->taken);
    b->taken = NULL;
}

enum sg_err sg_feed_cosigned(struct sg_db *db, int64_t tree, struct sg_buf *note, int64_t *size, int64_t *at)
{
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_COSIGNED, "i", tree);
    enum sg_err err = sg_db_step(db, st);
    if (err != SG_E_OK) return err;
    *size = sqlite3_column_int64(st, 0);
    *at = sqlite3_column_int64(st, 1);
    err = sg_buf_add(note, sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2));
    (void)sqlite3_reset(st);
    return err;
}
