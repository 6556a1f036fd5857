/* See export_audit.def. The action follows from what the national contract calls it. */
#include "wire/export_audit.h"
#include <string.h>
#include "base/str.h"

static const struct { const char *kind, *event, *event_name, *type, *type_name; bool search; } ROWS[] = {
#define SG_AUDIT(...) {__VA_ARGS__},
#include "wire/export_audit.def"
};
static const enum sg_audit_pattern PATTERN[SG_ACTIVITY_COUNT] = {
    [SG_ACTIVITY_READ] = SG_AUDIT_READ, [SG_ACTIVITY_WRITE] = SG_AUDIT_UPDATE, [SG_ACTIVITY_SIGN] = SG_AUDIT_UPDATE, [SG_ACTIVITY_PRINT] = SG_AUDIT_READ,
    [SG_ACTIVITY_ATTEST] = SG_AUDIT_OTHER, [SG_ACTIVITY_DELETE] = SG_AUDIT_DELETE, [SG_ACTIVITY_EMERGENCY] = SG_AUDIT_READ,
};
static const char *const ACTION[] = {
    [SG_AUDIT_READ] = "R", [SG_AUDIT_UPDATE] = "U", [SG_AUDIT_DELETE] = "D", [SG_AUDIT_QUERY] = "E", [SG_AUDIT_OTHER] = "E"};

struct sg_audit sg_audit_of(const struct sg_event *v)
{
    size_t i = 0;
    while (!sg_starts(v->kind, ROWS[i].kind)) i++;       /* the last row takes everything */
    enum sg_activity a = sg_activity_named(v->activity);
    if (a >= SG_ACTIVITY_COUNT) a = SG_ACTIVITY_READ;
    bool alone = sg_eq(ROWS[i].event, "110113") || sg_eq(ROWS[i].event, "110114") || sg_starts(v->kind, "service.st");
    enum sg_audit_pattern p = alone ? SG_AUDIT_OTHER : ROWS[i].search && a == SG_ACTIVITY_READ ? SG_AUDIT_QUERY : PATTERN[a];
    return (struct sg_audit){ROWS[i].event, ROWS[i].event_name, ROWS[i].type, ROWS[i].type_name, ACTION[p], p, a, !alone};
}

void sg_audit_query(const struct sg_event *v, struct sg_buf *out)
{
    (void)sg_buf_addz(out, v->kind);
    if (v->activity_args[0]) (void)sg_buf_addf(out, " %s", v->activity_args);
}

static void address(char *dst, const char *what, const char *id)
{
    (void)sg_format(dst, SG_AUDIT_ADDRESS_MAX, "urn:sigill:%s:%s", what, id[0] ? id : "unknown");
}

void sg_audit_client(const struct sg_event *v, char dst[SG_AUDIT_ADDRESS_MAX]) { address(dst, "device", v->device); }
void sg_audit_server(const struct sg_event *v, char dst[SG_AUDIT_ADDRESS_MAX]) { address(dst, "system", v->system); }

void sg_audit_details(const struct sg_event *v, void (*put)(void *ctx, const char *type, const char *value), void *ctx)
{
    char leaf[24], at[SG_RFC3339_MAX];
    sg_format(leaf, sizeof leaf, "%lld", (long long)v->leaf_index);
    sg_rfc3339(at, v->at);
    const char *const list[][2] = {{"log", v->log}, {"leafIndex", leaf}, {"recordedAt", at}, {"kind", v->kind}, {"outcome", v->outcome}, {"unit", v->unit},
        {"reference", v->reference}, {"decision", v->decision}, {"reason", v->reason}, {"activityArgs", v->activity_args}, {"etagBefore", v->etag_before},
        {"offline", v->offline ? "true" : ""}, {"skew", v->skew ? "true" : ""}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i][1][0]) put(ctx, list[i][0], list[i][1]);
}
