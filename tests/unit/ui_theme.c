/* Themes: every role can be read (contrast by WCAG 2.1), and no state is told by colour alone. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "base/str.h"
#include "ui/theme.h"

static double linear(int v)
{
    double c = v / 255.0;
    return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(const int rgb[3])
{
    return 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
}

static double contrast(const int a[3], const int b[3])
{
    double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
}

static void least(const struct sg_theme_spec *t, int role, const int ground[3], double wanted)
{
    int fg[3], bg[3];
    if (t->role[role].fg < 0 && t->role[role].bg < 0)
        return;                         /* the terminal's own pair */
    memcpy(bg, ground, sizeof bg);
    if (t->role[role].bg >= 0)
        sg_theme_rgb(t->role[role].bg, bg);
    sg_theme_rgb(t->role[role].fg, fg);
    if (contrast(fg, bg) < wanted)
        fail_msg("%s: role %d has %.2f:1, wanted %.1f:1", t->name, role, contrast(fg, bg), wanted);
}

static void every_role_is_readable(void **state)
{
    static const int black[3] = { 0, 0, 0 }, dark[3] = { 0x1c, 0x1c, 0x1c }, white[3] = { 255, 255, 255 };
    (void)state;
    for (int r = 0; r < SG_UI_ROLE_COUNT; r++) {
        least(sg_theme_named("dark"), r, black, 4.5);
        least(sg_theme_named("dark"), r, dark, 4.5);
        least(sg_theme_named("light"), r, white, 4.5);
        least(sg_theme_named("high-contrast"), r, black, 7.0);
    }
}

/* 0–15 are whatever the owner of the terminal made of them: nothing can be promised about those. */
static void only_fixed_colours(void **state)
{
    (void)state;
    for (int i = 0; sg_theme_at(i); i++)
        for (int r = 0; r < SG_UI_ROLE_COUNT; r++) {
            const struct sg_theme_spec *t = sg_theme_at(i);
            if (sg_eq(t->name, "mono")) {
                assert_int_equal(t->role[r].fg, -1);
                assert_int_equal(t->role[r].bg, -1);
            } else if (r == SG_UI_TEXT && t->role[r].fg < 0) {
                assert_int_equal(t->role[r].bg, -1);
            } else {
                assert_in_range(t->role[r].fg, 16, 255);
                assert_true(t->role[r].bg == -1 || (t->role[r].bg >= 16 && t->role[r].bg <= 255));
            }
        }
    assert_true(sg_theme_named("high-contrast")->role[SG_UI_TEXT].bg >= 0);
}

static void focus_shows_without_colour(void **state)
{
    (void)state;
    const struct sg_theme_spec *m = sg_theme_named("mono");
    assert_true(m->role[SG_UI_CURSOR].attrs & SG_TA_REVERSE);
    assert_true(m->role[SG_UI_BUTTON_ON].attrs & SG_TA_REVERSE);
    assert_true(m->role[SG_UI_FIELD_ON].attrs & SG_TA_REVERSE);
    assert_int_equal(m->role[SG_UI_TEXT].attrs, 0);
}

static void marks_differ(void **state)
{
    (void)state;
    for (int a = SG_MARK_OK; a <= SG_MARK_OFFLINE; a++)
        for (int b = a + 1; b <= SG_MARK_OFFLINE; b++)
            assert_string_not_equal(sg_mark((enum sg_mark)a), sg_mark((enum sg_mark)b));
    assert_null(sg_theme_named("no such theme"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_is_readable), cmocka_unit_test(only_fixed_colours), cmocka_unit_test(focus_shows_without_colour),
        cmocka_unit_test(marks_differ),
    };
    return cmocka_run_group_tests_name("ui theme", tests, NULL, NULL);
}
