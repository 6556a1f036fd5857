/* What is printed: JSON lines, tables and sentences. Everything goes to standard output except errors and remarks of the table
 * form; foreign text passes sg_text_render on its way to a person. A table keeps to the width of the terminal, 80 columns where
 * there is none, by cutting its widest columns that may be cut (ids may not: they are there to be copied) and by letting the last
 * one run on over several lines. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/i18n.h"
#include "cli/inside.h"

enum { ROWS_MAX = 100000, COLS_MAX = 8 };

/* A member that found no room would be missing from a line that looks whole, so it is noticed here and the line is not printed. */
static bool short_of_memory;

static void *noticed(size_t n) {
    void *p = malloc(n);
    short_of_memory = short_of_memory || p == NULL;
    return p;
}

void sg_out_init(void) {
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = noticed, .free_fn = free});
    short_of_memory = false;
}

void sg_out_fresh(void) { short_of_memory = false; }

static bool drill;

/* A stream in front of another: begins every line with the mark. What is flushed without an end of line is a question, whose line the
 * person ends. */
struct marked { FILE *to; char room[16384]; };

static ssize_t put_marked(void *cookie, const char *data, size_t n) {
    struct marked *m = cookie;
    bool inside = false;
    for (size_t i = 0; i < n; i++) {
        if (!inside && fprintf(m->to, "[%s] ", _("DRILL")) < 0) {
            return 0;
        }
        inside = data[i] != '\n';
        if (putc(data[i], m->to) == EOF) {
            return 0;
        }
    }
    return fflush(m->to) == 0 ? (ssize_t)n : 0;
}

static FILE *mark(struct marked *m, FILE *to) {
    FILE *f = fopencookie(m, "w", (cookie_io_functions_t){.write = put_marked});
    m->to = to;
    if (f == NULL || setvbuf(f, m->room, _IOLBF, sizeof m->room) != 0) {
        fputs("sigill: out of memory\n", stderr);
        exit(sg_err_exit(SG_E_NOMEM));
    }
    return f;
}

void sg_out_drill(bool json) {
    static struct marked out, err;
    drill = true;
    if (!json) {
        stdout = mark(&out, stdout);
        stderr = mark(&err, stderr);
    }
}

cJSON *sg_out_new(void) {
    cJSON *o = cJSON_CreateObject();
    if (o != NULL && (cJSON_AddNumberToObject(o, "v", 1) == NULL || (drill && cJSON_AddTrueToObject(o, "drill") == NULL))) {
        cJSON_Delete(o);
        o = NULL;
    }
    return o;
}

void sg_out_str(cJSON *o, const char *key, const char *value) {
    if (o != NULL && value != NULL && value[0] != '\0') {
        (void)cJSON_AddStringToObject(o, key, value);
    }
}

void sg_out_time(cJSON *o, const char *key, int64_t wall_ms) {
    char text[SG_RFC3339_MAX];
    if (wall_ms != 0) {
        sg_rfc3339(text, wall_ms);
        sg_out_str(o, key, text);
    }
}

void sg_out_line(cJSON *o) {
    char *text = o ? cJSON_PrintUnformatted(o) : NULL;
    struct sg_buf line;
    sg_buf_init(&line, 64 << 20);
    cJSON_Delete(o);
    if (text != NULL) {
        sg_json_visible(&line, text);
    }
    if (text == NULL || short_of_memory || sg_buf_check(&line) != SG_E_OK || line.data == NULL) {
        fputs("sigill: out of memory; what was done or queued stays so, see “sigill queue list”\n", stderr);
        exit(sg_err_exit(SG_E_NOMEM));
    }
    puts(line.data);
    sg_buf_free(&line);
    cJSON_free(text);
}

cJSON *sg_out_with(cJSON *body) {
    cJSON *o = sg_out_new();
    while (o != NULL && body != NULL && body->child != NULL) {
        cJSON *item = cJSON_DetachItemViaPointer(body, body->child);
        if (!cJSON_AddItemToObject(o, item->string, item)) {
            cJSON_Delete(item);
        }
    }
    cJSON_Delete(body);
    return o;
}

/* Control characters of the line itself are kept only as line ends we wrote: the text is rendered as a whole. */
void sg_out_text(const char *fmt, ...) {
    char raw[2048], safe[8192];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(raw, sizeof raw, fmt, ap);
    va_end(ap);
    sg_text_render(safe, sizeof safe, raw);
    puts(safe);
}

void sg_out_pair(const char *label, const char *text) {
    int pad = 12 - sg_width(label);
    sg_out_text("%s%*s %s", label, pad > 0 ? pad : 0, "", text);
}

int sg_out_flush(int status) {
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs(_("sigill: the output could not be written\n"), stderr);
        return sg_err_exit(SG_E_IO);
    }
    return status;
}

int sg_cli_failed(const struct sg_error *e, bool json) {
    if (json) {
        cJSON *o = sg_out_new();
        sg_out_str(o, "error", sg_err_name(e->code));
        sg_out_str(o, "text", _(sg_err_text(e->code)));
        sg_out_str(o, "where", e->where);
        sg_out_str(o, "detail", e->detail);
        sg_out_line(o);
    } else {
        char raw[1024], safe[3072];
        sg_format(raw, sizeof raw, "sigill: %s%s%s%s%s", _(sg_err_text(e->code)), e->where[0] ? ": " : "", e->where,
                  e->detail[0] ? ": " : "", e->detail);
        sg_text_render(safe, sizeof safe, raw);
        (void)fflush(stdout);
        fprintf(stderr, "%s.\n", safe);
    }
    return sg_err_exit(e->code);
}

void sg_table_init(struct table *t, size_t cols, const char *const *head, unsigned fixed) {
    *t = (struct table){.cols = cols < COLS_MAX ? cols : COLS_MAX, .head = head, .fixed = fixed};
}

void sg_table_row(struct table *t, const char *const *cells) {
    if (t->rows == t->cap && t->rows < ROWS_MAX) {
        size_t cap = t->cap ? t->cap * 2 : 32;
        char **more = realloc(t->cell, cap * t->cols * sizeof *more);
        if (more == NULL) {
            return;
        }
        t->cell = more;
        t->cap = cap;
    }
    if (t->rows == t->cap) {
        return;
    }
    for (size_t i = 0; i < t->cols; i++) {
        char safe[2048];
        sg_text_render(safe, sizeof safe, cells[i] ? cells[i] : "");
        t->cell[t->rows * t->cols + i] = strdup(safe);
    }
    t->rows++;
}

static int terminal_width(void) {
    struct winsize w = {0};
    return isatty(1) && ioctl(1, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40 ? (int)w.ws_col : 80;
}

static const char *cell_at(const struct table *t, size_t row, size_t col) {
    const char *s = t->cell[row * t->cols + col];
    return s ? s : "";
}

/* Natural widths, then the widest column that may be cut gives way until the line fits. */
static void widths(const struct table *t, int w[COLS_MAX]) {
    int total = 2 * ((int)t->cols - 1), limit = terminal_width();
    for (size_t c = 0; c < t->cols; c++) {
        w[c] = sg_width(_(t->head[c]));
        for (size_t r = 0; r < t->rows; r++) {
            int n = sg_width(cell_at(t, r, c));
            w[c] = n > w[c] ? n : w[c];
        }
        total += w[c];
    }
    while (total > limit) {
        size_t widest = COLS_MAX;
        for (size_t c = 0; c < t->cols; c++) {
            bool may = (t->fixed >> c & 1) == 0 && w[c] > 8;
            widest = may && (widest == COLS_MAX || w[c] > w[widest]) ? c : widest;
        }
        if (widest == COLS_MAX) {
            return;
        }
        w[widest]--;
        total--;
    }
}

static void put_cell(const char *text, int width, bool last) {
    char fit[2048];
    sg_text_fit(fit, sizeof fit, text, width, false);
    fputs(fit, stdout);
    for (int pad = last ? 0 : width + 2 - sg_width(fit); pad > 0; pad--) {
        putchar(' ');
    }
}

/* Bytes of text that fill at most width columns, ending at a blank where there is one. */
static size_t line_part(const char *text, int width) {
    size_t at = 0, blank = 0, n = strlen(text);
    int cols = 0;
    while (at < n) {
        uint32_t cp;
        size_t used = sg_utf8_next(text + at, n - at, &cp);
        cols += sg_cp_width(cp);
        if (cols > width) {
            return blank > 0 ? blank : at > 0 ? at : used;
        }
        blank = cp == ' ' ? at : blank;
        at += used;
    }
    return n;
}

/* The last column, mostly a reason, is never cut: it goes on below itself. */
static void put_last(const char *text, int width, int indent) {
    for (;;) {
        size_t n = line_part(text, width > 0 ? width : 1);
        printf("%.*s\n", (int)n, text);
        text += n + strspn(text + n, " ");
        if (*text == '\0') {
            return;
        }
        printf("%*s", indent, "");
    }
}

void sg_table_print(struct table *t) {
    int w[COLS_MAX] = {0};
    widths(t, w);
    for (size_t c = 0; c < t->cols; c++) {
        put_cell(_(t->head[c]), w[c], c + 1 == t->cols);
    }
    putchar('\n');
    for (size_t r = 0; r < t->rows; r++) {
        int indent = 0;
        for (size_t c = 0; c + 1 < t->cols; c++) {
            put_cell(cell_at(t, r, c), w[c], false);
            indent += w[c] + 2;
        }
        put_last(cell_at(t, r, t->cols - 1), w[t->cols - 1], indent);
    }
    for (size_t i = 0; i < t->rows * t->cols; i++) {
        free(t->cell[i]);
    }
    free(t->cell);
    t->cell = NULL;
}
