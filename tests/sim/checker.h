/* The history checker. It knows nothing of the product: it is told what people were told and what the service's tables hold at the end,
 * and says whether the two can be true together. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum chk_state { CHK_UNKNOWN, CHK_WAITING, CHK_DONE, CHK_REFUSED, CHK_CONFLICT, CHK_WITHDRAWN };
struct chk;
struct chk *chk_new(void);
void chk_free(struct chk *c);
void chk_restored(struct chk *c);        /* the service was put back to an old copy: what it forgot is not held against it */

/* While it runs. when: true time in ms. */
void chk_citizen(struct chk *c, const char *id, const char *etag);
void chk_asked(struct chk *c, int client, const char *action, bool widens, int parts, const char *citizen, int64_t when);
void chk_told(struct chk *c, int client, const char *action, int64_t seq, const char *observed, enum chk_state s, int64_t event, int64_t when);
void chk_declined(struct chk *c, const char *action, bool disk_lied);    /* the person was told that it is not in the queue */
void chk_redo(struct chk *c, int client);                                /* asked to decide one once more: a new action may come of it … */
void chk_again(struct chk *c, int client, const char *action, const char *successor, int64_t when);      /* … and this is the one */
void chk_confirmed(struct chk *c, const char *action, int64_t when);
void chk_clock_touched(struct chk *c, int client);
void chk_shown(struct chk *c, const char *restriction);                  /* a person saw this restriction as being in the service */
/* A person saw what the cache knew of the citizen, and this is to be the event that says so; in_vain: the service was asked and did not answer. */
void chk_read(struct chk *c, const char *actor, const char *event, const char *citizen, bool in_vain);
void chk_commission(struct chk *c, const char *actor, bool lost, int64_t events);

/* At the end. */
struct chk_event {
    int64_t index, at, performed_at;
    const char *outcome, *actor, *action, *citizen, *etag_before, *device, *restrictions; bool is_action;
    const char *id; bool read, offline;      /* read: of a citizen */
};
void chk_event(struct chk *c, const struct chk_event *ev);
void chk_stored(struct chk *c, const char *action, const char *device, const char *actor, int64_t seq, int status, const char *etag, int64_t event);
void chk_restriction(struct chk *c, const char *id, const char *citizen, const char *made_by, bool active, const char *ended_by);
void chk_row(struct chk *c, int client, const char *action, int64_t seq, enum chk_state s);
void chk_reads_left(struct chk *c, int client, size_t n);                /* reads that its store has not handed in */
void chk_damage(struct chk *c, int client, size_t n);
void chk_note(struct chk *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));    /* something else is wrong; the first stays */
/* NULL: all of it can be true together. */
const char *chk_verdict(struct chk *c);
