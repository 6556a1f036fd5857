/* R2.16: an event whose texts want to act on a terminal, through every shape of sigill events: list, history, extract, sample and each form of
 * export, as text and as JSON. The engine is a false one that answers with such events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>
#include "cli/events.h"
#include "tests/unit/nasty_event.h"

static const char *kind;

enum sg_err sg_client_open(struct cli *c, struct sg_error *e) { (void)c, (void)e; return SG_E_OK; }
enum sg_err sg_cli_passphrase(const struct sg_config *c, struct sg_secret *s, struct sg_error *e) { (void)c, (void)s, (void)e; return SG_E_OFFLINE; }
enum sg_err sg_cli_passphrase_of(const char *dir, struct sg_secret *s, struct sg_error *e) { (void)dir, (void)s, (void)e; return SG_E_OFFLINE; }
void sg_client_close(struct cli *c) { (void)c; }
struct sg_date sg_client_today(const struct cli *c) { (void)c; return (struct sg_date){2026, 3, 2}; }
int sg_client_failed(struct cli *c, const struct sg_tell *t, const struct sg_error *e) { (void)c, (void)t, (void)e; return 1; }
void sg_known_free(struct known *k) { free(k->me->actor); free(k->me); }

int sg_client_know(struct cli *c, const char *citizen, bool me, struct known *out)
{
    (void)c, (void)citizen, (void)me;
    *out = (struct known){.me = calloc(1, sizeof *out->me)};
    assert_non_null(out->me);
    out->me->actor = calloc(1, sizeof *out->me->actor);
    assert_non_null(out->me->actor);
    SG_COPY(out->me->actor->commission.unit_name, NASTY);
    return 0;
}

enum sg_err sg_client_ask(struct cli *c, struct sg_ask *a, int wait_ms, struct sg_tell **out, struct sg_error *e)
{
    (void)c, (void)wait_ms, (void)e;
    struct sg_tell *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->kind = a->kind == SG_ASK_EVENTS ? SG_TELL_EVENTS : a->kind == SG_ASK_SAMPLE ? SG_TELL_SAMPLE : SG_TELL_EXPORT;
    t->go_on = -1;
    if (t->kind == SG_TELL_EVENTS) {
        t->events = calloc(1, sizeof *t->events);
        nasty_event(t->events, kind);
        t->n_events = 1;
    } else if (t->kind == SG_TELL_SAMPLE) {
        t->sample = calloc(1, sizeof *t->sample);
        nasty_event(&t->sample->event, kind);
        SG_COPY(t->sample->mark, "ask");
        t->sample->risks = 3;
        t->n_sample = 1;
        SG_COPY(t->seed, "07");
    } else {
        t->rows = calloc(1, sizeof *t->rows);
        nasty_event(&t->rows->event, kind);
        SG_COPY(t->rows->name, NASTY);
        SG_COPY(t->rows->number, "201412122382");
        SG_COPY(t->name, NASTY);
        t->n_rows = 1;
    }
    *out = t;
    return SG_E_OK;
}

static char *printed(struct cli *c)
{
    char path[] = "/tmp/sigill-events-XXXXXX";
    static char text[1 << 16];
    int fd = mkstemp(path), was = (fflush(stdout), dup(1));
    assert_true(fd >= 0 && was >= 0 && dup2(fd, 1) == 1);
    int status = sg_run_events(c);
    fflush(stdout);
    dup2(was, 1);
    close(was);
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    close(fd);
    unlink(path);
    assert_int_equal(status, 0);
    assert_true(n > 0);
    text[n] = '\0';
    return text;
}

static void shape(enum sg_export_form form, int option, bool json, const char *allowed, const char *spelled)
{
    static char who[] = "c1";
    struct cli c = {.json = json, .clock = sg_clock_system(NULL), .n = 1, .arg = {who}, .sub = sg_subcommand("events")};
    if (option == EV_FORMAT || option == EV_SAMPLE) c.n = 0, c.opt[EV_ALL] = "";
    if (option >= 0) c.opt[option] = option == EV_FORMAT ? sg_export_name(form) : option == EV_SAMPLE ? "1" : "";
    char *text = printed(&c);
    uint32_t cp = nasty_found(text, allowed);
    if (cp != 0) fail_msg("option %d, form %d, JSON %d: U+%04X stands in\n%s", option, (int)form, json, (unsigned)cp, text);
    if (!strstr(text, spelled)) fail_msg("option %d, form %d, JSON %d: no %s in\n%s", option, (int)form, json, spelled, text);
}

static void r2_16_no_event_acts_on_a_terminal(void **state)
{
    static const char *const kinds[] = {"login.lock", "citizen.lookup", "session.start", NASTY};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        kind = kinds[i];
        for (int json = 0; json < 2; json++) {
            shape(0, -1, json, "\n", json ? "\\u001b" : "U+001B");
            shape(0, EV_HISTORY, json, "\n", json ? "\\u001b" : "U+001B");
            shape(0, EV_EXTRACT, json, "\n\f", json ? "\\u001b" : "U+001B");
            shape(0, EV_SAMPLE, json, "\n", json ? "\\u001b" : "U+001B");
        }
        shape(SG_EXPORT_NDJSON, EV_FORMAT, false, "\n", "\\u001b");
        shape(SG_EXPORT_FHIR, EV_FORMAT, false, "\n", "\\u202e");
        shape(SG_EXPORT_STORELOG, EV_FORMAT, false, "\n", "&#x202E;");
        shape(SG_EXPORT_ATNA, EV_FORMAT, false, "\n", "&#x202E;");
    }
}

/* CSV keeps what CSV can hold (line ends inside a cell) and what only cannot be seen, but nothing that acts. */
static void r2_16_nor_in_csv(void **state)
{
    static char who[] = "c1";
    struct cli c = {.clock = sg_clock_system(NULL), .arg = {who}, .sub = sg_subcommand("events")};
    (void)state;
    kind = "login.lock";
    c.opt[EV_ALL] = "";
    c.opt[EV_FORMAT] = "csv";
    char *text = printed(&c);
    for (char *zwsp; (zwsp = strstr(text, "\xE2\x80\x8B")) != NULL;) memset(zwsp, '.', 3);
    assert_int_equal(nasty_found(text, "\n\r\t"), 0);
    assert_non_null(strstr(text, "U+001B"));
    assert_non_null(strstr(text, "U+202E"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(r2_16_no_event_acts_on_a_terminal), cmocka_unit_test(r2_16_nor_in_csv)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
