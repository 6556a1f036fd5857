/* A tree as YAML: block style, every string in double quotes unless it is a plain word, so that nothing is read as something else. */
#include <stdlib.h>
#include <string.h>
#include "tools/openapi/openapi.h"

static void indent(struct sg_buf *out, int depth)
{
    for (int i = 0; i < depth; i++) (void)sg_buf_addz(out, "  ");
}

/* Words that YAML 1.1 readers take for something else are quoted too. */
static bool plain(const char *s)
{
    static const char *const not_words[] = {"yes", "no", "on", "off", "true", "false", "null", "y", "n", "~", ""};
    for (size_t i = 0; i < sizeof not_words / sizeof *not_words; i++)
        if (strcmp(s, not_words[i]) == 0) return false;
    return (s[0] < '0' || s[0] > '9') && s[0] != '-' && s[0] != '.' &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") == strlen(s);
}

static void scalar(const cJSON *v, struct sg_buf *out)
{
    if (cJSON_IsString(v) && plain(v->valuestring)) {
        (void)sg_buf_addz(out, v->valuestring);
        return;
    }
    char *text = cJSON_PrintUnformatted(v);
    (void)sg_buf_addz(out, text ? text : "null");
    cJSON_free(text);
}

static void key(const char *k, struct sg_buf *out)
{
    cJSON *v = cJSON_CreateString(k);
    if (v) scalar(v, out);
    cJSON_Delete(v);
    (void)sg_buf_addz(out, ":");
}

static void node(const cJSON *v, int depth, struct sg_buf *out);

static void inner(const cJSON *v, int depth, struct sg_buf *out)
{
    if (v->child) {
        (void)sg_buf_addz(out, "\n");
        node(v, depth, out);
    } else {
        (void)sg_buf_addz(out, " ");
        if (cJSON_IsObject(v) || cJSON_IsArray(v)) (void)sg_buf_addz(out, cJSON_IsObject(v) ? "{}" : "[]");
        else scalar(v, out);
        (void)sg_buf_addz(out, "\n");
    }
}

static void node(const cJSON *v, int depth, struct sg_buf *out)
{
    for (const cJSON *c = v->child; c; c = c->next) {
        indent(out, depth);
        if (cJSON_IsObject(v)) key(c->string, out);
        else (void)sg_buf_addz(out, "-");
        inner(c, depth + 1, out);
    }
}

void oa_yaml(const cJSON *v, struct sg_buf *out) { node(v, 0, out); }
