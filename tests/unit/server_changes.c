/* Waiting for changes: parked jobs in the core, and the worker thread that keeps them. */
#include "server_kit.h"
#include <pthread.h>
#include <time.h>
#include "server/worker.h"

#define DEV "0190a1b2-0000-7000-8000-0000000000d1"

static struct sg_http_request rq[2];
static struct sg_job job[2];

static void poll_job(int i, enum kit_who who, const char *query)
{
    kit_fill_request(&rq[i], &(struct kit_ask){.who = who, .path = "/changes", .query = query});
    sg_job_init(&job[i], &kit_peer[who], &rq[i]);
}
static void run(int i)
{
    struct sg_job *list[1] = {&job[i]};
    sg_core_batch(kit_core, list, 1);
}
static bool told(int i, const char *part) { return job[i].reply.body.data && strstr(job[i].reply.body.data, part); }
static void done(int i)
{
    sg_http_reply_free(&job[i].reply);
    sg_http_request_free(&rq[i]);
}

static int seal(enum kit_who who, const char *pid, int n)
{
    char id[SG_ID_MAX], path[96], body[512];
    kit_citizen_id(pid, id);
    snprintf(path, sizeof path, "/actions/0190a1b2-0000-7000-8000-%012d", n);
    snprintf(body, sizeof body, "{\"kind\":\"record.seal\",\"subject\":\"%s\",\"params\":{\"scope\":\"account\"},\"reason\":\"r\",\"performedAt\":"
             "\"2026-03-02T09:59:00Z\",\"offline\":false,\"device\":\"" DEV "\",\"seq\":%d}", id, n);
    return kit_send(&(struct kit_ask){.who = who, .method = SG_PUT, .path = path, .if_match = "*", .body = body});
}

static void a_poll_waits_for_a_change(void **state)
{
    (void)state;
    char id[SG_ID_MAX];
    kit_citizen_id(ALVA, id);
    poll_job(0, STEN, "since=0&wait=20");
    run(0);
    assert_true(job[0].parked);
    assert_int_equal(job[0].parked_until, kit_mono_ms + 20000);
    kit_mono_ms += 19999;
    run(0);
    assert_true(job[0].parked);                                    /* the deadline is counted from the first time */
    assert_int_equal(job[0].parked_until, kit_mono_ms + 1);
    assert_int_equal(seal(ANNA, ALVA, 1), 200);
    assert_int_not_equal(sg_core_revision(kit_core), job[0].parked_since);
    run(0);
    assert_false(job[0].parked);
    assert_int_equal(job[0].reply.status, 200);
    assert_true(told(0, "\"revision\":1,") && told(0, id));
    char path[96];
    snprintf(path, sizeof path, "/citizens/%s", id);
    assert_int_equal(kit_get(ANNA, path), 200);
    assert_true(kit_reply.etag[0] == '"' && told(0, kit_reply.etag));      /* whoever has that state need not read again */
    assert_true(told(0, "\"changedBy\":\"Anna Berg\""));
    done(0);
}

static void a_poll_ends_with_its_time(void **state)
{
    (void)state;
    poll_job(0, STEN, "since=0&wait=20");
    run(0);
    kit_mono_ms += 20000;
    run(0);
    assert_false(job[0].parked);
    assert_true(told(0, "\"revision\":0,") && told(0, "\"citizens\":[]"));
    done(0);
}

static void a_poll_is_no_event_but_its_refusals_are(void **state)
{
    (void)state;
    int64_t before = kit_events();
    assert_int_equal(kit_get(ANNA, "/changes"), 200);
    assert_int_equal(kit_events(), before);
    assert_int_equal(kit_send(&(struct kit_ask){.who = ANNA, .path = "/changes", .query = "wait=301"}), 422);
    assert_int_equal(kit_send(&(struct kit_ask){.who = ANNA, .path = "/changes", .query = "since=x"}), 422);
    assert_int_equal(kit_events(), before + 2);
}

static void hidden_citizens_do_not_show_among_the_changes(void **state)
{
    (void)state;
    char dan[SG_ID_MAX];
    kit_citizen_id(DAN, dan);
    assert_int_equal(seal(PIA, DAN, 1), 200);
    assert_int_equal(kit_get(ANNA, "/changes"), 200);
    assert_true(kit_says("\"revision\":1,") && !kit_says(dan));
    assert_int_equal(kit_get(PIA, "/changes"), 200);
    assert_true(kit_says(dan));
}

/* A restored database is behind what the client has seen: it must read everything anew. */
static void a_revision_that_went_back_is_told_at_once(void **state)
{
    (void)state;
    poll_job(0, ANNA, "since=99&wait=20");
    run(0);
    assert_false(job[0].parked);
    assert_true(told(0, "\"truncated\":true") && told(0, "\"revision\":0,"));
    done(0);
}

static void a_session_that_ended_ends_its_poll(void **state)
{
    (void)state;
    poll_job(0, STEN, "since=0&wait=300");
    run(0);
    assert_true(job[0].parked);
    assert_int_equal(kit_send(&(struct kit_ask){.who = STEN, .method = SG_DELETE, .path = "/sessions/current"}), 200);
    kit_mono_ms += 300000;
    run(0);
    assert_int_equal(job[0].reply.status, 401);
    done(0);
}

/* ---- the worker ---------------------------------------------------------------------------------------------------------------- */

struct task { struct sg_task t; pthread_mutex_t lock; pthread_cond_t cond; int finished; };
static void finished(struct sg_task *t)
{
    struct task *k = (struct task *)(void *)t;
    pthread_mutex_lock(&k->lock);
    k->finished++;
    pthread_cond_signal(&k->cond);
    pthread_mutex_unlock(&k->lock);
}
static void task_init(struct task *k, struct sg_http_request *r, const struct kit_ask *a)
{
    memset(k, 0, sizeof *k);
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->cond, NULL);
    kit_fill_request(r, a);
    sg_job_init(&k->t.job, &kit_peer[a->who], r);
    k->t.done = finished;
}
/* Whether it is finished within ten seconds. */
static bool await(struct task *k)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&k->lock);
    while (!k->finished && pthread_cond_timedwait(&k->cond, &k->lock, &until) == 0) {}
    bool ok = k->finished == 1;
    pthread_mutex_unlock(&k->lock);
    return ok;
}
static void task_free(struct task *k, struct sg_http_request *r)
{
    sg_http_reply_free(&k->t.job.reply);
    sg_http_request_free(r);
    pthread_mutex_destroy(&k->lock);
    pthread_cond_destroy(&k->cond);
}

static void the_worker_wakes_a_poll_and_stops_clean(void **state)
{
    (void)state;
    static struct task wait, act, late, rest;
    struct sg_http_request r[4];
    struct sg_worker *w = NULL;
    char id[SG_ID_MAX], body[512];
    kit_citizen_id(ALVA, id);
    snprintf(body, sizeof body, "{\"kind\":\"record.seal\",\"subject\":\"%s\",\"params\":{\"scope\":\"account\"},\"reason\":\"r\",\"performedAt\":"
             "\"2026-03-02T09:59:00Z\",\"offline\":false,\"device\":\"" DEV "\",\"seq\":1}", id);
    kit_core->clock = sg_clock_system(NULL);
    kit_core->clock.wall_ms = kit_wall;
    task_init(&wait, &r[0], &(struct kit_ask){.who = STEN, .path = "/changes", .query = "since=0&wait=300"});
    task_init(&act, &r[1], &(struct kit_ask){.who = ANNA, .method = SG_PUT, .path = "/actions/0190a1b2-0000-7000-8000-000000000001", .if_match = "*", .body = body});
    task_init(&rest, &r[2], &(struct kit_ask){.who = STEN, .path = "/changes", .query = "since=1&wait=300"});
    task_init(&late, &r[3], &(struct kit_ask){.who = STEN, .path = "/me"});
    assert_int_equal(sg_worker_start(kit_core, &w, NULL), SG_E_OK);
    assert_true(sg_worker_put(w, &wait.t));
    assert_true(sg_worker_put(w, &act.t));
    assert_true(await(&act));
    assert_int_equal(act.t.job.reply.status, 200);
    assert_true(await(&wait));                                     /* woken by the change, not by its time */
    assert_non_null(strstr(wait.t.job.reply.body.data, id));
    assert_true(sg_worker_put(w, &rest.t));
    sg_worker_stop(w);
    assert_int_equal(rest.finished, 1);                            /* answered because of the stop */
    assert_int_equal(rest.t.job.reply.status, 200);
    assert_false(sg_worker_put(w, &late.t));
    assert_int_equal(late.finished, 0);
    sg_worker_free(w);
    task_free(&wait, &r[0]);
    task_free(&act, &r[1]);
    task_free(&rest, &r[2]);
    task_free(&late, &r[3]);
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
int main(void)
{
    alarm(60);                                                     /* a worker that never ends is a failure too */
    const struct CMUnitTest tests[] = {T(a_poll_waits_for_a_change), T(a_poll_ends_with_its_time), T(a_poll_is_no_event_but_its_refusals_are),
        T(hidden_citizens_do_not_show_among_the_changes), T(a_revision_that_went_back_is_told_at_once), T(a_session_that_ended_ends_its_poll),
        T(the_worker_wakes_a_poll_and_stops_clean)};
    return cmocka_run_group_tests_name("server_changes", tests, NULL, NULL);
}
