/* completion: scripts for bash, zsh and fish, written from the same tables as everything else. Only names of the program's own are
 * completed (sub-commands, options, kinds, fields, choices), never ids: those come from the service. */
#include <stdio.h>
#include <string.h>
#include "base/i18n.h"
#include "cli/inside.h"

static void words(const char *separator, const char *word) {
    fputs(word, stdout);
    fputs(separator, stdout);
}

static void all_subcommands(void) {
    for (const struct subcommand *s = sg_subcommands; s->name != NULL; s++) {
        words(" ", s->name);
    }
}

static void all_kinds(void) {
    for (int k = 0; k < (int)SG_ACT_COUNT; k++) {
        words(" ", sg_action_def((enum sg_action_kind)k)->name);
    }
}

static void fields_of(const struct sg_action_def *d, const char *prefix) {
    for (size_t i = 0; i < d->n_fields; i++) {
        printf("%s%s= ", prefix, d->fields[i].name);
    }
}

static void fields_of_kind(enum sg_action_kind k) {
    if (k != SG_ACT_CITIZEN_PROTECT) {
        fields_of(sg_action_def(k), "");
        return;
    }
    for (int p = 0; p < (int)SG_ACT_COUNT; p++) {
        if (sg_action_may_be_part((enum sg_action_kind)p)) {
            const struct sg_action_def *d = sg_action_def((enum sg_action_kind)p);
            char prefix[48];
            sg_format(prefix, sizeof prefix, "%s.", d->name);
            printf("%s=yes ", d->name);
            fields_of(d, prefix);
        }
    }
}

static void options_of(const struct option *o) {
    for (; o != NULL && o->name != NULL; o++) {
        words(" ", o->name);
    }
}

/* bash, and zsh through bashcompinit: one function with one case. */
static void bash(void) {
    fputs("_sigill() {\n  local cur=${COMP_WORDS[COMP_CWORD]} sub= kind= i w\n"
          "  for ((i = 1; i < COMP_CWORD; i++)); do w=${COMP_WORDS[i]}\n"
          "    case $w in --profile|--lang|--theme) ((i++)) ;; -*) ;;\n"
          "      *) if [ -z \"$sub\" ]; then sub=$w; elif [ -z \"$kind\" ]; then kind=$w; fi ;; esac\n  done\n"
          "  local words='", stdout);
    all_subcommands();
    options_of(sg_common_options);
    fputs("'\n  case $sub in\n", stdout);
    for (const struct subcommand *s = sg_subcommands; s->name != NULL; s++) {
        printf("    %s) words='", s->name);
        options_of(s->options);
        options_of(sg_common_options);
        fputs(sg_eq(s->name, "queue") ? "list show retry confirm withdraw undo resolve theirs redo note " : "", stdout);
        fputs(sg_eq(s->name, "show") ? "citizen action unit case " : "", stdout);
        fputs(sg_eq(s->name, "completion") ? "bash zsh fish " : "", stdout);
        fputs("' ;;\n", stdout);
    }
    fputs("  esac\n  if [ \"$sub\" = do ] || [ \"$sub\" = preview ]; then case $kind in\n    '') words=\"$words ", stdout);
    all_kinds();
    fputs("\" ;;\n", stdout);
    for (int k = 0; k < (int)SG_ACT_COUNT; k++) {
        printf("    %s) words=\"$words ", sg_action_def((enum sg_action_kind)k)->name);
        fields_of_kind((enum sg_action_kind)k);
        fputs("\" ;;\n", stdout);
    }
    fputs("  esac; fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "  case ${COMPREPLY[0]} in *=) compopt -o nospace 2>/dev/null ;; esac\n}\ncomplete -F _sigill sigill\n", stdout);
}

/* Inside single quotes. */
static void quoted(const char *text) {
    putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
    putchar('\'');
}

static void fish_option(const char *when, const struct option *o) {
    printf("complete -c sigill%s -l %s %s-d ", when, o->name + 2, o->value ? "-r " : "");
    quoted(_(o->help));
    putchar('\n');
}

static void fish(void) {
    fputs("complete -c sigill -f\n", stdout);
    for (const struct option *o = sg_common_options; o->name != NULL; o++) {
        fish_option("", o);
    }
    for (const struct subcommand *s = sg_subcommands; s->name != NULL; s++) {
        char when[96];
        printf("complete -c sigill -n __fish_use_subcommand -a %s -d ", s->name);
        quoted(_(s->help));
        putchar('\n');
        sg_format(when, sizeof when, " -n '__fish_seen_subcommand_from %s'", s->name);
        for (const struct option *o = s->options; o != NULL && o->name != NULL; o++) {
            fish_option(when, o);
        }
    }
    for (int k = 0; k < (int)SG_ACT_COUNT; k++) {
        const struct sg_action_def *d = sg_action_def((enum sg_action_kind)k);
        printf("complete -c sigill -n '__fish_seen_subcommand_from do preview' -a %s -d ", d->name);
        quoted(_(d->title));
        printf("\ncomplete -c sigill -n '__fish_seen_subcommand_from %s' -a '", d->name);
        fields_of_kind((enum sg_action_kind)k);
        fputs("'\n", stdout);
    }
}

int sg_run_completion(struct cli *c) {
    struct sg_error e = {0};
    if (sg_eq(c->arg[0], "bash")) {
        bash();
    } else if (sg_eq(c->arg[0], "zsh")) {
        fputs("autoload -U +X bashcompinit && bashcompinit\n", stdout);
        bash();
    } else if (sg_eq(c->arg[0], "fish")) {
        fish();
    } else {
        (void)sg_fail(&e, SG_E_USAGE, c->arg[0], _("use it as: sigill %s %s"), c->sub->name, c->sub->usage);
        return sg_cli_failed(&e, c->json);
    }
    return 0;
}
