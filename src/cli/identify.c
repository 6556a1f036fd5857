/* identify and lookup: the two sub-commands that take personal identity numbers, from standard input only. identify works on the
 * form alone and needs neither configuration nor service. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/i18n.h"
#include "cli/inside.h"
#include "cmd/suggest.h"

enum { NUMBER_LINE = 256 };

static void birth_text(char dst[16], struct sg_date d) {
    dst[0] = '\0';
    if (d.y != 0) {
        (void)sg_format(dst, 16, "%04d-%02d-%02d", d.y, d.m, d.d);      /* 00: that part is not known */
    }
}

static void identify_json(const struct sg_pid *p, enum sg_pid_fault f) {
    char birth[16];
    cJSON *o = sg_out_new();
    (void)cJSON_AddBoolToObject(o, "valid", f == SG_PID_FINE);
    if (f == SG_PID_FINE) {
        birth_text(birth, p->birth);
        sg_out_str(o, "type", sg_pid_type_name(p->type));
        sg_out_str(o, "normalised", p->normalised);
        sg_out_str(o, "birthDate", birth);
        sg_out_str(o, "gender", sg_gender_name(p->gender));
    } else {
        sg_out_str(o, "fault", _(sg_pid_fault_text(f)));
    }
    sg_out_line(o);
}

static void identify_text(const struct sg_pid *p, enum sg_pid_fault f) {
    char birth[16], shown[32];
    if (f != SG_PID_FINE) {
        sg_out_text("%s: %s", _("not valid"), _(sg_pid_fault_text(f)));
        return;
    }
    birth_text(birth, p->birth);
    sg_pid_show(shown, p->normalised, false, false);
    sg_out_text("%s  %-18s %s  %s", shown, sg_pid_type_name(p->type), birth[0] ? birth : _("birth date not known"), sg_gender_name(p->gender));
}

int sg_run_identify(struct cli *c) {
    char line[NUMBER_LINE];
    bool all = true, any = false;
    for (long n; (n = sg_read_line(line, sizeof line)) != SG_LINE_END;) {
        struct sg_pid p;
        enum sg_pid_fault f = n < 0 ? SG_PID_LENGTH : sg_pid_parse(line, sg_client_today(c), &p);
        (c->json ? identify_json : identify_text)(&p, f);
        all = all && f == SG_PID_FINE;
        any = true;
    }
    sg_wipe(line, sizeof line);
    return any && all ? 0 : sg_err_exit(SG_E_INPUT);
}

static const char *const purposes[] = {"care", "quality", "documentation", "statistics", "administration", "support"};

/* English names are checked here; anything beyond ASCII letters goes to the service, which knows the Swedish names too. */
static enum sg_err check_purpose(const char *p, struct sg_error *e) {
    struct sg_suggest near = sg_suggest_start(p);
    for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++) {
        if (sg_eq(p, purposes[i])) {
            return SG_E_OK;
        }
        sg_suggest_try(&near, purposes[i]);
    }
    char hint[96];
    sg_suggest_text(&near, hint, sizeof hint);
    if (near.best == NULL && p[0] != '\0' && strlen(p) < 48) {
        return SG_E_OK;
    }
    return sg_fail(e, SG_E_INPUT, "--purpose", _("care, quality, documentation, statistics, administration or support%s"), hint);
}

static int look_up(struct cli *c, const char *number, const char *purpose) {
    struct sg_error e = {0};
    struct sg_tell *t = NULL;
    struct sg_ask a = {.kind = SG_ASK_LOOKUP};
    SG_COPY(a.text, number);
    SG_COPY(a.purpose, purpose);
    enum sg_err err = sg_client_ask(c, &a, SG_CLI_WAIT, &t, &e);
    sg_wipe(a.text, sizeof a.text);
    int status = 0;
    if (err != SG_E_OK) {
        status = sg_client_failed(c, t, &e);
    } else if (c->json) {
        cJSON *o = sg_out_new();
        sg_out_str(o, "citizenId", t->id);
        if (t->from_cache) {
            (void)cJSON_AddBoolToObject(o, "fromCache", true);
        }
        sg_out_line(o);
    } else {
        sg_out_text("%s", t->id);
    }
    if (t != NULL) {
        sg_tell_free(t);
    }
    return status;
}

static int one_number(struct cli *c, char *line, const char *purpose) {
    struct sg_pid p;
    struct sg_error e = {0};
    enum sg_pid_fault f = sg_pid_parse(line, sg_client_today(c), &p);
    int status;
    if (f != SG_PID_FINE) {
        (void)sg_fail(&e, SG_E_INPUT, _("standard input"), "%s", _(sg_pid_fault_text(f)));
        status = sg_cli_failed(&e, c->json);
    } else {
        status = look_up(c, p.normalised, purpose);
    }
    sg_wipe(&p, sizeof p);
    return status;
}

int sg_run_lookup(struct cli *c) {
    struct sg_error e = {0};
    const char *purpose = c->opt[0] != NULL ? c->opt[0] : c->config.purpose;
    if (check_purpose(purpose, &e) != SG_E_OK) {
        return sg_cli_failed(&e, c->json);
    }
    char line[NUMBER_LINE];
    if (isatty(0)) {
        fputs(_("Personal identity number: "), stderr);
    }
    long n = sg_read_line(line, sizeof line);
    if (n < 0) {
        (void)sg_fail(&e, SG_E_INPUT, _("standard input"), _("expected one personal identity number on a line"));
        return sg_cli_failed(&e, c->json);
    }
    if (sg_client_open(c, &e) != SG_E_OK) {
        sg_wipe(line, sizeof line);
        return sg_cli_failed(&e, c->json);
    }
    int status = one_number(c, line, purpose);
    sg_wipe(line, sizeof line);
    return status;
}
