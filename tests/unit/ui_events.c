/* R2.16: events whose texts want to act on a terminal, as screens show them (list and detail of the log, of a citizen, of a review), and line mode. */
#include "tests/unit/ui_kit.h"
#include "tests/unit/nasty_event.h"
#include "ui/linear.c"
#include "ui/views/event_row.h"
#include <unistd.h>

static const char *kind;

int sg_cli_failed(const struct sg_error *e, bool json) { (void)e, (void)json; return 1; }
enum sg_err sg_cli_passphrase(const struct sg_config *c, struct sg_secret *s, struct sg_error *e) { (void)c, (void)s, (void)e; return SG_E_OFFLINE; }
enum sg_err sg_inline_open(const struct sg_engine_opts *o, struct sg_inline **out, struct sg_error *e) { (void)o, (void)out, (void)e; return SG_E_OFFLINE; }
void sg_inline_close(struct sg_inline *r) { (void)r; }

static struct sg_tell *told(uint64_t ask)
{
    struct sg_tell *t = kit_new_tell(SG_TELL_EVENTS, ask);
    t->events = calloc(3, sizeof *t->events);
    assert_non_null(t->events);
    for (size_t i = 0; i < 3; i++) {
        nasty_event(&t->events[i], kind);
        t->events[i].index = 2 - (int64_t)i;
    }
    t->n_events = 3;
    t->total = t->size = 3;
    t->go_on = -1;
    return t;
}

enum sg_err sg_inline_ask(struct sg_inline *r, struct sg_ask *a, int wait_ms, sg_tell_fn *fn, void *ctx)
{
    (void)r, (void)wait_ms;
    fn(ctx, told(a->id));
    return SG_E_OK;
}

static const char *const kinds[] = {"login.lock", NASTY};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* Every cell of the screen, and that what was taken out is spelled. */
static void quiet_screen(void)
{
    static char picture[32 * 1024];
    kit_picture(picture, sizeof picture);
    uint32_t cp = nasty_found(picture, "\n");
    if (cp != 0) fail_msg("U+%04X stands in\n%s", (unsigned)cp, picture);
    if (!strstr(picture, "U+001B")) fail_msg("nothing is spelled in\n%s", picture);
}

static void events_of(const char *id)
{
    struct sg_view_arg a = {.id = id, .text = NASTY};
    kit_link(SG_LINK_ONLINE);
    assert_non_null(sg_app_push(&kit_app, &sg_view_events, &a));
    kit_turn();
    const struct sg_ask *ask = kit_last(SG_ASK_EVENTS);
    assert_non_null(ask);
    kit_tell(told(ask->id));
    quiet_screen();
    kit_press("Enter");
    quiet_screen();
}

static void r2_16_the_log_on_the_screen(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_KINDS; i++) {
        kind = kinds[i];
        events_of("");
        events_of("c1");
    }
}

static void r2_16_a_review_on_the_screen(void **state)
{
    struct sg_view_arg a = {.id = ""};
    (void)state;
    kind = NASTY;
    kit_link(SG_LINK_ONLINE);
    assert_non_null(sg_app_push(&kit_app, &sg_view_review, &a));
    kit_turn();
    kit_press("Enter");
    const struct sg_ask *ask = kit_last(SG_ASK_SAMPLE);
    assert_non_null(ask);
    struct sg_tell *t = kit_new_tell(SG_TELL_SAMPLE, ask->id);
    t->sample = calloc(1, sizeof *t->sample);
    assert_non_null(t->sample);
    nasty_event(&t->sample->event, kind);
    t->sample->risks = 3;
    t->n_sample = 1;
    kit_tell(t);
    quiet_screen();
    kit_press("Enter");
    quiet_screen();
}

static void r2_16_line_mode(void **state)
{
    struct sg_linear l = {.clock = {kit_wall, kit_mono, NULL}};
    char path[] = "/tmp/sigill-linear-XXXXXX";
    static char text[1 << 16];
    (void)state;
    for (size_t i = 0; i < N_KINDS; i++) {
        kind = kinds[i];
        SG_COPY(path, "/tmp/sigill-linear-XXXXXX");
        int fd = mkstemp(path), was = (fflush(stdout), dup(1));
        assert_true(fd >= 0 && was >= 0 && dup2(fd, 1) == 1);
        say_events(&l, "c1");
        fflush(stdout);
        dup2(was, 1);
        close(was);
        ssize_t n = pread(fd, text, sizeof text - 1, 0);
        close(fd);
        unlink(path);
        assert_true(n > 0);
        text[n] = '\0';
        uint32_t cp = nasty_found(text, "\n");
        if (cp != 0) fail_msg("U+%04X stands in\n%s", (unsigned)cp, text);
        if (!strstr(text, "U+001B")) fail_msg("nothing is spelled in\n%s", text);
        size_t lines = 0;
        for (char *p = text; (p = strchr(p, '\n')) != NULL; p++) lines++;
        assert_int_equal(lines, 3);                    /* one an event: nothing foreign begins a line of its own */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(r2_16_the_log_on_the_screen, kit_fresh, kit_over), cmocka_unit_test_setup_teardown(r2_16_a_review_on_the_screen, kit_fresh, kit_over),
        cmocka_unit_test(r2_16_line_mode),
    };
    return cmocka_run_group_tests(tests, kit_screen, kit_screen_end);
}
