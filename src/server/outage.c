/* What counts is what a person has judged: the fault class of an outage is not a measurement. So the operator records outages, also while the
 * service is down, straight into its database. That it was away the service notices by itself (heartbeat.c), and takes it for critical. */
#include "server/outage.h"
#include <stdlib.h>
#include <string.h>
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

struct order { const char *database, *kind, *cls, *end, *time[2]; int n; };

static enum sg_err read_order(int argc, char **argv, struct order *o, struct sg_error *e)
{
    const struct { const char *name; const char **to; } known[] = {{"--database", &o->database}, {"--kind", &o->kind}, {"--class", &o->cls}, {"--end", &o->end}};
    for (int i = 0; i < argc; i++) {
        size_t k = 0;
        while (k < 4 && !sg_eq(known[k].name, argv[i])) k++;
        if (k < 4 && i + 1 < argc) *known[k].to = argv[++i];
        else if (argv[i][0] != '-' && o->n < 2) o->time[o->n++] = argv[i];
        else return sg_fail(e, SG_E_USAGE, "", "outage: an option is not known or lacks its value");
    }
    if (!o->database || (o->end != NULL) == (o->n > 0)) return sg_fail(e, SG_E_USAGE, "", "outage: --database DB and FROM, or --end TIME, are needed");
    return SG_E_OK;
}

static enum sg_err time_of(const char *text, int64_t *ms, struct sg_error *e)
{
    return sg_rfc3339_parse(text, ms) ? SG_E_OK : sg_fail(e, SG_E_INPUT, text, "is not a time such as 2026-03-02T14:05:00+01:00");
}

static enum sg_err add(struct sg_db *db, const struct order *o, int64_t now, struct sg_error *e)
{
    int64_t from = 0, to = 0;
    const char *kind = o->kind ? o->kind : "fault", *cls = o->cls ? o->cls : "critical";
    enum sg_err err = time_of(o->time[0], &from, e);
    if (err == SG_E_OK && o->n == 2) err = time_of(o->time[1], &to, e);
    if (err != SG_E_OK) return err;
    if (sg_outage_kind_named(kind) == SG_OUTAGE_KINDS) return sg_fail(e, SG_E_INPUT, "--kind", "fault, planned or force-majeure");
    if (sg_fault_class_named(cls) == SG_FAULT_CLASSES) return sg_fail(e, SG_E_INPUT, "--class", "critical, high, medium or low");
    if (o->n == 2 && to < from) return sg_fail(e, SG_E_INPUT, o->time[1], "is before the beginning");
    return sg_db_run(db, SG_SQL_OUTAGE_ADD, "iitti", from, to, kind, cls, now);
}

static enum sg_err end(struct sg_db *db, const struct order *o, struct sg_error *e)
{
    int64_t at = 0;
    enum sg_err err = time_of(o->end, &at, e);
    if (err == SG_E_OK) err = sg_db_run(db, SG_SQL_OUTAGE_END, "i", at);
    if (err == SG_E_OK && sqlite3_changes(db->h) == 0) err = sg_fail(e, SG_E_NOTFOUND, "--end", "no outage that began before is open");
    return err;
}

/* What was recorded and the event of it, or neither. */
static enum sg_err record(struct sg_db *db, const struct order *o, const struct sg_clock *clock, struct sg_error *e)
{
    struct sg_random random = sg_random_system();
    struct sg_evlog *log = NULL;
    struct sg_event ev;
    enum sg_err err = sg_db_run(db, SG_SQL_BEGIN, "");
    if (err == SG_E_OK) err = o->end ? end(db, o, e) : add(db, o, sg_wall(clock), e);
    if (err == SG_E_OK) err = sg_evlog_open(db, &random, NULL, &log, e);
    sg_event_of_service(&ev, o->end ? "outage.ended" : "outage.recorded", clock, &random);
    (void)sg_format(ev.reason, sizeof ev.reason, "%s %s %s %s", o->end ? o->end : o->time[0], o->n == 2 ? o->time[1] : "", o->kind ? o->kind : "", o->cls ? o->cls : "");
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
    struct sg_clock clock = sg_clock_system(NULL);
    enum sg_err err = read_order(argc, argv, &o, e);
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
