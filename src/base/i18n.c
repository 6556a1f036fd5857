/* Language. Only the C.UTF-8 locale can be counted on (servers rarely have sv_SE generated), so the locale
 * carries the encoding and LANGUAGE picks the catalogue; with C.UTF-8 glibc honours LANGUAGE, with plain "C"
 * it would not. English is the language of the msgids, so for English LANGUAGE is "en" and no catalogue is
 * found. Numbers stay in the C format, since JSON is written and read everywhere. */
#include "base/i18n.h"
#include "base/str.h"
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *language = "en";

static const char *env(const char *name)
{
    const char *v = getenv(name);
    return v && *v ? v : NULL;
}

static const char *env_locale(void)
{
    const char *v = env("LC_ALL");
    if (!v)
        v = env("LC_MESSAGES");
    return v ? v : env("LANG");
}

/* What the terminal is said to speak: LC_CTYPE decides, not LC_MESSAGES. */
static int names_utf8(void)
{
    const char *v = env("LC_ALL");
    if (!v)
        v = env("LC_CTYPE");
    if (!v)
        v = env("LANG");
    if (!v)
        return 0;
    const char *dot = strchr(v, '.');
    char charset[16];
    SG_COPY(charset, dot ? dot + 1 : "");
    charset[strcspn(charset, "@")] = '\0';
    return sg_ieq(charset, "UTF-8") || sg_ieq(charset, "utf8");
}

/* 1 when dir/locale or dir/../share/locale holds a Swedish catalogue; it is then bound. */
static int bind_at(const char *dir, const char *below)
{
    char path[PATH_MAX], mo[PATH_MAX + 64];
    if (!sg_format(path, sizeof path, "%s/%s", dir, below)
        || !sg_format(mo, sizeof mo, "%s/sv/LC_MESSAGES/sigill.mo", path) || access(mo, R_OK) != 0)
        return 0;
    return bindtextdomain("sigill", path) != NULL;
}

static void bind_catalogue(void)
{
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n > 0) {
        exe[n] = '\0';
        char *slash = strrchr(exe, '/');
        if (slash)
            *slash = '\0';
        if (bind_at(exe, "locale") || bind_at(exe, "../share/locale"))
            return;
    }
#ifdef LOCALEDIR
    bindtextdomain("sigill", LOCALEDIR);
#endif
}

int sg_i18n_init(const char *lang)
{
    if (!lang)
        lang = env_locale();
    language = sg_starts(lang, "sv") ? "sv" : "en";
    setenv("LANGUAGE", language, 1);
    int utf8 = names_utf8();
    /* LC_ALL set to a locale that is missing would make every setlocale fail; the name is given instead. */
    if (!setlocale(LC_ALL, "C.UTF-8") && !setlocale(LC_ALL, "en_US.UTF-8"))
        setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    bind_catalogue();
    bind_textdomain_codeset("sigill", "UTF-8");
    textdomain("sigill");
    return utf8 && sg_eq(nl_langinfo(CODESET), "UTF-8") ? 0 : -1;
}

const char *sg_i18n_lang(void) { return language; }
