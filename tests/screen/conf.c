/* A configuration for tests that need no service: nothing listens at its address, so the program is offline from the start. */
#include "tests/screen/vt.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64], file[96];

static bool put(const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return done;
}

static bool run(const char *const argv[])
{
    int status = -1;
    fflush(NULL);
    pid_t p = fork();
    if (p == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        char *own[24] = { NULL };
        for (int i = 0; i < 23 && argv[i]; i++)
            own[i] = strdup(argv[i]);
        if (chdir(dir) == 0 && own[0])
            execvp(own[0], own);
        _exit(127);
    }
    return p > 0 && waitpid(p, &status, 0) == p && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

const char *vt_conf(void)
{
    const char *const make_cert[] = { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
        "key.pem", "-out", "cert.pem", "-days", "2", "-subj", "/C=SE/O=Test/CN=Test Testsson/serialNumber=SE2321000016-1001", NULL };
    if (file[0])
        return file;
    snprintf(dir, sizeof dir, "/tmp/sigill-screen-XXXXXX");
    if (!mkdtemp(dir))
        return NULL;
    snprintf(file, sizeof file, "%s/sigill.conf", dir);
    bool done = put("passphrase", "correct horse battery\n") && run(make_cert)
             && put("sigill.conf", "[test]\nurl = https://127.0.0.1:9\nca = cert.pem\ncert = cert.pem\nkey = key.pem\n"
                                   "passphrase_file = passphrase\nstate_dir = state\nscrypt_log_n = 14\nkey_cache = no\nmouse = no\n"
                                   "[ask]\nurl = https://127.0.0.1:9\nca = cert.pem\ncert = cert.pem\nkey = key.pem\n"
                                   "state_dir = state\nscrypt_log_n = 14\nkey_cache = no\n");
    return done ? file : NULL;
}

void vt_conf_free(void)
{
    const char *const rm[] = { "rm", "-rf", "--", dir, NULL };
    if (dir[0])
        run(rm);
    dir[0] = file[0] = '\0';
}
