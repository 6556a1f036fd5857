/* The configuration file: profiles, common settings, paths, faults with line and suggestion. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/str.h"
#include "cmd/config.h"

static char dir[] = "/tmp/sigill-config-XXXXXX";
static char file[64];

static void put(const char *text) {
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static int set_up(void **state) {
    (void)state;
    if (mkdtemp(dir) == NULL) {
        return -1;
    }
    snprintf(file, sizeof file, "%s/sigill.conf", dir);
    setenv("SIGILL_CONFIG", file, 1);
    unsetenv("SIGILL_CLOCK");
    setenv("XDG_STATE_HOME", "/state", 1);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    unlink(file);
    return rmdir(dir);
}

#define BASE "[sigill]\ndefault = anna\nurl = https://localhost:8443\nca = ca.pem\ncert = /x/c.pem\nkey = ~/k.pem\n"

static void profiles(void **state) {
    (void)state;
    struct sg_config c;
    struct sg_error e = {0};
    put(BASE "[bo]\nlang = en\n[anna]\npassphrase_file = p/anna\nmouse = yes\nkeymap = vim\nurl = https://other:1\n");
    setenv("HOME", "/home/a", 1);
    assert_int_equal(sg_config_load(NULL, &c, &e), SG_E_OK);
    char want[128];
    snprintf(want, sizeof want, "%s/ca.pem", dir);
    assert_string_equal(c.profile, "anna");
    assert_string_equal(c.ca, want);
    assert_string_equal(c.cert, "/x/c.pem");
    assert_string_equal(c.key, "/home/a/k.pem");
    assert_string_equal(c.url, "https://other:1");
    assert_string_equal(c.keymap, "vim");
    assert_string_equal(c.state_dir, "/state/sigill/anna");
    assert_int_equal(c.scrypt_log_n, 17);
    assert_int_equal(c.connect_seconds, 3);
    assert_int_equal(c.answer_seconds, 15);
    assert_true(c.mouse);
    assert_true(c.key_cache);                      /* a passphrase file was given */
    assert_int_equal(sg_config_load("bo", &c, &e), SG_E_OK);
    assert_string_equal(c.lang, "en");
    assert_string_equal(c.url, "https://localhost:8443");
    assert_string_equal(c.keymap, "default");
    assert_string_equal(c.purpose, "care");
    assert_false(c.mouse);
    assert_false(c.key_cache);
}

/* What stands in the profile wins over [sigill] wherever [sigill] stands in the file. */
static void order_does_not_matter(void **state) {
    (void)state;
    struct sg_config c;
    struct sg_error e = {0};
    put("[anna]\ntheme = mono\nkey_cache = no\npassphrase_file = x\n" BASE "theme = light\n");
    assert_int_equal(sg_config_load("anna", &c, &e), SG_E_OK);
    assert_string_equal(c.theme, "mono");
    assert_false(c.key_cache);
    setenv("SIGILL_CLOCK", "/c", 1);
    assert_int_equal(sg_config_load("anna", &c, &e), SG_E_OK);
    assert_string_equal(c.clock_file, "/c");
    unsetenv("SIGILL_CLOCK");
}

static void faults(void **state) {
    (void)state;
    static const struct { const char *text, *profile, *where, *says; enum sg_err err; } table[] = {
        {BASE "[anna]\npassphrase_fil = x\n", NULL, ":8", "passphrase_file", SG_E_INPUT},
        {BASE "[anna]\nmouse = perhaps\n", NULL, ":8", "mouse", SG_E_INPUT},
        {BASE "[anna]\nscrypt_log_n = 9\n", NULL, ":8", "14", SG_E_INPUT},
        {BASE "[anna]\nanswer_seconds = 4\n", NULL, ":8", "5", SG_E_INPUT},
        {BASE "[anna]\nconnect_seconds = 0\n", NULL, ":8", "1", SG_E_INPUT},
        {BASE "[anna]\nlang = de\n", NULL, ":8", "sv or en", SG_E_INPUT},
        {BASE "[anna]\ncommission = nonsense here\n", NULL, ":8", "HSA-id", SG_E_INPUT},
        {BASE "[bo]\nurl = http://open\n[anna]\ntheme = dark\n", NULL, ":8", "https", SG_E_INPUT},     /* another profile's slip is told too */
        {BASE "[anna]\ntheme = dark\n", "eva", "sigill.conf", "anna", SG_E_INPUT},
        {"url = x\n", NULL, ":1", "profile", SG_E_INPUT},
        {"", NULL, "sigill.conf", "no profile", SG_E_INPUT},
        {"[a]\nurl = https://x\n", NULL, "sigill.conf", "“ca” is missing", SG_E_INPUT},
        {BASE "[anna]\nwhat\n", NULL, ":8", "", SG_E_PARSE},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct sg_config c;
        struct sg_error e = {0};
        put(table[i].text);
        assert_int_equal(sg_config_load(table[i].profile, &c, &e), table[i].err);
        assert_non_null(strstr(e.where, table[i].where));
        assert_non_null(strstr(e.detail, table[i].says));
    }
}

static void no_file(void **state) {
    (void)state;
    struct sg_config c;
    struct sg_error e = {0};
    setenv("SIGILL_CONFIG", "/nowhere/at/all", 1);
    assert_int_not_equal(sg_config_load(NULL, &c, &e), SG_E_OK);
    setenv("SIGILL_CONFIG", file, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles), cmocka_unit_test(order_does_not_matter), cmocka_unit_test(faults), cmocka_unit_test(no_file),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
