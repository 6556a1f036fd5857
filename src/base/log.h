/* The program's own diary for maintainers: stderr or a file, one line a fact, never personal data.
 * (What staff did is in the event log of the service, not here.) */
#pragma once
#include "base/err.h"
enum sg_log_level { SG_LOG_ERROR, SG_LOG_WARN, SG_LOG_INFO, SG_LOG_DEBUG };
void sg_log_open(int fd, enum sg_log_level most);     /* fd -1: silent (full-screen) */
void sg_log(enum sg_log_level l, const char *fmt, ...) SG_PRINTF(2, 3);
