/* The end-to-end harness: a real sigilld over TLS on a free port of 127.0.0.1, real sigill processes, one temporary folder.
 * Everything here fails the running cmocka test by itself when it cannot do what it says. */
#pragma once
#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <sys/types.h>
#include <cmocka.h>
#include "base/clock.h"
#include "base/random.h"
#include "model/ids.h"

enum { E2E_PATH = 512, E2E_TEXT_MAX = 64 * 1024 * 1024 };

/* ---- processes (process.c) ---- */
struct e2e_out {
    int status;                   /* exit status; -signal when it was killed */
    char *out, *err;              /* all it wrote, NUL-terminated */
    size_t n;                     /* lines of JSON in out */
    cJSON **line;
};
struct e2e_proc { pid_t pid; int in, out, err, pidfd; };
/* argv ends with NULL; env are "NAME=value" beyond the fixed ones, ends with NULL. The child dies with the test program. */
struct e2e_proc e2e_spawn(const char *const *argv, const char *const *env);
/* The same with standard error appended to a file; p.err is -1. */
struct e2e_proc e2e_spawn_logged(const char *const *argv, const char *const *env, const char *err_file);
/* Waits for the process to end by itself for at most ms; true when it ended (and is still to be collected). */
bool e2e_ends_within(const struct e2e_proc *p, int ms);
/* Feeds input (may be NULL), reads everything, collects it. Killed and a failure after a minute. */
void e2e_finish(struct e2e_proc *p, const char *input, struct e2e_out *o);
void e2e_out_free(struct e2e_out *o);

/* ---- world (world.c) ---- */
extern char e2e_dir[E2E_PATH];    /* the temporary folder of this test program */
extern int e2e_port;              /* where the profiles connect to: the service, unless e2e_configure says otherwise */
extern int e2e_server_port;
extern const char *e2e_host;      /* where the service listens, 127.0.0.1 unless set before e2e_open */
extern const char *e2e_clock_file;/* DIR/name with the time of the service and the clients; NULL: real time */
void e2e_freeze(const char *name, int64_t wall_ms);                /* before e2e_open: time stands still from then on */
/* cmocka group fixtures: folder, certificates, directory, profiles, service running / everything stopped and removed. */
int e2e_open(void **state);
int e2e_close(void **state);
int e2e_ready(void **state);       /* before a test: the service runs, whatever the test before left */
void e2e_server_start(void);      /* the first time on a free port, then on the same */
void e2e_server_stop(void);       /* SIGTERM, must exit 0 */
void e2e_server_kill(void);       /* SIGKILL */
pid_t e2e_server_pid(void);
void e2e_server_halt(void);       /* SIGSTOP: the machine still takes connections for it, nothing is answered */
void e2e_server_go_on(void);
bool e2e_server_halted(void);     /* as the system says, not as it was told */
bool e2e_server_running(void);
extern const char *e2e_more_client, *e2e_more_server;              /* further lines of the profiles' common section, and of sigilld.conf; NULL none */
void e2e_server_conf(void);       /* sigilld.conf anew, for the next start */
void e2e_configure(int port);     /* profiles connect to this port (a proxy) */
void e2e_path(char dst[E2E_PATH], const char *name);               /* DIR/name */
void e2e_pki_path(char dst[E2E_PATH], const char *name);           /* a file among the certificates */
void e2e_write(const char *name, const char *text);                /* DIR/name, 0600 */
void e2e_set_clock(const char *name, int64_t wall_ms);             /* DIR/name holds this time */
void e2e_import(const char *ndjson);

/* ---- people (people.c) ---- */
struct e2e_person { char pid[13]; char name[64]; char id[SG_ID_MAX]; };
struct e2e_family { struct e2e_person child, guardian[2]; };
struct sg_date e2e_today(void);
/* A citizen of that age (birthday at least a month away), imported; id filled in from the database of the service. */
void e2e_citizen(struct e2e_person *p, int age, const char *name, const char *more);
void e2e_make_family(struct e2e_family *f, int age, const char *more);  /* two guardians; more: further JSON members of the child, or "" */
void e2e_make_family_named(struct e2e_family *f, int age, const char *child, const char *guardian);
void e2e_next_pid(char dst[13], int age);
void e2e_id_of(struct e2e_person *p);

/* ---- the client (client.c) ---- */
/* sigill --profile PROFILE --json ARGS…; the result is good for the next 30 calls. input may be NULL. */
const struct e2e_out *e2e_sigill(const char *profile, const char *input, const char *const *args);
#define RUN(profile, ...) e2e_sigill(profile, NULL, (const char *const[]){__VA_ARGS__, NULL})
#define RUN_IN(profile, input, ...) e2e_sigill(profile, input, (const char *const[]){__VA_ARGS__, NULL})
struct e2e_proc e2e_sigill_start(const char *profile, const char *const *args);
void e2e_forget_results(void);
const char *e2e_str(const cJSON *o, const char *key);              /* "" when missing */
bool e2e_true(const cJSON *o, const char *key);
/* The first line whose key (and key2 unless NULL) have these values; NULL when there is none. */
const cJSON *e2e_find(const struct e2e_out *o, const char *key, const char *value, const char *key2, const char *value2);
size_t e2e_count(const struct e2e_out *o, const char *key, const char *value, const char *key2, const char *value2);
/* The access cell of one person and service. */
bool e2e_reaches(const struct e2e_out *access, const char *who, const char *service, const char *rule);
/* Lines of events with this action id, kind not a repetition, outcome done. */
size_t e2e_done_events(const struct e2e_out *events, const char *action_id);
/* Active restrictions of `show citizen` made by this action. */
size_t e2e_made_by(const struct e2e_out *citizen, const char *action_id);
size_t e2e_active(const struct e2e_out *citizen, const char *kind);
const char *e2e_restriction_id(const struct e2e_out *citizen, const char *kind);
#define assert_exit(o, want) e2e_assert_exit(o, want, __FILE__, __LINE__)
void e2e_assert_exit(const struct e2e_out *o, int want, const char *file, int line);

/* ---- certificates (pki.c) ---- */
/* DIR/NAME.pem and .key for these names, signed by DIR/CA.pem; server: SAN localhost, 127.0.0.1 and the host of wire.h. Nothing is done when they exist. */
void e2e_pki_ca(const char *dir, const char *ca);
void e2e_pki_cert(const char *dir, const char *ca, const char *name, const char *cn, const char *hsa, bool server);

/* ---- numbers ---- */
uint64_t e2e_random(uint64_t *seed);                               /* splitmix64: repeatable */
long e2e_env(const char *name, long preset);
int64_t e2e_mono_ms(void);
