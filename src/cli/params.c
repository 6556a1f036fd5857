/* From what was typed to an action. The command line gives field=value; in citizen.protect a field is named with its kind in
 * front ("record.seal.scope=account"), "kind=yes" asks for a part without more, and a field without a kind goes to every part that
 * has it. Values that name persons or restrictions may be lists: one part each. A batch line is the same as JSON. */
#include <string.h>
#include "base/i18n.h"
#include "cli/inside.h"
#include "cmd/suggest.h"

struct pair { char name[64]; const char *value; };
struct dotted { enum sg_action_kind kind; const char *field; };     /* field "" for the kind alone */

static enum sg_err split(const char *arg, struct pair *p, struct sg_error *e) {
    const char *eq = strchr(arg, '=');
    if (eq == NULL || eq == arg || !sg_copyn(p->name, sizeof p->name, arg, (size_t)(eq - arg))) {
        return sg_fail(e, SG_E_INPUT, arg, _("expected field=value"));
    }
    p->value = eq + 1;
    return SG_E_OK;
}

enum sg_err sg_params_kind(const char *name, enum sg_action_kind *out, struct sg_error *e) {
    *out = sg_action_kind_named(name);
    if (*out < SG_ACT_COUNT) {
        return SG_E_OK;
    }
    struct sg_suggest near = sg_suggest_start(name);
    for (int k = 0; k < (int)SG_ACT_COUNT; k++) {
        sg_suggest_try(&near, sg_action_def((enum sg_action_kind)k)->name);
    }
    char hint[96];
    sg_suggest_text(&near, hint, sizeof hint);
    return sg_fail(e, SG_E_INPUT, name, _("there is no such kind of action%s; “sigill actions” lists them"), hint);
}

static enum sg_err unknown_field(enum sg_action_kind k, const char *name, struct sg_error *e) {
    const struct sg_action_def *d = sg_action_def(k);
    struct sg_suggest near = sg_suggest_start(name);
    for (size_t i = 0; i < d->n_fields; i++) {
        sg_suggest_try(&near, d->fields[i].name);
    }
    char hint[96];
    sg_suggest_text(&near, hint, sizeof hint);
    return sg_fail(e, SG_E_INPUT, name, _("“%s” has no such field%s"), d->name, hint);
}

/* "guardian.block.guardian" -> GUARDIAN_BLOCK, "guardian". Only kinds that may be a part. */
static bool dotted(const char *name, struct dotted *out) {
    for (int k = 0; k < (int)SG_ACT_COUNT; k++) {
        const char *kind = sg_action_def((enum sg_action_kind)k)->name;
        size_t n = strlen(kind);
        if (sg_action_may_be_part((enum sg_action_kind)k) && strncmp(name, kind, n) == 0 && (name[n] == '\0' || name[n] == '.')) {
            *out = (struct dotted){(enum sg_action_kind)k, name + n + (name[n] == '.')};
            return true;
        }
    }
    return false;
}

static bool wants_grants(const char *name, const char *value) {
    struct dotted d;
    return dotted(name, &d) && d.kind == SG_ACT_MINOR_WITHDRAW && d.field[0] == '\0' && sg_flag(value);
}

bool sg_params_need_citizen(const struct sg_action *a, int n, char *const *arg) {
    for (int i = 0; a->kind == SG_ACT_CITIZEN_PROTECT && i < n; i++) {
        struct pair p = {.value = ""};
        if (split(arg[i], &p, NULL) == SG_E_OK && wants_grants(p.name, p.value)) {
            return true;
        }
    }
    return false;
}

static struct sg_part *first_part(struct sg_action *a, enum sg_action_kind k) {
    for (size_t i = 0; i < a->n_parts; i++) {
        if (a->part[i].kind == k) {
            return &a->part[i];
        }
    }
    return NULL;
}

static enum sg_err full(struct sg_error *e) { return sg_fail(e, SG_E_LIMIT, "", _("at most %d measures in one action"), (int)SG_PARTS_MAX); }

static enum sg_err need_part(struct sg_action *a, enum sg_action_kind k, struct sg_error *e) {
    return first_part(a, k) != NULL || sg_action_add_part(a, k) != NULL ? SG_E_OK : full(e);
}

static enum sg_err add_grants(struct sg_action *a, const struct sg_citizen *c, struct sg_error *e) {
    for (size_t i = 0; c != NULL && i < c->n_restrictions; i++) {
        const struct sg_restriction *r = &c->restriction[i];
        if (r->kind != SG_R_MINOR_GRANT || r->state != SG_RS_ACTIVE) {
            continue;
        }
        struct sg_part *p = sg_action_add_part(a, SG_ACT_MINOR_WITHDRAW);
        if (p == NULL) {
            return full(e);
        }
        enum sg_err err = sg_part_set(p, "restriction", r->id, e);
        if (err != SG_E_OK) {
            return err;
        }
    }
    return SG_E_OK;
}

static bool is_list(const struct sg_field_def *f) { return f->type == SG_FT_GUARDIAN || f->type == SG_FT_RESTRICTION; }

/* "a,b": one part of the kind for each. */
static enum sg_err add_list(struct sg_action *a, const struct sg_field_def *f, const char *value, struct sg_error *e) {
    while (*value != '\0') {
        char one[SG_VALUE_MAX];
        size_t n = strcspn(value, ",");
        struct sg_part *p = sg_action_add_part(a, f->kind);
        if (p == NULL) {
            return full(e);
        }
        if (!sg_copyn(one, sizeof one, value, n)) {
            return sg_fail(e, SG_E_LIMIT, f->name, _("the value is too long"));
        }
        enum sg_err err = sg_part_set(p, f->name, sg_trim(one), e);
        if (err != SG_E_OK) {
            return err;
        }
        value += n + (value[n] == ',');
    }
    return SG_E_OK;
}

/* First walk: the parts that lists and bare kinds ask for. Second: the other fields with a kind. Third: fields for all parts. */
enum walk { W_PARTS, W_FIELDS, W_COMMON };

static enum sg_err bare_kind(struct sg_action *a, enum sg_action_kind k, const char *value, const struct sg_citizen *c, struct sg_error *e) {
    if (!sg_flag(value)) {
        return sg_eq(value, "no") || sg_eq(value, "false") || sg_eq(value, "0")
                   ? SG_E_OK : sg_fail(e, SG_E_INPUT, sg_action_def(k)->name, _("yes or no"));
    }
    return k == SG_ACT_MINOR_WITHDRAW ? add_grants(a, c, e) : need_part(a, k, e);
}

static enum sg_err with_kind(struct sg_action *a, const struct dotted *d, const struct pair *p, enum walk w, const struct sg_citizen *c,
                             struct sg_error *e) {
    if (d->field[0] == '\0') {
        return w == W_PARTS ? bare_kind(a, d->kind, p->value, c, e) : SG_E_OK;
    }
    const struct sg_field_def *f = sg_action_field(d->kind, d->field);
    if (f == NULL) {
        return unknown_field(d->kind, d->field, e);
    }
    if (is_list(f)) {
        return w == W_PARTS ? add_list(a, f, p->value, e) : SG_E_OK;
    }
    enum sg_err err = w == W_FIELDS ? need_part(a, d->kind, e) : SG_E_OK;
    for (size_t i = 0; w == W_FIELDS && err == SG_E_OK && i < a->n_parts; i++) {
        if (a->part[i].kind == d->kind) {
            err = sg_part_set(&a->part[i], d->field, p->value, e);
        }
    }
    return err;
}

static enum sg_err for_all(struct sg_action *a, const struct pair *p, struct sg_error *e) {
    bool taken = false;
    enum sg_err err = SG_E_OK;
    for (size_t i = 0; err == SG_E_OK && i < a->n_parts; i++) {
        if (sg_action_field(a->part[i].kind, p->name) != NULL) {
            err = sg_part_set(&a->part[i], p->name, p->value, e);
            taken = true;
        }
    }
    if (err != SG_E_OK || taken) {
        return err;
    }
    struct sg_suggest near = sg_suggest_start(p->name);
    for (int k = 0; k < (int)SG_ACT_COUNT; k++) {
        if (sg_action_may_be_part((enum sg_action_kind)k)) {
            sg_suggest_try(&near, sg_action_def((enum sg_action_kind)k)->name);
        }
    }
    char hint[96];
    sg_suggest_text(&near, hint, sizeof hint);
    return sg_fail(e, SG_E_INPUT, p->name, _("none of the measures has such a field%s"), hint);
}

static enum sg_err bundle(struct sg_action *a, int n, char *const *arg, const struct sg_citizen *c, struct sg_error *e) {
    enum sg_err err = SG_E_OK;
    for (int w = W_PARTS; w <= (int)W_COMMON; w++) {
        for (int i = 0; err == SG_E_OK && i < n; i++) {
            struct pair p = {.value = ""};
            struct dotted d;
            err = split(arg[i], &p, e);
            if (err == SG_E_OK && dotted(p.name, &d)) {
                err = with_kind(a, &d, &p, (enum walk)w, c, e);
            } else if (err == SG_E_OK && w == (int)W_COMMON) {
                err = for_all(a, &p, e);
            }
        }
    }
    return err;
}

static enum sg_err set_field(struct sg_part *part, const char *name, const char *value, struct sg_error *e) {
    return sg_action_field(part->kind, name) == NULL ? unknown_field(part->kind, name, e) : sg_part_set(part, name, value, e);
}

enum sg_err sg_params_apply(struct sg_action *a, int n, char *const *arg, const struct sg_citizen *c, struct sg_error *e) {
    if (a->kind == SG_ACT_CITIZEN_PROTECT) {
        return bundle(a, n, arg, c, e);
    }
    enum sg_err err = SG_E_OK;
    for (int i = 0; err == SG_E_OK && i < n; i++) {
        struct pair p = {.value = ""};
        err = split(arg[i], &p, e);
        if (err == SG_E_OK) {
            err = set_field(&a->part[0], p.name, p.value, e);
        }
    }
    return err;
}

static enum sg_err json_params(struct sg_part *part, const cJSON *params, struct sg_error *e) {
    if (params != NULL && !cJSON_IsObject(params)) {
        return sg_fail(e, SG_E_INPUT, "params", _("must be an object"));
    }
    enum sg_err err = SG_E_OK;
    for (const cJSON *v = params ? params->child : NULL; v != NULL && err == SG_E_OK; v = v->next) {
        const char *text = cJSON_IsString(v) ? v->valuestring : cJSON_IsTrue(v) ? "yes" : cJSON_IsFalse(v) ? "no" : NULL;
        err = text ? set_field(part, v->string, text, e) : sg_fail(e, SG_E_INPUT, v->string, _("must be a text, true or false"));
    }
    return err;
}

static enum sg_err json_part(struct sg_action *a, const cJSON *v, struct sg_error *e) {
    static const char *const known[] = {"kind", "params", NULL};
    char kind[40];
    enum sg_action_kind k = SG_ACT_COUNT;
    enum sg_err err = sg_json_only(v, known, e);
    if (err == SG_E_OK) {
        err = sg_json_str(v, "kind", true, kind, sizeof kind, e);
    }
    if (err == SG_E_OK) {
        err = sg_params_kind(kind, &k, e);
    }
    if (err == SG_E_OK && !sg_action_may_be_part(k)) {
        err = sg_fail(e, SG_E_INPUT, kind, _("cannot be a part of citizen.protect"));
    }
    struct sg_part *p = err == SG_E_OK ? sg_action_add_part(a, k) : NULL;
    return err != SG_E_OK ? err : p == NULL ? full(e) : json_params(p, cJSON_GetObjectItemCaseSensitive(v, "params"), e);
}

static enum sg_err json_parts(struct sg_action *a, const cJSON *list, struct sg_error *e) {
    if (!cJSON_IsArray(list)) {
        return sg_fail(e, SG_E_INPUT, "parts", _("must be a list of measures"));
    }
    enum sg_err err = SG_E_OK;
    for (const cJSON *v = list->child; v != NULL && err == SG_E_OK; v = v->next) {
        err = json_part(a, v, e);
    }
    return err;
}

enum sg_err sg_params_json(const cJSON *v, struct sg_action *out, bool *hold, struct sg_error *e) {
    static const char *const known[] = {"kind", "subject", "params", "parts", "reason", "observed", "queue", NULL};
    char kind[40], subject[SG_ID_MAX];
    enum sg_action_kind k = SG_ACT_COUNT;
    enum sg_err err = sg_json_only(v, known, e);
    err = err ? err : sg_json_str(v, "kind", true, kind, sizeof kind, e);
    err = err ? err : sg_json_str(v, "subject", true, subject, sizeof subject, e);
    err = err ? err : sg_params_kind(kind, &k, e);
    if (err != SG_E_OK) {
        return err;
    }
    sg_action_init(out, k, subject);
    *hold = false;
    err = sg_json_str(v, "reason", false, out->reason, sizeof out->reason, e);
    err = err ? err : sg_json_str(v, "observed", false, out->observed, sizeof out->observed, e);
    err = err ? err : sg_json_bool(v, "queue", false, hold, e);
    if (err != SG_E_OK) {
        return err;
    }
    return k == SG_ACT_CITIZEN_PROTECT ? json_parts(out, cJSON_GetObjectItemCaseSensitive(v, "parts"), e)
                                       : json_params(&out->part[0], cJSON_GetObjectItemCaseSensitive(v, "params"), e);
}
