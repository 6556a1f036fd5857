/* What sigilld is told at its start: the INI file of docs/server.md and the command line. */
#pragma once
#include <stdbool.h>
#include "base/log.h"
#include "server/core.h"

enum { SG_PATH_MAX = 512 };
struct sg_config {
    char listen[64]; int port;
    char cert[SG_PATH_MAX], key[SG_PATH_MAX], ca[SG_PATH_MAX], crl[SG_PATH_MAX], database[SG_PATH_MAX], clock[SG_PATH_MAX];
    char port_file[SG_PATH_MAX];
    struct sg_limits limits;
    struct sg_log_identity log;
    struct sg_feed_witness witness[SG_FEED_MAX]; size_t n_witness;
    int witness_quorum, witness_seconds;             /* 0: all of them; least time between two rounds */
    int retention_years;                             /* of the event log */
    char log_key[SG_PATH_MAX], signer[SG_PATH_MAX];      /* "": database + ".log-key"; sigilld-sign beside sigilld */
    int connections, connections_per_ip;
    enum sg_log_level level;
};
void sg_config_defaults(struct sg_config *c);
/* Relative paths become relative to the file's directory. INPUT: where = "line N", detail = what. */
SG_MUST enum sg_err sg_config_read(struct sg_config *c, const char *file, struct sg_error *e);
