/* See desk.h. */
#include "tests/e2e/desk.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "tests/patience.h"

enum { DESKS = 4, ESC_MS = 150 };
static struct { struct vt v; bool open; } desk[DESKS];

struct vt *desk_start(const char *profile, const char *lang) {
    const char *argv[] = {getenv("SIGILL_BIN"), "--profile", profile, "--lang", lang, NULL}, *env[4] = {NULL};
    char path[E2E_PATH], conf[E2E_PATH + 16], clock[E2E_PATH + 16];
    int i = 0;
    if (argv[0] == NULL) {
        fail_msg("SIGILL_BIN is not set: run the tests with `make e2e`");
    }
    e2e_path(path, "sigill.conf");
    sg_format(conf, sizeof conf, "SIGILL_CONFIG=%s", path);
    env[0] = conf;
    if (e2e_clock_file != NULL) {
        e2e_path(path, e2e_clock_file);
        sg_format(clock, sizeof clock, "SIGILL_CLOCK=%s", path);
        env[1] = clock;
    }
    while (i < DESKS && desk[i].open) {
        i++;
    }
    assert_true(i < DESKS);
    assert_true(vt_start(&desk[i].v, DESK_ROWS, DESK_COLS, true, argv, env));
    desk[i].open = true;
    return &desk[i].v;
}

static void close_desk(struct vt *v) {
    for (int i = 0; i < DESKS; i++) {
        desk[i].open = desk[i].open && v != &desk[i].v;
    }
    vt_free(v);
}

void desk_leave(struct vt *v) {
    vt_send(v, "\x11");
    desk_left(v);
}

void desk_left(struct vt *v) {
    int status = vt_end(v, DESK_PATIENCE_MS);
    if (status != 0) {
        vt_dump(v);
    }
    bool restored = vt_restored(v);
    close_desk(v);
    assert_int_equal(status, 0);
    assert_true(restored);
}

void desk_kill(struct vt *v) {
    kill(v->pid, SIGKILL);
    assert_int_equal(vt_end(v, DESK_PATIENCE_MS), 128 + SIGKILL);
    close_desk(v);
}

int desk_clear(void **state) {
    (void)state;
    for (int i = 0; i < DESKS; i++) {
        if (desk[i].open) {
            close_desk(&desk[i].v);
        }
    }
    return 0;
}

void desk_sees(struct vt *v, const char *text, bool there, const char *file, int line) {
    if (!(there ? vt_wait : vt_wait_gone)(v, text, DESK_PATIENCE_MS)) {
        vt_dump(v);
        print_error("%s:%d: “%s” is %s on the screen\n", file, line, text, there ? "not" : "still");
        _fail(file, line);
    }
}

static bool holds(struct vt *v, const char *const *parts) {
    for (int y = 0; y < v->rows; y++) {
        const char *at = vt_row(v, y);
        size_t i = 0;
        while (parts[i] != NULL && (at = strstr(at, parts[i])) != NULL) {
            at += strlen(parts[i++]);
        }
        if (parts[i] == NULL) {
            return true;
        }
    }
    return false;
}

void desk_has_row(struct vt *v, const char *const *parts, const char *file, int line) {
    int64_t until = e2e_mono_ms() + DESK_PATIENCE_MS * test_patience();
    while (!holds(v, parts)) {
        if (e2e_mono_ms() >= until || v->eof) {
            vt_dump(v);
            for (size_t i = 0; parts[i] != NULL; i++) {
                print_error("%s:%d: no row holds part %zu of: “%s”\n", file, line, i, parts[i]);
            }
            _fail(file, line);
        }
        vt_pump(v, 20);
    }
}

void desk_fn(struct vt *v, int n) { vt_key(v, VTERM_KEY_FUNCTION(n), VTERM_MOD_NONE); }

void desk_esc(struct vt *v) {
    int64_t until = e2e_mono_ms() + ESC_MS;
    vt_send(v, "\033");
    while (e2e_mono_ms() < until) {
        vt_pump(v, 20);
    }
}
