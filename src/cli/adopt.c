/* queue adopt: a queue that was left behind is sent from its own file. What it must not touch is found out before anything is opened for
 * writing; the passphrase is that of the profile, else of a file, else asked for. The same opening serves `queue … --folder`, with which what
 * needs a decision in such a queue is looked at and decided. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/i18n.h"
#include "cli/inside.h"

enum { ROWS_MAX = 1000 };
struct row { char id[SG_UUID_MAX]; };

static enum sg_err refuse(const struct sg_leftover *l, struct sg_error *e) {
    switch (l->kind) {
    case SG_LEFT_NOTHING: return sg_fail(e, SG_E_NOTFOUND, l->path, _("there is no queue here"));
    case SG_LEFT_UNREADABLE:
        return sg_fail(e, SG_E_INPUT, l->path, l->damaged ? _("this queue was set aside because it cannot be read, and it still cannot; docs/offline.md says what can be tried")
                                                          : _("this is not a queue of yours that can be read; it is left as it is"));
    case SG_LEFT_NEWER:
        return sg_fail(e, SG_E_VERSION, l->path, _("this queue has format %lld; a program that knows this format must send it, this one knows up to %d"), (long long)l->format, sg_store_format());
    case SG_LEFT_DRILL: return sg_fail(e, SG_E_STATE, l->path, _("this is the queue of a drill; nothing in it is real, so nothing is sent"));
    case SG_LEFT_QUEUE: break;
    }
    return l->holder == 0 ? SG_E_OK
                          : sg_fail(e, SG_E_LOCKED, l->path, _("process %ld has this queue open and sends it itself; it is taken over only when that program has ended"), l->holder);
}

static bool same_folder(const char *a, const char *b) {
    struct stat one, two;
    return stat(a, &one) == 0 && stat(b, &two) == 0 && one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

/* What lies at the path, refused unless it can be opened. */
static enum sg_err look(struct cli *c, const char *path, struct sg_leftover *l, struct sg_error *e) {
    if (c->config.drill) {
        return sg_fail(e, SG_E_STATE, path, _("a drill knows nothing of real queues"));
    }
    enum sg_err err = sg_config_engine(&c->config, &c->pass, &c->engine, e);
    if (err != SG_E_OK) {
        return err;
    }
    err = sg_store_look(path, c->engine.actor, c->left_dir, c->left_file, l);
    if (err != SG_E_OK && err != SG_E_NOTFOUND) {
        return sg_fail(e, err, path, _("the path is too long"));
    }
    l->damaged = !sg_eq(c->left_file, "store.db") && sg_starts(c->left_file, "store.db.damaged-");
    if (!l->damaged && same_folder(c->left_dir, c->config.state_dir)) {
        return sg_fail(e, SG_E_USAGE, path, _("this is the queue of this profile; “sigill sync” sends it"));
    }
    return refuse(l, e);
}

static enum sg_err open_with(struct cli *c, struct sg_error *e) {
    enum sg_err err = sg_config_engine(&c->config, &c->pass, &c->engine, e);
    c->engine.adopt = c->engine.store.existing = true;
    c->engine.moved = c->left_moved;
    c->engine.store.dir = c->left_dir;
    c->engine.store.file = c->left_file;
    return err == SG_E_OK ? sg_inline_open(&c->engine, &c->run, e) : err;
}

/* The store's own word: what waits in it is asked for, which needs nothing but the store. The rows that have not ended, at most ROWS_MAX. */
static enum sg_err first_rows(struct cli *c, struct row *rows, size_t *n, struct sg_error *e) {
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_QUEUE, .limit = ROWS_MAX};
    SG_COPY(a.text, "waiting");
    enum sg_err err = sg_client_ask(c, &a, SG_CLI_WAIT, &t, e);
    *n = 0;
    for (size_t i = 0; err == SG_E_OK && i < t->n_lines && i < ROWS_MAX; i++) {
        SG_COPY(rows[i].id, t->lines[i].action_id);
        *n = i + 1;
    }
    sg_tell_free(t);
    return err;
}

static enum sg_err bar_sentence(struct cli *c, struct sg_error *e) {
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_STATUS};
    enum sg_err err = sg_client_ask(c, &a, SG_CLI_WAIT, &t, e);
    if (err == SG_E_OK && t->status.bar == SG_ADOPT_OTHER_SERVICE) {
        err = sg_fail(e, SG_E_STATE, c->left_dir, _("this queue is for the service at %s, not for the one of this profile; nothing was sent. Has the service moved, add --moved"), t->status.service);
    } else if (err == SG_E_OK && t->status.bar == SG_ADOPT_OLD_COPY) {
        err = sg_fail(e, SG_E_STATE, c->left_dir, _("this is an older copy of a queue: what was decided since is not in it, so nothing was sent"));
    } else if (err == SG_E_OK) {
        err = sg_fail(e, SG_E_STATE, c->left_dir, _("the queue cannot be opened"));
    }
    sg_tell_free(t);
    return err;
}

/* Queues of programs that did not note it yet: whoever sends one is told where to. */
static void say_where(struct cli *c) {
    struct sg_tell *t = NULL;
    struct sg_error e = {0};
    struct sg_ask a = {.kind = SG_ASK_STATUS};
    if (sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e) == SG_E_OK && t->status.bar == SG_ADOPT_UNKNOWN_SERVICE) {
        fprintf(stderr, "sigill: ");
        fprintf(stderr, _("this queue does not say which service it is for; it is sent to %s"), c->config.url);
        fputc('\n', stderr);
    }
    sg_tell_free(t);
}

/* Opens it with the passphrase at hand, and once more with another when that one does not fit. */
static enum sg_err open_left(struct cli *c, struct row *rows, size_t *n, struct sg_error *e) {
    struct sg_config with = c->config;
    if (c->left_unlock != NULL) {
        SG_COPY(with.passphrase_file, c->left_unlock);
    }
    enum sg_err err = sg_cli_passphrase(&with, &c->pass, e);
    if (err == SG_E_OK) {
        err = open_with(c, e);
    }
    if (err == SG_E_OK) {
        err = first_rows(c, rows, n, e);
    }
    if (err == SG_E_PASSPHRASE && c->run != NULL && c->left_unlock == NULL && with.passphrase_file[0] != '\0') {
        sg_client_close(c);
        err = sg_cli_passphrase_of(c->left_dir, &c->pass, e);
        err = err == SG_E_OK ? open_with(c, e) : err;
        err = err == SG_E_OK ? first_rows(c, rows, n, e) : err;
    }
    return err == SG_E_STATE && c->run != NULL ? bar_sentence(c, e) : err;
}

enum sg_err sg_adopt_open(struct cli *c, struct sg_error *e) {
    static struct row rows[ROWS_MAX];
    struct sg_leftover l = {0};
    size_t n;
    enum sg_err err = look(c, c->left, &l, e);
    return err == SG_E_OK ? open_left(c, rows, &n, e) : err;
}

/* ---- what became of it ---- */

/* As it lies there now, by its clear columns. state: emptied, or open. */
static int say_left(struct cli *c, const struct sg_leftover *l, int status) {
    long long mine = l->mine > 0 ? (long long)l->mine : 0, others = l->open_rows > l->mine && l->mine >= 0 ? (long long)(l->open_rows - l->mine) : 0;
    if (c->json) {
        cJSON *o = sg_out_new();
        sg_out_str(o, "path", l->path);
        sg_out_str(o, "state", mine + l->my_reads == 0 ? "emptied" : "open");
        (void)cJSON_AddNumberToObject(o, "open", (double)mine);
        (void)cJSON_AddNumberToObject(o, "reads", (double)l->my_reads);
        (void)cJSON_AddNumberToObject(o, "others", (double)others);
        sg_out_line(o);
    } else if (mine > 0) {
        sg_out_text(ngettext("%lld act of yours is still open in %s. “sigill queue list --folder” shows it, “sigill queue adopt” goes on with it.",
                             "%lld acts of yours are still open in %s. “sigill queue list --folder” shows them, “sigill queue adopt” goes on with them.", (unsigned long)mine), mine, l->path);
    } else if (l->my_reads == 0) {
        sg_out_text(_("Nothing of yours waits in %s any more."), l->path);
    }
    if (!c->json && l->my_reads > 0) {
        sg_out_text(_("Of your reads without the service, %lld in %s are not in its log yet; “sigill queue adopt” hands them in."), (long long)l->my_reads, l->path);
    }
    if (!c->json && others > 0) {
        sg_out_text(ngettext("%lld act of somebody else lies in it; only they can send it.", "%lld acts of somebody else lie in it; only they can send them.", (unsigned long)others), others);
    }
    return status == 0 && mine + l->my_reads > 0 ? sg_err_exit(SG_E_QUEUED) : status;
}

/* Behind the closed file: only now does nobody here hold it. */
static int closed(struct cli *c, int status) {
    struct sg_leftover l;
    sg_client_close(c);
    if (sg_store_look(c->left, c->engine.actor, c->left_dir, c->left_file, &l) != SG_E_OK || l.kind != SG_LEFT_QUEUE) {
        return status;
    }
    if (l.open_rows == 0 && l.reads == 0 && sg_store_put_away(c->left_dir, c->left_file) != SG_E_OK) {
        fprintf(stderr, "sigill: %s\n", _("the emptied file could not be renamed; it will be named again"));
    }
    return say_left(c, &l, status);
}

int sg_queue_adopt(struct cli *c, const char *path) {
    static struct row rows[ROWS_MAX];
    struct sg_error e = {0};
    struct sg_leftover l = {0};
    size_t n = 0;
    int status = 0;
    c->left = path;
    enum sg_err err = look(c, path, &l, &e);
    if (err == SG_E_OK && l.mine == 0 && l.my_reads == 0) {
        return say_left(c, &l, 0);
    }
    err = err == SG_E_OK ? open_left(c, rows, &n, &e) : err;
    if (err != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    say_where(c);
    status = sg_queue_send(c);
    for (size_t i = 0; i < n; i++) {
        status = sg_worse(sg_queue_report(c, rows[i].id), status);
    }
    return closed(c, status);
}
