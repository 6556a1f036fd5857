/* The engine as the command line uses it: opened once per run, asked one thing at a time, waited for. Nothing here knows a
 * sub-command. Errors keep the sentence and the rule the service gave. */
#include "cli/inside.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include "base/i18n.h"

/* One line from the terminal without echo. The terminal is put back as it was, also when reading fails. */
static enum sg_err read_hidden(int fd, struct sg_secret *s) {
    struct termios was, hidden;
    if (tcgetattr(fd, &was) != 0) {
        return SG_E_IO;
    }
    hidden = was;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(fd, TCSAFLUSH, &hidden) != 0) {
        return SG_E_IO;
    }
    uint8_t c;
    ssize_t got;
    while ((got = read(fd, &c, 1)) == 1 && c != '\n' && s->len + 1 < s->cap) {
        s->data[s->len++] = c;
    }
    (void)tcsetattr(fd, TCSAFLUSH, &was);
    (void)!write(fd, "\n", 1);
    return got == 1 && s->len > 0 ? SG_E_OK : SG_E_PASSPHRASE;
}

static enum sg_err ask_passphrase(const char *where, const char *prompt, const char *deaf, struct sg_secret *s, struct sg_error *e) {
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return sg_fail(e, SG_E_PASSPHRASE, where, "%s", deaf);
    }
    (void)!write(fd, prompt, strlen(prompt));
    enum sg_err err = read_hidden(fd, s);
    close(fd);
    return err == SG_E_OK ? err : sg_fail(e, SG_E_PASSPHRASE, where, _("no passphrase was given"));
}

enum sg_err sg_cli_passphrase_of(const char *dir, struct sg_secret *s, struct sg_error *e) {
    char prompt[SG_LEFTOVER_PATH + 80];
    sg_format(prompt, sizeof prompt, _("Passphrase of the queue in %s: "), dir);
    enum sg_err err = sg_secret_new(s, 1024, e);
    const char *deaf = _("the passphrase of the profile does not open this queue, and there is no terminal to ask on; --unlock names a file with another");
    return err == SG_E_OK ? ask_passphrase(dir, prompt, deaf, s, e) : err;
}

enum sg_err sg_cli_passphrase(const struct sg_config *c, struct sg_secret *s, struct sg_error *e) {
    if (c->passphrase_file[0] != '\0') {
        struct sg_error why = {0};
        enum sg_err got = sg_secret_read_file(s, c->passphrase_file, &why);
        return got == SG_E_OK ? got : sg_fail(e, SG_E_PASSPHRASE, c->passphrase_file, _("the passphrase file cannot be read: %s"), why.detail);
    }
    char prompt[160];
    sg_format(prompt, sizeof prompt, _("Passphrase of profile %s: "), c->profile);
    enum sg_err err = sg_secret_new(s, 1024, e);
    return err == SG_E_OK ? ask_passphrase(c->profile, prompt, _("no passphrase_file in the profile and no terminal to ask on"), s, e) : err;
}

enum sg_err sg_client_open(struct cli *c, struct sg_error *e) {
    if (c->run != NULL) {
        return SG_E_OK;
    }
    if (c->left != NULL) {
        return sg_adopt_open(c, e);
    }
    enum sg_err err = sg_cli_passphrase(&c->config, &c->pass, e);
    if (err == SG_E_OK) {
        err = sg_config_engine(&c->config, &c->pass, &c->engine, e);
    }
    return err == SG_E_OK ? sg_inline_open(&c->engine, &c->run, e) : err;
}

void sg_client_close(struct cli *c) {
    if (c->run != NULL) {
        sg_inline_close(c->run);
        c->run = NULL;
    }
    sg_secret_free(&c->pass);
}

static void keep_last(void *ctx, struct sg_tell *t) {
    struct sg_tell **last = ctx;
    if (*last != NULL) {
        sg_tell_free(*last);
    }
    *last = t;
}

enum sg_err sg_client_ask(struct cli *c, struct sg_ask *a, int wait_ms, struct sg_tell **out, struct sg_error *e) {
    *out = NULL;
    a->id = ++c->last_ask;
    int wait = wait_ms == SG_CLI_WAIT ? 1000 * c->config.answer_seconds : wait_ms;
    enum sg_err err = sg_inline_ask(c->run, a, wait, keep_last, out);
    sg_out_fresh();                      /* what the engine missed it has dealt with */
    struct sg_tell *t = *out;
    if (t == NULL && err == SG_E_NOMEM) {
        return sg_fail(e, err, "", _("look at the queue: whether the action is in it could not be told"));
    }
    if (t == NULL) {
        return sg_fail(e, err == SG_E_OK ? SG_E_OFFLINE : err, "", _("no answer within %d seconds"), wait / 1000);
    }
    if (t->kind == SG_TELL_FAILED) {
        *e = t->error;
        e->code = t->err;
        return t->err;
    }
    return SG_E_OK;
}

/* A refusal with a rule carries the sentence; everything else is an error of ours with where and what. */
int sg_client_failed(struct cli *c, const struct sg_tell *t, const struct sg_error *e) {
    bool problem = t != NULL && t->kind == SG_TELL_FAILED && t->problem.problem < SG_PROBLEM_COUNT;
    bool ruled = problem && t->problem.why.rule < SG_RULE_COUNT;
    bool missing = problem && t->problem.problem == SG_PROBLEM_NOT_AVAILABLE;
    if (!ruled && !missing) {
        return sg_cli_failed(e, c->json);
    }
    struct sg_why why = ruled ? t->problem.why : (struct sg_why){.rule = SG_RULE_NOT_AVAILABLE};
    char text[512];
    sg_why_text(text, sizeof text, &why);
    if (c->json) {
        cJSON *o = sg_out_new();
        sg_out_str(o, "error", sg_err_name(e->code));
        sg_out_str(o, "rule", sg_rule_name(why.rule));
        sg_out_str(o, "text", text);
        sg_out_str(o, "where", e->where);
        sg_out_line(o);
    } else {
        char safe[1024];
        sg_text_render(safe, sizeof safe, text);
        fprintf(stderr, "sigill: %s: %s.\n", _(sg_err_text(e->code)), safe);
    }
    return sg_err_exit(e->code);
}

struct sg_date sg_client_today(const struct cli *c) { return sg_date_stockholm(sg_wall(&c->clock)); }

static enum sg_err fetch(struct cli *c, enum sg_ask_kind kind, const char *key, struct sg_tell **out, struct sg_error *e) {
    struct sg_ask a = {.kind = kind};
    SG_COPY(a.key, key);
    enum sg_err err = sg_client_ask(c, &a, SG_CLI_WAIT, out, e);
    bool there = err == SG_E_OK && *out != NULL && (kind == SG_ASK_CITIZEN ? (*out)->citizen != NULL : kind == SG_ASK_POLICY ? (*out)->policy != NULL : (*out)->actor != NULL);
    return err != SG_E_OK || there ? err : sg_fail(e, SG_E_OFFLINE, "", _("the answer did not arrive in time"));
}

int sg_client_know(struct cli *c, const char *citizen, bool me, struct known *out) {
    struct sg_error e = {0};
    *out = (struct known){.today = sg_client_today(c)};
    enum sg_err err = sg_client_open(c, &e);
    struct sg_tell *last = NULL;
    if (err == SG_E_OK && citizen != NULL) {
        err = fetch(c, SG_ASK_CITIZEN, citizen, &out->citizen, &e);
        last = out->citizen;
    }
    if (err == SG_E_OK) {
        err = fetch(c, SG_ASK_POLICY, "", &out->policy, &e);
        last = out->policy;
    }
    if (err == SG_E_OK && me) {
        err = fetch(c, SG_ASK_ME, "", &out->me, &e);
        last = out->me;
    }
    return err == SG_E_OK ? 0 : sg_client_failed(c, last, &e);
}

void sg_known_free(struct known *k) {
    struct sg_tell *const all[] = {k->citizen, k->policy, k->me};
    for (size_t i = 0; i < 3; i++) {
        if (all[i] != NULL) {
            sg_tell_free(all[i]);
        }
    }
    *k = (struct known){0};
}
