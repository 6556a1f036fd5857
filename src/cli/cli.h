/* The command line: arguments in, one JSON object a line or a plain table out. Same engine as the full screen. */
#pragma once
#include "cmd/command.h"
#include "cmd/config.h"
struct sg_cli_args {             /* what stands before the sub-command; strings borrowed from argv */
    const char *profile, *lang, *theme; bool linear, json, drill; int first;   /* first: index of the sub-command in argv, argc when none */
    bool help, version;
};
/* Understands the common options anywhere before or behind the sub-command. USAGE with e->where = the argument. An argument that
 * looks like a personal identity number is wiped in argv and refused; e never repeats it. */
SG_MUST enum sg_err sg_cli_parse(int argc, char **argv, struct sg_cli_args *out, struct sg_error *e);
/* Says what is wrong (stderr, or one JSON object on stdout) and returns the exit status. For a failed sg_cli_parse and the like. */
int sg_cli_failed(const struct sg_error *e, bool json);
/* Runs the sub-command, or prints help or version when asked for; returns the exit status of docs/cli.md (0 1 2 65 69 75 76 77).
 * sg_i18n_init has been called. */
int sg_cli_run(int argc, char **argv, const struct sg_cli_args *a);
/* A drill: from now on every object has "drill":true, and every line of text begins with the word for it, on both outputs. */
void sg_out_drill(bool json);
/* Passphrase of the profile: from its file, else asked for on the terminal without echo. s is new; the caller frees it. */
SG_MUST enum sg_err sg_cli_passphrase(const struct sg_config *c, struct sg_secret *s, struct sg_error *e);
