/* Restrictions of the three versions are paired by id. What only I would make is paired with what only they have made when both are the
 * same deed (same kind about the same thing), so that two people who both lock show as one row whose reasons differ, not as two. */
#include "model/three_way.h"
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

enum { BASE, MINE, THEIRS, SIDES, SLOTS_MOST = 3 * SG_RESTRICTIONS_MAX };

struct slot { const struct sg_restriction *side[SIDES]; };
struct work {
    const struct sg_three_way_in *in;
    const struct sg_citizen *side[SIDES];
    struct slot *slot; size_t n_slots;
    struct sg_three_way *out; size_t cap;
    bool nomem;
};

static struct sg_diff *add(struct work *w)
{
    if (w->out->n == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 32;
        struct sg_diff *more = realloc(w->out->row, cap * sizeof *more);
        if (!more) {
            w->nomem = true;
            return NULL;
        }
        w->out->row = more;
        w->cap = cap;
    }
    struct sg_diff *d = &w->out->row[w->out->n++];
    memset(d, 0, sizeof *d);
    return d;
}

static char *cell(struct sg_diff *d, int side)
{
    return side == BASE ? d->base : side == MINE ? d->mine : d->theirs;
}

/* Fills a row from three texts (NULL: that version is not known), unless all that are known are alike and alike rows are not wanted. */
static struct sg_diff *row(struct work *w, const char *what, const char *field, const char *const text[SIDES], bool keep_alike)
{
    const char *ground = text[BASE] ? text[BASE] : "";
    bool mine = text[MINE] && !sg_eq(text[MINE], ground), theirs = text[THEIRS] && !sg_eq(text[THEIRS], ground);
    if (!mine && !theirs && !keep_alike) return NULL;
    struct sg_diff *d = add(w);
    if (!d) return NULL;
    SG_COPY(d->what, what);
    SG_COPY(d->field, field);
    for (int i = 0; i < SIDES; i++) sg_copy(cell(d, i), SG_DIFF_TEXT, !text[i] ? _("not known") : text[i][0] ? text[i] : "–");
    d->mine_differs = mine;
    d->theirs_differs = theirs;
    return d;
}

/* ---- the citizen -------------------------------------------------------------------------------------------------------------- */

static const char *yes_no(bool v) { return v ? _("yes") : _("no"); }

static const char *life(const struct sg_citizen *c)
{
    static const char *const text[] = {[SG_ALIVE] = N_("alive"), [SG_DECEASED] = N_("deceased"), [SG_EMIGRATED] = N_("emigrated")};
    return _(text[c->life]);
}

static const char *home_region(const struct work *w, const struct sg_citizen *c)
{
    const struct sg_region *r = sg_policy_region(w->in->policy, c->region);
    return r ? r->name : c->region;
}

enum { F_NAME, F_LIFE, F_PROTECTED, F_RECORD, F_REGION, F_USER, CITIZEN_FIELDS };

static const char *citizen_field(const struct work *w, const struct sg_citizen *c, int field)
{
    switch (field) {
    case F_NAME: return c->name;
    case F_LIFE: return life(c);
    case F_PROTECTED: return yes_no(c->protected_person);
    case F_RECORD: return yes_no(c->protected_record);
    case F_REGION: return home_region(w, c);
    default: return yes_no(c->active_user);
    }
}

/* Without a base nothing is known to have changed, so a citizen's own fields are not listed then. */
static void citizen(struct work *w)
{
    static const char *const title[CITIZEN_FIELDS] = {N_("Name"), N_("In the population register"), N_("Protected identity"),
                                                      N_("Protected registration"), N_("Region"), N_("Uses the e-services")};
    if (!w->side[BASE]) return;
    for (int f = 0; f < CITIZEN_FIELDS; f++) {
        const char *text[SIDES];
        for (int i = 0; i < SIDES; i++) text[i] = w->side[i] ? citizen_field(w, w->side[i], f) : NULL;
        (void)row(w, _(title[f]), "", text, false);
    }
}

static const char *relation_text(const struct work *w, const struct sg_citizen *c, const char *person)
{
    static const char *const text[] = {[SG_REL_SELF] = "", [SG_REL_GUARDIAN] = N_("guardian"), [SG_REL_REPRESENTATIVE] = N_("legal representative")};
    for (size_t i = 0; c && i < c->n_relations; i++)
        if (sg_eq(c->relation[i].person, person)) return sg_relation_in_force(&c->relation[i], w->in->today) ? _(text[c->relation[i].kind]) : _("ended");
    return !c ? NULL : sg_citizen_protected(c) ? _("not shown") : "";
}

static bool listed(const struct sg_citizen *c, const char *person)
{
    for (size_t i = 0; i < c->n_relations; i++)
        if (sg_eq(c->relation[i].person, person)) return true;
    return false;
}

static void relations(struct work *w)
{
    if (!w->side[BASE]) return;
    for (int s = BASE; s < SIDES; s++)
        for (size_t i = 0; w->side[s] && i < w->side[s]->n_relations; i++) {
            const struct sg_relation *r = &w->side[s]->relation[i];
            const char *text[SIDES];
            if (s != BASE && listed(w->side[BASE], r->person)) continue;          /* has its row already */
            for (int k = 0; k < SIDES; k++) text[k] = relation_text(w, w->side[k], r->person);
            if (s != MINE) (void)row(w, r->name, "", text, false);                              /* no act makes a relation */
        }
}

/* ---- restrictions ------------------------------------------------------------------------------------------------------------- */

static bool same_deed(const struct sg_restriction *a, const struct sg_restriction *b)
{
    return a->kind == b->kind && sg_eq(a->region, b->region) && sg_eq(a->person, b->person) && a->scope == b->scope && sg_eq(a->provider, b->provider) &&
           sg_eq(a->unit, b->unit) && (a->kind == SG_R_MINOR_GRANT || (sg_date_cmp(a->from, b->from) == 0 && sg_date_cmp(a->to, b->to) == 0));
}

static struct slot *slot_of(struct work *w, const struct sg_restriction *r, int side)
{
    for (size_t i = 0; i < w->n_slots; i++) {
        const struct slot *s = &w->slot[i];
        for (int k = 0; k < SIDES; k++)
            if (s->side[k] && sg_eq(s->side[k]->id, r->id)) return &w->slot[i];
    }
    for (size_t i = 0; side == MINE && i < w->n_slots; i++) {
        const struct slot *s = &w->slot[i];
        if (s->side[THEIRS] && !s->side[BASE] && !s->side[MINE] && same_deed(s->side[THEIRS], r)) return &w->slot[i];
    }
    return w->n_slots < SLOTS_MOST ? &w->slot[w->n_slots++] : NULL;
}

static void collect(struct work *w, int side)
{
    for (size_t i = 0; w->side[side] && i < w->side[side]->n_restrictions; i++) {
        const struct sg_restriction *r = &w->side[side]->restriction[i];
        struct slot *s = slot_of(w, r, side);
        if (s) s->side[side] = r;
    }
}

static const char *state_text(const struct work *w, const struct sg_restriction *r)
{
    if (!r) return "";
    if (r->state == SG_RS_ANNULLED) return _("annulled");
    if (r->state == SG_RS_LIFTED) return _("lifted");
    return sg_restriction_in_force(r, w->in->today) ? _("in force") : _("ended");
}

enum { R_REVIEW, R_TO, R_DECIDED, R_ACUTE, R_HARM, R_REASON, R_REFERENCE, R_REQUESTER, R_ENDED_REASON, R_ENDED_REFERENCE, R_CONSULTED, R_FIELDS };

static void restriction_field(char dst[SG_DIFF_TEXT], const struct sg_restriction *r, int field)
{
    char day[11] = "";
    const char *text = day;
    switch (field) {
    case R_REVIEW: sg_date_format(day, r->review); break;
    case R_TO: sg_date_format(day, r->to); break;
    case R_DECIDED: text = r->decision_by; break;
    case R_ACUTE: text = yes_no(r->acute); break;
    case R_HARM: text = r->kind == SG_R_MINOR_GRANT ? yes_no(r->harm_assessed) : ""; break;
    case R_REASON: text = r->made.reason; break;
    case R_REFERENCE: text = r->made.reference; break;
    case R_REQUESTER: text = r->made.requester; break;
    case R_ENDED_REASON: text = r->ended.reason; break;
    case R_ENDED_REFERENCE: text = r->ended.reference; break;
    default: text = r->consulted_with; break;
    }
    sg_copy(dst, SG_DIFF_TEXT, text);
}

/* The last deed on it, as the author of how it is. */
static void author(const struct work *w, struct sg_diff *d, const struct sg_restriction *r)
{
    const struct sg_deed *deed = r->state == SG_RS_ACTIVE ? &r->made : &r->ended;
    const struct sg_unit *u = sg_policy_unit(w->in->policy, deed->unit);
    SG_COPY(d->by, deed->actor_name[0] ? deed->actor_name : deed->actor);
    SG_COPY(d->by_unit, u ? u->name : deed->unit);
    d->at = deed->registered_at;
}

/* Fields that differ between versions which have the row at all. */
static void restriction_fields(struct work *w, const struct slot *s, const char *what)
{
    static const char *const title[R_FIELDS] = {N_("Review on"), N_("Until"), N_("Decided by"), N_("Acute"), N_("Harm assessed"), N_("Reason"),
                                                N_("Reference"), N_("Requester"), N_("Reason for the end"), N_("Reference of the end"), N_("Consulted")};
    for (int f = 0; f < R_FIELDS; f++) {
        char cells[SIDES][SG_DIFF_TEXT] = {"", "", ""};
        const char *text[SIDES], *first = NULL;
        bool differs = false;
        for (int k = 0; k < SIDES; k++) {
            if (s->side[k]) restriction_field(cells[k], s->side[k], f);
            text[k] = w->side[k] ? cells[k] : NULL;
            if (!s->side[k]) continue;
            differs = differs || (first && !sg_eq(first, cells[k]));
            first = cells[k];
        }
        if (differs) (void)row(w, what, _(title[f]), text, false);
    }
}

/* The version in which the person it is about is called by name: a protected citizen has no relations listed. */
static const struct sg_citizen *names(const struct work *w, const char *person)
{
    for (int k = SIDES - 1; k > BASE; k--)
        if (w->side[k] && (sg_eq(w->side[k]->id, person) || listed(w->side[k], person))) return w->side[k];
    return w->side[BASE];
}

static void restriction(struct work *w, const struct slot *s)
{
    const struct sg_restriction *r = s->side[THEIRS] ? s->side[THEIRS] : s->side[MINE] ? s->side[MINE] : s->side[BASE];
    char object[160], what[160];
    const char *text[SIDES];
    bool in_force = false;
    if (!r) return;                                      /* a slot is made by one of them */
    sg_restriction_object(object, sizeof object, r, names(w, r->person), w->in->policy);
    sg_format(what, sizeof what, "%s · %s", sg_restriction_title(r->kind), object);
    for (int k = 0; k < SIDES; k++) {
        text[k] = w->side[k] ? state_text(w, s->side[k]) : NULL;
        in_force = in_force || (s->side[k] && sg_restriction_in_force(s->side[k], w->in->today));
    }
    struct sg_diff *d = row(w, what, "", text, in_force);
    if (d && d->theirs_differs && s->side[THEIRS]) author(w, d, s->side[THEIRS]);
    restriction_fields(w, s, what);
}

/* Those that differ first, each group in its own order. */
static void order(struct sg_three_way *t)
{
    size_t to = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (!t->row[i].mine_differs && !t->row[i].theirs_differs) continue;
        struct sg_diff d = t->row[i];
        memmove(&t->row[to + 1], &t->row[to], (i - to) * sizeof d);
        t->row[to++] = d;
    }
}

enum sg_err sg_three_way_make(const struct sg_three_way_in *in, struct sg_three_way *out)
{
    struct work w = {.in = in, .side = {in->base, in->mine, in->theirs}, .out = out};
    memset(out, 0, sizeof *out);
    struct slot *slots = calloc(SLOTS_MOST, sizeof *slots);
    if (!slots) return SG_E_NOMEM;
    w.slot = slots;
    collect(&w, THEIRS);
    collect(&w, BASE);
    collect(&w, MINE);
    citizen(&w);
    relations(&w);
    for (size_t i = 0; i < w.n_slots; i++) restriction(&w, &slots[i]);
    free(slots);
    if (w.nomem) {
        sg_three_way_free(out);
        return SG_E_NOMEM;
    }
    order(out);
    return SG_E_OK;
}

void sg_three_way_free(struct sg_three_way *t)
{
    free(t->row);
    memset(t, 0, sizeof *t);
}
