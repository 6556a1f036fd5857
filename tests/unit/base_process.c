/* Random numbers and identifiers, secrets, the maintainers' log, language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/str.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#endif
#endif

struct script { int64_t now; uint32_t next; };

static int64_t scripted_wall(void *ctx) { return ((struct script *)ctx)->now; }

static void counting_fill(void *ctx, void *dst, size_t n)
{
    uint32_t v = ((struct script *)ctx)->next++;
    memset(dst, 0, n);
    memcpy(dst, &v, n < sizeof v ? n : sizeof v);
}

static void identifiers_rise(void **state)
{
    (void)state;
    struct script s = { .now = 1700000000000 };
    struct sg_clock c = { .wall_ms = scripted_wall, .ctx = &s };
    struct sg_random r = sg_random_system();
    char last[SG_UUID_MAX] = "", id[SG_UUID_MAX];
    for (int i = 0; i < 30000; i++) {
        if (i == 15000)
            s.now -= 3600000;       /* the clock is set back */
        if (i == 20000)
            s.now += 7200000;
        sg_uuid7(id, &c, &r);
        assert_true(sg_uuid_valid(id));
        assert_int_equal(id[14], '7');
        assert_non_null(strchr("89ab", id[19]));
        if (strcmp(last, id) >= 0)
            fail_msg("%d: %s then %s", i, last, id);
        SG_COPY(last, id);
        if (i == 0 || i == 20000) {
            char want[16];
            snprintf(want, sizeof want, "%012llx", (unsigned long long)s.now);
            assert_memory_equal(id, want, 8);
            assert_memory_equal(id + 9, want + 8, 4);
        }
    }
    static const char *const bad[] = {
        "", "018bcfe5-6800-7000-8000-00000000000", "018bcfe5-6800-7000-8000-0000000000000", "018BCFE5-6800-7000-8000-000000000000",
        "018bcfe5x6800-7000-8000-000000000000", "018bcfe5-6800-7000-8000-00000000000g", "018bcfe568007000-8000-000000000000000", NULL,
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(sg_uuid_valid(bad[i]));
}

static void numbers_are_unbiased(void **state)
{
    (void)state;
    /* 2^32 mod 3 = 1: exactly the value 0 must be thrown away. */
    struct script s = { .next = 0 };
    struct sg_random r = { .fill = counting_fill, .ctx = &s };
    assert_int_equal(sg_random_below(&r, 3), 1);
    assert_int_equal(s.next, 2);
    assert_int_equal(sg_random_below(&r, 3), 2);
    /* 2^32 mod (2^31 + 1) = 2^31 - 1: the value below is refused, that one not. */
    s.next = 0x7FFFFFFE;
    assert_int_equal(sg_random_below(&r, 0x80000001u), 0x7FFFFFFF);
    assert_int_equal(sg_random_below(&r, 1), 0);
    struct sg_random real = sg_random_system();
    uint8_t a[300] = { 0 }, b[300] = { 0 };
    sg_random_fill(&real, a, sizeof a);
    sg_random_fill(&real, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a + 256, (uint8_t[44]){ 0 }, 44);
}

static void temp_file(char *path, const char *text, size_t n)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), (ssize_t)n);
    close(fd);
}

static enum sg_err read_secret(const char *text, size_t n, struct sg_secret *s)
{
    char path[] = "/tmp/sg-secret-XXXXXX";
    temp_file(path, text, n);
    struct sg_error e;
    enum sg_err err = sg_secret_read_file(s, path, &e);
    unlink(path);
    return err;
}

/* r1_11: a read that says "over" in the middle gives half a passphrase, and a new store would be sealed with it. This file of the system's
 * has more in it than its size says, which is the same to who compares. */
static void r1_11_half_a_secret_is_none(void **state)
{
    (void)state;
    struct sg_secret s;
    struct sg_error e = { 0 };
    assert_int_equal(sg_secret_read_file(&s, "/proc/thread-self/cmdline", &e), SG_E_IO);
    assert_null(s.data);
}

static void secrets_are_first_lines(void **state)
{
    (void)state;
    struct sg_secret s;
    char longest[1100];
    memset(longest, 'x', sizeof longest);
    assert_int_equal(read_secret("open sesame \r\nsecond", 20, &s), SG_E_OK);
    assert_string_equal((char *)s.data, "open sesame ");
    assert_int_equal(s.len, 12);
    sg_secret_free(&s);
    assert_null(s.data);
    sg_secret_free(&s);
    assert_int_equal(read_secret("a", 1, &s), SG_E_OK);
    sg_secret_free(&s);
    assert_int_equal(read_secret(longest, 1023, &s), SG_E_OK);
    assert_int_equal(s.len, 1023);
    sg_secret_free(&s);
    assert_int_equal(read_secret(longest, 1024, &s), SG_E_LIMIT);
    assert_null(s.data);
    assert_int_equal(read_secret("\nx", 2, &s), SG_E_INPUT);
    assert_int_equal(read_secret("", 0, &s), SG_E_INPUT);
    struct sg_error e;
    assert_int_equal(sg_secret_read_file(&s, "/nowhere/at/all", &e), SG_E_NOTFOUND);
    assert_int_equal(sg_secret_new(&s, 0, &e), SG_E_LIMIT);
    assert_int_equal(sg_secret_new(&s, 2u << 20, &e), SG_E_LIMIT);
}

/* VmFlags of the mapping that starts at p. */
static void mapping_flags(const void *p, char *flags, size_t cap)
{
    char line[512];
    FILE *f = fopen("/proc/self/smaps", "r");
    assert_non_null(f);
    bool here = false;
    flags[0] = '\0';
    while (fgets(line, sizeof line, f)) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            here = from <= (unsigned long)(uintptr_t)p && (unsigned long)(uintptr_t)p < to;
        if (here && sg_starts(line, "VmFlags:"))
            sg_copy(flags, cap, line);
    }
    fclose(f);
}

static void secrets_stay_out_of_dumps_and_children(void **state)
{
    (void)state;
    struct sg_secret s;
    struct sg_error e;
    char flags[512];
    assert_int_equal(sg_secret_new(&s, 100, &e), SG_E_OK);
    mapping_flags(s.data, flags, sizeof flags);
    if (!*flags)
        print_message("NOTE: /proc/self/smaps has no VmFlags here; MADV_DONTDUMP was not checked\n");
    else
        assert_non_null(strstr(flags, " dd"));
    memset(s.data, 'k', s.cap);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(s.data[0] == 'k' ? 1 : 0);
    int status = 1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(s.data[99], 'k');
    sg_secret_free(&s);
    char text[8] = "abcdefg";
    sg_wipe(text, sizeof text);
    assert_memory_equal(text, (char[8]){ 0 }, 8);
    sg_wipe(NULL, 5);
    assert_true(sg_secret_equal("abc", "abd", 2));
    assert_false(sg_secret_equal("abc", "abd", 3));
}

static void hardening_in_a_child(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit core = { 1, 1 };
        sg_process_harden();
        int bad = getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0 || core.rlim_max != 0;
        bad |= (umask(0) != 077) << 1;
        bad |= (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) << 2;
#ifndef UNDER_ASAN
        bad |= (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) << 3;
#endif
        _exit(bad);
    }
    int status = -1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

/* What one sg_log call writes behind the time. */
static void logged(char *dst, size_t cap, enum sg_log_level most, enum sg_log_level l, const char *text)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    sg_log_open(ends[1], most);
    sg_log(l, "%s", text);
    sg_log_open(-1, SG_LOG_DEBUG);
    close(ends[1]);
    char raw[2048];
    ssize_t n = read(ends[0], raw, sizeof raw - 1);
    close(ends[0]);
    assert_true(n >= 0);
    raw[n] = '\0';
    sg_copy(dst, cap, n > 25 ? raw + 25 : raw);
}

static void log_lines(void **state)
{
    (void)state;
    char line[2048], big[3000];
    logged(line, sizeof line, SG_LOG_WARN, SG_LOG_WARN, "port 8443 is busy");
    assert_string_equal(line, "warning: port 8443 is busy\n");
    logged(line, sizeof line, SG_LOG_WARN, SG_LOG_INFO, "quiet");
    assert_string_equal(line, "");
    logged(line, sizeof line, SG_LOG_DEBUG, SG_LOG_ERROR, "a\nb\x1B[2J");
    assert_string_equal(line, "error: a?b?[2J\n");
    logged(line, sizeof line, SG_LOG_DEBUG, SG_LOG_INFO, "no 20141212-2389, 141212+2389 or 201412122389 but 2026-11-24 and 8388608");
    assert_string_equal(line, "info: no *************, *********** or ************ but 2026-11-24 and 8388608\n");
    memset(big, 'y', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    logged(line, sizeof line, SG_LOG_DEBUG, SG_LOG_INFO, big);
    assert_int_equal(line[strlen(line) - 1], '\n');
    assert_true(strlen(line) < 1100);
}

static void environment(const char *lc_all, const char *lc_messages, const char *lang)
{
    unsetenv("LC_CTYPE");
    setenv("LC_ALL", lc_all, 1);
    setenv("LC_MESSAGES", lc_messages, 1);
    setenv("LANG", lang, 1);
    setenv("LANGUAGE", "sv", 1);
}

static void language_is_chosen(void **state)
{
    (void)state;
    static const struct { const char *lc_all, *lc_messages, *lang, *asked, *want; int utf8; } rows[] = {
        { "", "", "sv_SE.UTF-8", NULL, "sv", 0 }, { "", "", "en_GB.UTF-8", NULL, "en", 0 }, { "", "sv_SE.UTF-8",
        "en_GB.utf8", NULL, "sv", 0 },
        { "en_US.UTF-8", "sv_SE", "sv_SE", NULL, "en", 0 }, { "sv_FI.UTF-8", "en", "en", NULL, "sv", 0 }, { "", "",
        "C.UTF-8", NULL, "en", 0 },
        { "", "", "", NULL, "en", -1 }, { "", "", "C", "sv", "sv", -1 }, { "", "", "sv_SE.ISO-8859-1", NULL, "sv", -1 },
        { "", "", "sv_SE.UTF-8", "en", "en", 0 }, { "", "", "sv_SE.UTF-8@euro", NULL, "sv", 0 }, { "POSIX", "",
        "sv_SE.UTF-8", NULL, "en", -1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        environment(rows[i].lc_all, rows[i].lc_messages, rows[i].lang);
        int utf8 = sg_i18n_init(rows[i].asked);
        if (utf8 != rows[i].utf8 || !sg_eq(sg_i18n_lang(), rows[i].want) || !sg_eq(getenv("LANGUAGE"), rows[i].want))
            fail_msg("row %zu: %d %s", i, utf8, sg_i18n_lang());
        assert_string_equal(localeconv()->decimal_point, ".");
        assert_string_equal(nl_langinfo(CODESET), "UTF-8");
    }
}

/* A catalogue beside this program, as the build lays it. */
static void catalogue_beside_the_program(void **state)
{
    (void)state;
    char exe[512], dir[600], path[800];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    assert_true(n > 0);
    exe[n] = '\0';
    *strrchr(exe, '/') = '\0';
    static const char *const steps[] = { "locale", "locale/sv", "locale/sv/LC_MESSAGES" };
    for (size_t i = 0; i < 3; i++) {
        assert_true(sg_format(dir, sizeof dir, "%s/%s", exe, steps[i]));
        mkdir(dir, 0700);
    }
    assert_true(sg_format(path, sizeof path, "%s/sigill.mo", dir));
    /* magic, version, 2 strings, tables at 28 and 44, no hash; the header entry names the encoding. */
    static const char head[] = "Content-Type: text/plain; charset=UTF-8\n", source[] = "Done", target[] = "Klart \xC3\xA5";
    uint32_t mo[15] = { 0x950412de, 0, 2, 28, 44, 0, 60, 0, 60, sizeof source - 1, 61, sizeof head - 1, 66, sizeof target - 1,
                        66 + sizeof head };
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fwrite(mo, sizeof mo, 1, f);
    fputc(0, f);
    fwrite(source, sizeof source, 1, f);
    fwrite(head, sizeof head, 1, f);
    fwrite(target, sizeof target, 1, f);
    fclose(f);
    environment("", "", "sv_SE.UTF-8");
    assert_int_equal(sg_i18n_init(NULL), 0);
    char swedish[64], english[64];
    SG_COPY(swedish, _("Done"));
    environment("", "", "en_GB.UTF-8");        /* with LANGUAGE=sv around */
    assert_int_equal(sg_i18n_init(NULL), 0);
    SG_COPY(english, _("Done"));
    unlink(path);
    assert_string_equal(swedish, target);
    assert_string_equal(english, "Done");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_rise), cmocka_unit_test(numbers_are_unbiased), cmocka_unit_test(secrets_are_first_lines), cmocka_unit_test(r1_11_half_a_secret_is_none),
        cmocka_unit_test(secrets_stay_out_of_dumps_and_children), cmocka_unit_test(hardening_in_a_child), cmocka_unit_test(log_lines),
        cmocka_unit_test(language_is_chosen), cmocka_unit_test(catalogue_beside_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
