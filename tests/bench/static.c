/* The floor of the back-end: libmicrohttpd with the service's own TLS settings, answering a fixed JSON. static CERT KEY PORT-FILE */
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char body[] = "{\"citizenId\":\"0190a000-0000-7000-8000-000000000001\"}";

static enum MHD_Result answer(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data, size_t *n, void **ctx)
{
    (void)cls, (void)url, (void)method, (void)version, (void)data;
    static int begun;
    if (!*ctx) {
        *ctx = &begun;
        return MHD_YES;
    }
    if (*n) {
        *n = 0;
        return MHD_YES;
    }
    struct MHD_Response *r = MHD_create_response_from_buffer(sizeof body - 1, (void *)(size_t)body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(r, "Content-Type", "application/json");
    enum MHD_Result q = MHD_queue_response(c, 200, r);
    MHD_destroy_response(r);
    return q;
}

static char *slurp(const char *path)
{
    FILE *f = fopen(path, "r");
    char *b = calloc(1, 65536);
    if (!f || !b || fread(b, 1, 65535, f) == 0)
        exit(1);
    fclose(f);
    return b;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS, 0, NULL, NULL, answer, NULL, MHD_OPTION_HTTPS_MEM_CERT, slurp(argv[1]),
        MHD_OPTION_HTTPS_MEM_KEY, slurp(argv[2]), MHD_OPTION_HTTPS_PRIORITIES, "NORMAL:-VERS-ALL:+VERS-TLS1.3", MHD_OPTION_THREAD_POOL_SIZE, 2u, MHD_OPTION_END);
    if (!d)
        return 1;
    FILE *f = fopen(argv[3], "w");
    fprintf(f, "%u\n", (unsigned)MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
    fclose(f);
    int sig;
    sigwait(&stop, &sig);
    MHD_stop_daemon(d);
    return 0;
}
