/* Drives the real program in a pseudo-terminal and reads its screen through libvterm. Nothing here sleeps: every wait is a poll with an end.
 * The program is $SIGILL_BIN. The slave side stays open here, so that the terminal's settings can be compared afterwards. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>
#include <vterm.h>

enum { VT_RAW_MAX = 1 << 20 };
struct vt {
    VTerm *term; VTermScreen *screen;           /* NULL: started without a screen model */
    int fd, slave, rows, cols;
    pid_t pid;
    bool eof, ended; int status;                /* as from waitpid */
    struct termios before;
    char *raw; size_t n_raw;                    /* all bytes the program wrote, at most VT_RAW_MAX */
};
/* env: "NAME=value" or "-NAME", ends with NULL; TERM is xterm-256color and the language English unless said otherwise. model: with a
 * screen model (libvterm cannot be made 1×1). */
bool vt_start(struct vt *v, int rows, int cols, bool model, const char *const argv[], const char *const env[]);
extern bool vt_no_controlling_terminal;         /* for the next start */
void vt_pump(struct vt *v, int ms);             /* takes what comes within ms; returns at the first bytes */
bool vt_wait(struct vt *v, const char *text, int ms);       /* until text stands in one row */
bool vt_wait_gone(struct vt *v, const char *text, int ms);
bool vt_wait_raw(struct vt *v, const char *bytes, int ms);  /* until bytes have been written */
int vt_find(struct vt *v, const char *text);    /* row, -1 */
const char *vt_row(struct vt *v, int row);      /* UTF-8, right-trimmed; borrowed until 16 more calls */
VTermScreenCell vt_cell(struct vt *v, int row, int col);
void vt_dump(struct vt *v);                     /* to stderr, for failures */
void vt_send(struct vt *v, const char *bytes);
void vt_type(struct vt *v, const char *utf8);
void vt_key(struct vt *v, VTermKey k, VTermModifier m);
void vt_resize(struct vt *v, int rows, int cols);
bool vt_wrote(const struct vt *v, const char *bytes);
bool vt_restored(struct vt *v);                 /* alternate screen left, paste marks off, settings as before */
/* Waits for the end; kills when too late (returns -1). Exit status, or 128 + signal. */
int vt_end(struct vt *v, int ms);
void vt_free(struct vt *v);
double vt_now(void);                            /* ms, monotonic */

#define VT_ASSERT(v, text) do { if (!vt_wait((v), (text), 5000)) { vt_dump(v); fail_msg("“%s” is not on the screen", (text)); } } while (0)

/* A directory with a configuration whose service does not answer (nothing listens), certificates and a passphrase included.
 * Path of the configuration file, borrowed; NULL when openssl is missing. Removed by vt_conf_free. */
const char *vt_conf(void);
void vt_conf_free(void);
