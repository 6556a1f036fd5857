/* What the feeding thread has for the one that appends: a box with a lock that nobody holds for longer than a list takes. Inside of feed.c. */
#pragma once
#include <pthread.h>
#include "base/clock.h"
#include "base/random.h"
#include "server/db.h"
#include "server/evlog.h"

/* A cosigned checkpoint (note), or an event (kind, args). note and the news itself are malloc'ed. */
struct sg_news { struct sg_news *next; int64_t tree, size, at; char *note; const char *kind; char args[256]; };
struct sg_news_box {
    pthread_mutex_t lock;
    struct sg_news *ready; size_t n; bool events;            /* under the lock */
    struct sg_news *taken;                                   /* of the thread that appends: being written */
};
void sg_news_begin(struct sg_news_box *b);
void sg_news_end(struct sg_news_box *b);
void sg_news_put(struct sg_news_box *b, struct sg_news *n);  /* takes n */
bool sg_news_waiting(struct sg_news_box *b);                 /* an event waits */
SG_MUST enum sg_err sg_news_store(struct sg_news_box *b, struct sg_db *db, struct sg_evlog *log, const struct sg_clock *clock, const struct sg_random *random);
void sg_news_stored(struct sg_news_box *b);
