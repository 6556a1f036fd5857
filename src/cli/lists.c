/* actions, keys, paths, status: what the program knows of itself. actions and keys are the tables of the house, written out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "cli/inside.h"

static const char *const effects[] = {[SG_EFFECT_PROTECTS] = "protects", [SG_EFFECT_WIDENS] = "widens", [SG_EFFECT_NEUTRAL] = "neutral"};
static const char *const offline[] = {[SG_OFFLINE_QUEUE] = "queue", [SG_OFFLINE_RECONFIRM] = "reconfirm", [SG_OFFLINE_ONLINE] = "online"};
static const char *const danger[] = {[SG_DANGER_PLAIN] = "plain", [SG_DANGER_CONFIRM] = "confirm", [SG_DANGER_TYPE_ID] = "type-id"};
static const char *const types[] = {
    [SG_FT_TEXT] = "text", [SG_FT_REGION] = "region", [SG_FT_CHOICE] = "choice", [SG_FT_UNIT] = "unit", [SG_FT_PROVIDER] = "provider",
    [SG_FT_STAFF] = "staff", [SG_FT_DATE] = "date", [SG_FT_TIME] = "time", [SG_FT_FLAG] = "flag", [SG_FT_GUARDIAN] = "guardian",
    [SG_FT_GRANTEE] = "grantee", [SG_FT_RESTRICTION] = "restriction"};

static cJSON *field_json(const struct sg_field_def *f) {
    cJSON *o = cJSON_CreateObject();
    sg_out_str(o, "name", f->name);
    sg_out_str(o, "type", types[f->type]);
    (void)cJSON_AddBoolToObject(o, "required", f->required);
    (void)cJSON_AddNumberToObject(o, "max", (double)f->max);
    sg_out_str(o, "choices", f->choices);
    sg_out_str(o, "default", f->preset);
    sg_out_str(o, "label", _(f->label));
    sg_out_str(o, "help", _(f->help));
    return o;
}

static void action_json(const struct sg_action_def *d) {
    cJSON *o = sg_out_new();
    sg_out_str(o, "kind", d->name);
    sg_out_str(o, "title", _(d->title));
    sg_out_str(o, "help", _(d->help));
    sg_out_str(o, "notCovered", d->not_covered[0] ? _(d->not_covered) : "");
    sg_out_str(o, "effect", effects[d->effect]);
    sg_out_str(o, "offline", offline[d->offline]);
    sg_out_str(o, "danger", danger[d->danger]);
    sg_out_str(o, "permission", d->perm < (int)SG_PERM_COUNT ? sg_perm_name((enum sg_perm)d->perm) : "");
    sg_out_str(o, "inverse", d->inverse < SG_ACT_COUNT ? sg_action_def(d->inverse)->name : "");
    (void)cJSON_AddBoolToObject(o, "mayBePart", sg_action_may_be_part(d->kind));
    cJSON *list = cJSON_AddArrayToObject(o, "fields");
    for (size_t i = 0; i < d->n_fields; i++) {
        (void)cJSON_AddItemToArray(list, field_json(&d->fields[i]));
    }
    sg_out_line(o);
}

static void action_text(const struct sg_action_def *d) {
    sg_out_text("%s  %s", d->name, _(d->title));
    sg_out_text("  %s", _(d->help));
    for (size_t i = 0; i < d->n_fields; i++) {
        const struct sg_field_def *f = &d->fields[i];
        sg_out_text("    %s%s  %s%s%s", f->name, f->required ? " *" : "", _(f->help), f->choices && f->type == SG_FT_CHOICE ? ": " : "",
                    f->choices && f->type == SG_FT_CHOICE ? f->choices : "");
    }
}

/* One entry of the manual page, mdoc. */
static void action_mdoc(const struct sg_action_def *d) {
    sg_out_text(".It Ic %s", d->name);
    sg_out_text("%s", d->help);
    sg_out_text("Effect: %s. Without the service: %s.", effects[d->effect], offline[d->offline]);
    for (size_t i = 0; i < d->n_fields; i++) {
        const struct sg_field_def *f = &d->fields[i];
        if (i == 0) {
            sg_out_text(".Bl -tag -width identityVerified -compact");
        }
        sg_out_text(".It Ar %s%s", f->name, f->required ? " Pq required" : "");
        sg_out_text("%s.", f->help);
    }
    if (d->n_fields > 0) {
        sg_out_text(".El");
    }
}

int sg_run_actions(struct cli *c) {
    bool mdoc = c->opt[0] != NULL;
    for (int k = 0; k < (int)SG_ACT_COUNT; k++) {
        const struct sg_action_def *d = sg_action_def((enum sg_action_kind)k);
        (mdoc ? action_mdoc : c->json ? action_json : action_text)(d);
    }
    return 0;
}

static enum sg_err load_keymap(struct cli *c, struct sg_keymap *k, struct sg_error *e) {
    const char *file = c->has_config ? c->config.keymap_file : "";
    if (getenv("SIGILL_CONFIG") != NULL || c->args->profile != NULL) {
        enum sg_err err = sg_config_load(c->args->profile, &c->config, e);
        if (err != SG_E_OK) {
            return err;
        }
        file = c->config.keymap_file;
    }
    enum sg_err err = sg_keymap_named(c->config.keymap[0] ? c->config.keymap : "default", k, e);
    return err == SG_E_OK && file[0] != '\0' ? sg_keymap_load(file, k, e) : err;
}

int sg_run_keys(struct cli *c) {
    static struct sg_keymap k;
    static const char *const head[] = {N_("WHERE"), N_("KEY"), N_("COMMAND"), N_("WHAT")};
    struct sg_error e = {0};
    if (load_keymap(c, &k, &e) != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    struct table t;
    sg_table_init(&t, 4, head, 1u << 1);
    for (size_t i = 0; i < k.n; i++) {
        const struct sg_cmd_def *d = sg_cmd_def(k.b[i].cmd);
        if (c->json) {
            cJSON *o = sg_out_new();
            sg_out_str(o, "context", sg_context_name(k.b[i].context));
            sg_out_str(o, "key", k.b[i].key);
            sg_out_str(o, "command", d->name);
            sg_out_str(o, "title", _(d->title));
            sg_out_line(o);
        } else {
            const char *const cells[] = {sg_context_name(k.b[i].context), k.b[i].key, d->name, _(d->title)};
            sg_table_row(&t, cells);
        }
    }
    if (!c->json) {
        sg_table_print(&t);
    }
    return 0;
}

int sg_run_paths(struct cli *c) {
    const char *const list[][2] = {{"config", c->config.file}, {"profile", c->config.profile}, {"state", c->config.state_dir}, {"url", c->config.url},
                                   {"certificate", c->config.cert}, {"keymap", c->config.keymap_file}};
    cJSON *o = c->json ? sg_out_new() : NULL;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        if (c->json) {
            sg_out_str(o, list[i][0], list[i][1]);
        } else if (list[i][1][0] != '\0') {
            sg_out_pair(list[i][0], list[i][1]);
        }
    }
    if (c->json) {
        sg_out_line(o);
    }
    return 0;
}
