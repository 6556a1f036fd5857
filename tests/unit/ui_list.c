/* The list widget: how much it paints. The screen is a curses one whose output goes to a file in memory, so that bytes are counted too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/i18n.h"
#include "cmd/command.h"
#include "ui/list.h"

static FILE *out, *in;
static int rows_painted;
static long last_index;

static void row(void *ctx, const struct sg_canvas *c, long index, bool focused)
{
    (void)ctx;
    (void)focused;
    rows_painted++;
    last_index = index;
    sg_putf(c, 0, 2, -1, SG_UI_TEXT, "row %ld of a list whose rows are all about this long", index);
}

static int screen(void **state)
{
    (void)state;
    sg_i18n_init("en");
    setenv("LINES", "24", 1);
    setenv("COLUMNS", "80", 1);
    out = fdopen(memfd_create("screen", 0), "w+");
    in = fopen("/dev/null", "r");
    if (!out || !in || !newterm("xterm-256color", out, in))
        return -1;
    start_color();
    use_default_colors();
    idlok(stdscr, TRUE);
    sg_theme_use("dark");
    return 0;
}

static int done(void **state)
{
    (void)state;
    endwin();
    return 0;
}

static long bytes(void) { return (long)lseek(fileno(out), 0, SEEK_END); }

static struct sg_canvas area(void)
{
    struct sg_canvas all = sg_canvas_screen();
    return sg_canvas_sub(&all, 2, 0, 20, 80);
}

/* Draws once, goes on, draws again: gives the rows painted the second time. */
static int painted_by(struct sg_list *l, int cmd, const struct sg_canvas *c)
{
    sg_list_draw(l, c, true, row, NULL);
    sg_canvas_show();
    rows_painted = 0;
    if (cmd != SG_CMD_NONE)
        assert_true(sg_list_command(l, cmd));
    sg_list_draw(l, c, true, row, NULL);
    return rows_painted;
}

static void list_of(struct sg_list *l, long n)
{
    sg_canvas_reset();
    sg_list_init(l);
    sg_list_set_count(l, n);
}

static void a_step_paints_two_rows(void **state)
{
    struct sg_list l;
    struct sg_canvas c = area();
    (void)state;
    list_of(&l, 100000);
    assert_int_equal(painted_by(&l, SG_CMD_DOWN, &c), 2);
    long before = bytes();
    sg_canvas_show();
    assert_in_range(bytes() - before, 1, 400);
}

static void nothing_moved_nothing_painted(void **state)
{
    struct sg_list l;
    struct sg_canvas c = area();
    (void)state;
    list_of(&l, 100000);
    assert_int_equal(painted_by(&l, SG_CMD_NONE, &c), 0);
}

static void scrolling_by_one_paints_two_rows_and_moves_the_rest(void **state)
{
    struct sg_list l;
    struct sg_canvas c = area();
    (void)state;
    list_of(&l, 100000);
    sg_list_draw(&l, &c, true, row, NULL);
    l.cur = 19;
    assert_int_equal(painted_by(&l, SG_CMD_DOWN, &c), 2);
    assert_int_equal(l.top, 1);
    assert_int_equal(last_index, 20);
    long before = bytes();
    sg_canvas_show();
    assert_in_range(bytes() - before, 1, 600);
    l.cur = 1;
    assert_int_equal(painted_by(&l, SG_CMD_UP, &c), 2);
    assert_int_equal(last_index, 0);
}

static void a_narrow_list_is_not_scrolled_with_its_neighbour(void **state)
{
    struct sg_list l;
    struct sg_canvas all = sg_canvas_screen(), c = sg_canvas_sub(&all, 2, 0, 20, 40);
    (void)state;
    list_of(&l, 100);
    sg_list_draw(&l, &c, true, row, NULL);
    sg_put(&all, 5, 50, -1, SG_UI_TEXT, "neighbour");
    l.cur = 19;
    assert_int_equal(painted_by(&l, SG_CMD_DOWN, &c), 20);
    char cell[10] = "";
    mvinnstr(5, 50, cell, 9);
    assert_string_equal(cell, "neighbour");
}

static void a_cleared_screen_paints_all(void **state)
{
    struct sg_list l;
    struct sg_canvas c = area();
    (void)state;
    list_of(&l, 100000);
    painted_by(&l, SG_CMD_NONE, &c);
    sg_canvas_clear(&c, SG_UI_TEXT);
    assert_int_equal(painted_by(&l, SG_CMD_NONE, &c), 0);   /* its first draw has painted all 20 again */
    sg_list_invalidate(&l);
    rows_painted = 0;
    sg_list_draw(&l, &c, true, row, NULL);
    assert_int_equal(rows_painted, 20);
    sg_canvas_clear(&c, SG_UI_TEXT);
    rows_painted = 0;
    sg_list_draw(&l, &c, true, row, NULL);
    assert_int_equal(rows_painted, 20);
}

static void ends_and_shrinking(void **state)
{
    struct sg_list l;
    struct sg_canvas c = area();
    (void)state;
    list_of(&l, 50);
    sg_list_draw(&l, &c, true, row, NULL);
    assert_true(sg_list_command(&l, SG_CMD_LAST));
    assert_int_equal(l.cur, 49);
    assert_int_equal(l.top, 30);
    assert_true(sg_list_command(&l, SG_CMD_DOWN));
    assert_int_equal(l.cur, 49);
    sg_list_set_count(&l, 3);
    assert_int_equal(l.cur, 2);
    assert_int_equal(l.top, 0);
    assert_true(sg_list_command(&l, SG_CMD_PAGE_UP));
    assert_int_equal(l.cur, 0);
    sg_list_set_count(&l, 0);
    assert_int_equal(l.cur, -1);
    assert_true(sg_list_command(&l, SG_CMD_DOWN));
    assert_int_equal(l.cur, -1);
    assert_false(sg_list_command(&l, SG_CMD_HELP));
    l.empty = "why it is empty";
    sg_list_draw(&l, &c, true, row, NULL);
    char cell[16] = "";
    mvinnstr(2, 2, cell, 15);
    assert_string_equal(cell, "why it is empty");
}

static int pair_at(int y, int x)
{
    cchar_t cell;
    wchar_t text[CCHARW_MAX + 1];
    attr_t attr;
    short pair = -1;
    if (mvin_wch(y, x, &cell) == OK)
        getcchar(&cell, text, &attr, &pair, NULL);
    return pair;
}

static int pair_of(enum sg_ui_role r) { return PAIR_NUMBER((int)sg_theme_attr(r)); }

/* A mark in its own colour on the focused row takes the focus colours, and loses them with the focus. */
static void focus_colours_win(void **state)
{
    struct sg_canvas c = area();
    (void)state;
    sg_canvas_reset();
    sg_focus_row(&c, 3, true);
    sg_put_mark(&c, 3, 4, SG_MARK_NO);
    assert_int_not_equal(pair_of(SG_UI_CURSOR), pair_of(SG_UI_BLOCKED));
    assert_int_equal(pair_at(5, 4), pair_of(SG_UI_CURSOR));
    sg_put_mark(&c, 4, 4, SG_MARK_NO);
    assert_int_equal(pair_at(6, 4), pair_of(SG_UI_BLOCKED));
    sg_focus_row(&c, 3, false);
    sg_put_mark(&c, 3, 4, SG_MARK_NO);
    assert_int_equal(pair_at(5, 4), pair_of(SG_UI_BLOCKED));
}

/* Foreign text cannot move the cursor or leave its place. */
static void hostile_text_stays_in_its_columns(void **state)
{
    struct sg_canvas all = sg_canvas_screen(), c = sg_canvas_sub(&all, 10, 10, 3, 20);
    char line[96] = "";
    (void)state;
    sg_canvas_reset();
    sg_put(&c, 1, 0, -1, SG_UI_TEXT, "\033[2J\033[H\n\r\tx\xE2\x80\xAEyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy");
    sg_put(&c, 3, 0, -1, SG_UI_TEXT, "below");
    sg_put(&c, -1, 0, -1, SG_UI_TEXT, "above");
    sg_put(&c, 1, 20, -1, SG_UI_TEXT, "right");
    for (int y = 0; y < 24; y++) {
        mvinnstr(y, 0, line, 80);
        for (int x = 0; x < 80 && y != 11; x++)
            assert_int_equal(line[x], ' ');
    }
    assert_int_equal(mvinch(11, 9) & A_CHARTEXT, ' ');
    assert_int_equal(mvinch(11, 30) & A_CHARTEXT, ' ');
}

static void wrapping_counts_rows(void **state)
{
    struct sg_canvas none = { 0, 0, 0, 20 };
    (void)state;
    assert_int_equal(sg_put_wrapped(&none, 0, 0, SG_UI_TEXT, "0123456789 0123456789 012"), 2);
    assert_int_equal(sg_put_wrapped(&none, 0, 0, SG_UI_TEXT, "åäöåäöåäöåäöåäöåäöåäöåäö"), 2);
    assert_int_equal(sg_put_wrapped(&none, 0, 0, SG_UI_TEXT, "a\nb\nc"), 3);
    assert_int_equal(sg_put_wrapped(&none, 0, 0, SG_UI_TEXT, ""), 0);
}

static void ascii_keeps_columns(void **state)
{
    char text[64] = "Åsa Öberg · 2–3 → ✓ … 字";
    (void)state;
    sg_text_ascii(text);
    assert_string_equal(text, "Asa Oberg | 2-3 > + ~ ??");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_paints_two_rows), cmocka_unit_test(nothing_moved_nothing_painted),
        cmocka_unit_test(scrolling_by_one_paints_two_rows_and_moves_the_rest), cmocka_unit_test(a_narrow_list_is_not_scrolled_with_its_neighbour),
        cmocka_unit_test(a_cleared_screen_paints_all), cmocka_unit_test(ends_and_shrinking), cmocka_unit_test(focus_colours_win),
        cmocka_unit_test(hostile_text_stays_in_its_columns), cmocka_unit_test(wrapping_counts_rows), cmocka_unit_test(ascii_keeps_columns),
    };
    return cmocka_run_group_tests_name("ui list and canvas", tests, screen, done);
}
