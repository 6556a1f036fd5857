/* The extract is laid out into lines first and cut into pages then, so that an entry is never split between two pages. Everything that
 * came from others passes sg_text_render and is cut to its column. */
#include "cmd/extract.h"
#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/event.h"
#include "model/ids.h"
#include "model/purpose.h"

enum { ENTRY_LINES = 2, HEAD_LINES = 4 };

static const struct { const char *kind, *text; } PLAIN[] = {
    {"citizen.lookup", N_("Searched for you by your number")}, {"citizen.read", N_("Read your details and restrictions")},
    {"citizen.access", N_("Read who reaches what about you")}, {"citizen.restrictions", N_("Read your restrictions with history")},
    {"events.read", N_("Read what has been done with your details")}, {"events.extract", N_("Took out a log extract about you")},
    {"log.read", N_("Searched the event log for you")}, {"log.review", N_("Reviewed an event about you")},
    {"action.preview", N_("Looked at what a measure would change")}, {"action.read", N_("Read the outcome of a measure")},
    {"action.repeat", N_("Read the outcome of a measure")}, {"action.withdraw", N_("Withdrew a measure before it was carried out")},
    {"login.lock", N_("Locked your login")}, {"login.unlock", N_("Unlocked your login")},
    {"record.seal", N_("Sealed your record in 1177 journal")}, {"record.unseal", N_("Unsealed your record in 1177 journal")},
    {"guardian.block", N_("Blocked a guardian")}, {"guardian.unblock", N_("Unblocked a guardian")},
    {"minor-access.grant", N_("Granted access for a minor")}, {"minor-access.withdraw", N_("Withdrew access for a minor")},
    {"restriction.annul", N_("Annulled an entry made by mistake")}, {"citizen.protect", N_("Protected you with several measures at once")},
};

const char *sg_event_title(const char *kind)
{
    struct sg_event_def d;
    return sg_event_find(kind, &d) ? _(d.title) : kind;
}

const char *sg_event_plain(const char *kind)
{
    for (size_t i = 0; i < sizeof PLAIN / sizeof *PLAIN; i++)
        if (sg_eq(PLAIN[i].kind, kind)) return _(PLAIN[i].text);
    return sg_event_title(kind);
}

const char *sg_purpose_text(const char *purpose)
{
    enum sg_purpose p = sg_purpose_named(purpose);
    return p < SG_PURPOSE_COUNT ? _(sg_purpose_title(p)) : purpose;
}

/* text in exactly cols columns; negative or 0: cut to them (0: the page) and not filled, at the end of a line. */
static void cell(struct sg_buf *b, const char *text, int cols)
{
    char safe[1024], fit[1024];
    sg_text_render(safe, sizeof safe, text);
    (void)sg_text_fit(fit, sizeof fit, safe, cols > 0 ? cols : cols < 0 ? -cols : SG_EXTRACT_COLS, false);
    (void)sg_buf_addz(b, fit);
    for (int pad = cols - sg_width(fit); pad > 0 && cols > 0; pad--) (void)sg_buf_add(b, " ", 1);
}

static void entry(struct sg_buf *b, const struct sg_event *ev)
{
    char when[SG_RFC3339_MAX], what[256];
    sg_local_stamp(when, ev->performed_at > 0 ? ev->performed_at : ev->at, 0);
    sg_format(what, sizeof what, sg_eq(ev->outcome, "done") ? "%s" : _("%s (refused)"), sg_event_plain(ev->kind));
    cell(b, when, 18);
    cell(b, what, -62);
    (void)sg_buf_addz(b, "\n");
    cell(b, "", 18);
    cell(b, ev->unit_name[0] ? ev->unit_name : ev->provider_name[0] ? ev->provider_name : ev->unit[0] ? ev->unit : _("erased"), 34);
    cell(b, sg_purpose_text(ev->purpose), -28);
    (void)sg_buf_addz(b, "\n");
}

static void period(char *dst, size_t cap, const struct sg_extract *x)
{
    char from[SG_RFC3339_MAX] = "", to[SG_RFC3339_MAX] = "";
    if (x->from > 0) sg_local_stamp(from, x->from, 0);
    sg_local_stamp(to, x->to > 0 ? x->to - 1 : x->now, 0);
    from[x->from > 0 ? 10 : 0] = to[10] = '\0';
    sg_format(dst, cap, x->from > 0 ? _("Period: %s – %s") : _("Period: %sup to and including %s"), from, to);
}

/* The first page's introduction; its number of lines. */
static int introduce(const struct sg_extract *x, size_t n, struct sg_buf *b)
{
    char line[256], number[32] = "", when[SG_RFC3339_MAX];
    if (x->number[0]) sg_pid_show(number, x->number, false, false);
    sg_format(line, sizeof line, "%s%s%s", x->name, number[0] ? ", " : "", number);
    cell(b, line, 0);
    (void)sg_buf_addz(b, "\n");
    period(line, sizeof line, x);
    cell(b, line, 0);
    (void)sg_buf_addz(b, "\n");
    sg_local_stamp(when, x->now, 0);
    sg_format(line, sizeof line, _("Made %s by %s"), when, x->taken_by);
    cell(b, line, 0);
    (void)sg_buf_addz(b, "\n\n");
    cell(b, _("This shows which units have searched for, read or changed something about you"), 0);
    (void)sg_buf_addz(b, "\n");
    cell(b, _("in this service, when, and why. Ask the unit if you wonder about an entry."), 0);
    (void)sg_buf_addz(b, "\n\n");
    sg_format(line, sizeof line, ngettext("%zu entry.", "%zu entries.", (unsigned long)n), n);
    cell(b, n > 0 ? line : _("Nobody has done anything in this period."), 0);
    (void)sg_buf_addz(b, "\n\n");
    return 9;
}

static void head(struct sg_buf *b, size_t page, size_t pages)
{
    char left[96], right[48];
    sg_format(left, sizeof left, "%s", _("LOG EXTRACT"));
    sg_format(right, sizeof right, _("Page %zu (%zu)"), page, pages);
    cell(b, left, SG_EXTRACT_COLS - sg_width(right));
    (void)sg_buf_addz(b, right);
    (void)sg_buf_addz(b, "\n\n");
    cell(b, _("Time"), 18);
    cell(b, _("What was done · unit · purpose"), 0);
    (void)sg_buf_addz(b, "\n\n");
}

enum sg_err sg_extract_write(const struct sg_extract *x, const struct sg_event *ev, size_t n, struct sg_buf *out)
{
    const int introduction = 9;
    size_t first = (size_t)(SG_EXTRACT_LINES - HEAD_LINES - introduction) / ENTRY_LINES, each = (size_t)(SG_EXTRACT_LINES - HEAD_LINES) / ENTRY_LINES;
    size_t pages = n <= first ? 1 : 1 + (n - first + each - 1) / each;
    for (size_t page = 1, at = 0; page <= pages; page++) {
        if (page > 1) (void)sg_buf_addz(out, "\f");
        if (page == 1) (void)introduce(x, n, out);
        head(out, page, pages);
        for (size_t room = page == 1 ? first : each; room > 0 && at < n; room--, at++) entry(out, &ev[at]);
    }
    return sg_buf_check(out);
}
