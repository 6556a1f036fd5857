/* The floor of the screen figures: a bare ncurses list of N generated rows, nothing else. `floor each` paints after every
 * key, `floor coalesce` takes all waiting keys first. Both touch only the two changed rows and scroll by themselves. The chosen row is
 * reversed over its whole width, and the rows differ from each other as those of a log do, so that both have the same cells to paint. */
#include <locale.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>

static long count = 100000, top, cur;

static void row(int y, long i, bool on)
{
    static const char *const what[] = {"Read", "Looked up", "Access read", "Restrictions read", "Signed in", "Previewed", "Lock login"};
    static const char *const who[] = {"Maria Malm", "Anna Berg", "Nils Lund", "Siv Ek", "Olle Norberg"}, *const unit[] = {"BUP East", "Ward 7", "Clinic West"};
    unsigned long mix = (unsigned long)i * 2654435761u >> 7;
    if (on)
        attron(A_REVERSE);
    mvprintw(y, 0, "%c row %07ld  2026-11-02 %02ld:%02ld  %-20s %-24s %-24s done", on ? '>' : ' ', i, 23 - i / 60 % 24, 59 - i % 60, what[mix % 7],
             who[mix / 7 % 5], unit[mix / 35 % 3]);
    if (on)
        mvchgat(y, 0, -1, A_REVERSE, 0, NULL);
    else
        clrtoeol();
    attroff(A_REVERSE);
}

static void page(void)
{
    erase();
    for (int y = 0; y < LINES && top + y < count; y++)
        row(y, top + y, top + y == cur);
}

static void move_to(long to)
{
    long was = cur, old_top = top;
    cur = to < 0 ? 0 : to >= count ? count - 1 : to;
    if (cur < top)
        top = cur;
    if (cur >= top + LINES)
        top = cur - LINES + 1;
    if (top - old_top == 1 || top - old_top == -1) {
        scrl((int)(top - old_top));
    } else if (top != old_top) {
        page();
        return;
    }
    if (was >= top && was < top + LINES)
        row((int)(was - top), was, false);
    row((int)(cur - top), cur, true);
}

int main(int argc, char **argv)
{
    bool coalesce = argc > 1 && strcmp(argv[1], "coalesce") == 0;
    setlocale(LC_ALL, "C.UTF-8");
    initscr();
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    scrollok(stdscr, TRUE);
    idlok(stdscr, TRUE);
    curs_set(0);
    page();
    for (;;) {
        refresh();
        wint_t c;
        nodelay(stdscr, FALSE);
        int r = get_wch(&c);
        long to = cur;
        do {
            if (r == ERR)
                break;
            if (r == OK && c == 'q') {
                endwin();
                return 0;
            }
            if (r == KEY_CODE_YES && c == KEY_RESIZE)
                page();
            to += r == KEY_CODE_YES && c == KEY_DOWN ? 1 : r == KEY_CODE_YES && c == KEY_UP ? -1 : 0;
            nodelay(stdscr, TRUE);
        } while (coalesce && (r = get_wch(&c)) != ERR);
        if (to != cur)
            move_to(to);
    }
}
