/* The program with a false engine, for tests of single screens: a curses screen of 80×24 whose output goes to memory, keys pressed by name,
 * asks kept in a list, tells made by the test, and pictures of the whole screen compared with files. SG_GOLDEN=write makes the files anew. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "base/i18n.h"
#include "base/str.h"
#include "ui/app.h"

enum { KIT_ASKS = 64 };
static struct sg_app kit_app;
static struct sg_config kit_cfg;
static struct sg_ask kit_asked[KIT_ASKS]; static size_t kit_n_asked;    /* action: moved into kit_action */
static struct sg_action kit_action;                                     /* of the last ask that had one */
struct sg_runner { int unused; };
static struct sg_runner kit_runner;
static int64_t kit_now;
static int64_t kit_wall(void *c) { (void)c; return kit_now; }
static int64_t kit_mono(void *c) { (void)c; return kit_now; }

enum sg_err sg_runner_start(const struct sg_engine_opts *o, struct sg_runner **out, int *wake_fd, struct sg_error *e)
{
    (void)o;
    *out = &kit_runner;
    *wake_fd = -1;
    return sg_fail(e, SG_E_INTERNAL, "", "not in this test");
}

void sg_runner_ask(struct sg_runner *r, struct sg_ask *a)
{
    (void)r;
    if (a->action)
        kit_action = *a->action;
    free(a->action);
    a->action = NULL;
    assert_true(kit_n_asked < KIT_ASKS);
    kit_asked[kit_n_asked++] = *a;
}

struct sg_tell *sg_runner_take(struct sg_runner *r) { (void)r; return NULL; }
void sg_runner_stop(struct sg_runner *r) { (void)r; }

static inline int kit_screen(void **state)
{
    (void)state;
    sg_i18n_init("en");
    setenv("LINES", "24", 1);
    setenv("COLUMNS", "80", 1);
    FILE *out = fdopen(memfd_create("screen", 0), "w+"), *in = fopen("/dev/null", "r");
    if (!out || !in || !newterm("xterm-256color", out, in))
        return -1;
    start_color();
    use_default_colors();
    return 0;
}

static inline int kit_screen_end(void **state) { (void)state; endwin(); return 0; }

static inline void kit_turn(void)
{
    sg_app_frame(&kit_app);
    sg_app_bury(&kit_app);
    kit_app.swallow = false;
}

/* Stockholm, 2 March 2026, 14:05. */
static inline int kit_fresh(void **state)
{
    struct sg_error e;
    (void)state;
    kit_n_asked = 0;
    assert_true(sg_rfc3339_parse("2026-03-02T13:05:00Z", &kit_now));
    if (sg_app_init(&kit_app, &kit_cfg, &e) != SG_E_OK)
        return -1;
    kit_app.clock = (struct sg_clock){kit_wall, kit_mono, NULL};
    kit_app.runner = &kit_runner;
    sg_app_theme(&kit_app, "dark");
    sg_app_home(&kit_app);
    kit_turn();
    return 0;
}

static inline int kit_over(void **state) { (void)state; sg_app_free(&kit_app); return 0; }

static inline void kit_press(const char *name)
{
    struct sg_key k = { .kind = name[1] ? SG_KEY_NAMED : SG_KEY_CHAR, .cp = (unsigned char)name[0] };
    SG_COPY(k.name, name);
    sg_app_key_event(&kit_app, &k);
    kit_turn();
}

/* The last ask of a kind; NULL when there was none. */
static inline const struct sg_ask *kit_last(enum sg_ask_kind kind)
{
    for (size_t i = kit_n_asked; i > 0; i--)
        if (kit_asked[i - 1].kind == kind)
            return &kit_asked[i - 1];
    return NULL;
}

static inline struct sg_tell *kit_new_tell(enum sg_tell_kind kind, uint64_t ask)
{
    struct sg_tell *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->kind = kind;
    t->ask = ask;
    t->final = true;
    return t;
}

static inline void kit_tell(struct sg_tell *t)
{
    sg_app_tell(&kit_app, t);
    kit_turn();
}

static inline void kit_link(enum sg_link link)
{
    struct sg_tell *t = kit_new_tell(SG_TELL_STATUS, 0);
    t->status = (struct sg_status){ .link = link, .store_open = true, .events = -1, .log = { .verified = -1 } };
    kit_tell(t);
}

static inline void kit_row_text(int y, char utf8[512])
{
    wchar_t row[128];
    assert_true(mvinnwstr(y, 0, row, 120) != ERR);
    assert_true(wcstombs(utf8, row, 512) != (size_t)-1);
    for (size_t n = strlen(utf8); n > 0 && utf8[n - 1] == ' '; n--)
        utf8[n - 1] = '\0';
}

static inline bool kit_shows(const char *text)
{
    char utf8[512];
    for (int y = 0; y < 24; y++) {
        kit_row_text(y, utf8);
        if (strstr(utf8, text))
            return true;
    }
    return false;
}

static inline void kit_picture(char *dst, size_t cap)
{
    char utf8[512];
    size_t n = 0;
    for (int y = 0; y < 24; y++) {
        kit_row_text(y, utf8);
        n += (size_t)snprintf(dst + n, cap - n, "%s\n", utf8);
        assert_true(n < cap);
    }
}

/* The whole screen against tests/data/golden/NAME.txt. */
static inline void kit_golden(const char *name)
{
    static char now[32 * 1024], then[32 * 1024];
    char path[200];
    const char *how = getenv("SG_GOLDEN");
    snprintf(path, sizeof path, "tests/data/golden/%s.txt", name);
    kit_picture(now, sizeof now);
    FILE *f = fopen(path, how && sg_eq(how, "write") ? "w" : "r");
    if (!f)
        fail_msg("%s is missing", path);
    if (how && sg_eq(how, "write")) {
        assert_true(fputs(now, f) >= 0);
        fclose(f);
        return;
    }
    size_t n = fread(then, 1, sizeof then - 1, f);
    then[n] = '\0';
    fclose(f);
    if (!sg_eq(now, then))
        fail_msg("the screen differs from %s; it is now:\n%s", path, now);
}
