/* Saying and asking, line by line. Lines are written whole and never overwritten, so that speech and braille follow. */
#include "ui/linear_inside.h"
#include "base/i18n.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/canvas.h"
#include "ui/term.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A line break in it is foreign, and shown as what it is: nobody's text begins a line that looks like ours. */
static void say_part(const char *text, bool end)
{
    char safe[16384];
    sg_text_render(safe, sizeof safe, text);
    if (!sg_term_utf8())
        sg_text_ascii(safe);
    fputs(safe, stdout);
    if (end)
        fputc('\n', stdout);
    fflush(stdout);
}

void sg_say(const char *fmt, ...)
{
    char text[4096];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    say_part(text, true);
}

void sg_say_lines(const char *text)
{
    for (size_t n; ; text += n + 1) {
        char one[2048];
        n = strcspn(text, "\n");
        sg_copyn(one, sizeof one, text, n);
        say_part(one, true);
        if (text[n] == '\0')
            return;
    }
}

/* One line of input without its end. What is longer than the room is thrown away, and said. */
static bool read_line(struct sg_linear *l, char *dst, size_t cap)
{
    int c = 0;
    size_t n = 0;
    bool cut = false;
    while ((c = fgetc(stdin)) != EOF && c != '\n') {
        if (n + 1 < cap)
            dst[n++] = (char)c;
        else
            cut = true;
    }
    dst[n] = '\0';
    l->ended = c == EOF && n == 0;
    sg_trim(dst);
    if (cut)
        sg_say(_("Only the first %zu characters were taken."), cap - 1);
    return !l->ended;
}

bool sg_ask_text(struct sg_linear *l, const char *label, const char *preset, char *dst, size_t cap)
{
    char prompt[512];
    if (preset && *preset)
        sg_format(prompt, sizeof prompt, _("%s (empty: %s): "), label, preset);
    else
        sg_format(prompt, sizeof prompt, "%s: ", label);
    say_part(prompt, false);
    if (!read_line(l, dst, cap))
        return false;
    if (!dst[0] && preset)
        sg_copy(dst, cap, preset);
    return true;
}

void sg_menu_add(struct sg_menu *m, int value, const char *fmt, ...)
{
    va_list ap;
    if (m->n == SG_CHOICES_LINEAR)
        return;
    va_start(ap, fmt);
    vsnprintf(m->text[m->n], sizeof m->text[0], fmt, ap);
    va_end(ap);
    m->value[m->n++] = value;
}

int sg_menu_choose(struct sg_linear *l, const struct sg_menu *m, const char *title, const char *back)
{
    char line[32];
    int64_t n;
    sg_say("%s", title);
    for (int i = 0; i < m->n; i++)
        sg_say("%d. %s", i + 1, m->text[i]);
    sg_say("0. %s", back);
    while (sg_ask_text(l, _("Number"), NULL, line, sizeof line)) {
        if (sg_parse_i64(line, 0, m->n, &n))
            return n == 0 ? -1 : m->value[n - 1];
        sg_say(_("Type a number from 0 to %d."), m->n);
    }
    return -1;
}

bool sg_ask_yes(struct sg_linear *l, const char *question)
{
    char line[32];
    return sg_ask_text(l, question, _("no"), line, sizeof line) && (sg_ieq(line, "yes") || sg_ieq(line, "ja") || sg_ieq(line, _("yes")));
}
