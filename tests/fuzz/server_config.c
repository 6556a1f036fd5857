/* The service's configuration file. */
#include "tests/fuzz/fuzz.h"
#include <sys/mman.h>
#include <unistd.h>
#include "base/str.h"
#include "server/config.h"

void fuzz_run(const uint8_t *data, size_t n)
{
    static int fd = -1;
    static struct sg_config c;
    struct sg_error e = {0};
    char path[64];
    if (fd < 0) fd = memfd_create("input", MFD_CLOEXEC);
    FUZZ_HOLDS(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, n, 0) == (ssize_t)n);
    (void)sg_format(path, sizeof path, "/proc/self/fd/%d", fd);
    sg_config_defaults(&c);
    if (sg_config_read(&c, path, &e) == SG_E_OK) {
        FUZZ_HOLDS(c.cert[0] && c.database[0] && c.port >= 0 && c.port <= 65535 && c.n_witness <= SG_FEED_MAX && c.retention_years >= 5);
        FUZZ_HOLDS(strnlen(c.listen, sizeof c.listen) < sizeof c.listen && strnlen(c.log_key, sizeof c.log_key) < sizeof c.log_key);
    } else {
        FUZZ_HOLDS(e.detail[0]);
    }
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    fuzz_put_text(put, "[server]\nlisten = 127.0.0.1\nport = 0\ncert = c.pem\nkey = k.pem\nca = ca.pem\ndatabase = s.db\nport-file = p\n[limits]\nlookups-per-minute = 30\n"
                       "session-idle-minutes = 30\n[event-log]\nname = log.test\nsystem = SE1\nretention-years = 5\nwitness-quorum = 1\n[witness one]\nurl = https://w\n"
                       "key = w+00000000+x\nca = w.pem\n[witness two]\nurl = https://v\n[log]\nlevel = info\n");
    fuzz_put_text(put, "; empty\n[server]\n");
}
