/* Configuration: one INI file, one section a profile; entries in [sigill] hold for every profile unless it says otherwise.
 * The keys are a table of offsets, so that reading, checking, suggesting and listing them is one thing. Two passes: the first
 * finds the profile, the second fills it; every section is checked, so that a slip is found before the profile is needed. */
#include "base/version.h"
#include "cmd/config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/ini.h"
#include "cmd/suggest.h"

enum type { T_TEXT, T_PATH, T_BOOL, T_INT, T_HSA };
struct key { const char *name; enum type type; size_t offset, cap; int64_t min, max; };
#define TEXT(f) {#f, T_TEXT, offsetof(struct sg_config, f), sizeof(((struct sg_config *)0)->f), 0, 0}
#define PATH(f) {#f, T_PATH, offsetof(struct sg_config, f), sizeof(((struct sg_config *)0)->f), 0, 0}
#define BOOL(f) {#f, T_BOOL, offsetof(struct sg_config, f), sizeof(bool), 0, 0}
static const struct key keys[] = {
    TEXT(url), PATH(ca), PATH(cert), PATH(key), PATH(passphrase_file), PATH(state_dir),
    {"commission", T_HSA, offsetof(struct sg_config, commission), SG_HSA_MAX, 0, 0},
    TEXT(lang), TEXT(theme), TEXT(keymap), PATH(keymap_file),
    {"scrypt_log_n", T_INT, offsetof(struct sg_config, scrypt_log_n), sizeof(int), 14, 22},
    {"answer_seconds", T_INT, offsetof(struct sg_config, answer_seconds), sizeof(int), 5, 300},
    {"connect_seconds", T_INT, offsetof(struct sg_config, connect_seconds), sizeof(int), 1, 60},
    BOOL(mouse), BOOL(read_only), BOOL(key_cache), PATH(clock_file), TEXT(purpose), TEXT(log_key), TEXT(log_witnesses),
    {"log_witness_quorum", T_INT, offsetof(struct sg_config, log_witness_quorum), sizeof(int), 1, 8},
};
enum { N_KEYS = sizeof keys / sizeof keys[0] };
_Static_assert(sizeof(((struct sg_config *)0)->ca) == SG_PATH_MAX, "paths have one size");

struct reading {
    struct sg_config *c;
    const char *want;                 /* profile asked for, NULL in the first pass */
    bool found, fill_common, cache_set;
    char first[64], named[64];        /* first profile of the file; `default =` */
    char profiles[256];               /* names, for the message */
};

static char *slot(struct sg_config *c, const struct key *k) { return (char *)c + k->offset; }

static enum sg_err set_path(struct sg_config *c, const struct key *k, const char *value, struct sg_error *e) {
    const char *home = getenv("HOME"), *slash = strrchr(c->file, '/');
    char *dst = slot(c, k);
    bool fits;
    if (value[0] == '~' && value[1] == '/' && home != NULL) {
        fits = sg_format(dst, k->cap, "%s%s", home, value + 1);
    } else if (value[0] == '/' || value[0] == '\0' || slash == NULL) {
        fits = sg_copy(dst, k->cap, value);
    } else {
        fits = sg_format(dst, k->cap, "%.*s/%s", (int)(slash - c->file), c->file, value);
    }
    return fits ? SG_E_OK : sg_fail(e, SG_E_LIMIT, k->name, _("the path is too long"));
}

static enum sg_err set_bool(struct sg_config *c, const struct key *k, const char *value, struct sg_error *e) {
    bool yes = sg_ieq(value, "yes") || sg_ieq(value, "true") || sg_eq(value, "1");
    if (!yes && !sg_ieq(value, "no") && !sg_ieq(value, "false") && !sg_eq(value, "0")) {
        return sg_fail(e, SG_E_INPUT, k->name, _("%s must be yes or no"), k->name);
    }
    memcpy(slot(c, k), &yes, sizeof yes);
    return SG_E_OK;
}

static enum sg_err set_int(struct sg_config *c, const struct key *k, const char *value, struct sg_error *e) {
    int64_t n;
    if (!sg_parse_i64(value, k->min, k->max, &n)) {
        return sg_fail(e, SG_E_INPUT, k->name, _("%s must be a number from %d to %d"), k->name, (int)k->min, (int)k->max);
    }
    int small = (int)n;
    memcpy(slot(c, k), &small, sizeof small);
    return SG_E_OK;
}

static enum sg_err set(struct sg_config *c, const struct key *k, const char *value, struct sg_error *e) {
    switch (k->type) {
    case T_PATH: return set_path(c, k, value, e);
    case T_BOOL: return set_bool(c, k, value, e);
    case T_INT: return set_int(c, k, value, e);
    case T_HSA:
        return sg_hsa_parse(value, slot(c, k)) ? SG_E_OK : sg_fail(e, SG_E_INPUT, k->name, _("%s must be an HSA-id"), k->name);
    case T_TEXT: break;
    }
    return sg_copy(slot(c, k), k->cap, value) ? SG_E_OK : sg_fail(e, SG_E_LIMIT, k->name, _("%s is too long"), k->name);
}

static enum sg_err check_choice(const struct key *k, const char *value, struct sg_error *e) {
    if (sg_eq(k->name, "lang") && !sg_eq(value, "sv") && !sg_eq(value, "en")) {
        return sg_fail(e, SG_E_INPUT, k->name, _("lang must be sv or en"));
    }
    if (sg_eq(k->name, "url") && !sg_starts(value, "https://")) {
        return sg_fail(e, SG_E_INPUT, k->name, _("url must begin with https://"));
    }
    return SG_E_OK;
}

static const struct key *find_key(const char *name, struct sg_error *e) {
    struct sg_suggest near = sg_suggest_start(name);
    for (size_t i = 0; i < N_KEYS; i++) {
        if (sg_eq(keys[i].name, name)) {
            return &keys[i];
        }
        sg_suggest_try(&near, keys[i].name);
    }
    char hint[96];
    sg_suggest_text(&near, hint, sizeof hint);
    (void)sg_fail(e, SG_E_INPUT, name, _("there is no setting “%s”%s"), name, hint);
    return NULL;
}

static void saw_profile(struct reading *r, const char *section) {
    if (r->first[0] == '\0') {
        SG_COPY(r->first, section);
    }
    size_t n = strlen(section);
    if (strncmp(r->profiles, section, n) != 0 && strstr(r->profiles, section) == NULL) {
        size_t used = strlen(r->profiles);
        sg_format(r->profiles + used, sizeof r->profiles - used, "%s%s", used ? ", " : "", section);
    }
}

static enum sg_err entry(void *ctx, const char *section, const char *name, const char *value, int line, struct sg_error *e) {
    struct reading *r = ctx;
    (void)line;
    bool common = sg_eq(section, "sigill"), mine = r->want != NULL && sg_eq(section, r->want);
    if (section[0] == '\0') {
        return sg_fail(e, SG_E_INPUT, name, _("a setting stands before the first [profile]"));
    }
    if (!common) {
        saw_profile(r, section);
        r->found = r->found || mine;
    }
    if (common && sg_eq(name, "default")) {
        SG_COPY(r->named, value);
        return SG_E_OK;
    }
    const struct key *k = find_key(name, e);
    enum sg_err err = k == NULL ? SG_E_INPUT : check_choice(k, value, e);
    struct sg_config scratch = *r->c;
    if (err == SG_E_OK) {
        bool keep = mine ? !r->fill_common : common && r->fill_common;
        err = set(keep ? r->c : &scratch, k, value, e);
        r->cache_set = r->cache_set || (keep && sg_eq(name, "key_cache"));
    }
    return err;
}

static enum sg_err find_file(struct sg_config *c, struct sg_error *e) {
    const char *named = getenv("SIGILL_CONFIG"), *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    bool fits = true;
    if (named != NULL && named[0] != '\0') {
        char *full = realpath(named, NULL);
        fits = sg_copy(c->file, sizeof c->file, full ? full : named);
        free(full);
    } else if (xdg != NULL && xdg[0] == '/') {
        fits = sg_format(c->file, sizeof c->file, "%s/sigill/sigill.conf", xdg);
    } else if (home != NULL && home[0] == '/') {
        fits = sg_format(c->file, sizeof c->file, "%s/.config/sigill/sigill.conf", home);
    } else {
        return sg_fail(e, SG_E_USAGE, "SIGILL_CONFIG", _("no configuration: set SIGILL_CONFIG or HOME"));
    }
    return fits ? SG_E_OK : sg_fail(e, SG_E_LIMIT, "SIGILL_CONFIG", _("the path is too long"));
}

static void defaults(struct sg_config *c) {
    SG_COPY(c->theme, "dark");
    SG_COPY(c->keymap, "default");
    SG_COPY(c->purpose, "care");
    c->scrypt_log_n = 17;
    c->connect_seconds = 3;
    c->answer_seconds = 15;
    c->mouse = false;
}

static enum sg_err default_state_dir(struct sg_config *c, struct sg_error *e) {
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool fits = false;
    if (xdg != NULL && xdg[0] == '/') {
        fits = sg_format(c->state_dir, sizeof c->state_dir, "%s/sigill/%s", xdg, c->profile);
    } else if (home != NULL && home[0] == '/') {
        fits = sg_format(c->state_dir, sizeof c->state_dir, "%s/.local/state/sigill/%s", home, c->profile);
    }
    return fits ? SG_E_OK : sg_fail(e, SG_E_INPUT, "state_dir", _("state_dir is missing and HOME is not set"));
}

static enum sg_err finish(struct sg_config *c, const struct reading *r, struct sg_error *e) {
    const char *const needed[][2] = {{"url", c->url}, {"ca", c->ca}, {"cert", c->cert}, {"key", c->key}};
    for (size_t i = 0; i < 4; i++) {
        if (needed[i][1][0] == '\0') {
            return sg_fail(e, SG_E_INPUT, c->file, _("profile %s: “%s” is missing"), c->profile, needed[i][0]);
        }
    }
    const char *frozen = getenv("SIGILL_CLOCK");
    if (frozen != NULL && frozen[0] != '\0') {
        SG_COPY(c->clock_file, frozen);
    }
    if (!r->cache_set) {
        c->key_cache = c->passphrase_file[0] != '\0';
    }
    return c->state_dir[0] != '\0' ? SG_E_OK : default_state_dir(c, e);
}

static enum sg_err choose_profile(const struct reading *r, const char *profile, struct sg_config *c, struct sg_error *e) {
    const char *name = profile != NULL ? profile : r->named[0] ? r->named : r->first;
    if (name[0] == '\0') {
        return sg_fail(e, SG_E_INPUT, c->file, _("the file holds no profile"));
    }
    return sg_copy(c->profile, sizeof c->profile, name) ? SG_E_OK : sg_fail(e, SG_E_LIMIT, "profile", _("the name is too long"));
}

enum sg_err sg_config_load(const char *profile, struct sg_config *out, struct sg_error *e) {
    struct reading r = {.c = out};
    memset(out, 0, sizeof *out);
    defaults(out);
    enum sg_err err = find_file(out, e);
    if (err == SG_E_OK) {
        r.fill_common = true;
        err = access(out->file, F_OK) == 0 ? sg_ini_file(out->file, entry, &r, e)
                                           : sg_fail(e, SG_E_INPUT, out->file, _("there is no such configuration file; SIGILL_CONFIG may name another"));
    }
    if (err == SG_E_OK) {
        err = choose_profile(&r, profile, out, e);
    }
    if (err == SG_E_OK) {
        r.fill_common = false;
        r.want = out->profile;
        err = sg_ini_file(out->file, entry, &r, e);
    }
    if (err == SG_E_OK && !r.found) {
        err = sg_fail(e, SG_E_INPUT, out->file, _("there is no profile “%s”; the file has: %s"), out->profile, r.profiles);
    }
    return err == SG_E_OK ? finish(out, &r, e) : err;
}

/* The folders above the state directory, for the owner only; the store makes the last one itself. */
static enum sg_err make_parents(const char *path, struct sg_error *e) {
    char part[SG_PATH_MAX];
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        (void)sg_copyn(part, sizeof part, path, (size_t)(slash - path));
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            return sg_fail(e, SG_E_IO, part, _("the folder cannot be made: %s"), strerror(errno));
        }
    }
    return SG_E_OK;
}

enum sg_err sg_config_drill(struct sg_config *c, struct sg_error *e) {
    char dir[SG_PATH_MAX];
    size_t n = strlen(c->state_dir);
    while (n > 1 && c->state_dir[n - 1] == '/') {
        n--;
    }
    if (!sg_format(dir, sizeof dir, "%.*s-drill", (int)n, c->state_dir) || !SG_COPY(c->state_dir, dir)) {
        return sg_fail(e, SG_E_LIMIT, "state_dir", _("the path is too long"));
    }
    SG_COPY(c->url, "https://127.0.0.1:9");         /* discard: nothing listens, and no name is looked up */
    c->commission[0] = '\0';
    c->drill = true;
    return SG_E_OK;
}

enum sg_err sg_config_engine(const struct sg_config *c, const struct sg_secret *passphrase, struct sg_engine_opts *out, struct sg_error *e) {
    char name[SG_NAME_MAX];
    memset(out, 0, sizeof *out);
    out->identity = (struct sg_identity){.url = c->url, .ca_file = c->ca, .cert_file = c->cert, .key_file = c->key,
                                          .connect_ms = 1000 * c->connect_seconds};
    struct sg_error why = {0};
    enum sg_err err = sg_identity_read(c->cert, out->actor, name, &why);
    if (err == SG_E_OK && access(c->key, R_OK) != 0) {
        err = sg_fail(&why, SG_E_AUTH, c->key, _("the private key cannot be read"));
    }
    if (err != SG_E_OK) {
        return sg_fail(e, SG_E_AUTH, why.where, "%s", why.detail);      /* no certificate that can be read is no identity */
    }
    err = make_parents(c->state_dir, e);
    if (err != SG_E_OK) {
        return err;
    }
    out->commission = c->commission[0] ? c->commission : NULL;
    out->clock = sg_clock_system(c->clock_file[0] ? c->clock_file : NULL);
    out->random = sg_random_system();
    out->client = "sigill/" SG_VERSION;
    out->logs = true;
    out->log_key = c->log_key[0] ? c->log_key : NULL;
    out->log_witnesses = c->log_witnesses[0] ? c->log_witnesses : NULL;
    out->log_witness_quorum = c->log_witness_quorum;
    out->store = (struct sg_store_opts){.dir = c->state_dir, .actor = out->actor, .passphrase = passphrase,
        .scrypt_log_n = c->scrypt_log_n, .cache_key = c->key_cache && !c->drill, .drill = c->drill, .clock = out->clock, .random = out->random};
    return SG_E_OK;
}
