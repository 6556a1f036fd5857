/* Stops of the service that its operator has planned: none in office hours without a reason, announced three days ahead, and what is said of one
 * while it is awaited and while it goes on. Times are wall ms, days and hours Swedish. Pure. */
#pragma once
#include "base/clock.h"
#include "base/err.h"

/* from 0: none; to 0: not known yet. announced: when it was recorded. */
struct sg_stop { int64_t from, to, announced; };

/* The first moment of [from,to) that lies in office hours, Monday to Friday 07:00–17:00. Public holidays are not known here. False: none does. */
bool sg_stop_in_office(int64_t from, int64_t to, int64_t *at);
/* ms that are missing to 72 hours when it is announced at `now`; 0: it is early enough. */
int64_t sg_stop_late(int64_t from, int64_t now);

enum sg_stop_phase { SG_STOP_NONE, SG_STOP_AHEAD, SG_STOP_ON };       /* NONE: none is announced, or it is over */
enum sg_stop_phase sg_stop_phase(const struct sg_stop *s, int64_t now);
/* One line, translated: "Planned stop Sat 2026-11-28 22:00–23:30, in 3 d 4 h", or "Planned stop since 22:00, until 23:30"; "" when there is none.
 * The time that is left is rounded down: to hours, and in the last hour to minutes. */
void sg_stop_text(char *dst, size_t cap, const struct sg_stop *s, int64_t now);
/* ms from now until that line says something else; -1: never. */
int64_t sg_stop_changes_in(const struct sg_stop *s, int64_t now);
void sg_stop_day(char *dst, size_t cap, int64_t at);      /* "Sat 2026-11-28 22:00", translated */
