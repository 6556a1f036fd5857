/* Configuration: $SIGILL_CONFIG, else $XDG_CONFIG_HOME/sigill/sigill.conf, else ~/.config/sigill/sigill.conf. INI, one section a profile;
 * an unknown key is an error with its line and a suggestion. Relative paths are relative to the file. Secrets are never in it, only file names. */
#pragma once
#include "sync/engine.h"
enum { SG_PATH_MAX = 512 };
struct sg_config {
    char file[SG_PATH_MAX];
    char profile[64];
    char url[256], ca[SG_PATH_MAX], cert[SG_PATH_MAX], key[SG_PATH_MAX];
    char passphrase_file[SG_PATH_MAX];      /* "" : ask */
    char state_dir[SG_PATH_MAX];            /* default $XDG_STATE_HOME/sigill/PROFILE */
    char commission[SG_HSA_MAX];            /* "" : first */
    char lang[8], theme[24], keymap[24], keymap_file[SG_PATH_MAX];
    int scrypt_log_n;                       /* 17 */
    int answer_seconds;                     /* 15: until a command without a screen stops waiting for an answer */
    int connect_seconds;                    /* 3: until a connection must stand */
    bool mouse, read_only, key_cache;       /* key_cache: default yes when passphrase_file is given */
    char clock_file[SG_PATH_MAX];           /* tests: also $SIGILL_CLOCK */
    char log_key[300];                      /* verifier key of the service's event logs; "": pinned at first contact */
    bool drill;                             /* practice: sg_config_drill has been called */
    char log_witnesses[2400];               /* verifier keys of witnesses that must have signed the logs, blanks between them; "": none */
    int log_witness_quorum;                 /* how many of them; 0: all */
    char purpose[24];                       /* default purpose of look-ups */
};
/* profile NULL: the one named by `default = ` in [sigill], else the only or first one. */
SG_MUST enum sg_err sg_config_load(const char *profile, struct sg_config *out, struct sg_error *e);
/* From now on a drill: a folder of its own, an address where nobody answers, and a mark in the store. Before sg_config_engine. */
SG_MUST enum sg_err sg_config_drill(struct sg_config *c, struct sg_error *e);
/* Fills engine options from it (strings borrowed from c; passphrase borrowed). Reads the HSA-id from the certificate. */
SG_MUST enum sg_err sg_config_engine(const struct sg_config *c, const struct sg_secret *passphrase, struct sg_engine_opts *out, struct sg_error *e);
