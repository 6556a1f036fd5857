/* sigill-witness: remembers the last checkpoint of each log it was given the key of, and cosigns what grows out of it. It is meant to run
 * somewhere else, with somebody else, than the service it watches: all that reaches it is the size and the root hash of a log. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/crypto.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/version.h"
#include "witness/witness.h"

enum { PATHS = 600, EVIDENCE_MAX = 4 << 20 };
static const char USAGE[] =
    "sigill-witness " SG_VERSION "\n"
    "  sigill-witness --serve KEY --name NAME --log LOG-KEY... [--listen ADDRESS:PORT] [--cert FILE --cert-key FILE] [--port-file FILE]\n"
    "                           cosign the checkpoints of these logs; the key is made when there is none\n"
    "  sigill-witness --key KEY     print the verifier key\n"
    "  sigill-witness --last KEY    print what was cosigned last, a line an origin: origin, size, root\n";

struct options { const char *key, *name, *listen, *cert, *cert_key, *port_file; };
static struct sg_witness witness;
static char evidence_file[PATHS];

static int complain(const struct sg_error *e)
{
    (void)fprintf(stderr, "sigill-witness: %s%s%s\n", e->where, e->where[0] ? ": " : "", e->detail[0] ? e->detail : sg_err_name(e->code));
    return sg_err_exit(e->code);
}

static int usage(void)
{
    (void)fprintf(stderr, "%s", USAGE);
    return 2;
}

/* What a log has signed against itself is kept as it came. */
static void keep_evidence(void *ctx, const char *body, size_t n)
{
    struct stat st;
    (void)ctx;
    int fd = open(evidence_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool room = fd >= 0 && fstat(fd, &st) == 0 && st.st_size < EVIDENCE_MAX;
    bool ok = room && write(fd, body, n) == (ssize_t)n && write(fd, "\n", 1) == 1 && fsync(fd) == 0;
    if (fd >= 0) (void)close(fd);
    sg_log(SG_LOG_ERROR, ok ? "the request is kept in %s" : "the request could not be kept in %s", evidence_file);
}

static int print_last(const struct sg_sign_book *b)
{
    for (size_t i = 0; i < b->n; i++) {
        char hex[2 * SG_HASH_LEN + 1];
        sg_hex(hex, b->row[i].root.b, SG_HASH_LEN);
        (void)printf("%s %llu %s\n", b->row[i].origin, (unsigned long long)b->row[i].size, hex);
    }
    return 0;
}

static int look(const char *what, const char *key)
{
    struct sg_error e = {0};
    char text[SG_VKEY_MAX];
    if (sg_witness_open(&witness, key, NULL, &e) != SG_E_OK) return complain(&e);
    int rc = 0;
    if (sg_eq(what, "--last")) {
        rc = print_last(&witness.store.book);
    } else {
        sg_note_key_print(text, &witness.store.book.signer.key);
        rc = printf("%s\n", text) < 0;
    }
    sg_witness_close(&witness);
    return rc;
}

/* ---- serving ------------------------------------------------------------------------------------------------------------------------ */

static enum sg_err write_port(const char *path, int port, struct sg_error *e)
{
    char beside[PATHS], text[16];
    if (!path) return SG_E_OK;
    bool ok = sg_format(beside, sizeof beside, "%s.new", path) && sg_format(text, sizeof text, "%d\n", port);
    int fd = ok ? open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) (void)close(fd);
    return ok && rename(beside, path) == 0 ? SG_E_OK : sg_fail(e, SG_E_IO, path, "%s", strerror(errno));
}

static bool split(const char *listen, char address[64], int *port)
{
    const char *colon = strrchr(listen, ':');
    int64_t n = 0;
    if (!colon || !sg_copyn(address, 64, listen, (size_t)(colon - listen)) || !sg_parse_i64(colon + 1, 0, 65535, &n)) return false;
    *port = (int)n;
    return true;
}

static int serve(const struct options *o)
{
    struct sg_witness_server *server = NULL;
    struct sg_witness_listen l = {.cert_file = o->cert, .key_file = o->cert_key};
    struct sg_error e = {0};
    char address[64];
    sigset_t ends;
    int port = 0, got = 0;
    if (!split(o->listen, address, &l.port)) return usage();
    l.address = address;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)pthread_sigmask(SIG_BLOCK, &ends, NULL);
    enum sg_err err = sg_witness_serve(&witness, &l, &server, &port, &e);
    if (err == SG_E_OK) err = write_port(o->port_file, port, &e);
    if (err == SG_E_OK) {
        sg_log(SG_LOG_INFO, "listening on port %d, %zu logs", port, witness.n);
        (void)printf("ready\n");
        (void)fflush(stdout);
        (void)sigwait(&ends, &got);
    }
    sg_witness_stop(server);
    return err == SG_E_OK ? 0 : complain(&e);
}

static bool options(struct options *o, int argc, char **argv, struct sg_error *e)
{
    const struct { const char *name; const char **to; } known[] = {{"--serve", &o->key}, {"--name", &o->name}, {"--listen", &o->listen}, {"--cert", &o->cert},
                                                                   {"--cert-key", &o->cert_key}, {"--port-file", &o->port_file}};
    for (int i = 1; i < argc; i += 2) {
        size_t k = 0;
        if (i + 1 >= argc) return false;
        if (sg_eq(argv[i], "--log")) {
            if (sg_witness_log(&witness, argv[i + 1], e) != SG_E_OK) return false;
            continue;
        }
        while (k < sizeof known / sizeof *known && !sg_eq(known[k].name, argv[i])) k++;
        if (k == sizeof known / sizeof *known) return false;
        *known[k].to = argv[i + 1];
    }
    return o->key && o->name && witness.n > 0 && !o->cert == !o->cert_key;
}

int main(int argc, char **argv)
{
    struct options o = {.listen = "127.0.0.1:0"};
    struct sg_error e = {0};
    sg_process_harden();
    sg_log_open(STDERR_FILENO, SG_LOG_INFO);
    if (argc == 2 && (sg_eq(argv[1], "--help") || sg_eq(argv[1], "--version"))) return printf("%s", USAGE) < 0;
    if (sg_crypto_start(&e) != SG_E_OK) return complain(&e);
    if (argc == 3 && (sg_eq(argv[1], "--key") || sg_eq(argv[1], "--last"))) return look(argv[1], argv[2]);
    if (!options(&o, argc, argv, &e)) return e.code != SG_E_OK ? complain(&e) : usage();
    witness.clock = sg_clock_system(NULL);
    witness.evidence = keep_evidence;
    bool fits = sg_format(evidence_file, sizeof evidence_file, "%s.evidence", o.key);
    enum sg_err err = fits ? sg_witness_open(&witness, o.key, o.name, &e) : sg_fail(&e, SG_E_LIMIT, o.key, "too long");
    if (err != SG_E_OK) return complain(&e);
    int rc = serve(&o);
    sg_witness_close(&witness);
    return rc;
}
