/* Forms hold what was typed and nothing else; what it means is the view's affair. Text is edited by whole characters (a letter with its
 * combining marks counts as typed: one code point a key). A field never grows past its limit: what does not fit is not taken, so that
 * nobody believes more was written than is kept. Freed forms are wiped, because numbers and passphrases stand in them. */
#include "ui/form.h"
#include "base/i18n.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/utf8.h"
#include <stdlib.h>
#include <string.h>

void sg_form_init(struct sg_form *f)
{
    memset(f, 0, sizeof *f);
}

void sg_form_free(struct sg_form *f)
{
    for (int i = 0; i < f->n; i++)
        free(f->f[i].choices);
    sg_wipe(f, sizeof *f);
}

static bool reachable(const struct sg_form_field *ff)
{
    return ff->kind != SG_FF_LABEL && !ff->disabled;
}

/* A full form gives its last field again: more than SG_FORM_MAX is a fault of the program, not a reason to crash. */
static struct sg_form_field *add(struct sg_form *f, enum sg_ff_kind kind, const char *label, const char *help)
{
    struct sg_form_field *ff = &f->f[f->n < SG_FORM_MAX ? f->n++ : SG_FORM_MAX - 1];
    free(ff->choices);
    memset(ff, 0, sizeof *ff);
    ff->kind = kind;
    ff->choice = -1;
    ff->help = help;
    SG_COPY(ff->label, label);
    if (!reachable(&f->f[f->cur]) && kind != SG_FF_LABEL)
        f->cur = f->n - 1;
    return ff;
}

struct sg_form_field *sg_form_text(struct sg_form *f, const char *label, const char *value, size_t max, const char *help)
{
    struct sg_form_field *ff = add(f, SG_FF_TEXT, label, help);
    ff->max = max < SG_FF_TEXT_MAX - 1 && max > 0 ? max : SG_FF_TEXT_MAX - 1;
    sg_copy(ff->text, ff->max + 1, value);
    ff->caret = (int)strlen(ff->text);
    return ff;
}

struct sg_form_field *sg_form_check(struct sg_form *f, const char *label, bool checked, const char *help)
{
    struct sg_form_field *ff = add(f, SG_FF_CHECK, label, help);
    ff->checked = checked;
    return ff;
}

struct sg_form_field *sg_form_choice(struct sg_form *f, const char *label, const char *help)
{
    return add(f, SG_FF_CHOICE, label, help);
}

struct sg_form_field *sg_form_label(struct sg_form *f, const char *text)
{
    struct sg_form_field *ff = add(f, SG_FF_LABEL, "", NULL);
    SG_COPY(ff->text, text);
    return ff;
}

bool sg_form_add_choice(struct sg_form_field *ff, const char *value, const char *label)
{
    if (!ff->choices)
        ff->choices = calloc(SG_FF_CHOICES_MAX, sizeof *ff->choices);
    if (!ff->choices || ff->n_choices == SG_FF_CHOICES_MAX)
        return false;
    SG_COPY(ff->choices[ff->n_choices].value, value);
    SG_COPY(ff->choices[ff->n_choices].label, label);
    ff->n_choices++;
    if (ff->choice < 0)
        ff->choice = 0;
    return true;
}

const char *sg_form_value(const struct sg_form_field *ff)
{
    switch (ff->kind) {
    case SG_FF_CHECK: return ff->checked && !ff->disabled ? "yes" : "no";
    case SG_FF_CHOICE: return ff->choices && ff->choice >= 0 && ff->choice < ff->n_choices ? ff->choices[ff->choice].value : "";
    case SG_FF_TEXT:
    case SG_FF_LABEL: break;
    }
    return ff->text;
}

/* ---- editing ---- */

static int before(const struct sg_form_field *ff)
{
    int at = ff->caret;
    if (at > 0)
        at--;
    while (at > 0 && ((unsigned char)ff->text[at] & 0xC0) == 0x80)
        at--;
    return at;
}

static int behind(const struct sg_form_field *ff)
{
    int at = ff->caret, n = (int)strlen(ff->text);
    if (at < n)
        at++;
    while (at < n && ((unsigned char)ff->text[at] & 0xC0) == 0x80)
        at++;
    return at;
}

static void cut(struct sg_form_field *ff, int from, int to)
{
    size_t n = strlen(ff->text);
    if (to <= from)
        return;
    memmove(ff->text + from, ff->text + to, n - (size_t)to + 1);
    ff->caret = from;
    ff->error[0] = '\0';
}

static bool insert(struct sg_form_field *ff, const char *s, size_t n)
{
    size_t have = strlen(ff->text), at = (size_t)ff->caret;
    if (have + n > ff->max)
        return false;
    memmove(ff->text + at + n, ff->text + at, have - at + 1);
    memcpy(ff->text + at, s, n);
    ff->caret += (int)n;
    ff->error[0] = '\0';
    return true;
}

/* Line breaks and tabs become blanks, other controls are left out, blanks around the whole are trimmed. */
static void paste(struct sg_form_field *ff, const char *text)
{
    char clean[SG_FF_TEXT_MAX];
    size_t n = 0;
    for (const char *p = text; *p && n + 1 < sizeof clean; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '\n' || c == '\t')
            clean[n++] = ' ';
        else if (c >= 32 && c != 127)
            clean[n++] = *p;
    }
    clean[n] = '\0';
    sg_trim(clean);
    if (!insert(ff, clean, strlen(clean))) {
        char part[SG_FF_TEXT_MAX];
        sg_copy(part, ff->max - strlen(ff->text) + 1, clean);
        insert(ff, part, strlen(part));
        sg_format(ff->error, sizeof ff->error, _("At most %zu characters fit; the end of what was pasted is missing."), ff->max);
        sg_wipe(part, sizeof part);
    }
    sg_wipe(clean, sizeof clean);
}

static bool text_named(struct sg_form_field *ff, const char *name)
{
    if (sg_eq(name, "Backspace"))
        cut(ff, before(ff), ff->caret);
    else if (sg_eq(name, "Delete") || sg_eq(name, "Ctrl-D"))
        cut(ff, ff->caret, behind(ff));
    else if (sg_eq(name, "Ctrl-U"))
        cut(ff, 0, ff->caret);
    else if (sg_eq(name, "Ctrl-K"))
        cut(ff, ff->caret, (int)strlen(ff->text));
    else if (sg_eq(name, "Left"))
        ff->caret = before(ff);
    else if (sg_eq(name, "Right"))
        ff->caret = behind(ff);
    else if (sg_eq(name, "Home") || sg_eq(name, "Ctrl-A"))
        ff->caret = 0;
    else if (sg_eq(name, "End") || sg_eq(name, "Ctrl-E"))
        ff->caret = (int)strlen(ff->text);
    else
        return false;
    return true;
}

static bool text_key(struct sg_form_field *ff, const struct sg_key *k)
{
    char utf8[4];
    if (k->kind == SG_KEY_PASTE)
        paste(ff, k->paste);
    else if (k->kind == SG_KEY_CHAR) {
        if (!insert(ff, utf8, sg_utf8_put(utf8, k->cp)))
            sg_format(ff->error, sizeof ff->error, _("At most %zu characters fit."), ff->max);
    } else
        return k->kind == SG_KEY_NAMED && text_named(ff, k->name);
    return true;
}

static void step(struct sg_form_field *ff, int by)
{
    ff->error[0] = '\0';
    if (ff->kind == SG_FF_CHECK)
        ff->checked = !ff->checked;
    else if (ff->kind == SG_FF_CHOICE && ff->n_choices > 0)
        ff->choice = (ff->choice + by + ff->n_choices) % ff->n_choices;
}

/* A letter goes to the next choice that begins with it. */
static bool letter(struct sg_form_field *ff, uint32_t cp)
{
    for (int i = 1; i <= ff->n_choices; i++) {
        int at = (ff->choice + i) % ff->n_choices;
        uint32_t first = 0;
        size_t n = strlen(ff->choices[at].label);
        if (n > 0)
            sg_utf8_next(ff->choices[at].label, n, &first);
        if (first == cp || (cp < 128 && first < 128 && (first | 32) == (cp | 32))) {
            ff->choice = at;
            return true;
        }
    }
    return false;
}

static bool field_key(struct sg_form_field *ff, const struct sg_key *k)
{
    if (ff->kind == SG_FF_TEXT)
        return text_key(ff, k);
    if (k->kind == SG_KEY_CHAR && k->cp == ' ')
        return step(ff, 1), true;
    if (ff->kind == SG_FF_CHOICE && k->kind == SG_KEY_NAMED && (sg_eq(k->name, "Left") || sg_eq(k->name, "Right")))
        return step(ff, sg_eq(k->name, "Left") ? -1 : 1), true;
    return ff->kind == SG_FF_CHOICE && k->kind == SG_KEY_CHAR && letter(ff, k->cp);
}

bool sg_form_key(struct sg_form *f, const struct sg_key *k)
{
    bool took = f->n > 0 && reachable(&f->f[f->cur]) && field_key(&f->f[f->cur], k);
    f->touched = f->touched || took;
    return took;
}

static void go(struct sg_form *f, int by)
{
    for (int i = 0, at = f->cur; i < f->n; i++) {
        at = (at + by + f->n) % f->n;
        if (reachable(&f->f[at])) {
            f->cur = at;
            return;
        }
    }
}

bool sg_form_command(struct sg_form *f, int cmd)
{
    if (cmd == SG_CMD_NEXT_FIELD)
        go(f, 1);
    else if (cmd == SG_CMD_PREV_FIELD)
        go(f, -1);
    else if (cmd == SG_CMD_TOGGLE && f->n > 0 && f->f[f->cur].kind != SG_FF_TEXT) {
        step(&f->f[f->cur], 1);
        f->touched = true;
    } else
        return false;
    return true;
}
