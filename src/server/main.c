/* sigilld: the command line, and the order in which things are started and stopped. Signals are blocked in every thread and waited for
 * here. Stopping: no new connections, then everything in hand is answered, then the connections end, then the database is closed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/version.h"
#include "base/log.h"
#include "base/crypto.h"
#include "base/secret.h"
#include "base/str.h"
#include "server/admin.h"
#include "server/http.h"
#include "server/heartbeat.h"
#include "server/import.h"
#include "server/outage.h"

enum { IMPORT_FILES_MAX = 64 };

static const char USAGE[] =
    "sigilld " SG_VERSION "\n"
    "  sigilld --config FILE [--port N] [--port-file FILE] [--clock FILE]   run the service\n"
    "  sigilld import --database DB FILE...                                load directory, citizens and restrictions\n"
    "  sigilld erase --config FILE [--before YYYY-MM-DD]                    erase what old events say; proofs stay valid\n"
    "  sigilld restored --config FILE                                      go on after an old backup was restored\n"
    "  sigilld outage --database DB FROM [TO] --kind fault|planned|force-majeure [--class critical|high|medium|low] [--override REASON]\n"
    "  sigilld outage --database DB --end TIME                             the outage that is not over yet ended then\n"
    "  sigilld outage --database DB --cancel FROM                          the planned stop that begins then will not be\n"
    "  sigilld --version | --help\n";

static int complain(const struct sg_error *e, int exit_status)
{
    (void)fprintf(stderr, "sigilld: %s%s%s\n", e->where, e->where[0] ? ": " : "", e->detail[0] ? e->detail : sg_err_name(e->code));
    return exit_status;
}

static int usage(const char *what)
{
    (void)fprintf(stderr, "sigilld: %s\n%s", what, USAGE);
    return 2;
}

/* ---- import -------------------------------------------------------------------------------------------------------------- */

static int import(int argc, char **argv)
{
    const char *database = NULL, *file[IMPORT_FILES_MAX];
    size_t n = 0;
    for (int i = 0; i < argc; i++) {
        if (sg_eq(argv[i], "--database") && i + 1 < argc) database = argv[++i];
        else if (argv[i][0] == '-' && argv[i][1]) return usage("import: unknown option");
        else if (n == IMPORT_FILES_MAX) return usage("import: too many files");
        else file[n++] = argv[i];
    }
    if (!database || n == 0) return usage("import: --database DB and at least one file are needed");
    struct sg_db db;
    struct sg_error e = {0};
    struct sg_clock clock = sg_clock_system(NULL);
    struct sg_random random = sg_random_system();
    enum sg_err err = sg_db_open(&db, database, NULL, &e);
    if (err != SG_E_OK) return complain(&e, 74);
    err = sg_import_files(&db, &clock, &random, file, n, &e);
    sg_db_close(&db);
    return err == SG_E_OK ? 0 : complain(&e, sg_err_exit(err));
}

/* ---- the event log --------------------------------------------------------------------------------------------------------- */

struct operator { struct sg_config config; struct sg_clock clock; struct sg_random random; struct sg_db db; struct sg_evlog *log; struct sg_signer_process *signer; };

static void let_go(struct operator *o)
{
    sg_signer_stop(o->signer);
    o->signer = NULL;
}

static enum sg_err epoch(void *ctx, const char *origin, struct sg_error *e)
{
    struct operator *o = ctx;
    let_go(o);                                               /* it holds its files */
    return sg_signer_epoch(o->config.signer, o->config.log_key, origin, e);
}

static void begun(void *ctx, const char *origin, const struct sg_signed *last)
{
    (void)ctx;
    (void)printf("%s begins; the last checkpoint before was %s with %llu events\n", origin, last->origin, (unsigned long long)last->size);
}

static enum sg_err restored(struct operator *o, struct sg_error *e)
{
    enum sg_err err = sg_signer_start(o->config.signer, o->config.log_key, sg_evlog_identity(o->log)->name, &o->signer, e);
    struct sg_signer signer = sg_signer_of_process(o->signer);
    struct sg_restored r = {.signer = &signer, .epoch = epoch, .begun = begun, .ctx = o};
    return err == SG_E_OK ? sg_admin_restored(&o->db, o->log, &o->clock, &o->random, &r, e) : err;
}

static enum sg_err erase(struct operator *o, const char *before, struct sg_error *e)
{
    int years = o->config.retention_years;
    struct sg_date day = sg_date_add(sg_date_stockholm(sg_wall(&o->clock)), -years, 0, 0);
    int64_t n = 0;
    if (before && !sg_date_parse(before, &day)) return sg_fail(e, SG_E_USAGE, "--before", "not a day: %.20s", before);
    enum sg_err err = sg_admin_erase(&o->db, o->log, &o->clock, &o->random, day, years, &n, e);
    if (err == SG_E_OK) (void)printf("%lld events erased\n", (long long)n);
    return err;
}

static int operate(int argc, char **argv)
{
    static struct operator o;
    const char *config = NULL, *before = NULL;
    struct sg_error e = {0};
    bool erasing = sg_eq(argv[0], "erase");
    for (int i = 1; i + 1 < argc; i += 2) {
        if (sg_eq(argv[i], "--config")) config = argv[i + 1];
        else if (erasing && sg_eq(argv[i], "--before")) before = argv[i + 1];
        else return usage("unknown option");
    }
    if (!config || argc % 2 == 0) return usage("--config FILE is needed");
    sg_config_defaults(&o.config);
    if (sg_config_read(&o.config, config, &e) != SG_E_OK) return complain(&e, 2);
    sg_log_open(STDERR_FILENO, o.config.level);
    o.clock = sg_clock_system(o.config.clock[0] ? o.config.clock : NULL);
    o.random = sg_random_system();
    enum sg_err err = sg_db_open(&o.db, o.config.database, NULL, &e);
    if (err == SG_E_OK) err = sg_evlog_open(&o.db, &o.random, &o.config.log, &o.log, &e);
    if (err == SG_E_OK) err = erasing ? erase(&o, before, &e) : restored(&o, &e);
    let_go(&o);
    sg_evlog_close(o.log);
    sg_db_close(&o.db);
    return err == SG_E_OK ? 0 : complain(&e, sg_err_exit(err));
}

/* ---- service ------------------------------------------------------------------------------------------------------------- */

struct service {
    struct sg_config config;
    struct sg_signer_process *signer;
    struct sg_feed *feed;
    struct sg_core *core;
    struct sg_worker *worker;
    struct sg_trust *trust;
    struct sg_http_server *http;
    int port;
};

/* Written beside and renamed into place: whoever sees the file sees the whole number. */
static enum sg_err write_port(const char *path, int port, struct sg_error *e)
{
    char beside[SG_PATH_MAX + 8], text[16];
    if (!path[0]) return SG_E_OK;
    if (!sg_format(beside, sizeof beside, "%s.new", path) || !sg_format(text, sizeof text, "%d\n", port)) return SG_E_INTERNAL;
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t n = strlen(text);
    bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n;
    if (fd >= 0 && close(fd) != 0) ok = false;
    if (ok && rename(beside, path) == 0) return SG_E_OK;
    return sg_fail(e, SG_E_IO, path, "%s", strerror(errno));
}

static enum sg_err start_signer(const struct sg_config *c, struct sg_signer_process **out, struct sg_error *e)
{
    return sg_signer_start(c->signer, c->log_key, c->log.name[0] ? c->log.name : SG_LOG_NAME, out, e);
}

static enum sg_err new_feed(const struct sg_config *c, struct sg_feed **out, struct sg_error *e)
{
    struct sg_feed_opts o = {.database = c->database, .witness = c->witness, .n = c->n_witness, .quorum = c->witness_quorum, .every_ms = 1000 * c->witness_seconds,
                             .clock = sg_clock_system(c->clock[0] ? c->clock : NULL), .random = sg_random_system()};
    return sg_feed_new(&o, out, e);
}
static void wake(void *worker) { sg_worker_wake(worker); }

/* That it was away is no reason to stay away. A clock that is frozen for tests has no heart. */
static void was_away(const struct sg_config *c)
{
    struct sg_clock clock = sg_clock_system(NULL);
    struct sg_error e = {0};
    int64_t from = c->clock[0] ? 0 : sg_heartbeat_gap(c->database, &clock);
    if (from == 0) return;
    if (sg_outage_detected(c->database, from, &clock, &e) == SG_E_OK) sg_log(SG_LOG_WARN, "the service was away; the outage is recorded");
    else sg_log(SG_LOG_ERROR, "the service was away, but the outage could not be recorded: %s", e.detail);
}

static void beat_until_told(const struct sg_config *c, const sigset_t *ends)
{
    struct sg_clock clock = sg_clock_system(NULL);
    const struct timespec beat = {SG_HEARTBEAT_MS / 1000, 0};
    do {
        if (!c->clock[0]) sg_heartbeat(c->database, &clock);
    } while (sigtimedwait(ends, NULL, &beat) < 0);
    if (!c->clock[0]) sg_heartbeat(c->database, &clock);
}

static enum sg_err start(struct service *s, struct sg_error *e)
{
    const struct sg_config *c = &s->config;
    struct sg_core_opts o = {.database = c->database, .clock = sg_clock_system(c->clock[0] ? c->clock : NULL),
                             .random = sg_random_system(), .limits = c->limits, .log = &c->log};
    enum sg_err err = start_signer(c, &s->signer, e);
    struct sg_signer signer = sg_signer_of_process(s->signer);
    o.signer = &signer;
    if (err == SG_E_OK) err = new_feed(c, &s->feed, e);
    o.feed = s->feed;
    if (err == SG_E_OK) was_away(c);
    if (err == SG_E_OK) err = sg_core_open(&o, &s->core, e);
    if (err == SG_E_OK && sg_core_note(s->core, "service.start") != SG_E_OK) err = sg_fail(e, SG_E_IO, c->database, "the event log cannot be written");
    if (err == SG_E_OK) err = sg_trust_open(c->ca, c->crl[0] ? c->crl : NULL, &s->trust, e);
    if (err == SG_E_OK) err = sg_worker_start(s->core, &s->worker, e);
    if (err == SG_E_OK) err = sg_feed_start(s->feed, wake, s->worker, e);
    if (err == SG_E_OK) err = sg_http_start(c, s->trust, s->worker, &s->http, &s->port, e);
    return err == SG_E_OK ? write_port(c->port_file, s->port, e) : err;
}

static void stop(struct service *s)
{
    if (s->http) sg_http_quiesce(s->http);
    sg_feed_stop(s->feed);
    if (s->worker) {
        sg_worker_stop(s->worker);
        if (sg_core_note(s->core, "service.stop") != SG_E_OK) sg_log(SG_LOG_WARN, "that the service stopped could not be written down");
        sg_core_batch(s->core, NULL, 0);                     /* signs it */
    }
    sg_http_stop(s->http);
    sg_worker_free(s->worker);
    sg_trust_close(s->trust);
    sg_feed_free(s->feed);
    sg_core_close(s->core);              /* the last connection: it knows whether the disk confirmed everything */
    sg_signer_stop(s->signer);
}

static int run(struct service *s)
{
    struct sg_error e = {0};
    sigset_t ends;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)pthread_sigmask(SIG_BLOCK, &ends, NULL);
    sg_log_open(STDERR_FILENO, s->config.level);
    enum sg_err err = start(s, &e);
    if (err == SG_E_OK) {
        sg_log(SG_LOG_INFO, "listening on port %d", s->port);
        (void)printf("ready\n");
        (void)fflush(stdout);
        beat_until_told(&s->config, &ends);
        sg_log(SG_LOG_INFO, "stopping");
    }
    stop(s);
    return err == SG_E_OK ? 0 : complain(&e, err == SG_E_INTERNAL || err == SG_E_NOMEM || err == SG_E_CRYPTO ? 70 : 74);
}

/* Command line over file over defaults. 0, or the exit status. */
static int options(struct service *s, int argc, char **argv)
{
    const char *config = NULL, *port = NULL, *port_file = NULL, *clock = NULL;
    struct sg_error e = {0};
    int64_t n = 0;
    const struct { const char *name; const char **to; } known[] = {{"--config", &config}, {"--port", &port}, {"--port-file", &port_file}, {"--clock", &clock}};
    for (int i = 0; i < argc; i += 2) {
        size_t k = 0;
        while (k < 4 && !sg_eq(known[k].name, argv[i])) k++;
        if (k == 4 || i + 1 >= argc) return usage(k == 4 ? "unknown option" : "an option lacks its value");
        *known[k].to = argv[i + 1];
    }
    if (!config) return usage("--config FILE is needed");
    sg_config_defaults(&s->config);
    if (sg_config_read(&s->config, config, &e) != SG_E_OK) return complain(&e, 2);
    if (port && !sg_parse_i64(port, 0, 65535, &n)) return usage("--port: not a port");
    if (port) s->config.port = (int)n;
    if (port_file && !SG_COPY(s->config.port_file, port_file)) return usage("--port-file: too long");
    if (clock && !SG_COPY(s->config.clock, clock)) return usage("--clock: too long");
    return 0;
}

int main(int argc, char **argv)
{
    static struct service s;
    struct sg_error e = {0};
    sg_process_harden();
    if (argc == 2 && sg_eq(argv[1], "--version")) return printf("sigilld %s\n", SG_VERSION) < 0;
    if (argc == 2 && sg_eq(argv[1], "--help")) return printf("%s", USAGE) < 0;
    if (sg_crypto_start(&e) != SG_E_OK) return complain(&e, sg_err_exit(e.code));
    if (argc > 1 && sg_eq(argv[1], "import")) return import(argc - 2, argv + 2);
    if (argc > 1 && (sg_eq(argv[1], "erase") || sg_eq(argv[1], "restored"))) return operate(argc - 1, argv + 1);
    if (argc > 1 && sg_eq(argv[1], "outage")) {
        enum sg_err err = sg_outage_command(argc - 2, argv + 2, &e);
        return err == SG_E_OK ? 0 : err == SG_E_USAGE ? usage(e.detail) : complain(&e, sg_err_exit(err));
    }
    int rc = options(&s, argc - 1, argv + 1);
    return rc ? rc : run(&s);
}
