/* Forms: typing, pasting, limits, moving; and the matcher of the palette. No screen is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/str.h"
#include "ui/form.h"
#include "ui/fuzzy.h"

static struct sg_form f;

static void type(const char *ascii)
{
    for (; *ascii; ascii++) {
        struct sg_key k = { .kind = SG_KEY_CHAR, .cp = (unsigned char)*ascii };
        assert_true(sg_form_key(&f, &k));
    }
}

static void letter(uint32_t cp)
{
    struct sg_key k = { .kind = SG_KEY_CHAR, .cp = cp };
    assert_true(sg_form_key(&f, &k));
}

static bool press(const char *name)
{
    struct sg_key k = { .kind = SG_KEY_NAMED };
    SG_COPY(k.name, name);
    return sg_form_key(&f, &k);
}

static void paste(const char *text)
{
    struct sg_key k = { .kind = SG_KEY_PASTE, .paste = text };
    assert_true(sg_form_key(&f, &k));
}

static int fresh(void **state)
{
    (void)state;
    sg_form_init(&f);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sg_form_free(&f);
    return 0;
}

static void whole_characters_are_edited(void **state)
{
    struct sg_form_field *ff = sg_form_text(&f, "Reason", "", 20, NULL);
    (void)state;
    type("a");
    letter(0xE5);
    letter(0x1F600);
    type("b");
    assert_string_equal(ff->text, "aå😀b");
    press("Left");
    press("Backspace");
    assert_string_equal(ff->text, "aåb");
    press("Home");
    press("Delete");
    assert_string_equal(ff->text, "åb");
    press("End");
    press("Ctrl-U");
    assert_string_equal(ff->text, "");
    assert_true(press("Backspace"));
    assert_false(press("Tab"));
    assert_false(press("Enter"));
    assert_false(press("F9"));
}

static void a_field_never_holds_more_than_its_limit(void **state)
{
    struct sg_form_field *ff = sg_form_text(&f, "Reference", "", 5, NULL);
    (void)state;
    type("1234");
    letter(0xE5);
    assert_string_equal(ff->text, "1234");
    assert_true(ff->error[0] != '\0');
    type("5");
    assert_string_equal(ff->text, "12345");
    press("Ctrl-U");
    paste("abcdefghi");
    assert_string_equal(ff->text, "abcde");
    assert_true(ff->error[0] != '\0');
}

static void pasted_text_is_text(void **state)
{
    struct sg_form_field *ff = sg_form_text(&f, "Number", "", 60, NULL);
    (void)state;
    paste("  20141212\t-2389\n");
    assert_string_equal(ff->text, "20141212 -2389");
    press("Ctrl-U");
    paste("a\033[31mb\x07" "c");
    assert_string_equal(ff->text, "a[31mbc");
}

static void moving_skips_what_cannot_be_reached(void **state)
{
    (void)state;
    sg_form_label(&f, "Heading");
    sg_form_text(&f, "One", "", 10, NULL);
    struct sg_form_field *off = sg_form_check(&f, "Two", true, NULL);
    off->disabled = true;
    sg_form_text(&f, "Three", "", 10, NULL);
    assert_int_equal(f.cur, 1);
    assert_true(sg_form_command(&f, SG_CMD_NEXT_FIELD));
    assert_int_equal(f.cur, 3);
    sg_form_command(&f, SG_CMD_NEXT_FIELD);
    assert_int_equal(f.cur, 1);
    sg_form_command(&f, SG_CMD_PREV_FIELD);
    assert_int_equal(f.cur, 3);
    assert_string_equal(sg_form_value(off), "no");
    assert_false(sg_form_command(&f, SG_CMD_TOGGLE));
}

static void choices_and_ticks(void **state)
{
    struct sg_form_field *c = sg_form_choice(&f, "Region", NULL);
    (void)state;
    assert_string_equal(sg_form_value(c), "");
    sg_form_add_choice(c, "demo", "Region Demo");
    sg_form_add_choice(c, "norr", "Norr");
    sg_form_add_choice(c, "syd", "Syd");
    struct sg_form_field *t = sg_form_check(&f, "Acute", false, NULL);
    assert_string_equal(sg_form_value(c), "demo");
    type(" ");
    assert_string_equal(sg_form_value(c), "norr");
    press("Left");
    press("Left");
    assert_string_equal(sg_form_value(c), "syd");
    type("n");
    assert_string_equal(sg_form_value(c), "norr");
    sg_form_command(&f, SG_CMD_NEXT_FIELD);
    type(" ");
    assert_string_equal(sg_form_value(t), "yes");
    struct sg_key paste_key = { .kind = SG_KEY_PASTE, .paste = "yes" };
    assert_false(sg_form_key(&f, &paste_key));
}

static void a_freed_form_is_wiped(void **state)
{
    (void)state;
    struct sg_form_field *ff = sg_form_text(&f, "Passphrase", "correct horse", 60, NULL);
    sg_form_free(&f);
    for (size_t i = 0; i < sizeof ff->text; i++)
        assert_int_equal(ff->text[i], 0);
}

static void matching(void **state)
{
    (void)state;
    assert_int_equal(sg_fuzzy("xyz", "Lock login"), -1);
    assert_true(sg_fuzzy("", "Lock login") >= 0);
    assert_true(sg_fuzzy("ll", "Lock login") > sg_fuzzy("ll", "Call all"));
    assert_true(sg_fuzzy("lock", "Lock login") > sg_fuzzy("lock", "Unlock login"));
    assert_true(sg_fuzzy("LÅS", "Lås inloggning") >= 0);
    assert_true(sg_fuzzy("las", "Lås inloggning") >= 0);
    assert_int_equal(sg_fuzzy("lås", "Las inloggning"), -1);
    assert_true(sg_fuzzy("blo vård", "Blockera vårdnadshavare") >= 0);
    assert_int_equal(sg_fuzzy("kcol", "Lock"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_characters_are_edited, fresh, end),
        cmocka_unit_test_setup_teardown(a_field_never_holds_more_than_its_limit, fresh, end),
        cmocka_unit_test_setup_teardown(pasted_text_is_text, fresh, end),
        cmocka_unit_test_setup_teardown(moving_skips_what_cannot_be_reached, fresh, end),
        cmocka_unit_test_setup_teardown(choices_and_ticks, fresh, end),
        cmocka_unit_test_setup_teardown(a_freed_form_is_wiped, fresh, end),
        cmocka_unit_test(matching),
    };
    return cmocka_run_group_tests_name("ui form", tests, NULL, NULL);
}
