/* What the tests of the store share: a private directory, an action with telling (canary) texts, an outcome, raw SQL. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/str.h"
#include "queue/store.h"

#define CANARY_REASON "canaryreason heimlig"
#define CANARY_NAME "Canaryname Person"
#define CANARY_PNR "201412122382"
#define CANARY_CITIZEN "0190canary-citizen"
#define ACTOR "TSTNMT2321000156-1001"
#define OTHER "TSTNMT2321000156-1002"
#define COMMISSION "TSTNMT2321000156-COM1"

static int64_t fix_now = INT64_C(1762124460000);
static int64_t fix_wall(void *ctx) { (void)ctx; return fix_now; }

struct fix { char dir[64]; struct sg_secret pass; struct sg_store *s; };

__attribute__((unused)) static void fix_secret(struct sg_secret *p, const char *text)
{
    struct sg_error e;
    assert_int_equal(sg_secret_new(p, 64, &e), SG_E_OK);
    p->len = strlen(text);
    memcpy(p->data, text, p->len);
}

__attribute__((unused)) static struct sg_store_opts fix_opts(const struct fix *f, const char *actor)
{
    return (struct sg_store_opts){.dir = f->dir, .actor = actor, .passphrase = &f->pass, .scrypt_log_n = 14,
                                  .clock = {fix_wall, fix_wall, NULL}, .random = sg_random_system()};
}

__attribute__((unused)) static enum sg_err fix_try_open(struct fix *f, const char *actor, struct sg_error *e)
{
    struct sg_store_opts o = fix_opts(f, actor);
    memset(e, 0, sizeof *e);
    return sg_store_open(&o, &f->s, e);
}

__attribute__((unused)) static void fix_open(struct fix *f)
{
    struct sg_error e;
    enum sg_err err = fix_try_open(f, ACTOR, &e);
    if (err != SG_E_OK)
        print_error("open: %s %s %s\n", sg_err_name(err), e.where, e.detail);
    assert_int_equal(err, SG_E_OK);
}

__attribute__((unused)) static void fix_reopen(struct fix *f)
{
    sg_store_close(f->s);
    fix_open(f);
}

__attribute__((unused)) static int fix_setup(void **state)
{
    struct fix *f = calloc(1, sizeof *f);
    assert_non_null(f);
    SG_COPY(f->dir, "/tmp/sg-queue-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    fix_secret(&f->pass, "correct horse");
    fix_open(f);
    *state = f;
    return 0;
}

__attribute__((unused)) static void fix_path(const struct fix *f, const char *name, char *dst, size_t cap)
{
    assert_true(sg_format(dst, cap, "%s/%s", f->dir, name));
}

__attribute__((unused)) static void fix_empty(const struct fix *f)
{
    char path[512];
    DIR *d = opendir(f->dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        fix_path(f, e->d_name, path, sizeof path);
        unlink(path);
    }
    if (d)
        closedir(d);
}

__attribute__((unused)) static int fix_teardown(void **state)
{
    struct fix *f = *state;
    sg_store_close(f->s);
    fix_empty(f);
    rmdir(f->dir);
    sg_secret_free(&f->pass);
    free(f);
    return 0;
}

__attribute__((unused)) static void fix_action(struct sg_action *a, const char *citizen, const char *etag)
{
    sg_action_init(a, SG_ACT_LOGIN_LOCK, citizen);
    SG_COPY(a->observed, etag);
    SG_COPY(a->reason, CANARY_REASON);
    a->performed_at = fix_now;
}

/* Enqueues a lock of that citizen; id may be NULL. */
__attribute__((unused)) static int64_t fix_add(struct fix *f, const char *citizen, const char *etag, bool hold, char id[SG_UUID_MAX])
{
    struct sg_action a;
    struct sg_error e = {0};
    fix_action(&a, citizen, etag);
    enum sg_err err = sg_store_enqueue(f->s, &a, COMMISSION, hold, NULL, &e);
    if (err != SG_E_OK)
        print_error("enqueue: %s %s\n", sg_err_name(err), e.detail);
    assert_int_equal(err, SG_E_OK);
    if (id)
        sg_copy(id, SG_UUID_MAX, a.id);
    return a.seq;
}

__attribute__((unused)) static void fix_citizen(struct sg_citizen *c, const char *id, const char *etag)
{
    memset(c, 0, sizeof *c);
    SG_COPY(c->id, id);
    SG_COPY(c->etag, etag);
    SG_COPY(c->name, CANARY_NAME);
    struct sg_date today = {2025, 11, 3};
    assert_int_equal(sg_pid_parse(CANARY_PNR, today, &c->pid), SG_PID_FINE);
    c->as_of = fix_now;
}

__attribute__((unused)) static enum sg_qstate fix_state(struct fix *f, const char *id)
{
    struct sg_qrow r;
    assert_int_equal(sg_store_get(f->s, id, &r), SG_E_OK);
    enum sg_qstate s = r.state;
    sg_qrow_free(&r);
    return s;
}

/* Claims; returns the sequence number, 0 when none may go. */
__attribute__((unused)) static int64_t fix_claim(struct fix *f, char id[SG_UUID_MAX])
{
    struct sg_qrow r;
    int64_t due = 0;
    enum sg_err err = sg_store_claim(f->s, COMMISSION, &r, &due);
    if (err == SG_E_NOTFOUND)
        return 0;
    assert_int_equal(err, SG_E_OK);
    int64_t seq = r.seq;
    if (id)
        sg_copy(id, SG_UUID_MAX, r.action.id);
    sg_qrow_free(&r);
    return seq;
}

__attribute__((unused)) static void fix_outcome(struct sg_outcome *o, const char *id, enum sg_outcome_kind k, const char *before,
                                                const char *after)
{
    memset(o, 0, sizeof *o);
    SG_COPY(o->action_id, id);
    o->kind = k;
    o->problem = k == SG_OUT_CONFLICT ? SG_PROBLEM_STALE : SG_PROBLEM_RULE;
    SG_COPY(o->etag_before, before);
    SG_COPY(o->etag_after, after);
    o->event_index = 7;
    o->recorded_at = fix_now;
}

__attribute__((unused)) static void fix_finish(struct fix *f, const char *id, enum sg_outcome_kind k, const char *before, const char *after)
{
    struct sg_outcome o;
    fix_outcome(&o, id, k, before, after);
    assert_int_equal(sg_store_finish(f->s, id, &o), SG_E_OK);
}

/* SQL behind the store's back. */
__attribute__((unused)) static void fix_sql(const struct fix *f, const char *sql)
{
    char path[512];
    sqlite3 *db = NULL;
    char *msg = NULL;
    fix_path(f, "store.db", path, sizeof path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 2000);
    int rc = sqlite3_exec(db, sql, NULL, NULL, &msg);
    if (rc != SQLITE_OK)
        print_error("%s: %s\n", sql, msg ? msg : "?");
    sqlite3_free(msg);
    assert_int_equal(rc, SQLITE_OK);
    sqlite3_close(db);
}

__attribute__((unused)) static void fix_copy(const struct fix *f, const char *from, const char *to)
{
    char a[512], b[512];
    struct sg_error e;
    struct sg_buf text;
    fix_path(f, from, a, sizeof a);
    fix_path(f, to, b, sizeof b);
    sg_buf_init(&text, 8 << 20);
    assert_int_equal(sg_buf_read_file(&text, a, &e), SG_E_OK);
    int fd = open(b, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.data, text.len), (ssize_t)text.len);
    close(fd);
    sg_buf_free(&text);
}
