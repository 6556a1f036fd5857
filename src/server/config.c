/* The configuration file, read by libinih into one table of keys. Nothing unknown is passed over: a misspelt limit must not look set. */
#include "server/config.h"
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include "base/str.h"

enum kind { PATH, TEXT, NUMBER, LEVEL };
struct key { const char *section, *name; enum kind kind; size_t at, size; int64_t min, max; };
#define K(s, n, t, m, lo, hi) {s, n, t, offsetof(struct sg_config, m), sizeof(((struct sg_config *)0)->m), lo, hi}

static const struct key KEYS[] = {
    K("server", "listen", TEXT, listen, 0, 0), K("server", "port", NUMBER, port, 0, 65535), K("server", "cert", PATH, cert, 0, 0),
    K("server", "key", PATH, key, 0, 0), K("server", "ca", PATH, ca, 0, 0), K("server", "crl", PATH, crl, 0, 0),
    K("server", "database", PATH, database, 0, 0), K("server", "clock", PATH, clock, 0, 0), K("server", "port-file", PATH, port_file, 0, 0),
    K("limits", "lookups-per-minute", NUMBER, limits.lookups_minute, 1, 1000000),
    K("limits", "lookups-per-hour", NUMBER, limits.lookups_hour, 1, 10000000),
    K("limits", "lookups-per-day", NUMBER, limits.lookups_day, 1, 100000000),
    K("limits", "session-idle-minutes", NUMBER, limits.idle_minutes, 1, 1440), K("limits", "session-hours", NUMBER, limits.session_hours, 1, 168),
    K("limits", "connections", NUMBER, connections, 4, 100000), K("limits", "connections-per-ip", NUMBER, connections_per_ip, 1, 100000),
    K("event-log", "name", TEXT, log.name, 0, 0), K("event-log", "system", TEXT, log.system, 0, 0),
    K("event-log", "provider", TEXT, log.provider, 0, 0), K("event-log", "provider-name", TEXT, log.provider_name, 0, 0),
    K("event-log", "retention-years", NUMBER, retention_years, 5, 100), K("event-log", "key", PATH, log_key, 0, 0), K("event-log", "signer", PATH, signer, 0, 0),
    K("event-log", "witness-quorum", NUMBER, witness_quorum, 1, SG_FEED_MAX), K("event-log", "witness-seconds", NUMBER, witness_seconds, 1, 3600),
    K("log", "level", LEVEL, level, 0, 0),
};
struct reading { struct sg_config *c; const char *dir; size_t dir_len; char what[128]; };

void sg_config_defaults(struct sg_config *c)
{
    memset(c, 0, sizeof *c);
    SG_COPY(c->listen, "127.0.0.1");
    c->port = 8443;
    c->connections = 2000;
    c->connections_per_ip = 400;
    c->level = SG_LOG_INFO;
    c->retention_years = 5;
}

static bool set_level(struct sg_config *c, const char *value)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (sg_eq(names[i], value)) return c->level = (enum sg_log_level)i, true;
    return false;
}

static bool set(struct reading *r, const struct key *k, const char *value)
{
    char *m = (char *)r->c + k->at;
    int64_t v = 0;
    switch (k->kind) {
    case TEXT: return sg_copy(m, k->size, value);
    case LEVEL: return set_level(r->c, value);
    case PATH:
        if (value[0] == '/' || value[0] == '\0') return sg_copy(m, k->size, value);
        return sg_format(m, k->size, "%.*s%s", (int)r->dir_len, r->dir, value);
    case NUMBER: {
        if (!sg_parse_i64(value, k->min, k->max, &v)) return false;
        int n = (int)v;
        memcpy(m, &n, sizeof n);
        return true;
    }
    }
    return false;
}

/* A section "witness NAME" each. False: not one, or a fault that r->what names. */
static bool witness_pair(struct reading *r, const char *section, const char *name, const char *value)
{
    struct sg_config *c = r->c;
    size_t i = 0;
    while (i < c->n_witness && !sg_eq(c->witness[i].name, section + sizeof "witness " - 1)) i++;
    if (i == SG_FEED_MAX || (i == c->n_witness && !SG_COPY(c->witness[i].name, section + sizeof "witness " - 1))) {
        (void)sg_format(r->what, sizeof r->what, "at most %d witnesses, with names shorter than %zu", SG_FEED_MAX, sizeof c->witness->name);
        return false;
    }
    if (i == c->n_witness) c->n_witness++;
    struct sg_feed_witness *w = &c->witness[i];
    bool absolute = value[0] == '/' || !value[0];
    if (sg_eq(name, "url")) return SG_COPY(w->url, value);
    if (sg_eq(name, "key")) return SG_COPY(w->vkey, value);
    if (sg_eq(name, "ca")) return sg_format(w->ca, sizeof w->ca, "%.*s%s", absolute ? 0 : (int)r->dir_len, r->dir, value);
    (void)sg_format(r->what, sizeof r->what, "[%.40s] %.40s: unknown", section, name);
    return false;
}

static int on_pair(void *ctx, const char *section, const char *name, const char *value)
{
    struct reading *r = ctx;
    if (sg_starts(section, "witness ")) return witness_pair(r, section, name, value);
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++) {
        if (!sg_eq(KEYS[i].section, section) || !sg_eq(KEYS[i].name, name)) continue;
        if (set(r, &KEYS[i], value)) return 1;
        (void)sg_format(r->what, sizeof r->what, "%.40s: not a valid value", name);
        return 0;
    }
    (void)sg_format(r->what, sizeof r->what, "[%.40s] %.40s: unknown", section, name);
    return 0;
}

static enum sg_err complete(const struct sg_config *c, const char *file, struct sg_error *e)
{
    const struct { const char *name, *value; } need[] = {{"cert", c->cert}, {"key", c->key}, {"ca", c->ca}, {"database", c->database}};
    for (size_t i = 0; i < sizeof need / sizeof *need; i++)
        if (!need[i].value[0]) return sg_fail(e, SG_E_INPUT, file, "[server] %s is missing", need[i].name);
    return SG_E_OK;
}

enum sg_err sg_config_read(struct sg_config *c, const char *file, struct sg_error *e)
{
    char where[SG_WHERE_MAX];
    const char *slash = strrchr(file, '/');
    struct reading r = {.c = c, .dir = file, .dir_len = slash ? (size_t)(slash - file) + 1 : 0};
    int rc = ini_parse(file, on_pair, &r);
    if (rc < 0) return sg_fail(e, SG_E_IO, file, "cannot be read");
    if (rc == 0 && !c->log_key[0] && !sg_format(c->log_key, sizeof c->log_key, "%s.log-key", c->database))
        return sg_fail(e, SG_E_INPUT, file, "[event-log] key: too long");
    if (rc == 0) return complete(c, file, e);
    (void)sg_format(where, sizeof where, "%.60s:%d", file, rc);
    return sg_fail(e, SG_E_INPUT, where, "%s", r.what[0] ? r.what : "not understood");
}
