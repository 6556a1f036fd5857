/* One act of the queue in full: what, on what ground, what was tried, what came of it. */
#include "ui/views/common.h"
#include "base/i18n.h"
#include "base/str.h"

struct qrow_view { struct sg_view v; char id[SG_UUID_MAX]; uint64_t ask; bool have, gone; enum sg_qstate state; bool fresh; char text[4096]; };

static struct qrow_view *self(struct sg_view *v)
{
    return (struct qrow_view *)(void *)v;
}

static void fetch(struct qrow_view *q)
{
    struct sg_ask a = {.kind = SG_ASK_QROW};
    SG_COPY(a.key, q->id);
    q->ask = sg_app_ask(q->v.app, &a);
}

static void open_view(struct sg_view *v, const struct sg_view_arg *a)
{
    SG_COPY(self(v)->id, a->id);
    fetch(self(v));
}

static void title(struct sg_view *v, char *dst, size_t cap)
{
    (void)v;
    sg_copy(dst, cap, _("Queued act"));
}

static void line(struct sg_buf *b, const char *label, const char *value)
{
    if (value && value[0])
        sg_buf_addf(b, "%s: %s\n", label, value);
}

static void stamp(struct sg_buf *b, const char *label, int64_t at, int64_t now)
{
    char when[SG_RFC3339_MAX];
    if (at <= 0)
        return;
    sg_local_stamp(when, at, now);
    line(b, label, when);
}

/* What stands in a field as a person says it: names instead of ids. "" when it is not worth a line. */
static void shown(char *dst, size_t cap, const struct sg_field_def *d, const char *value, const struct sg_citizen *c, const struct sg_policy *p)
{
    const struct sg_restriction *r = c && d->type == SG_FT_RESTRICTION ? sg_citizen_restriction(c, value) : NULL;
    const struct sg_region *g = d->type == SG_FT_REGION ? sg_policy_region(p, value) : NULL;
    const struct sg_unit *u = d->type == SG_FT_UNIT ? sg_policy_unit(p, value) : NULL;
    char object[160];
    sg_copy(dst, cap, value);
    if (d->type == SG_FT_GUARDIAN || d->type == SG_FT_GRANTEE)
        sg_copy(dst, cap, sg_person_name(c, value));
    else if (d->type == SG_FT_CHOICE)
        sg_copy(dst, cap, sg_choice_title(value));
    else if (d->type == SG_FT_FLAG)
        sg_copy(dst, cap, sg_flag(value) ? _("yes") : "");
    else if (g)
        sg_copy(dst, cap, g->name);
    else if (u)
        sg_format(dst, cap, "%s (%s)", u->name, value);
    else if (r) {
        sg_restriction_object(object, sizeof object, r, c, p);
        sg_format(dst, cap, "%s · %s", sg_restriction_title(r->kind), object);
    }
}

static void values(struct sg_buf *b, const struct sg_qrow *r, const struct sg_policy *p)
{
    const struct sg_action *a = &r->action;
    char text[SG_VALUE_MAX + 240];
    for (size_t i = 0; i < a->n_parts; i++) {
        const struct sg_action_def *d = sg_action_def(a->part[i].kind);
        sg_buf_addf(b, "• %s\n", _(d->title));
        for (size_t f = 0; f < d->n_fields; f++) {
            shown(text, sizeof text, &d->fields[f], a->part[i].value[f], r->has_base ? &r->base : NULL, p);
            if (text[0])
                sg_buf_addf(b, "   %s: %s\n", _(d->fields[f].label), text);
        }
    }
}

static void proof(struct sg_buf *b, const struct sg_receipt *p, const struct sg_qrow *r)
{
    char text[200];
    if (p->verified)
        sg_format(text, sizeof text, _("%s entry %lld of %lld in the log of %s, verified"), sg_mark(SG_MARK_OK), (long long)p->leaf_index, (long long)p->tree_size, p->log);
    else
        sg_copy(text, sizeof text, _("not here yet; it is fetched at the next contact"));
    if (r->has_outcome && r->outcome.event_id[0])
        line(b, _("Proof"), text);
    if (p->verified)
        line(b, _("Root"), p->root);
}

static void outcome(struct sg_buf *b, const struct sg_qrow *r)
{
    char why[320], number[32];
    if (r->has_outcome && r->outcome.kind != SG_OUT_DONE) {
        sg_why_text(why, sizeof why, &r->outcome.why);
        line(b, _("Answer of the service"), why);
    }
    if (r->has_outcome && r->outcome.event_index > 0) {
        sg_format(number, sizeof number, "%lld", (long long)r->outcome.event_index);
        line(b, _("Event"), number);
    }
    line(b, _("Note"), r->note);
}

static void describe(struct qrow_view *q, const struct sg_qrow *r, const struct sg_receipt *p)
{
    struct sg_buf b;
    int64_t now = sg_app_now(q->v.app);
    sg_buf_init(&b, sizeof q->text - 1);
    line(&b, _("Person"), r->has_base ? r->base.name : r->action.subject);
    values(&b, r, sg_app_policy(q->v.app));
    sg_buf_addz(&b, "\n");
    line(&b, _("State"), sg_qstate_title(r->state));
    if (sg_qstate_waiting(r->state))
        sg_buf_addf(&b, "%s\n", _("NOT YET IN EFFECT"));
    if (sg_qrow_ground_age(r) > 0) {
        sg_buf_addf(&b, _("What you saw was %lld hours old when you decided."), (long long)(sg_qrow_ground_age(r) / 3600000));
        sg_buf_addf(&b, " %s\n", _("Read the person again, then confirm."));
    }
    stamp(&b, _("Decided"), r->action.performed_at, now);
    stamp(&b, _("Known as of"), r->has_base ? r->base.as_of : 0, now);
    stamp(&b, _("Sent"), r->sent_at, now);
    stamp(&b, _("Next try"), r->next_try, now);
    stamp(&b, _("Ended"), r->done_at, now);
    line(&b, _("Last fault"), r->state == SG_Q_DONE || sg_qrow_ground_age(r) > 0 ? "" : r->last_error);
    line(&b, _("Reason"), r->action.reason);
    outcome(&b, r);
    proof(&b, p, r);
    line(&b, _("Id"), r->action.id);
    sg_copy(q->text, sizeof q->text, b.data ? b.data : "");
    sg_buf_free(&b);
    q->have = true;
    q->state = r->state;
    q->fresh = r->fresh_needed;
    q->v.dirty = SG_DIRTY_ALL;
}

static void draw(struct sg_view *v, const struct sg_canvas *c)
{
    struct qrow_view *q = self(v);
    struct sg_canvas in = sg_canvas_sub(c, 0, 1, c->h, c->w - 2);
    sg_canvas_clear(c, SG_UI_TEXT);
    if (!q->have) {
        sg_put(&in, 0, 0, -1, SG_UI_DIM, q->gone ? _("This act is not in the queue of this workstation.") : _("Reading…"));
        return;
    }
    sg_putf(&in, 0, 0, -1, sg_qstate_role(q->state), "%s %s", sg_mark(sg_qstate_mark(q->state)), sg_qstate_title(q->state));
    int y = 2;
    for (const char *s = q->text; *s && y < in.h;) {
        char one[1200];
        size_t n = 0;
        while (s[n] && s[n] != '\n')
            n++;
        sg_copyn(one, sizeof one, s, n);
        y += one[0] ? sg_put_wrapped(&in, y, 0, SG_UI_TEXT, one) : 1;
        s += n + (s[n] == '\n');
    }
}

static bool command(struct sg_view *v, int cmd)
{
    struct qrow_view *q = self(v);
    struct sg_view_arg undo = {.id = q->id};
    if (cmd == SG_CMD_UNDO) {
        sg_app_push(v->app, &sg_view_undo, &undo);
        return true;
    }
    struct sg_ask a = {.kind = cmd == SG_CMD_RETRY ? SG_ASK_RETRY : cmd == SG_CMD_WITHDRAW ? SG_ASK_WITHDRAW : SG_ASK_RECONFIRM};
    if (cmd == SG_CMD_THEIRS || cmd == SG_CMD_NOTE) {
        a.kind = SG_ASK_RESOLVE;
        SG_COPY(a.text, cmd == SG_CMD_NOTE ? "note" : "theirs");
    } else if (cmd != SG_CMD_RETRY && cmd != SG_CMD_WITHDRAW && cmd != SG_CMD_RECONFIRM) {
        return false;
    }
    SG_COPY(a.key, q->id);
    sg_app_ask(v->app, &a);
    return true;
}

static void tell(struct sg_view *v, const struct sg_tell *t)
{
    struct qrow_view *q = self(v);
    if (t->kind == SG_TELL_QROW && t->row && sg_eq(t->row->action.id, q->id))
        describe(q, t->row, &t->receipt);
    else if (t->kind == SG_TELL_ACTION && sg_eq(t->id, q->id))
        fetch(q);
    else if (t->kind == SG_TELL_FAILED && t->ask == q->ask)
        q->gone = true;
}

static void gate(struct sg_view *v, struct sg_gate *g)
{
    struct qrow_view *q = self(v);
    g->row = q->have;
    g->waiting_row = q->have && (sg_qstate_waiting(q->state) || q->fresh);
    g->conflict_row = q->have && (q->state == SG_Q_CONFLICT || q->state == SG_Q_REFUSED);
}

static const int hints[] = {SG_CMD_WITHDRAW, SG_CMD_UNDO, SG_CMD_RETRY, SG_CMD_RECONFIRM, SG_CMD_BACK, SG_CMD_NONE};

const struct sg_view_ops sg_view_qrow = {
    .name = "qrow", .context = SG_CTX_QUEUE, .size = sizeof(struct qrow_view), .open = open_view, .title = title, .draw = draw, .command = command,
    .tell = tell, .gate = gate, .hints = hints};
