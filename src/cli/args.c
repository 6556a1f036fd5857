/* Arguments. First pass (sg_cli_parse): the options every sub-command shares, anywhere on the line, and the guard against personal
 * numbers. Second pass (sg_cli_run): the options of the sub-command from its table, the rest is positional. An option's value may
 * be its own argument or follow "=". "--" ends the options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/version.h"
#include "base/i18n.h"
#include "base/log.h"
#include "cli/inside.h"
#include "cmd/suggest.h"

enum common { O_PROFILE, O_LANG, O_THEME, O_LINEAR, O_JSON, O_DRILL, O_HELP, O_VERSION };
const struct option sg_common_options[] = {
    {"--profile", "NAME", N_("Profile of the configuration file")},
    {"--lang", "sv|en", N_("Language")},
    {"--theme", "THEME", N_("Colours of the full screen")},
    {"--linear", NULL, N_("Line by line instead of a full screen, for braille and speech")},
    {"--json", NULL, N_("One JSON object a line")},
    {"--drill", NULL, N_("Practise an outage with people who do not exist; nothing is real")},
    {"--help", NULL, N_("This help")},
    {"--version", NULL, N_("Version")},
    {NULL, NULL, NULL},
};

/* Index in list, -1 when unknown. *inline_value: what follows "=". */
static int find_option(const struct option *list, const char *arg, const char **inline_value) {
    const char *eq = strchr(arg, '=');
    size_t n = eq ? (size_t)(eq - arg) : strlen(arg);
    *inline_value = eq ? eq + 1 : NULL;
    for (int i = 0; list != NULL && list[i].name != NULL; i++) {
        if (strlen(list[i].name) == n && strncmp(list[i].name, arg, n) == 0) {
            return i;
        }
    }
    return -1;
}

/* The value of option o at argv[*i]; moves *i on when it is an argument of its own. */
static enum sg_err option_value(const struct option *o, int argc, char **argv, int *i, const char *inline_value, const char **out,
                                struct sg_error *e) {
    *out = "";
    if (o->value == NULL) {
        return inline_value == NULL ? SG_E_OK : sg_fail(e, SG_E_USAGE, o->name, _("takes no value"));
    }
    if (inline_value != NULL) {
        *out = inline_value;
        return SG_E_OK;
    }
    if (*i + 1 >= argc) {
        return sg_fail(e, SG_E_USAGE, o->name, _("needs a value: %s"), o->value);
    }
    *out = argv[++*i];
    return SG_E_OK;
}

static enum sg_err keep_common(struct sg_cli_args *a, int o, const char *value, struct sg_error *e) {
    switch ((enum common)o) {
    case O_PROFILE: a->profile = value; break;
    case O_LANG: a->lang = value; break;
    case O_THEME: a->theme = value; break;
    case O_LINEAR: a->linear = true; break;
    case O_JSON: a->json = true; break;
    case O_DRILL: a->drill = true; break;
    case O_HELP: a->help = true; break;
    case O_VERSION: a->version = true; break;
    }
    if (o == (int)O_LANG && !sg_eq(value, "sv") && !sg_eq(value, "en")) {
        return sg_fail(e, SG_E_USAGE, "--lang", _("sv or en"));
    }
    return SG_E_OK;
}

static enum sg_err guard(int argc, char **argv, struct sg_error *e) {
    bool found = false;
    char where[SG_WHERE_MAX] = "";
    for (int i = 1; i < argc; i++) {
        if (sg_looks_like_person(argv[i])) {
            sg_format(where, sizeof where, _("argument %d"), i);
            memset(argv[i], '*', strlen(argv[i]));
            found = true;
        }
    }
    if (!found) {
        return SG_E_OK;
    }
    return sg_fail(e, SG_E_USAGE, where,
                   _("looks like a personal identity number, and others on this computer can read arguments. Give it to “sigill lookup” on standard "
                     "input, use the citizen id you get, and clear the shell's history"));
}

/* An option argument, common or the sub-command's: skips its value, so that a value is never taken for the sub-command. */
static enum sg_err one_option(int argc, char **argv, int *i, struct sg_cli_args *out, struct sg_error *e) {
    const char *inline_value, *value;
    const char *arg = sg_eq(argv[*i], "-h") ? "--help" : sg_eq(argv[*i], "-V") ? "--version" : argv[*i];
    int o = find_option(sg_common_options, arg, &inline_value);
    if (o >= 0) {
        enum sg_err err = option_value(&sg_common_options[o], argc, argv, i, inline_value, &value, e);
        return err == SG_E_OK ? keep_common(out, o, value, e) : err;
    }
    if (out->first < argc) {
        return SG_E_OK;                     /* the sub-command's own; read by sg_cli_run */
    }
    struct sg_suggest near = sg_suggest_start(arg);
    for (const struct option *c = sg_common_options; c->name != NULL; c++) {
        sg_suggest_try(&near, c->name);
    }
    char hint[96];
    sg_suggest_text(&near, hint, sizeof hint);
    return sg_fail(e, SG_E_USAGE, arg, _("unknown option%s"), hint);
}

enum sg_err sg_cli_parse(int argc, char **argv, struct sg_cli_args *out, struct sg_error *e) {
    memset(out, 0, sizeof *out);
    out->first = argc;
    enum sg_err err = guard(argc, argv, e);
    for (int i = 1; i < argc && sg_eq(argv[i], "--") == false; i++) {
        out->json = out->json || sg_eq(argv[i], "--json");      /* known before an error is told */
    }
    for (int i = 1; err == SG_E_OK && i < argc; i++) {
        if (sg_eq(argv[i], "--")) {
            break;
        }
        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            err = one_option(argc, argv, &i, out, e);
        } else if (out->first == argc) {
            out->first = i;
        }
    }
    return err;
}

static enum sg_err unknown_option(const struct subcommand *s, const char *arg, struct sg_error *e) {
    struct sg_suggest near = sg_suggest_start(arg);
    for (const struct option *o = s->options; o != NULL && o->name != NULL; o++) {
        sg_suggest_try(&near, o->name);
    }
    for (const struct option *o = sg_common_options; o->name != NULL; o++) {
        sg_suggest_try(&near, o->name);
    }
    char hint[96];
    sg_suggest_text(&near, hint, sizeof hint);
    return sg_fail(e, SG_E_USAGE, arg, _("“sigill %s” has no such option%s"), s->name, hint);
}

static enum sg_err own_option(struct cli *c, int argc, char **argv, int *i, struct sg_error *e) {
    const char *inline_value, *value;
    int o = find_option(c->sub->options, argv[*i], &inline_value);
    if (o >= 0) {
        return option_value(&c->sub->options[o], argc, argv, i, inline_value, &c->opt[o], e);
    }
    o = find_option(sg_common_options, argv[*i], &inline_value);
    if (o < 0) {
        return unknown_option(c->sub, argv[*i], e);
    }
    return option_value(&sg_common_options[o], argc, argv, i, inline_value, &value, e);     /* kept by the first pass */
}

static enum sg_err split(struct cli *c, int argc, char **argv, struct sg_error *e) {
    bool options = true;
    for (int i = c->args->first + 1; i < argc; i++) {
        if (options && sg_eq(argv[i], "--")) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
            enum sg_err err = own_option(c, argc, argv, &i, e);
            if (err != SG_E_OK) {
                return err;
            }
        } else if (c->n == SG_CLI_ARGS_MAX) {
            return sg_fail(e, SG_E_USAGE, c->sub->name, _("too many arguments"));
        } else {
            c->arg[c->n++] = argv[i];
        }
    }
    if (c->n < c->sub->min || (c->sub->max >= 0 && c->n > c->sub->max)) {
        return sg_fail(e, SG_E_USAGE, c->sub->name, _("use it as: sigill %s %s"), c->sub->name, c->sub->usage);
    }
    return SG_E_OK;
}

static enum sg_err unknown_sub(const char *name, struct sg_error *e) {
    struct sg_suggest near = sg_suggest_start(name);
    for (const struct subcommand *s = sg_subcommands; s->name != NULL; s++) {
        sg_suggest_try(&near, s->name);
    }
    char hint[96];
    sg_suggest_text(&near, hint, sizeof hint);
    return sg_fail(e, SG_E_USAGE, name, _("there is no such sub-command%s; “sigill --help” lists them"), hint);
}

enum sg_err sg_cli_configure(struct cli *c, struct sg_error *e) {
    enum sg_err err = sg_config_load(c->args->profile, &c->config, e);
    c->has_config = err == SG_E_OK;
    return err == SG_E_OK && c->args->drill ? sg_config_drill(&c->config, e) : err;
}

static enum sg_err prepare(struct cli *c, int argc, char **argv, struct sg_error *e) {
    c->sub = sg_subcommand(argv[c->args->first]);
    if (c->sub == NULL) {
        return unknown_sub(argv[c->args->first], e);
    }
    if (c->args->help) {
        return SG_E_OK;
    }
    enum sg_err err = split(c, argc, argv, e);
    if (err == SG_E_OK && c->sub->config) {
        err = sg_cli_configure(c, e);
    }
    if (c->args->lang == NULL && c->has_config && c->config.lang[0] != '\0') {
        (void)sg_i18n_init(c->config.lang);
    }
    const char *frozen = getenv("SIGILL_CLOCK");
    const char *file = c->has_config ? c->config.clock_file : frozen != NULL ? frozen : "";
    c->clock = sg_clock_system(file[0] ? file : NULL);
    return err;
}

int sg_cli_run(int argc, char **argv, const struct sg_cli_args *a) {
    static struct cli c;            /* a configuration and 64 arguments: too much for a small stack */
    struct sg_error e = {0};
    memset(&c, 0, sizeof c);
    c.json = a->json;
    c.args = a;
    sg_log_open(2, SG_LOG_ERROR);
    sg_out_init();
    if (a->lang != NULL) {
        (void)sg_i18n_init(a->lang);
    }
    if (a->drill) {
        sg_out_drill(a->json);
    }
    if (a->version) {
        sg_out_text("sigill %s", SG_VERSION);
        return sg_out_flush(0);
    }
    if (a->first >= argc) {
        sg_print_help();
        return sg_out_flush(a->help ? 0 : 2);
    }
    if (prepare(&c, argc, argv, &e) != SG_E_OK) {
        return sg_out_flush(sg_cli_failed(&e, a->json));
    }
    if (a->help) {
        sg_print_sub_help(c.sub);
        return sg_out_flush(0);
    }
    int status = c.sub->fn(&c);
    sg_client_close(&c);
    return sg_out_flush(status);
}
