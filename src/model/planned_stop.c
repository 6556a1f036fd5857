#include "model/planned_stop.h"
#include "base/i18n.h"
#include "base/str.h"

enum { MINUTE_MS = 60000, HOUR_MS = 3600000, DAY_H = 24, NOTICE_H = 72, OPENS_H = 7, CLOSES_H = 17, FRIDAY = 5, WEEK = 7 };

/* The clock is changed on Sunday mornings only, so that a working day begins seven hours after its midnight. A week has all weekdays. */
bool sg_stop_in_office(int64_t from, int64_t to, int64_t *at)
{
    struct sg_date day = sg_date_stockholm(from);
    for (int i = 0; i <= WEEK; i++, day = sg_date_add(day, 0, 0, 1)) {
        int hour = 0, weekday = 0;
        int64_t midnight = sg_local_midnight(day), opens = midnight + (int64_t)OPENS_H * HOUR_MS, closes = midnight + (int64_t)CLOSES_H * HOUR_MS;
        sg_local_hour(midnight, &hour, &weekday);
        if (weekday > FRIDAY || from >= closes)
            continue;
        *at = from > opens ? from : opens;
        return *at < to;
    }
    return false;
}

int64_t sg_stop_late(int64_t from, int64_t now)
{
    int64_t late = (int64_t)NOTICE_H * HOUR_MS - (from - now);
    return late > 0 ? late : 0;
}

enum sg_stop_phase sg_stop_phase(const struct sg_stop *s, int64_t now)
{
    if (s->from == 0 || (s->to != 0 && now >= s->to))
        return SG_STOP_NONE;
    return now < s->from ? SG_STOP_AHEAD : SG_STOP_ON;
}

/* ---- in words ---- */

static const char *weekday_of(int64_t at)
{
    static const char *const name[] = {N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun")};
    int hour = 0, weekday = 1;
    sg_local_hour(at, &hour, &weekday);
    return _(name[weekday - 1]);
}

/* Never "today": what is written down or read out later must still be true. */
void sg_stop_day(char *dst, size_t cap, int64_t at)
{
    char when[SG_RFC3339_MAX];
    sg_local_time(when, at);
    sg_format(dst, cap, "%s %.10s %.5s", weekday_of(at), when, when + 11);
}

static void span(char *dst, size_t cap, const struct sg_stop *s)
{
    char from[64], to[64];
    sg_stop_day(from, sizeof from, s->from);
    sg_stop_day(to, sizeof to, s->to);
    if (s->to == 0)
        sg_copy(dst, cap, from);
    else if (sg_date_cmp(sg_date_stockholm(s->from), sg_date_stockholm(s->to)) == 0) {
        sg_local_stamp(to, s->to, s->from);
        sg_format(dst, cap, "%s–%s", from, to);
    } else
        sg_format(dst, cap, "%s – %s", from, to);
}

/* How the time that is left is counted. */
static int64_t step_of(int64_t left) { return left < HOUR_MS ? MINUTE_MS : HOUR_MS; }

static void left_text(char *dst, size_t cap, int64_t left)
{
    long long hours = left / HOUR_MS, minutes = left / MINUTE_MS;
    if (hours >= DAY_H)
        sg_format(dst, cap, _("in %lld d %lld h"), hours / DAY_H, hours % DAY_H);
    else if (hours > 0)
        sg_format(dst, cap, _("in %lld h"), hours);
    else if (minutes > 0)
        sg_format(dst, cap, _("in %lld min"), minutes);
    else
        sg_copy(dst, cap, _("in less than a minute"));
}

void sg_stop_text(char *dst, size_t cap, const struct sg_stop *s, int64_t now)
{
    char when[160], left[64], from[SG_RFC3339_MAX], to[SG_RFC3339_MAX];
    enum sg_stop_phase phase = sg_stop_phase(s, now);
    sg_copy(dst, cap, "");
    if (phase == SG_STOP_AHEAD) {
        span(when, sizeof when, s);
        left_text(left, sizeof left, s->from - now);
        sg_format(dst, cap, _("Planned stop %s, %s"), when, left);
    } else if (phase == SG_STOP_ON) {
        sg_local_stamp(from, s->from, now);
        sg_local_stamp(to, s->to, now);
        if (s->to == 0)
            sg_format(dst, cap, _("Planned stop since %s"), from);
        else
            sg_format(dst, cap, _("Planned stop since %s, until %s"), from, to);
    }
}

/* While it goes on, its beginning and its end are told with their day from the next midnight on, or up to it. */
int64_t sg_stop_changes_in(const struct sg_stop *s, int64_t now)
{
    enum sg_stop_phase phase = sg_stop_phase(s, now);
    if (phase == SG_STOP_NONE)
        return -1;
    if (phase == SG_STOP_AHEAD) {
        int64_t left = s->from - now, rest = left % step_of(left) + 1;
        return rest < left ? rest : left;
    }
    int64_t midnight = sg_local_midnight(sg_date_add(sg_date_stockholm(now), 0, 0, 1)) - now;
    return s->to != 0 && s->to - now < midnight ? s->to - now : midnight;
}
