/* Not in the database: a beat must not wait for the disk, and must not wake it. So it is not synced either; what a failing machine loses is
 * seconds of a gap that is then minutes long. */
#include "server/heartbeat.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "base/str.h"

enum { PATH_MOST = 600 };

static bool path_of(char dst[PATH_MOST], const char *database) { return sg_format(dst, PATH_MOST, "%s.alive", database); }

void sg_heartbeat(const char *database, const struct sg_clock *clock)
{
    char path[PATH_MOST], text[SG_RFC3339_MAX];
    sg_rfc3339(text, sg_wall(clock));
    int fd = path_of(path, database) ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
    ssize_t n = fd >= 0 ? pwrite(fd, text, strlen(text), 0) : -1;
    if (n != (ssize_t)strlen(text)) sg_log(SG_LOG_WARN, "the heartbeat could not be written: %s", strerror(errno));
    if (fd >= 0) (void)close(fd);
}

int64_t sg_heartbeat_gap(const char *database, const struct sg_clock *clock)
{
    char path[PATH_MOST], text[SG_RFC3339_MAX] = "";
    int64_t last = 0;
    int fd = path_of(path, database) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) (void)close(fd);
    if (n <= 0 || !sg_rfc3339_parse(text, &last)) return 0;
    return sg_wall(clock) - last > SG_HEARTBEAT_GAP_MS ? last : 0;
}
