/* Kinds of events: what each is called, and what it is to the national log contract (urn:riv:ehr:log). Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum sg_event_kind {
#define SG_EVENT(id, ...) SG_EV_##id,
#include "model/event.def"
    SG_EV_COUNT
};
enum sg_activity { SG_ACTIVITY_READ, SG_ACTIVITY_WRITE, SG_ACTIVITY_SIGN, SG_ACTIVITY_PRINT, SG_ACTIVITY_ATTEST, SG_ACTIVITY_DELETE,
                   SG_ACTIVITY_EMERGENCY, SG_ACTIVITY_COUNT };
/* name: stable, of the API; word: the contract's own Swedish one. "" beyond the last. */
const char *sg_activity_name(enum sg_activity a);
const char *sg_activity_word(enum sg_activity a);
enum sg_activity sg_activity_named(const char *name);        /* SG_ACTIVITY_COUNT when unknown */

struct sg_event_def { const char *kind; enum sg_activity activity; const char *resource, *title; };   /* title: msgid */
const struct sg_event_def *sg_event_def(enum sg_event_kind k);
/* By name, an action's included (then *out is filled from action.def). False: no such kind. */
bool sg_event_find(const char *kind, struct sg_event_def *out);
