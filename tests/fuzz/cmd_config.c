/* The client's files: configuration and keymaps. First byte: even, a configuration; odd, a keymap. */
#include "tests/fuzz/fuzz.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/str.h"
#include "cmd/command.h"
#include "cmd/config.h"

/* The input as a file that its readers can open by name. */
static void as_file(const uint8_t *data, size_t n, char path[64])
{
    static int fd = -1;
    if (fd < 0) fd = memfd_create("input", MFD_CLOEXEC);
    FUZZ_HOLDS(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, n, 0) == (ssize_t)n);
    (void)sg_format(path, 64, "/proc/self/fd/%d", fd);
}

static bool ends(const char *text, size_t cap) { return strnlen(text, cap) < cap; }

static void config(const char *path)
{
    static struct sg_config c;
    struct sg_error e = {0};
    FUZZ_HOLDS(setenv("SIGILL_CONFIG", path, 1) == 0);
    if (sg_config_load(NULL, &c, &e) == SG_E_OK) {
        FUZZ_HOLDS(ends(c.profile, sizeof c.profile) && ends(c.url, sizeof c.url) && ends(c.cert, sizeof c.cert) && ends(c.log_witnesses, sizeof c.log_witnesses));
        FUZZ_HOLDS(c.scrypt_log_n >= 14 && c.scrypt_log_n <= 22 && c.answer_seconds >= 5 && c.answer_seconds <= 300);
    } else {
        FUZZ_HOLDS(e.detail[0] && ends(e.where, sizeof e.where));
    }
    (void)!sg_config_load("demo", &c, &e);
}

void fuzz_run(const uint8_t *data, size_t n)
{
    static struct sg_keymap map;
    struct sg_error e = {0};
    char path[64];
    if (n == 0) return;
    as_file(data + 1, n - 1, path);
    if (data[0] % 2 == 0) {
        config(path);
        return;
    }
    memset(&map, 0, sizeof map);
    if (sg_keymap_load(path, &map, &e) != SG_E_OK) FUZZ_HOLDS(e.detail[0]);
    FUZZ_HOLDS(map.n <= sizeof map.b / sizeof *map.b);
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    fuzz_put_text(put, "\x02[sigill]\ndefault = demo\nlang = sv\n[demo]\nurl = https://localhost:8443\ncert = a.pem\nkey = a.key\nca = ca.pem\nstate_dir = ~/x\n"
                       "commission = SE2321000016-3001\nscrypt_log_n = 14\nmouse = yes\nread_only = no\nanswer_seconds = 20\n[other]\nurl = https://x\n");
    fuzz_put_text(put, "\x02; nothing\n");
    fuzz_put_text(put, "\x01[global]\nctrl-p = palette\n? = help\n");
    for (const struct sg_keymap_file *f = sg_keymap_files; f->name; f++) {
        char *text = malloc(strlen(f->text) + 2);
        if (!text) abort();
        text[0] = 1;
        memcpy(text + 1, f->text, strlen(f->text) + 1);
        fuzz_put_text(put, text);
        free(text);
    }
}
