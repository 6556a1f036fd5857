/* What a reviewer and a citizen get out of the log: the timeline, a sample that can be drawn again, a review that is an event, an export
 * with numbers for those who may, and the extract. */
#include "server_kit.h"
#include "model/risk.h"
#include "wire/review.h"

static char alva[SG_ID_MAX], dan[SG_ID_MAX];

static int get(enum kit_who who, const char *path, const char *query)
{
    return kit_send(&(struct kit_ask){.who = who, .method = SG_GET, .path = path, .query = query});
}

static void read_by(enum kit_who who, const char *id)
{
    char path[96];
    snprintf(path, sizeof path, "/citizens/%s", id);
    assert_int_equal(get(who, path, ""), 200);
}

static void all_sign_in(void)
{
    for (int w = 0; w < KIT_PEOPLE; w++)
        if (w != INGA && w != LONA && w != STRANGER) assert_int_equal(kit_sign_in((enum kit_who)w), 200);
}

/* On a Monday: Anna reads Alva 40 times in a few minutes, Olle (of the other region) twice, Pia the hidden Dan, Anna at night. */
static int begin(void **state)
{
    struct sg_error e = {0};
    (void)state;
    kit_begin();
    assert_int_equal(kit_import(KIT_DATA, &e), SG_E_OK);
    assert_int_equal(kit_import("{\"type\":\"citizen\",\"personalIdentityNumber\":\"" NOBODY "\",\"name\":\"Nils Berg\",\"region\":\"norr\"}\n", &e), SG_E_OK);
    kit_open_core(NULL);
    kit_citizen_id(ALVA, alva);
    kit_citizen_id(DAN, dan);
    char nils[SG_ID_MAX];
    kit_citizen_id(NOBODY, nils);
    all_sign_in();
    for (int i = 0; i < 40; i++) {
        kit_wall_ms += 5000;
        read_by(ANNA, alva);
    }
    kit_wall_ms += 3 * 3600000;
    all_sign_in();
    read_by(ANNA, nils);
    for (int i = 0; i < 2; i++) read_by(OLLE, alva);
    read_by(PIA, dan);
    kit_wall_ms += 9 * 3600000;
    all_sign_in();
    read_by(ANNA, alva);
    return 0;
}
static int end(void **state)
{
    (void)state;
    kit_end();
    return 0;
}

struct sample { char seed[17]; int64_t size; size_t n; struct sg_review_row row[64]; bool complete; };

static void sample(enum kit_who who, const char *query, struct sample *s)
{
    memset(s, 0, sizeof *s);
    assert_int_equal(get(who, "/events/sample", query), 200);
    cJSON *v = cJSON_Parse(kit_body()), *one;
    assert_int_equal(sg_json_str(v, "seed", true, s->seed, sizeof s->seed, NULL), SG_E_OK);
    assert_int_equal(sg_json_int(v, "size", true, 0, INT64_C(1) << 53, &s->size, NULL), SG_E_OK);
    assert_int_equal(sg_json_bool(v, "complete", true, &s->complete, NULL), SG_E_OK);
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(v, "events")) {
        assert_true(s->n < 64);
        assert_int_equal(sg_wire_review_row_read(one, &s->row[s->n++], NULL), SG_E_OK);
    }
    cJSON_Delete(v);
}

static void r2_15_a_sample_can_be_drawn_again(void **state)
{
    (void)state;
    struct sample a, b;
    char query[128];
    sample(RITA, "count=10", &a);
    assert_int_equal(a.n, 10);
    assert_true(a.complete);
    assert_string_equal(kit_last().kind, "log.sample");
    assert_non_null(strstr(kit_last().activity_args, a.seed));
    read_by(ANNA, alva);                                               /* the log has grown */
    snprintf(query, sizeof query, "count=10&seed=%s&size=%lld", a.seed, (long long)a.size);
    sample(RITA, query, &b);
    assert_int_equal(b.n, 10);
    for (size_t i = 0; i < a.n; i++) {
        assert_string_equal(a.row[i].event.id, b.row[i].event.id);
        assert_string_equal(a.row[i].event.region, "norr");            /* nothing of other regions */
        assert_true(a.row[i].event.subject[0]);
        for (size_t j = 0; j < i; j++) assert_true(a.row[i].event.index != a.row[j].event.index);
    }
    sample(RITA, "count=10&seed=0000000000000001", &b);
    bool same = true;
    for (size_t i = 0; i < a.n; i++) same = same && a.row[i].event.index == b.row[i].event.index;
    assert_false(same);
    assert_int_equal(get(RITA, "/events/sample", "seed=1"), 422);
    assert_int_equal(get(RITA, "/events/sample", "risk=unlucky"), 422);
    assert_int_equal(get(ANNA, "/events/sample", ""), 403);
}

static uint32_t all_have(const struct sample *s, enum sg_risk r)
{
    assert_true(s->n > 0);
    for (size_t i = 0; i < s->n; i++) assert_true(s->row[i].risks >> r & 1);
    return (uint32_t)s->n;
}

static void r2_15_risks_are_seen(void **state)
{
    (void)state;
    struct sample s;
    sample(NAT, "count=60&risk=bulk&kind=citizen.read", &s);
    assert_true(all_have(&s, SG_RISK_BULK) >= 40);
    sample(NAT, "count=60&risk=same-surname", &s);
    assert_int_equal(all_have(&s, SG_RISK_SAME_SURNAME), 1);
    assert_string_equal(s.row[0].event.actor_name, "Anna Berg");
    sample(NAT, "count=60&risk=protected", &s);
    assert_true(all_have(&s, SG_RISK_PROTECTED) >= 1);
    assert_string_equal(s.row[0].event.subject, dan);
    sample(NAT, "count=60&risk=out-of-hours", &s);
    assert_true(all_have(&s, SG_RISK_OUT_OF_HOURS) >= 1);
    sample(NAT, "count=60&risk=break-glass,colleague", &s);
    assert_int_equal(s.n, 0);
    assert_true(s.complete);
}

/* Every event is drawn about as often: 4,000 draws of 5 out of those about a citizen, chi squared. */
static void r2_15_draws_over_the_log_are_uniform(void **state)
{
    (void)state;
    enum { DRAWS = 400 };
    static double box[512];
    struct sample s;
    size_t n = 0;
    memset(box, 0, sizeof box);
    sample(NAT, "count=1", &s);
    int64_t size = s.size;
    for (int i = 0; i < DRAWS; i++) {
        char query[96];
        snprintf(query, sizeof query, "count=5&seed=%016x&size=%lld&kind=citizen.read", i * 7 + 1, (long long)size);
        sample(NAT, query, &s);
        for (size_t k = 0; k < s.n; k++) box[s.row[k].event.index]++;
    }
    for (int64_t i = 0; i < size; i++) n += box[i] > 0;
    assert_true(n >= 44);
    double want = DRAWS * 5.0 / (double)n, chi = 0;
    for (int64_t i = 0; i < size; i++)
        if (box[i] > 0) chi += (box[i] - want) * (box[i] - want) / want;
    assert_true(chi < 85);                                             /* p 0.0002 at 45 boxes; the seeds are fixed */
}

static int review(enum kit_who who, int seq, const char *event, const char *mark, const char *reason)
{
    char path[96], body[768];
    snprintf(path, sizeof path, "/actions/0190a1b2-c3d4-7e5f-8a9b-%012d", 500 + seq + 100 * (int)who);
    snprintf(body, sizeof body, "{\"kind\":\"log.review\",\"subject\":\"me\",\"params\":{\"event\":\"%s\",\"mark\":\"%s\"},\"reason\":\"%s\","
             "\"performedAt\":\"2026-03-02T22:00:00Z\",\"device\":\"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b\",\"seq\":%d}", event, mark, reason, seq);
    return kit_send(&(struct kit_ask){.who = who, .method = SG_PUT, .path = path, .body = body});
}

static void r2_15_a_review_is_an_event(void **state)
{
    (void)state;
    struct sample s;
    sample(RITA, "count=60&risk=same-surname", &s);
    const char *id = s.row[0].event.id;
    assert_string_equal(s.row[0].mark, "");
    assert_int_equal(review(RITA, 1, id, "ask", "Varför läste du?"), 200);
    struct sg_event ev = kit_last();
    assert_string_equal(ev.kind, "log.review");
    assert_string_equal(ev.subject, s.row[0].event.subject);
    assert_string_equal(ev.reason, "Varför läste du?");
    assert_non_null(strstr(ev.activity_args, id));
    sample(RITA, "count=60&risk=same-surname", &s);
    assert_string_equal(s.row[0].mark, "ask");
    assert_int_equal(review(RITA, 2, id, "report", "Anmäls"), 200);
    sample(RITA, "count=60&risk=same-surname", &s);
    assert_string_equal(s.row[0].mark, "report");
    /* and what is refused */
    assert_int_equal(review(RITA, 3, id, "ask", ""), 422);
    assert_int_equal(review(RITA, 4, "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "ok", ""), 422);
    assert_int_equal(review(RITA, 5, "nobody", "ok", ""), 422);
    assert_int_equal(review(ANNA, 6, id, "ok", ""), 403);
    sample(RITA, "count=5&staff=SE2321000016-1003", &s);
    assert_int_equal(s.n, 0);
    sample(NAT, "count=5&staff=SE2321000016-1003", &s);                /* Olle acts in the other region */
    char other[SG_UUID_MAX];
    SG_COPY(other, s.row[0].event.id);
    assert_int_equal(review(RITA, 7, other, "ok", ""), 403);
    assert_int_equal(review(NAT, 8, other, "ok", ""), 200);
    char own[SG_UUID_MAX];
    SG_COPY(own, kit_last().id);
    assert_int_equal(review(NAT, 9, own, "ok", ""), 422);
    assert_true(kit_says("own-act"));
}

static void an_export_names_those_concerned(void **state)
{
    (void)state;
    assert_int_equal(get(NAT, "/events/export", "format=csv&kind=citizen.read"), 200);
    assert_true(kit_says(ALVA));
    assert_false(kit_says(DAN));                                       /* a protected person's number stays */
    struct sg_event ev = kit_last();
    assert_string_equal(ev.kind, "log.export");
    assert_non_null(strstr(ev.activity_args, "csv"));
    assert_int_equal(get(RITA, "/events/export", "limit=1000"), 200);
    assert_false(kit_says("\"region\":\"syd\""));
    assert_int_equal(get(ANNA, "/events/export", ""), 403);
    assert_int_equal(get(RITA, "/events/export", "limit=0"), 422);
}

static void r2_14_the_extract_is_logged(void **state)
{
    (void)state;
    char path[96];
    snprintf(path, sizeof path, "/citizens/%s/extract", alva);
    assert_int_equal(get(STEN, path, ""), 200);
    assert_true(kit_says("\"name\":\"Alva Ek\"") && kit_says(ALVA) && kit_says("\"kind\":\"citizen.read\""));
    struct sg_event ev = kit_last();
    assert_string_equal(ev.kind, "events.extract");
    assert_string_equal(ev.subject, alva);
    snprintf(path, sizeof path, "/citizens/%s/extract", dan);
    assert_int_equal(get(STEN, path, ""), 404);
}

static double sum(const char *key, double *estimates)
{
    double total = 0;
    cJSON *v = cJSON_Parse(kit_body()), *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(v, key)) total += one->valuedouble;
    *estimates = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(v, "estimates"));
    cJSON_Delete(v);
    return total;
}

static void the_timeline_counts(void **state)
{
    (void)state;
    double guessed = 0;
    assert_int_equal(get(NAT, "/events/density", "buckets=20"), 200);
    assert_true(sum("count", &guessed) == (double)kit_events());
    assert_true(guessed == 0);
    assert_int_equal(get(NAT, "/events/density", "buckets=20&staff=SE2321000016-1003&kind=citizen.read"), 200);
    assert_true(sum("count", &guessed) == 2);
    assert_int_equal(get(RITA, "/events/density", "buckets=5&staff=SE2321000016-1003&kind=citizen.read"), 200);
    assert_true(sum("count", &guessed) == 0);                          /* another region's */
    assert_int_equal(get(RITA, "/events/density", "buckets=5"), 200);
    assert_true(sum("count", &guessed) < (double)kit_events());
    assert_int_equal(get(NAT, "/events/density", "buckets=0"), 422);
    assert_int_equal(get(ANNA, "/events/density", ""), 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r2_15_a_sample_can_be_drawn_again), cmocka_unit_test(r2_15_risks_are_seen), cmocka_unit_test(r2_15_draws_over_the_log_are_uniform),
        cmocka_unit_test(r2_15_a_review_is_an_event), cmocka_unit_test(an_export_names_those_concerned), cmocka_unit_test(r2_14_the_extract_is_logged),
        cmocka_unit_test(the_timeline_counts),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
