/* The service's part: started, two acts applied, stopped; then started anew without faults. */
#include "fault.h"
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/str.h"

enum { START_MS = 20000, TRY_MS = 15000, END_MS = 50000, APPLIED = 2 };

static void prepare(bool first)
{
    if (e2e_server_running()) e2e_server_kill();
    if (first) desk_fresh(true);
    desk_mark();
    desk_queue(APPLIED);
}

/* Whether it says "ready" before it ends. */
static bool ready(const struct e2e_proc *p)
{
    char text[16] = "";
    size_t n = 0;
    int64_t until = e2e_mono_ms() + START_MS;
    while (!strchr(text, '\n') && n + 1 < sizeof text) {
        struct pollfd f[2] = {{p->out, POLLIN, 0}, {p->pidfd, POLLIN, 0}};
        int64_t left = until - e2e_mono_ms();
        if (left <= 0 || poll(f, 2, (int)left) <= 0 || !f[0].revents) return false;
        ssize_t got = read(p->out, text + n, sizeof text - 1 - n);
        if (got <= 0) return false;
        n += (size_t)got;
        text[n] = '\0';
    }
    return sg_eq(text, "ready\n");
}

static void perform(struct fault_run *r)
{
    char conf[E2E_PATH], file[E2E_PATH], err[E2E_PATH], port[16];
    e2e_path(conf, "sigilld.conf");
    e2e_path(file, "port");
    e2e_path(err, "faulted.err");
    (void)unlink(err);
    sg_format(port, sizeof port, "%d", e2e_server_port);
    struct e2e_proc p = fault_spawn((const char *const[]){getenv("SIGILLD_BIN"), "--config", conf, "--port", port, "--port-file", file, NULL}, NULL, err);
    if (ready(&p)) desk_try(TRY_MS);
    (void)kill(p.pid, SIGTERM);
    fault_collect(&p, END_MS, r);
}

static void judge(const struct fault_plan *p, const struct fault_run *r)
{
    static struct desk d;
    bool clean = p->mode == FAULT_COUNT;
    desk_look(&d);
    for (size_t i = 0; i < d.n; i++) {
        if (d.row[i].state == SG_Q_DONE && desk_effects(d.row[i].id) != 1) fault_wrong(p, r, "the client was told done, and it is not");
        clean = clean && d.row[i].state == SG_Q_DONE && r->o.status == 0;
    }
    if (p->mode == FAULT_COUNT && !clean) fault_wrong(p, r, "no fault, and yet");
    if (d.n != d.before + APPLIED) fault_wrong(p, r, "%zu rows", d.n);
}

static void settle(const struct fault_plan *p, const struct fault_run *r)
{
    static struct desk d;
    e2e_server_start();
    desk_sync();
    desk_look(&d);
    for (size_t i = 0; i < d.n; i++)
        if (d.row[i].state != SG_Q_DONE || desk_effects(d.row[i].id) != 1)
            fault_wrong(p, r, "%s ended as %s with %ld effects", d.row[i].id, sg_qstate_name(d.row[i].state), desk_effects(d.row[i].id));
    if (desk_acts_of(d.device) != (long)d.n) fault_wrong(p, r, "%zu rows, and the service knows %ld", d.n, desk_acts_of(d.device));
}

const struct fault_work FAULT_APPLY = {"apply", false, prepare, perform, judge, settle};
