/* A reviewer by keys alone on 80×24: draws a sample, opens a suspicious read, asks about it, reports it; finds both again in the log by a
 * filter; and whoever has the seed draws the same (R2.15). The events screen finds a date and shows its timeline. */
#include "tests/e2e/desk.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/str.h"

struct words { const char *lang, *online, *log, *sample, *only_with, *same, *drawn, *risks, *finding, *ask, *report, *needed, *saved, *marked_ask, *marked_report, *reviewed, *bars, *date, *label, *follows, *proved, *nothing; };
static const struct words english = {"en", "● online", "in the log, newest first", "How many", "< whatever it is >", "< same surname >", "drawn · seed", "same surname", "< In order >",
    "< To be asked about >", "< To be reported >", "a note is needed", "The review is in the log", "! To be asked about", "! To be reported", "Review event", "at most", "Date", "Finding", "New events come in at the top", "verified;", "Nothing matches the filter"};
static const struct words swedish = {"sv", "● ansluten", "i loggen, nyast först", "Hur många", "< vad som helst >", "< samma efternamn >", "dragna · frö", "samma efternamn", "< I sin ordning >",
    "< Att fråga om >", "< Att anmäla >", "en anteckning behövs", "Granskningen står i loggen", "! Att fråga om", "! Att anmäla", "Granska händelse", "högst", "Datum", "Bedömning", "Nya händelser kommer överst", "verifierad;", "Inget stämmer"};

/* A citizen with the surname of the one who reads her, as a neighbour would. */
static void suspicious_read(struct e2e_person *p)
{
    e2e_citizen(p, 40, "Ulla Ek", "");
    assert_exit(RUN("second", "show", "citizen", p->id), 0);
}

static void marks(struct vt *v, const struct words *w, int spaces, const char *choice, const char *note, const char *shown)
{
    vt_send(v, "k");
    desk_see(v, w->finding);
    for (int i = 0; i < spaces; i++) vt_send(v, " ");
    desk_see(v, choice);
    desk_fn(v, 9);
    desk_see(v, w->needed);                                 /* asking or reporting without a word is not done */
    vt_type(v, note);
    desk_fn(v, 9);
    desk_gone(v, w->label);                                 /* the dialog is closed only when the service has said yes */
    desk_see(v, w->saved);
    desk_see(v, shown);
}

static void r2_15_reviews(const struct words *w)
{
    struct e2e_person p;
    suspicious_read(&p);
    struct vt *v = desk_start("manager", w->lang);
    desk_see(v, w->online);
    vt_send(v, "o");
    desk_see(v, w->log);
    vt_send(v, "s");
    desk_see(v, w->sample);
    vt_send(v, "\t");
    desk_see(v, w->only_with);
    vt_send(v, " ");
    desk_see(v, w->same);
    vt_send(v, "\r");
    desk_row(v, w->drawn);
    desk_row(v, "Sven", w->risks);
    vt_send(v, "\r");                                       /* what it was, in full */
    desk_row(v, "Sven Ek", "SE2321000016-1002");
    marks(v, w, 1, w->ask, "Why did you read this?", w->marked_ask);
    marks(v, w, 2, w->report, "No answer; reported to the head of operations", w->marked_report);
    desk_esc(v);
    desk_gone(v, "SE2321000016-1002");
    desk_esc(v);
    desk_see(v, w->sample);
    desk_esc(v);
    desk_see(v, w->log);
    vt_send(v, "t");                                        /* the timeline of the last day */
    desk_see(v, w->bars);
    vt_send(v, "l");                                        /* what others do comes in by itself */
    desk_see(v, w->follows);
    assert_exit(RUN("norr", "show", "citizen", p.id), 0);
    assert_exit(RUN("support", "show", "citizen", p.id), 0);
    desk_row(v, "Siv Stöd", "✓");
    assert_int_equal(vt_find(v, "Nora Nord"), -1);          /* of another region */
    vt_send(v, "/");
    vt_send(v, "\t\t\t");
    vt_type(v, "log.review");
    vt_send(v, "\r");
    desk_gone(v, "Siv Stöd");
    desk_row(v, w->reviewed, "Maja Lind", "✓");
    vt_send(v, "K");                                        /* R2.6: its proof, fetched and checked here */
    desk_see(v, w->proved);
    desk_esc(v);
    desk_gone(v, w->proved);
    char today[11];
    sg_date_format(today, e2e_today());
    vt_send(v, "d");                                        /* a date is typed; before anybody reviewed there is nothing */
    desk_see(v, w->date);
    vt_type(v, "2020-01-01");
    vt_send(v, "\r");
    desk_see(v, w->nothing);
    vt_send(v, "d");
    desk_see(v, w->date);
    for (int i = 0; i < 10; i++) vt_send(v, "\x7f");
    vt_type(v, today);
    vt_send(v, "\r");
    desk_row(v, w->reviewed, "Maja Lind", "✓");
    desk_leave(v);
}

/* What stands in the log afterwards, told apart by what was said. */
static void r2_15_a_reviewer_by_keys_alone(void **state)
{
    (void)state;
    r2_15_reviews(&english);
    const struct e2e_out *ev = RUN("national", "events", "--all", "--kind", "log.review");
    assert_exit(ev, 0);
    assert_non_null(e2e_find(ev, "reason", "Why did you read this?", "outcome", "done"));
    assert_non_null(e2e_find(ev, "reason", "No answer; reported to the head of operations", "outcome", "done"));
    r2_15_reviews(&swedish);
}

/* What an outsider does with it: no service, own code, and the reviews are in there. */
static void an_outsider_verifies_the_exported_log(void **state)
{
    (void)state;
    char dir[E2E_PATH], verify[E2E_PATH];
    e2e_path(dir, "exported");
    assert_exit(RUN("national", "log", "verify"), 0);
    assert_exit(RUN("national", "log", "export", dir), 0);
    const char *bin = getenv("SIGILL_BIN"), *slash = strrchr(bin, '/');
    assert_true(sg_format(verify, sizeof verify, "%.*s/sigill-verify", (int)(slash - bin), bin));
    const char *const argv[] = {verify, dir, NULL}, *const env[] = {NULL};
    struct e2e_proc p = e2e_spawn(argv, env);
    struct e2e_out o;
    e2e_finish(&p, NULL, &o);
    if (o.status != 0) fail_msg("sigill-verify: %d %s %s", o.status, o.out, o.err);
    e2e_out_free(&o);
}

/* An export is a new file that nobody else can read, and never replaces one. */
static void an_export_is_0600_and_never_over_another(void **state)
{
    (void)state;
    char path[E2E_PATH];
    struct stat s;
    e2e_path(path, "out.csv");
    assert_exit(RUN("national", "events", "--all", "--format", "csv", "--out", path), 0);
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0600);
    assert_true(s.st_size > 500);
    assert_exit(RUN("national", "events", "--all", "--format", "csv", "--out", path), 74);
    assert_exit(RUN("second", "events", "--all", "--format", "csv"), 77);
    assert_exit(RUN("national", "events", "--all", "--format", "pdf"), 65);
}

static void r2_15_a_seed_draws_the_same(void **state)
{
    (void)state;
    const struct e2e_out *a = RUN("manager", "events", "--all", "--sample", "5");
    assert_exit(a, 0);
    assert_true(a->n >= 2);
    const cJSON *last = a->line[a->n - 1];
    char size[24];
    sg_format(size, sizeof size, "%.0f", cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(last, "size")));
    const struct e2e_out *b = RUN("manager", "events", "--all", "--sample", "5", "--seed", e2e_str(last, "seed"), "--size", size);
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) assert_string_equal(e2e_str(a->line[i], "eventId"), e2e_str(b->line[i], "eventId"));
}

int main(void)
{
#define AT_DESK(f) cmocka_unit_test_setup_teardown(f, e2e_ready, desk_clear)
    const struct CMUnitTest tests[] = {AT_DESK(r2_15_a_reviewer_by_keys_alone), AT_DESK(an_outsider_verifies_the_exported_log),
                                       AT_DESK(an_export_is_0600_and_never_over_another), AT_DESK(r2_15_a_seed_draws_the_same)};
    return cmocka_run_group_tests_name("screen review", tests, e2e_open, e2e_close);
}
