/* Everything that comes over the wire or out of the store as JSON: the first byte chooses the reader. What a reader accepts is written and read
 * again as the same text, so nothing that one side wrote is another thing to the other side. */
#include "tests/fuzz/fuzz.h"
#include "base/str.h"
#include "wire/export.h"
#include "wire/level.h"
#include "wire/review.h"

/* Reads v; the tree that is written from what was read, NULL when it was refused. */
typedef cJSON *through(const cJSON *v);

static cJSON *citizen(const cJSON *v)
{
    struct sg_citizen c;
    if (sg_wire_citizen_read(v, &c, NULL) != SG_E_OK) return NULL;
    cJSON *o = sg_wire_citizen(&c);
    sg_citizen_free(&c);
    FUZZ_HOLDS(o != NULL);
    return o;
}

static cJSON *outcome(const cJSON *v)
{
    struct sg_outcome x;
    if (sg_wire_outcome_read(v, &x, NULL) != SG_E_OK) return NULL;
    cJSON *o = sg_wire_outcome(&x);
    sg_outcome_free(&x);
    FUZZ_HOLDS(o != NULL);
    return o;
}

static cJSON *policy(const cJSON *v)
{
    struct sg_policy p;
    if (sg_wire_policy_read(v, &p, NULL) != SG_E_OK) return NULL;
    cJSON *o = sg_wire_policy(&p);
    sg_policy_free(&p);
    FUZZ_HOLDS(o != NULL);
    return o;
}

static cJSON *action_of(const cJSON *v, bool stored)
{
    struct sg_action a;
    if (sg_wire_action_read(v, stored, &a, NULL) != SG_E_OK) return NULL;
    cJSON *o = sg_wire_action(&a, stored);
    FUZZ_HOLDS(o != NULL);
    return o;
}
static cJSON *action(const cJSON *v) { return action_of(v, false); }
static cJSON *stored(const cJSON *v) { return action_of(v, true); }

#define THROUGH(name, type, read, write) \
    static cJSON *name(const cJSON *v) \
    { \
        static struct type x; \
        if (read(v, &x, NULL) != SG_E_OK) return NULL; \
        cJSON *o = write(&x); \
        FUZZ_HOLDS(o != NULL); \
        return o; \
    }
THROUGH(event, sg_event, sg_wire_event_read, sg_wire_event)
THROUGH(export_row, sg_export_row, sg_wire_export_row_read, sg_wire_export_row)
THROUGH(review_row, sg_review_row, sg_wire_review_row_read, sg_wire_review_row)
THROUGH(restriction, sg_restriction, sg_wire_restriction_read, sg_wire_restriction)
THROUGH(actor, sg_actor, sg_wire_actor_read, sg_wire_actor)
THROUGH(access_row, sg_access_row, sg_wire_access_row_read, sg_wire_access_row)
THROUGH(change, sg_change, sg_wire_change_read, sg_wire_change)
THROUGH(level, sg_level, sg_wire_level_read, sg_wire_level)
THROUGH(stop, sg_stop, sg_wire_stop_read, sg_wire_stop)

static through *const READERS[] = {event, outcome, citizen, action, stored, policy, export_row, review_row, restriction, actor, access_row, change, level, stop};
enum { N_READERS = sizeof READERS / sizeof *READERS };

static char *printed(cJSON *o)
{
    char *text = cJSON_PrintUnformatted(o);
    FUZZ_HOLDS(text != NULL);
    cJSON_Delete(o);
    return text;
}

void fuzz_run(const uint8_t *data, size_t n)
{
    cJSON *v = NULL;
    if (n < 2) return;
    through *reader = READERS[data[0] % N_READERS];
    char *text = fuzz_text(data + 1, n - 1);
    if (sg_json_parse(text, n - 1, &SG_JSON_REPLY, &v, NULL) == SG_E_OK) {
        cJSON *first = reader(v);
        if (first) {
            char *one = printed(first);
            cJSON *again = cJSON_Parse(one), *second = reader(again);
            FUZZ_HOLDS(second != NULL);
            char *two = printed(second);
            FUZZ_HOLDS(sg_eq(one, two));
            cJSON_Delete(again);
            cJSON_free(one);
            cJSON_free(two);
        }
        struct sg_http_reply reply = {.status = 409, .content_type = "application/problem+json", .body = {.data = text, .len = n - 1}};
        struct sg_problem_info info;
        (void)!sg_wire_problem_read(&reply, &info);
    }
    cJSON_Delete(v);
    free(text);
}

#define ID "01a21b25-bbf6-7155-8c8f-e42e27145529"
static const int64_t WHEN = 1764115200000;

static void seed(void (*put)(const void *data, size_t n), through *reader, cJSON *o)
{
    char room[16384], *text = printed(o);
    size_t i = 0;
    cJSON *v = cJSON_Parse(text), *again = reader(v);
    FUZZ_HOLDS(again != NULL);                       /* or it would begin nowhere */
    while (READERS[i] != reader) i++;
    room[0] = (char)i;
    FUZZ_HOLDS(sg_copy(room + 1, sizeof room - 1, text));
    put(room, 1 + strlen(text));
    cJSON_Delete(v);
    cJSON_Delete(again);
    cJSON_free(text);
}

static void fill_restriction(struct sg_restriction *r)
{
    SG_COPY(r->id, "r1");
    SG_COPY(r->person, "p2");
    r->kind = SG_R_GUARDIAN_BLOCK;
    r->review = r->from = (struct sg_date){2026, 3, 2};
    SG_COPY(r->made.actor_name, "\xC3\x85sa \x1B[2J");
    SG_COPY(r->made.action_id, ID);
    r->made.performed_at = WHEN;
    r->acute = true;
}

static void fill_citizen(struct sg_citizen *c)
{
    SG_COPY(c->id, "c1");
    SG_COPY(c->etag, "e1");
    SG_COPY(c->name, "Alva Ek");
    SG_COPY(c->pid.normalised, "201412122382");
    c->pid.birth = (struct sg_date){2014, 12, 0};
    c->n_relations = 1;
    SG_COPY(c->relation[0].person, "p2");
    fill_restriction(sg_citizen_add(c));
    c->as_of = WHEN;
}

static void fill_event(struct sg_event *ev)
{
    SG_COPY(ev->id, ID);
    SG_COPY(ev->kind, "citizen.read");
    SG_COPY(ev->outcome, "done");
    SG_COPY(ev->actor, "SE2321000016-1001");
    SG_COPY(ev->restriction, "r1 r2");
    SG_COPY(ev->reason, "a\n\x1B\xE2\x80\xAE");
    SG_COPY(ev->log, "service");
    ev->at = WHEN;
    ev->offline = true;
}

static void events(void (*put)(const void *data, size_t n))
{
    static struct sg_export_row x;
    static struct sg_review_row r;
    fill_event(&x.event);
    seed(put, event, sg_wire_event(&x.event));
    SG_COPY(x.number, "201412122382");
    seed(put, export_row, sg_wire_export_row(&x));
    fill_event(&r.event);
    r.risks = 3;
    SG_COPY(r.mark, "ok");
    seed(put, review_row, sg_wire_review_row(&r));
}

static void outcomes(void (*put)(const void *data, size_t n))
{
    static struct sg_outcome done = {.problem = SG_PROBLEM_COUNT, .event_index = 9, .n_restrictions = 1}, lost = {.kind = SG_OUT_CONFLICT, .problem = SG_PROBLEM_STALE, .has_current = true};
    static struct sg_restriction made;
    fill_restriction(&made);
    SG_COPY(done.action_id, ID);
    SG_COPY(done.etag_after, "e2");
    done.restriction = &made;
    done.recorded_at = WHEN;
    seed(put, outcome, sg_wire_outcome(&done));
    SG_COPY(lost.action_id, ID);
    fill_citizen(&lost.current);
    SG_COPY(lost.changed_by, "Bo");
    lost.changed_at = WHEN;
    seed(put, outcome, sg_wire_outcome(&lost));
    seed(put, citizen, sg_wire_citizen(&lost.current));
    seed(put, restriction, sg_wire_restriction(&made));
    sg_citizen_free(&lost.current);
}

static void actions(void (*put)(const void *data, size_t n))
{
    static struct sg_action a;
    sg_action_init(&a, SG_ACT_CITIZEN_PROTECT, "c1");
    FUZZ_HOLDS(sg_action_add_part(&a, SG_ACT_LOGIN_LOCK) && sg_action_add_part(&a, SG_ACT_RECORD_SEAL));
    SG_COPY(a.part[0].value[0], "norr");
    SG_COPY(a.id, ID);
    SG_COPY(a.observed, "e1");
    SG_COPY(a.reason, "x");
    a.performed_at = WHEN;
    seed(put, action, sg_wire_action(&a, false));
    seed(put, stored, sg_wire_action(&a, true));
    sg_action_init(&a, SG_ACT_LOGIN_LOCK, "c1");
    SG_COPY(a.part[0].value[0], "norr");
    seed(put, action, sg_wire_action(&a, false));
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    static struct sg_policy p;
    static struct sg_actor who;
    static struct sg_unit unit;
    struct sg_access_row row = {.who = "c1", .why = {.rule = SG_RULE_COUNT}};
    struct sg_change c = {.citizen = "c1", .etag = "e", .by = "Bo", .at = WHEN};
    struct sg_level l = {.year = 2026, .month = 3, .from = WHEN, .to = WHEN + 1, .down_ms = 5, .availability = 99800, .budget_ms = -4};
    events(put);
    outcomes(put);
    actions(put);
    sg_policy_defaults(&p);
    SG_COPY(unit.hsa, "SE1");
    SG_COPY(p.region[0].code, "norr");
    p.n_regions = 1;
    p.unit = &unit;
    p.n_units = 1;
    seed(put, policy, sg_wire_policy(&p));
    SG_COPY(who.hsa, "SE2321000016-1001");
    SG_COPY(who.commission.id, "SE3");
    who.commission.roles = 5;
    seed(put, actor, sg_wire_actor(&who));
    row.why.rule = (enum sg_rule)1;
    seed(put, access_row, sg_wire_access_row(&row));
    seed(put, change, sg_wire_change(&c));
    seed(put, level, sg_wire_level(&l));
    seed(put, stop, sg_wire_stop(&(struct sg_stop){WHEN, WHEN + 1, WHEN - 1}));
}
