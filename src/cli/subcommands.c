/* The sub-commands, once. Help, completion and the reading of options all come from this table. Options are kept by their place
 * in the list: the files that read them have an enum in the same order. */
#include <stdio.h>
#include "base/i18n.h"
#include "cli/inside.h"

static const struct option lookup_options[] = {{"--purpose", "PURPOSE", N_("Why you look: care, quality, documentation, statistics, administration, support")}, {0}};
static const struct option access_options[] = {{"--at", "DATE", N_("On another day than today")}, {0}};
static const struct option do_options[] = {
    {"--reason", "TEXT", N_("Why it is done")}, {"--queue", NULL, N_("Keep it in the queue, do not send now")},
    {"--observed", "ETAG", N_("The state of the citizen the decision is based on")},
    {"--paper", "NUMBER", N_("It was decided on the paper form of this number")},
    {"--decided", "TIME", N_("When it was decided on paper")}, {0}};
static const struct option prepare_options[] = {{"--purpose", "PURPOSE", N_("Why you look: care, quality, documentation, statistics, administration, support")}, {0}};
static const struct option paper_options[] = {{"--count", "N", N_("How many forms, 1 to 500")}, {0}};
static const struct option queue_options[] = {{"--note", "TEXT", N_("A note kept with the decision")}, {"--waiting", NULL, N_("Only what is not done")},
    {"--all", NULL, N_("Decide about all that wait for a decision")}, {"--reason", "TEXT", N_("Why it is taken back")},
    {"--folder", "PATH", N_("Of a queue that was left behind, instead of your own")},
    {"--unlock", "FILE", N_("Its first line opens that queue, when the profile's passphrase does not")},
    {"--moved", NULL, N_("adopt: the service has another address now than that queue says")}, {0}};
static const struct option events_options[] = {
    {"--all", NULL, N_("The whole event log")}, {"--offset", "N", N_("Skip the first N")}, {"--limit", "N", N_("At most N")},
    {"--citizen", "ID", N_("Only about this citizen")}, {"--staff", "HSA-ID", N_("Only by this member of staff")},
    {"--unit", "HSA-ID", N_("Only from this care unit")}, {"--kind", "KIND", N_("Only of this kind, or group: login.*")},
    {"--outcome", "OUTCOME", N_("Only done, refused or conflict")}, {"--purpose", "PURPOSE", N_("Only with this purpose")},
    {"--from", "WHEN", N_("From this day or time")}, {"--to", "WHEN", N_("To the end of this day, or before this time")},
    {"--before", "PLACE", N_("Only before this place in the log, newest first")}, {"--after", "PLACE", N_("Only after this place in the log")},
    {"--newest", NULL, N_("Newest first")}, {"--format", "FORM", N_("Export as ndjson, csv, storelog, fhir or atna, with patient numbers")},
    {"--out", "FILE", N_("Into a new file that only you can read")}, {"--extract", NULL, N_("Log extract for the citizen, A4 pages as text")},
    {"--history", NULL, N_("When the login was locked and unlocked")}, {"--sample", "N", N_("N events drawn at random for a review")},
    {"--seed", "SEED", N_("Draw again with this seed")}, {"--size", "N", N_("… from the first N events of the log")},
    {"--risk", "RISKS", N_("Only events with one of these risks")}, {0}};
static const struct option log_options[] = {{"--since", "FILE", N_("verify: a checkpoint kept from an earlier time; the log must contain it")},
                                            {"--out", "FILE", N_("prove: where the proof goes, instead of standard output")},
                                            {"--log", "LOG", N_("verify, export: only this log, a care provider's HSA-id in lower case")}, {0}};
static const struct option actions_options[] = {{"--mdoc", NULL, N_("As text for the manual page")}, {0}};

const struct subcommand sg_subcommands[] = {
    {"lookup", "[--purpose P]", N_("Find a citizen: the number on standard input, the citizen id out"), 0, 0, true, sg_run_lookup, lookup_options},
    {"show", "citizen|action|unit ID", N_("One thing as a whole"), 2, 2, true, sg_run_show, NULL},
    {"access", "CITIZEN [--at DATE]", N_("Who reaches what, and why"), 1, 1, true, sg_run_access, access_options},
    {"preview", "KIND CITIZEN [field=value …]", N_("What an action would change"), 2, -1, true, sg_run_preview, NULL},
    {"do", "KIND SUBJECT [field=value …] [--reason TEXT] [--queue]", N_("Carry out an action, or queue it"), 2, -1, true, sg_run_do, do_options},
    {"batch", "", N_("One JSON action a line on standard input"), 0, 0, true, sg_run_batch, NULL},
    {"queue", "list|show ID|retry [ID]|confirm ID|withdraw ID|undo ID|resolve ID|--all theirs|redo|note|adopt PATH", N_("Your queue"), 0, 3, true, sg_run_queue, queue_options},
    {"prepare", "[--purpose P]", N_("Read whom your unit may need into the cache, before a planned stop"), 0, 0, true, sg_run_prepare, prepare_options},
    {"paper", "--count N", N_("Numbered paper forms to print, for when there is no computer either"), 0, 0, true, sg_run_paper, paper_options},
    {"sync", "", N_("Send what waits, now"), 0, 0, true, sg_run_sync, NULL},
    {"events", "CITIZEN | --all [filters] [--format F | --extract | --history | --sample N]", N_("What was done and read"), 0, 1, true, sg_run_events, events_options},
    {"cases", "", N_("Cases: not in this version"), 0, -1, false, sg_run_later, NULL},
    {"log", "verify|prove EVENT|export DIR|accept|check-proof", N_("Proofs of the event log"), 1, 2, false, sg_run_log, log_options},
    {"actions", "", N_("Every kind of action with its fields"), 0, 0, false, sg_run_actions, actions_options},
    {"keys", "", N_("Every key of the full screen"), 0, 0, false, sg_run_keys, NULL},
    {"status", "", N_("The link, the queue, and how fresh what we know is"), 0, 0, true, sg_run_status, NULL},
    {"paths", "", N_("Where configuration and queue are"), 0, 0, true, sg_run_paths, NULL},
    {"identify", "", N_("Check personal identity numbers, one a line on standard input, without the service"), 0, 0, false, sg_run_identify, NULL},
    {"completion", "bash|zsh|fish", N_("A completion script for your shell"), 1, 1, false, sg_run_completion, NULL},
    {"help", "[SUB-COMMAND]", N_("This help"), 0, 1, false, sg_run_help, NULL},
    {0},
};

const struct subcommand *sg_subcommand(const char *name) {
    for (const struct subcommand *s = sg_subcommands; s->name != NULL; s++) {
        if (sg_eq(s->name, name)) {
            return s;
        }
    }
    return NULL;
}

static void print_options(const struct option *o) {
    for (; o != NULL && o->name != NULL; o++) {
        char left[64];
        sg_format(left, sizeof left, "%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
        sg_out_text("  %-20s %s", left, _(o->help));
    }
}

void sg_print_help(void) {
    sg_out_text("%s", _("sigill: who reaches what in the 1177 services, and how to stop it"));
    puts("");
    sg_out_text("%s", _("sigill                the full screen"));
    for (const struct subcommand *s = sg_subcommands; s->name != NULL; s++) {
        sg_out_text("sigill %-14s %s", s->name, _(s->help));
    }
    puts("");
    print_options(sg_common_options);
    puts("");
    sg_out_text("%s", _("Exit: 0 done, 1 refused, 2 usage, 65 bad input, 69 unreachable, 75 queued and not yet in effect, 76 conflict, 77 not permitted"));
}

void sg_print_sub_help(const struct subcommand *s) {
    sg_out_text("sigill %s %s", s->name, s->usage);
    sg_out_text("  %s", _(s->help));
    print_options(s->options);
    print_options(sg_common_options);
}

int sg_run_help(struct cli *c) {
    const struct subcommand *s = c->n == 1 ? sg_subcommand(c->arg[0]) : NULL;
    struct sg_error e = {0};
    if (c->n == 1 && s == NULL) {
        (void)sg_fail(&e, SG_E_USAGE, c->arg[0], _("there is no such sub-command; “sigill --help” lists them"));
        return sg_cli_failed(&e, c->json);
    }
    if (s != NULL) {
        sg_print_sub_help(s);
    } else {
        sg_print_help();
    }
    return 0;
}
