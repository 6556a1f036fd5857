/* An event in which every text wants to act on a terminal: clear the screen, set the title, turn the direction of writing, begin a line of its own. */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/str.h"
#include "base/utf8.h"
#include "wire/wire.h"

#define NASTY "\x1B[2J\xE2\x80\xAE" "A\x07\xC2\x9B" "1m\x7F\n\xE2\x81\xA6\xE2\x80\x8B\r\b\x1B]0;t\x07"

static inline void nasty_event(struct sg_event *v, const char *kind)
{
    char *const text[] = {v->outcome, v->actor, v->actor_name, v->commission, v->unit, v->unit_name, v->provider, v->purpose, v->action_id, v->rule, v->reason,
                          v->reference, v->client, v->etag_before, v->region, v->system, v->activity_args, v->title, v->assignment, v->provider_name, v->resource,
                          v->decision, v->traceparent, v->subject, v->device, v->log, v->activity};
    const size_t cap[] = {sizeof v->outcome, sizeof v->actor, sizeof v->actor_name, sizeof v->commission, sizeof v->unit, sizeof v->unit_name, sizeof v->provider,
                          sizeof v->purpose, sizeof v->action_id, sizeof v->rule, sizeof v->reason, sizeof v->reference, sizeof v->client, sizeof v->etag_before,
                          sizeof v->region, sizeof v->system, sizeof v->activity_args, sizeof v->title, sizeof v->assignment, sizeof v->provider_name,
                          sizeof v->resource, sizeof v->decision, sizeof v->traceparent, sizeof v->subject, sizeof v->device, sizeof v->log, sizeof v->activity};
    memset(v, 0, sizeof *v);
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) (void)sg_copy(text[i], cap[i], NASTY);
    SG_COPY(v->kind, kind);
    SG_COPY(v->id, "01a21b25-bbf6-7155-8c8f-e42e27145529");
    v->at = INT64_C(1764115200000);
    v->performed_at = v->at - 1000;
    v->offline = v->skew = true;
}

/* The first character that acts on a terminal or cannot be seen, 0 when there is none; but those in allowed. */
static inline uint32_t nasty_found(const char *text, const char *allowed)
{
    for (size_t n = strlen(text), used; n > 0; text += used, n -= used) {
        uint32_t cp = 0;
        used = sg_utf8_next(text, n, &cp);
        if (cp < 0x80 && cp != 0 && strchr(allowed, (int)cp)) continue;
        if (cp == SG_UTF8_BAD || !sg_cp_printable(cp)) return cp;
    }
    return 0;
}
