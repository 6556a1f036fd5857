/* The client's part: do --queue into a new store, do --queue with the service away, do with the service there, and sync. */
#include "fault.h"
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/str.h"
#include "cli/cli.h"

enum { LIMIT_MS = 50000, SYNCED = 2 };

/* The command line as main() runs it, within this process: memory is counted here, because starting the program costs more than the run. */
static jmp_buf way_out;
static bool inside_now;
static int out_status;

/* The linker sends exit() here: the program that is not a process of its own must not end this one. */
void __wrap_exit(int status);
_Noreturn void __real_exit(int status);
void __wrap_exit(int status)
{
    if (!inside_now) __real_exit(status);
    out_status = status;
    longjmp(way_out, 1);
}

static int command(char **argv)
{
    int n = 0;
    while (argv[n]) n++;
    struct sg_cli_args args = {0};
    struct sg_error e = {0};
    sg_i18n_init(NULL);
    return sg_cli_parse(n, argv, &args, &e) == SG_E_OK ? sg_cli_run(n, argv, &args) : sg_cli_failed(&e, args.json);
}

static int inside(const char *const *arg)
{
    static char text[24][128], *argv[25];
    memset(argv, 0, sizeof argv);
    for (size_t i = 0; arg[i] && i < 24; i++) {
        SG_COPY(text[i], arg[i]);
        argv[i] = text[i];
    }
    inside_now = true;
    if (setjmp(way_out) == 0) out_status = command(argv);
    else atomic_store(&fault_seen->left, true);          /* it left in the middle: the system takes the memory back */
    inside_now = false;
    ERR_clear_error();                                   /* what OpenSSL keeps for the thread */
    return out_status;
}

void fault_warm_up(void)
{
    char path[E2E_PATH];
    struct fault_run r = {0};
    e2e_path(path, "sigill.conf");
    setenv("SIGILL_CONFIG", path, 1);
    fault_arm(&(struct fault_plan){.mode = FAULT_COUNT});
    fault_within(inside, (const char *const[]){"sigill", "--profile", "manager", "--json", "status", NULL}, &r);
    assert_int_equal(r.o.status, 0);
    e2e_out_free(&r.o);
}

static void run_sigill(struct fault_run *r, const char *const *args)
{
    const char *argv[24] = {getenv("SIGILL_BIN"), "--profile", "manager", "--json"};
    char path[E2E_PATH], conf[E2E_PATH + 16];
    size_t n = 4;
    for (size_t i = 0; args[i]; i++) argv[n++] = args[i];
    argv[n] = NULL;
    e2e_path(path, "sigill.conf");
    sg_format(conf, sizeof conf, "SIGILL_CONFIG=%s", path);
    setenv("SIGILL_CONFIG", path, 1);
    bool within = fault_seen->class == FAULT_MEMORY && e2e_env("FAULT_EXEC", 0) == 0;
    if (within) {
        fault_within(inside, argv, r);
        return;
    }
    struct e2e_proc p = fault_spawn(argv, (const char *const[]){conf, NULL}, NULL);
    fault_collect(&p, LIMIT_MS, r);
}

static void seal(struct fault_run *r, bool queue)
{
    char from[32], to[32], day[11];
    const char *citizen = desk_citizen(day);
    sg_format(from, sizeof from, "from=%s", day);
    sg_format(to, sizeof to, "to=%s", day);
    run_sigill(r, (const char *const[]){"do", "record.seal", citizen, "scope=period", from, to, "--observed", "*", queue ? "--queue" : NULL, NULL});
}

static void prepare_first(bool first)
{
    (void)first;
    e2e_configure(e2e_server_port);
    desk_fresh(false);
}

/* Has signed in once, so that it may queue. */
static void prepare_away(bool first)
{
    e2e_configure(1);
    if (first) {
        desk_fresh(true);
        desk_try(LIMIT_MS);
    }
    desk_mark();
}

static void prepare_there(bool first)
{
    e2e_configure(e2e_server_port);
    if (first) desk_fresh(true);
    desk_mark();
}

static void prepare_sync(bool first)
{
    prepare_there(first);
    desk_queue(SYNCED);
}

static void perform_queue(struct fault_run *r) { seal(r, true); }
static void perform_do(struct fault_run *r) { seal(r, false); }
static void perform_sync(struct fault_run *r) { run_sigill(r, (const char *const[]){"sync", NULL}); }

/* The id the program announced as queued or done; "" none. */
static const char *announced(const struct fault_run *r)
{
    static const char key[] = "\"actionId\":\"";
    static char id[SG_UUID_MAX];
    const char *at = r->o.out ? strstr(r->o.out, key) : NULL;
    id[0] = '\0';
    if (at) (void)sg_copyn(id, sizeof id, at + sizeof key - 1, strcspn(at + sizeof key - 1, "\""));
    return sg_uuid_valid(id) ? id : "";
}

static bool has(const struct desk *d, const char *id)
{
    for (size_t i = 0; i < d->n; i++)
        if (sg_eq(d->row[i].id, id)) return true;
    return false;
}

/* After one run without faults: every row done, each with one effect, and the service knows of no others. */
static void all_in_effect(const struct fault_plan *p, const struct fault_run *r)
{
    static struct desk was, d;
    desk_look(&was);
    desk_sync();
    desk_look(&d);
    if (d.n != was.n) fault_wrong(p, r, "%zu rows became %zu", was.n, d.n);
    for (size_t i = 0; i < d.n; i++) {
        long n = desk_effects(d.row[i].id);
        if (d.row[i].state != SG_Q_DONE || n != 1) fault_wrong(p, r, "%s ended as %s with %ld effects", d.row[i].id, sg_qstate_name(d.row[i].state), n);
    }
    if (desk_acts_of(d.device) != (long)d.n) fault_wrong(p, r, "the service knows %ld acts, the queue %zu", desk_acts_of(d.device), d.n);
}

static void judge_do(const struct fault_plan *p, const struct fault_run *r)
{
    static struct desk d;
    const char *id = announced(r);
    bool clean = atomic_load(&fault_seen->hit) == 0;
    desk_look(&d);
    size_t new = d.n - d.before;
    if (d.n < d.before || new > 1) fault_wrong(p, r, "the queue had %zu rows and has %zu", d.before, d.n);
    if (id[0] && !has(&d, id)) fault_wrong(p, r, "announced and not in the queue");
    if (r->o.status == 75 && new != 1) fault_wrong(p, r, "says queued (75), and the queue has nothing new");
    if (r->o.status == 0 && (!id[0] || desk_effects(id) != 1)) fault_wrong(p, r, "says done (0), and it is not");
    if (clean && r->o.status != 75 && r->o.status != 0) fault_wrong(p, r, "no fault, and yet");
    if (r->o.status == 69 && new > 0) fault_wrong(p, r, "says that nothing was queued (69), and it was");
    if (r->o.status > 0 && r->o.status != 75 && new > 0) fault_seen->unsaid++;
}

static void judge_first(const struct fault_plan *p, const struct fault_run *r)
{
    judge_do(p, r);
    all_in_effect(p, r);
}

static void judge_sync(const struct fault_plan *p, const struct fault_run *r)
{
    static struct desk d;
    desk_look(&d);
    if (d.n != d.before + SYNCED) fault_wrong(p, r, "the queue had %zu rows and has %zu", d.before + SYNCED, d.n);
    for (size_t i = 0; i < d.n; i++)
        if (d.row[i].state == SG_Q_DONE ? desk_effects(d.row[i].id) != 1 : r->o.status == 0)
            fault_wrong(p, r, "%s is %s, with %ld effects", d.row[i].id, sg_qstate_name(d.row[i].state), desk_effects(d.row[i].id));
}

static void settled(const struct fault_plan *p, const struct fault_run *r) { (void)p, (void)r; }

const struct fault_work FAULT_ENQUEUE_FIRST = {"enqueue, new store", true, prepare_first, perform_queue, judge_first, settled};
const struct fault_work FAULT_ENQUEUE = {"enqueue", true, prepare_away, perform_queue, judge_do, all_in_effect};
const struct fault_work FAULT_DO = {"enqueue and send", true, prepare_there, perform_do, judge_do, all_in_effect};
const struct fault_work FAULT_SYNC = {"replay", true, prepare_sync, perform_sync, judge_sync, all_in_effect};
