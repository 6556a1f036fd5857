/* sigill-verify [--key KEY | --key-file FILE] [--since CHECKPOINT] [--witness KEY]... [--quorum N] [--leaves] PATH…
 * A PATH is the directory of an exported log or a proof file. One verdict a line; exit 0 only when every one is OK. */
#include "verify/verify.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void print(const char *path, const struct sv_verdict *v, bool key_given)
{
    if (!v->ok) {
        printf("%s: FAILED", path);
        if (v->index >= 0)
            printf(" at entry %" PRId64, v->index);
        printf(": %s\n", v->why);
        return;
    }
    printf("%s: OK: %s, ", path, v->origin);
    if (v->index >= 0)
        printf("entry %" PRId64 " of %" PRIu64, v->index, v->size);
    else
        printf("%" PRIu64 " entries", v->size);
    if (v->erased > 0)
        printf(" (%" PRIu64 " erased)", v->erased);
    printf(", root ");
    for (size_t i = 0; i < sizeof v->root.b; i++)
        printf("%02x", v->root.b[i]);
    printf("%s\n", key_given ? "" : "; by the key that lies beside it: compare that with the one you trust");
}

static bool check(const char *path, const struct sv_opts *o)
{
    struct sv_verdict v = {.index = -1};
    struct stat st;
    if (stat(path, &st) != 0)
        (void)sv_fail(&v, -1, "it is not there");
    else
        v.ok = S_ISDIR(st.st_mode) ? sv_check_directory(path, o, &v) : sv_check_proof(path, o, &v);
    print(path, &v, o->key_text != NULL);
    return v.ok;
}

static int usage(void)
{
    fputs("usage: sigill-verify [--key KEY | --key-file FILE] [--since CHECKPOINT] [--witness KEY]... [--quorum N] [--leaves] PATH...\n"
          "  PATH       directory of an exported log, or a proof file\n"
          "  --key      the log's verifier key as one knows it from elsewhere\n"
          "  --since    a checkpoint kept from an earlier time: the log must contain it\n"
          "  --witness  verifier key of a witness that must have signed the checkpoint, too\n"
          "  --quorum   so many of the witnesses are enough\n"
          "  --leaves   only the leaves, not the events\n", stderr);
    return 2;
}

/* The same witness is not taken for two. */
static bool add_witness(struct sv_opts *o, const char *text)
{
    struct sv_key *k = &o->witness[o->witnesses];
    if (o->witnesses == SV_WITNESSES || !sv_key_read(text, SV_WITNESS, k))
        return false;
    for (uint64_t i = 0; i < o->witnesses; i++)
        if (memcmp(o->witness[i].pub, k->pub, sizeof k->pub) == 0)
            return false;
    o->witnesses++;
    return true;
}

static bool key_from(struct sv_opts *o, const char *path)
{
    static char key[1024];
    long n = sv_read_file(path, "", key, sizeof key);
    key[n > 0 ? strcspn(key, "\n") : 0] = '\0';
    o->key_text = key;
    return n > 0;
}

static bool option(struct sv_opts *o, const char *name, const char *value)
{
    if (strcmp(name, "--since") == 0)
        return (o->since = value) != NULL;
    if (strcmp(name, "--key") == 0)
        return (o->key_text = value) != NULL;
    if (strcmp(name, "--witness") == 0)
        return add_witness(o, value);
    if (strcmp(name, "--quorum") == 0)
        return sv_number(value, strlen(value), &o->quorum) && o->quorum > 0;
    return strcmp(name, "--key-file") == 0 && key_from(o, value);
}

int main(int argc, char **argv)
{
    static struct sv_opts o;
    struct sv_key parsed;
    int i = 1, bad = 0;
    for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        if (strcmp(argv[i], "--leaves") == 0)
            o.leaves_only = true;
        else if (i + 1 == argc || !option(&o, argv[i], argv[i + 1]))
            return usage();
        else
            i++;
    }
    o.quorum = o.quorum > 0 ? o.quorum : o.witnesses;
    if (i == argc || o.quorum > o.witnesses)
        return usage();
    if (o.key_text && !sv_key_read(o.key_text, SV_LOG, &parsed)) {
        fputs("sigill-verify: the key is not a verifier key\n", stderr);
        return 2;
    }
    for (; i < argc; i++)
        bad += !check(argv[i], &o);
    return fflush(stdout) == 0 && bad == 0 ? 0 : 1;
}
