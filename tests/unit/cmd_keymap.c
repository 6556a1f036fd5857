/* Keymaps: names of keys, the shipped maps, personal files and their faults. */
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
#include "cmd/command.h"

static void names_of_keys(void **state) {
    (void)state;
    static const char *const table[][2] = {
        {"a", "a"}, {"A", "A"}, {"ctrl-p", "Ctrl-P"}, {"Ctrl-P", "Ctrl-P"}, {"CTRL-F5", "Ctrl-F5"}, {"alt-x", "Alt-x"}, {"Alt-X", "Alt-X"},
        {"shift-tab", "Shift-Tab"}, {"PGDN", "PageDown"}, {"pageup", "PageUp"}, {"escape", "Esc"}, {"return", "Enter"}, {"f9", "F9"},
        {"F24", "F24"}, {"colon", ":"}, {"Semicolon", ";"}, {"?", "?"}, {"/", "/"}, {"\xc3\xa5", "\xc3\xa5"}, {"del", "Delete"},
        {"F25", NULL}, {"F0", NULL}, {"", NULL}, {"ab", NULL}, {"Ctrl-", NULL}, {"Shift-a", NULL}, {"Hyper-x", NULL}, {"\x01", NULL},
        {"\xff", NULL}, {"Ctrl-Nope", NULL}, {" ", NULL},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char got[24];
        bool ok = sg_key_normalise(table[i][0], got);
        assert_int_equal(ok, table[i][1] != NULL);
        if (ok) {
            assert_string_equal(got, table[i][1]);
        }
    }
}

/* In each shipped map and each place: every key says what it does, and Esc, help and palette can always be reached. */
static void shipped_maps(void **state) {
    (void)state;
    for (const struct sg_keymap_file *f = sg_keymap_files; f->name != NULL; f++) {
        struct sg_keymap k;
        struct sg_error e = {0};
        assert_int_equal(sg_keymap_named(f->name, &k, &e), SG_E_OK);
        for (int c = 0; c < (int)SG_CTX_COUNT; c++) {
            assert_int_equal(sg_keymap_find(&k, (enum sg_context)c, "Esc"), SG_CMD_BACK);
            assert_int_equal(sg_keymap_find(&k, (enum sg_context)c, "F1"), SG_CMD_HELP);
            assert_int_equal(sg_keymap_find(&k, (enum sg_context)c, "Ctrl-P"), SG_CMD_PALETTE);
            for (int cmd = 0; cmd < (int)SG_CMD_TOTAL; cmd++) {
                const char *key = sg_keymap_key(&k, cmd, (enum sg_context)c);
                assert_true(key[0] == '\0' || sg_keymap_find(&k, (enum sg_context)c, key) == cmd);
            }
        }
    }
}

/* On a Swedish keyboard these signs take AltGr. */
static void no_altgr(void **state) {
    (void)state;
    struct sg_keymap k;
    struct sg_error e = {0};
    assert_int_equal(sg_keymap_named("default", &k, &e), SG_E_OK);
    assert_true(k.n > 60);
    for (size_t i = 0; i < k.n; i++) {
        const char *key = k.b[i].key;
        assert_true(key[1] != '\0' || strchr("@$[]{}\\|~", key[0]) == NULL);
    }
    assert_int_equal(sg_keymap_find(&k, SG_CTX_CITIZEN, "l"), SG_CMD_ACTION(SG_ACT_LOGIN_LOCK));
    assert_int_equal(sg_keymap_find(&k, SG_CTX_CITIZEN, "p"), SG_CMD_ACTION(SG_ACT_CITIZEN_PROTECT));
    assert_int_equal(sg_keymap_find(&k, SG_CTX_QUEUE, "Down"), SG_CMD_DOWN);        /* a list as well */
    assert_int_equal(sg_keymap_find(&k, SG_CTX_GLOBAL, ":"), SG_CMD_PALETTE);
    assert_int_equal(sg_keymap_find(&k, SG_CTX_FORM, "f"), SG_CMD_NONE);            /* text goes into the field */
    assert_int_equal(sg_keymap_find(&k, SG_CTX_FORM, ":"), SG_CMD_NONE);
    assert_int_equal(sg_keymap_find(&k, SG_CTX_FORM, "F8"), SG_CMD_GO_ON);
    assert_string_equal(sg_keymap_key(&k, SG_CMD_HELP, SG_CTX_HOME), "?");
    assert_string_equal(sg_keymap_key(&k, SG_CMD_FILTER, SG_CTX_HOME), "");
}

static void function_keys_have_no_letters(void **state) {
    (void)state;
    struct sg_keymap k;
    struct sg_error e = {0};
    assert_int_equal(sg_keymap_named("function-keys", &k, &e), SG_E_OK);
    for (size_t i = 0; i < k.n; i++) {
        const char *key = k.b[i].key;
        assert_false(key[1] == '\0' && key[0] >= 'a' && key[0] <= 'z');
    }
    assert_string_equal(sg_keymap_key(&k, SG_CMD_ACTION(SG_ACT_CITIZEN_PROTECT), SG_CTX_CITIZEN), "F8");
}

static enum sg_err load(const char *text, struct sg_keymap *k, struct sg_error *e) {
    char path[] = "/tmp/sigill-keymap-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    enum sg_err err = sg_keymap_load(path, k, e);
    unlink(path);
    return err;
}

static void personal_file(void **state) {
    (void)state;
    struct sg_keymap k;
    struct sg_error e = {0};
    assert_int_equal(sg_keymap_named("default", &k, &e), SG_E_OK);
    assert_int_equal(load("# mine\n[citizen]\nctrl-k = login.lock\nl = none\n\n[global]\nq = quit\n", &k, &e), SG_E_OK);
    assert_int_equal(sg_keymap_find(&k, SG_CTX_CITIZEN, "l"), SG_CMD_NONE);
    assert_int_equal(sg_keymap_find(&k, SG_CTX_CITIZEN, "Ctrl-K"), SG_CMD_ACTION(SG_ACT_LOGIN_LOCK));
    assert_int_equal(sg_keymap_find(&k, SG_CTX_HOME, "q"), SG_CMD_QUIT);
    assert_string_equal(sg_keymap_key(&k, SG_CMD_ACTION(SG_ACT_LOGIN_LOCK), SG_CTX_CITIZEN), "Ctrl-K");
}

static void faults_have_line_and_hint(void **state) {
    (void)state;
    static const struct { const char *text, *line, *says; enum sg_err err; } table[] = {
        {"[citizen]\n\nk = login.lokc\n", ":3", "login.lock", SG_E_INPUT},
        {"[citisen]\nk = lift\n", ":2", "citizen", SG_E_INPUT},
        {"[global]\nHyper-k = home\n", ":2", "Hyper-k", SG_E_INPUT},
        {"[global]\nk = home\nwhat is this\n", ":3", "", SG_E_PARSE},
        {"k = home\n", ":1", "", SG_E_INPUT},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct sg_keymap k = {.n = 0};
        struct sg_error e = {0};
        assert_int_equal(load(table[i].text, &k, &e), table[i].err);
        assert_non_null(strstr(e.where, table[i].line));
        assert_non_null(strstr(e.detail, table[i].says));
    }
    struct sg_keymap k;
    struct sg_error e = {0};
    assert_int_equal(sg_keymap_named("vmi", &k, &e), SG_E_INPUT);
    assert_non_null(strstr(e.detail, "vim"));
    char big[8000] = "[global]\n";
    for (int i = 0; i < 200; i++) {
        big[9 + i] = 'x';
    }
    struct sg_keymap none = {.n = 0};
    assert_int_equal(load(big, &none, &e), SG_E_LIMIT);
}

static void too_many(void **state) {
    (void)state;
    struct sg_keymap k = {.n = 0};
    struct sg_error e = {0};
    static char text[40000];
    size_t n = 0;
    for (int c = 0; c < (int)SG_CTX_COUNT; c++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "[%s]\n", sg_context_name((enum sg_context)c));
        for (char key = 'a'; key <= 'z'; key++) {
            n += (size_t)snprintf(text + n, sizeof text - n, "Alt-%c = home\n%c = home\n", key, key);
        }
    }
    assert_int_equal(load(text, &k, &e), SG_E_LIMIT);
    assert_true(k.n <= sizeof k.b / sizeof k.b[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_keys), cmocka_unit_test(shipped_maps), cmocka_unit_test(no_altgr),
        cmocka_unit_test(function_keys_have_no_letters), cmocka_unit_test(personal_file),
        cmocka_unit_test(faults_have_line_and_hint), cmocka_unit_test(too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
