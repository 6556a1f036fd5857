/* A small file beside the database says when the service was last there, so that at its next start it knows how long it was away. */
#pragma once
#include "base/clock.h"
#include "base/err.h"

enum { SG_HEARTBEAT_MS = 5000, SG_HEARTBEAT_GAP_MS = 30000 };         /* a beat; what is longer than this was an outage */
/* Writes the time. Failing is said in the diary and nowhere else. */
void sg_heartbeat(const char *database, const struct sg_clock *clock);
/* When the service was last there, if that is longer ago than the gap; 0: it was not away, or never there. */
int64_t sg_heartbeat_gap(const char *database, const struct sg_clock *clock);
