/* What counts is what a person has judged: the fault class of an outage is not a measurement. So the operator records outages, also while the
 * service is down, straight into its database. That it was away the service notices by itself (heartbeat.c), and takes it for critical. */
#include "server/outage.h"
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/str.h"
#include "server/evlog.h"

enum { OUTAGES_MOST = 1000 };

static enum sg_err collect(struct sg_db *db, sqlite3_stmt *st, struct sg_outage *o, size_t *n)
{
    enum sg_err err = SG_E_OK;
    while ((err = sg_db_step(db, st)) == SG_E_OK && *n < OUTAGES_MOST) {
        char kind[16], cls[12];
        struct sg_outage *p = &o[(*n)++];
        p->from = sqlite3_column_int64(st, 0);
        p->to = sqlite3_column_int64(st, 1);
        sg_db_text(st, 2, kind, sizeof kind);
        sg_db_text(st, 3, cls, sizeof cls);
        p->kind = sg_outage_kind_named(kind);
        p->cls = sg_fault_class_named(cls);
    }
    if (st) (void)sqlite3_reset(st);
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

enum sg_err sg_outage_level(struct sg_db *db, int64_t at, int64_t now, struct sg_level *out)
{
    size_t n = 0;
    struct sg_outage *o = calloc(OUTAGES_MOST, sizeof *o);
    enum sg_err err = o ? sg_level_of(NULL, 0, at, now, out) : SG_E_NOMEM;
    if (err == SG_E_OK) err = collect(db, sg_db_query(db, SG_SQL_OUTAGES, "ii", out->from, out->to), o, &n);
    if (err == SG_E_OK) err = sg_level_of(o, n, at, now, out);
    free(o);
    return err;
}

enum sg_err sg_outage_stop(struct sg_db *db, int64_t now, struct sg_stop *out)
{
    sqlite3_stmt *st = sg_db_query(db, SG_SQL_STOP_NEXT, "i", now);
    enum sg_err err = sg_db_step(db, st);
    *out = (struct sg_stop){0};
    if (err == SG_E_OK) *out = (struct sg_stop){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2)};
    if (st) (void)sqlite3_reset(st);
    return err == SG_E_NOTFOUND ? SG_E_OK : err;
}

struct order { const char *database, *kind, *cls, *end, *cancel, *override, *clock, *time[2]; int n; };

static enum sg_err read_order(int argc, char **argv, struct order *o, struct sg_error *e)
{
    const struct { const char *name; const char **to; } known[] = {{"--database", &o->database}, {"--kind", &o->kind}, {"--class", &o->cls}, {"--end", &o->end},
                                                                   {"--cancel", &o->cancel}, {"--override", &o->override}, {"--clock", &o->clock}};
    const size_t n_known = sizeof known / sizeof *known;
    for (int i = 0; i < argc; i++) {
        size_t k = 0;
        while (k < n_known && !sg_eq(known[k].name, argv[i])) k++;
        if (k < n_known && i + 1 < argc) *known[k].to = argv[++i];
        else if (argv[i][0] != '-' && o->n < 2) o->time[o->n++] = argv[i];
        else return sg_fail(e, SG_E_USAGE, "", "outage: an option is not known or lacks its value");
    }
    if (!o->database || (o->end != NULL) + (o->cancel != NULL) + (o->n > 0) != 1)
        return sg_fail(e, SG_E_USAGE, "", "outage: --database DB and one of FROM, --end TIME and --cancel FROM are needed");
    return SG_E_OK;
}

static enum sg_err time_of(const char *text, int64_t *ms, struct sg_error *e)
{
    return sg_rfc3339_parse(text, ms) ? SG_E_OK : sg_fail(e, SG_E_INPUT, text, "is not a time such as 2026-03-02T14:05:00+01:00");
}

/* What has begun is judged from now on; with no end known only this moment is. */
static enum sg_err planned(const struct order *o, int64_t from, int64_t to, int64_t now, struct sg_error *e)
{
    char day[64];
    int64_t first = from > now ? from : now, at = 0, late = sg_stop_late(from, now);
    if (o->override && !o->override[0]) return sg_fail(e, SG_E_INPUT, "--override", "needs a reason");
    if (from > now && to == 0) return sg_fail(e, SG_E_INPUT, o->time[0], "a planned stop that lies ahead needs its end as well: FROM TO");
    if (to != 0 && to <= now) return SG_E_OK;
    if (sg_stop_in_office(first, to ? to : first + 1, &at) && !o->override) {
        sg_stop_day(day, sizeof day, at);
        return sg_fail(e, SG_E_INPUT, o->time[0], "touches office hours at %s (Monday to Friday 07:00–17:00, Swedish time); not recorded. --override REASON records it all the same", day);
    }
    if (from > now && late > 0)
        sg_log(SG_LOG_WARN, "the planned stop of %s is recorded, but announced %lld h %lld min too late: it is to be known 72 hours ahead", o->time[0],
               (long long)(late / 3600000), (long long)(late % 3600000 / 60000));
    return SG_E_OK;
}

static enum sg_err add(struct sg_db *db, const struct order *o, int64_t now, struct sg_error *e)
{
    int64_t from = 0, to = 0;
    const char *kind = o->kind ? o->kind : "fault", *cls = o->cls ? o->cls : "critical";
    enum sg_outage_kind k = sg_outage_kind_named(kind);
    enum sg_err err = time_of(o->time[0], &from, e);
    if (err == SG_E_OK && o->n == 2) err = time_of(o->time[1], &to, e);
    if (err != SG_E_OK) return err;
    if (k == SG_OUTAGE_KINDS) return sg_fail(e, SG_E_INPUT, "--kind", "fault, planned or force-majeure");
    if (sg_fault_class_named(cls) == SG_FAULT_CLASSES) return sg_fail(e, SG_E_INPUT, "--class", "critical, high, medium or low");
    if (o->n == 2 && to < from) return sg_fail(e, SG_E_INPUT, o->time[1], "is before the beginning");
    if (o->override && k != SG_OUTAGE_PLANNED) return sg_fail(e, SG_E_INPUT, "--override", "is for planned stops");
    if (k == SG_OUTAGE_PLANNED) err = planned(o, from, to, now, e);
    return err == SG_E_OK ? sg_db_run(db, SG_SQL_OUTAGE_ADD, "iitti", from, to, kind, cls, now) : err;
}

static enum sg_err end(struct sg_db *db, const struct order *o, struct sg_error *e)
{
    int64_t at = 0;
    enum sg_err err = time_of(o->end, &at, e);
    if (err == SG_E_OK) err = sg_db_run(db, SG_SQL_OUTAGE_END, "i", at);
    if (err == SG_E_OK && sqlite3_changes(db->h) == 0) err = sg_fail(e, SG_E_NOTFOUND, "--end", "no outage that began before is open");
    return err;
}

static enum sg_err cancel(struct sg_db *db, const struct order *o, int64_t now, struct sg_error *e)
{
    int64_t from = 0;
    enum sg_err err = time_of(o->cancel, &from, e);
    if (err == SG_E_OK) err = sg_db_run(db, SG_SQL_STOP_CANCEL, "ii", from, now);
    if (err == SG_E_OK && sqlite3_changes(db->h) == 0) err = sg_fail(e, SG_E_NOTFOUND, "--cancel", "no planned stop that lies ahead begins then");
    return err;
}

static void event_of(const struct order *o, struct sg_event *ev, const struct sg_clock *clock, struct sg_random *random)
{
    const char *one = o->end ? o->end : o->cancel;
    sg_event_of_service(ev, o->end ? "outage.ended" : o->cancel ? "outage.cancelled" : "outage.recorded", clock, random);
    (void)sg_format(ev->reason, sizeof ev->reason, "%s %s %s %s%s%s", one ? one : o->time[0], o->n == 2 ? o->time[1] : "", o->kind ? o->kind : "",
                    o->cls ? o->cls : "", o->override ? " override: " : "", o->override ? o->override : "");
}

/* What was recorded and the event of it, or neither. */
static enum sg_err record(struct sg_db *db, const struct order *o, const struct sg_clock *clock, struct sg_error *e)
{
    struct sg_random random = sg_random_system();
    struct sg_evlog *log = NULL;
    struct sg_event ev;
    enum sg_err err = sg_db_run(db, SG_SQL_BEGIN, "");
    if (err == SG_E_OK) err = o->end ? end(db, o, e) : o->cancel ? cancel(db, o, sg_wall(clock), e) : add(db, o, sg_wall(clock), e);
    if (err == SG_E_OK) err = sg_evlog_open(db, &random, NULL, &log, e);
    event_of(o, &ev, clock, &random);
    if (err == SG_E_OK) err = sg_evlog_append(log, &ev);
    if (err == SG_E_OK) err = sg_db_commit(db);
    if (err != SG_E_OK) sg_db_rollback(db);
    sg_evlog_close(log);
    return err;
}

enum sg_err sg_outage_command(int argc, char **argv, struct sg_error *e)
{
    struct order o = {0};
    struct sg_db db;
    enum sg_err err = read_order(argc, argv, &o, e);
    struct sg_clock clock = sg_clock_system(o.clock);
    if (err == SG_E_OK) err = sg_db_open(&db, o.database, NULL, e);
    if (err != SG_E_OK) return err;
    err = record(&db, &o, &clock, e);
    if (err != SG_E_OK && !e->detail[0]) err = sg_fail(e, err, o.database, "could not be written");
    sg_db_close(&db);
    return err;
}

enum sg_err sg_outage_detected(const char *database, int64_t from, const struct sg_clock *clock, struct sg_error *e)
{
    char begin[SG_RFC3339_MAX], over[SG_RFC3339_MAX];
    struct order o = {.database = database, .time = {begin, over}, .n = 2};
    struct sg_db db;
    sg_rfc3339(begin, from);
    sg_rfc3339(over, sg_wall(clock));
    enum sg_err err = sg_db_open(&db, database, NULL, e);
    if (err != SG_E_OK) return err;
    err = record(&db, &o, clock, e);
    if (err != SG_E_OK && !e->detail[0]) err = sg_fail(e, err, database, "could not be written");
    sg_db_close(&db);
    return err;
}
