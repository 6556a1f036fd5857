/* The command line: arguments in, one JSON object a line or a plain table out. Same engine as the full screen. */
#pragma once
#include "cmd/command.h"
#include "cmd/config.h"
struct sg_cli_args {             /* what stands before the sub-command */
    const char *profile, *lang, *theme; bool linear, json; int first;   /* first: index of the sub-command in argv, argc when none */
    bool help, version;
};
/* Understands the common options anywhere before or behind the sub-command. USAGE with e->where = the argument. */
SG_MUST enum sg_err sg_cli_parse(int argc, char **argv, struct sg_cli_args *out, struct sg_error *e);
/* Runs the sub-command; returns the exit status of docs/cli.md (0 1 2 65 69 75 76 77). */
int sg_cli_run(int argc, char **argv, const struct sg_cli_args *a);
