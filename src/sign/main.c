/* sigilld-sign: holds the event log's key and answers one socket, its standard input, until the other side is gone. It reads nothing else,
 * so what a client sends never reaches it but as the numbers and hashes that sigilld asks about; and those it checks against its own book. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/crypto.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/version.h"
#include "sign/sign.h"

static const char USAGE[] =
    "sigilld-sign " SG_VERSION "\n"
    "  sigilld-sign --serve KEY NAME     sign for the socket that is standard input; a key is made when there is none\n"
    "  sigilld-sign --key KEY            print the verifier key\n"
    "  sigilld-sign --last KEY           print what was signed last, a line an origin: origin, size, root\n"
    "  sigilld-sign --epoch KEY ORIGIN   begin the next epoch of a log after a restored backup (see: sigilld restored)\n";

static int complain(const struct sg_error *e)
{
    (void)fprintf(stderr, "sigilld-sign: %s%s%s\n", e->where, e->where[0] ? ": " : "", e->detail[0] ? e->detail : sg_err_name(e->code));
    return sg_err_exit(e->code);
}

static bool answer(struct sg_sign_book *b, const char *packet, size_t n)
{
    static struct sg_sign_answer a;
    struct sg_buf out;
    sg_buf_init(&out, SG_SIGN_MESSAGE_MAX);
    sg_sign_serve(b, packet, n, &a);
    if (a.verdict != SG_SIGN_OK) sg_log(SG_LOG_ERROR, "refused to sign: %s", sg_sign_text(a.verdict));
    bool ok = sg_sign_answer_write(&a, &out) == SG_E_OK && send(STDIN_FILENO, out.data, out.len, MSG_NOSIGNAL) == (ssize_t)out.len;
    sg_buf_free(&out);
    return ok;
}

static int serve(struct sg_sign_book *b)
{
    static char packet[SG_SIGN_MESSAGE_MAX];
    for (;;) {
        ssize_t n = recv(STDIN_FILENO, packet, sizeof packet, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return 0;                                /* sigilld has ended */
        if (!answer(b, packet, (size_t)n)) return 0;
    }
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

static int run(struct sg_sign_store *s, const char *what, const char *arg)
{
    char key[SG_VKEY_MAX];
    if (sg_eq(what, "--serve")) return serve(&s->book);
    if (sg_eq(what, "--last")) return print_last(&s->book);
    if (sg_eq(what, "--epoch")) {
        enum sg_err err = sg_sign_epoch(&s->book, arg);
        return err == SG_E_OK ? 0 : complain(&(struct sg_error){.code = err});
    }
    sg_note_key_print(key, &s->book.signer.key);
    return printf("%s\n", key) < 0;
}

int main(int argc, char **argv)
{
    static struct sg_sign_store s;
    struct sg_error e = {0};
    const char *what = argc > 1 ? argv[1] : "";
    bool serving = sg_eq(what, "--serve"), epoch = sg_eq(what, "--epoch");
    sg_process_harden();
    sg_log_open(STDERR_FILENO, SG_LOG_INFO);
    if (sg_eq(what, "--help") || sg_eq(what, "--version")) return printf("%s", USAGE) < 0;
    if ((serving || epoch) ? argc != 4 : argc != 3 || (!sg_eq(what, "--key") && !sg_eq(what, "--last"))) {
        (void)fprintf(stderr, "%s", USAGE);
        return 2;
    }
    (void)signal(SIGINT, SIG_IGN);                           /* a terminal's Ctrl-C is sigilld's to answer; this ends when that has */
    if (serving) (void)signal(SIGTERM, SIG_IGN);
    if (sg_crypto_start(&e) != SG_E_OK) return complain(&e);
    if (sg_sign_open(&s, argv[2], serving ? argv[3] : NULL, &e) != SG_E_OK) return complain(&e);
    int rc = run(&s, what, argc > 3 ? argv[3] : "");
    sg_sign_close(&s);
    return rc;
}
