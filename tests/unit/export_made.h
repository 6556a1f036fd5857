/* A thousand events as the service writes them, with texts that nobody would type, in any form of export. Always the same ones. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/str.h"
#include "model/action.h"
#include "model/event.h"
#include "wire/export.h"

static uint64_t state_ = 20260302;
static uint64_t rnd(uint64_t below)
{
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return (state_ >> 11) % below;
}

static void nasty(char *dst, size_t cap)
{
    static const char *const parts[] = {"Anna", " ", "Öst", "<", ">", "&", "]]>", "\"", "'", "\x01", "\x1F", "\n", "\r", "\t", "\xC2\xA0", "\xE2\x80\xA8", "\xE2\x80\xAE", "\xEF\xBF\xBE",
                                        "\xF0\x9F\xA6\x8A", "\xFF", "=1+1", "--", "{}", "\\", "\xE3\x80\x80", "%s", "<!--", "&#0;"};
    dst[0] = '\0';
    size_t len = 0;
    for (uint64_t n = rnd(12); n > 0; n--) {
        const char *p = parts[rnd(sizeof parts / sizeof *parts)];
        if (len + strlen(p) + 1 >= cap) break;
        memcpy(dst + len, p, strlen(p) + 1);
        len += strlen(p);
    }
}

static void uuid(char dst[SG_UUID_MAX])
{
    snprintf(dst, SG_UUID_MAX, "%08x-%04x-7%03x-8%03x-%012llx", (unsigned)rnd(UINT32_MAX), (unsigned)rnd(65536), (unsigned)rnd(4096), (unsigned)rnd(4096), (unsigned long long)rnd(1ULL << 48));
}

/* An event as the service writes it: its required fields are there, everything people type may be anything. */
static void made(struct sg_export_row *r, int64_t i)
{
    struct sg_event *v = &r->event;
    struct sg_event_def d;
    static const char *const outcomes[] = {"done", "refused", "conflict"}, *const purposes[] = {"care", "Vård och behandling", "administration", "Eget"};
    memset(r, 0, sizeof *r);
    uint64_t k = rnd(SG_EV_COUNT + SG_ACT_COUNT);
    assert_true(sg_event_find(k < SG_EV_COUNT ? sg_event_def((enum sg_event_kind)k)->kind : sg_action_def((enum sg_action_kind)(k - SG_EV_COUNT))->name, &d));
    v->index = i;
    v->leaf_index = i / 2;
    uuid(v->id);
    SG_COPY(v->kind, d.kind);
    SG_COPY(v->activity, sg_activity_name((enum sg_activity)(rnd(4) ? d.activity : rnd(SG_ACTIVITY_COUNT))));
    SG_COPY(v->resource, d.resource);
    SG_COPY(v->outcome, outcomes[rnd(3)]);
    v->at = 1600000000000 + (int64_t)rnd(200000000000);
    if (rnd(2)) v->performed_at = v->at - (int64_t)rnd(100000000);
    SG_COPY(v->actor, rnd(20) ? "SE2321000016-1001" : "unknown");
    SG_COPY(v->system, "SE2321000016-SIGILL");
    SG_COPY(v->provider, "SE2321000016-0100");
    SG_COPY(v->unit, "SE2321000016-0101");
    SG_COPY(v->purpose, purposes[rnd(4)]);
    SG_COPY(v->log, "se2321000016-0100");
    SG_COPY(v->region, "demo");
    nasty(v->actor_name, sizeof v->actor_name);
    nasty(v->unit_name, sizeof v->unit_name);
    nasty(v->provider_name, sizeof v->provider_name);
    nasty(v->title, sizeof v->title);
    nasty(v->assignment, sizeof v->assignment);
    nasty(v->reason, sizeof v->reason);
    nasty(v->reference, sizeof v->reference);
    if (rnd(2)) SG_COPY(v->commission, "SE2321000016-3001");
    if (rnd(2)) uuid(v->action_id);
    if (rnd(2)) SG_COPY(v->traceparent, "00-2d36d334060b3ff468201c6ede6e1d28-123f8c77127e7a64-01");
    if (rnd(2)) SG_COPY(v->activity_args, rnd(2) ? "{\"region\":\"norr\"}" : "not json <&>");
    if (rnd(3)) uuid(v->subject);
    if (v->subject[0] && rnd(2)) {
        SG_COPY(r->number, rnd(2) ? "201412122382" : "201412822388");
        nasty(r->name, sizeof r->name);
    }
    v->offline = rnd(4) == 0;
}

static char *thousand(enum sg_export_form f, size_t *len)
{
    struct sg_buf b;
    static struct sg_export_row r;
    sg_buf_init(&b, 64 << 20);
    state_ = 20260302;
    sg_export_begin(f, &b);
    for (int64_t i = 0; i < 1000; i++) {
        made(&r, i);
        sg_export_row(f, &r, i == 0, &b);
    }
    sg_export_end(f, &b);
    assert_int_equal(sg_buf_check(&b), SG_E_OK);
    *len = b.len;
    const char *dir = getenv("SIGILL_EXPORTS");
    if (dir) {
        char path[1024];
        snprintf(path, sizeof path, "%s/events.%s", dir, sg_export_name(f));
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        assert_int_equal(fwrite(b.data, 1, b.len, out), b.len);
        assert_int_equal(fclose(out), 0);
    }
    return sg_buf_take(&b);
}
