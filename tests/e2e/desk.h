/* A person at the full-screen client: the real sigill in a pseudo-terminal of tests/screen/vt.h, with the profiles and the service of
 * tests/e2e/lib.h. Keys go in, rows come out; a wait that fails shows the screen and fails the running test. */
#pragma once
#include "tests/e2e/lib.h"
#include "tests/screen/vt.h"

enum { DESK_ROWS = 24, DESK_COLS = 80, DESK_PATIENCE_MS = 20000 };
/* Starts the client of a profile in a language ("en", "sv"). Nothing is waited for; closed by desk_leave or desk_kill. The memory is the
 * harness's: a failed test leaves its own stack behind. */
struct vt *desk_start(const char *profile, const char *lang);
void desk_leave(struct vt *v);                    /* Ctrl-Q, must end with 0 and give the terminal back */
void desk_left(struct vt *v);                     /* it leaves by itself: the same */
void desk_kill(struct vt *v);                     /* SIGKILL */
/* After a failed test: whatever still runs is ended. A cmocka teardown. */
int desk_clear(void **state);
#define desk_see(v, text) desk_sees(v, text, true, __FILE__, __LINE__)
#define desk_gone(v, text) desk_sees(v, text, false, __FILE__, __LINE__)
void desk_sees(struct vt *v, const char *text, bool there, const char *file, int line);
/* Waits until one row holds all of these, in this order. */
#define desk_row(v, ...) desk_has_row(v, (const char *const[]){__VA_ARGS__, NULL}, __FILE__, __LINE__)
void desk_has_row(struct vt *v, const char *const *parts, const char *file, int line);
void desk_fn(struct vt *v, int n);                /* a function key */
void desk_esc(struct vt *v);                      /* Esc, and the moment after which it is not the first byte of something else */
