/* The kernel's user keyring as a cache of an unwrapped key: raw system calls, no library. The key lives in kernel memory, is
 * readable by this user's processes only and dies by itself after its time or at a restart. Every failure (no keyring in this
 * kernel or container, quota, permission) means "not cached" and nothing else. */
#include "queue/internal.h"
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Possessor: all but setattr by others; user: view, read, search. */
enum { PERM_POSSESSOR = 0x3f000000, PERM_USER_VIEW_READ_SEARCH = 0x000b0000 };

bool sg_q_keyring_get(const char *name, uint8_t *dst, size_t n)
{
    long id = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", name, 0);
    if (id <= 0)
        return false;
    long got = syscall(SYS_keyctl, KEYCTL_READ, id, dst, n);
    if (got != (long)n) {
        sg_wipe(dst, n);
        return false;
    }
    return true;
}

void sg_q_keyring_put(const char *name, const uint8_t *src, size_t n, unsigned seconds)
{
    long id = syscall(SYS_add_key, "user", name, src, n, KEY_SPEC_USER_KEYRING);
    if (id <= 0)
        return;
    long bad = syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, id, seconds);
    if (bad == 0)
        bad = syscall(SYS_keyctl, KEYCTL_SETPERM, id, (unsigned)PERM_POSSESSOR | (unsigned)PERM_USER_VIEW_READ_SEARCH);
    if (bad != 0)
        (void)syscall(SYS_keyctl, KEYCTL_REVOKE, id);    /* a key without an end must not stay */
}
