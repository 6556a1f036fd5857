/* A program in a pseudo-terminal, timed: bytes in, bytes out, when. No screen model, so that nothing is slowed by one. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

struct pty { pid_t pid; int fd, keep; struct termios before; char tail[65536]; size_t n_tail; size_t bytes; double last; bool eof; };

double pty_now(void);                                                        /* ms, monotonic */
bool pty_start(struct pty *p, int rows, int cols, char *const argv[]);
void pty_send(struct pty *p, const char *keys, size_t n);
/* Reads until `text` has appeared in the output since the last pty_forget, or ms passed. */
bool pty_wait(struct pty *p, const char *text, double ms);
void pty_forget(struct pty *p);                                              /* empties the tail, zeroes bytes */
void pty_quiet(struct pty *p, double quiet_ms, double most_ms);              /* reads until nothing came for quiet_ms */
void pty_resize(struct pty *p, int rows, int cols);
bool pty_restored(const struct pty *p);                                      /* alternate screen left, termios as before */
int pty_end(struct pty *p, double ms);                                       /* waits; SIGKILL when too late (returns -1); exit status or 128 + signal */
long pty_switches(const struct pty *p);                                      /* voluntary context switches of all threads */
long pty_rss_kib(const struct pty *p);
