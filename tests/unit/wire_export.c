/* R2.11, R3.10: events on their way to others. Cells that no spreadsheet calculates; XML and AuditEvents whose required elements are always
 * there, whatever the texts hold. With SIGILL_EXPORTS=DIR the thousand random events are left there for the schemas (make export-check). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/utf8.h"
#include "tests/unit/export_made.h"

/* ---- CSV ---- */

/* One cell as RFC 4180 reads it. */
static void cell_of(const char *text, char *dst, size_t cap)
{
    struct sg_buf b;
    sg_buf_init(&b, 1 << 16);
    sg_csv_cell(&b, text);
    assert_true(b.len >= 2 && b.data[0] == '"' && b.data[b.len - 1] == '"');
    size_t n = 0;
    for (size_t i = 1; i + 1 < b.len; i++) {
        if (b.data[i] == '"') {
            assert_true(i + 2 < b.len && b.data[i + 1] == '"');        /* a quote inside is doubled, or it would end the cell */
            i++;
        }
        assert_true(n + 1 < cap);
        dst[n++] = b.data[i];
    }
    dst[n] = '\0';
    sg_buf_free(&b);
}

/* Whether a spreadsheet would calculate what stands here: blanks and what cannot be seen are skipped. */
static bool calculates(const char *s)
{
    static const char *const skip[] = {" ", "\t", "\r", "\n", "\v", "\f", "\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\x8B", "\xEF\xBB\xBF", "\xE2\x80\x8E", "\xE2\x80\xAE"};
    static const char *const starts[] = {"=", "+", "-", "@", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0"};
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < sizeof skip / sizeof *skip; i++)
            if (sg_starts(s, skip[i])) s += strlen(skip[i]), again = true;
    }
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (sg_starts(s, starts[i])) return true;
    return false;
}

/* Takes the apostrophes out. */
static void without(char *s)
{
    char *to = s;
    for (; *s; s++)
        if (*s != '\'') *to++ = *s;
    *to = '\0';
}

static void r3_10_no_cell_is_a_formula(void **state)
{
    (void)state;
    static const char *const before[] = {"", " ", "\t", "\r", "\n", "\xC2\xA0", "\xEF\xBB\xBF", "\xE3\x80\x80", "\xE2\x80\x8B", " \t "};
    static const char *const signs[] = {"=", "+", "-", "@", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0"};
    static const char *const after[] = {"1+1", "cmd|' /C calc'!A0", "HYPERLINK(\"http://x\",\"y\")", "SUM(A1:A9)"};
    size_t n = 0;
    char text[256], cell[512];
    for (size_t b = 0; b < sizeof before / sizeof *before; b++)
        for (size_t s = 0; s < sizeof signs / sizeof *signs; s++)
            for (size_t a = 0; a < sizeof after / sizeof *after; a++, n++) {
                snprintf(text, sizeof text, "%s%s%s", before[b], signs[s], after[a]);
                cell_of(text, cell, sizeof cell);
                if (cell[0] != '\'' || calculates(cell)) fail_msg("%s", text);
                without(cell);
                without(text);
                assert_string_equal(cell, text);                       /* and nothing of it is lost */
                for (const char *sep = ",;|\t\r\n\""; *sep; sep++) {   /* should somebody split the line elsewhere */
                    snprintf(text, sizeof text, "x%c%s%s%s", *sep, before[b], signs[s], after[a]);
                    cell_of(text, cell, sizeof cell);
                    for (const char *p = cell; (p = strpbrk(p, ",;|\t\r\n\"")) != NULL; p++)
                        if (calculates(p + 1)) fail_msg("%s -> %s", text, cell);
                }
            }
    print_message("%zu payloads, each also behind 7 separators\n", n);
    assert_true(n >= 100);
    cell_of("Åsa \"Ek\", 2026-03-02", cell, sizeof cell);
    assert_string_equal(cell, "Åsa \"Ek\", 2026-03-02");
    cell_of("", cell, sizeof cell);
    assert_string_equal(cell, "");
}

/* ---- random events ---- */

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, what)) != NULL; p += strlen(what)) n++;
    return n;
}

/* The ten mandatory leaves of the national contract, never empty, and nothing that XML cannot hold. */
static void r2_11_storelog_is_whole(void **state)
{
    (void)state;
    static const char *const leaves[] = {"LogId", "SystemId", "ActivityType", "StartDate", "Purpose", "UserId", "ResourceType"};
    size_t len = 0;
    char *xml = thousand(SG_EXPORT_STORELOG, &len), want[64];
    assert_true(sg_utf8_valid(xml, len));
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        snprintf(want, sizeof want, "<log:%s>", leaves[i]);
        assert_int_equal(count(xml, want), 1000);
        snprintf(want, sizeof want, "<log:%s></log:%s>", leaves[i], leaves[i]);
        assert_int_equal(count(xml, want), 0);
    }
    assert_int_equal(count(xml, "<log:CareProviderId>"), 2000);        /* of the user and of the resource */
    assert_int_equal(count(xml, "<log:CareUnitId>"), 1000);
    assert_int_equal(count(xml, "<Log>"), 1000);
    for (size_t i = 0; i < len; i++) assert_true((unsigned char)xml[i] >= 0x20 || xml[i] == '\n' || xml[i] == '\t');
    free(xml);
    struct sg_buf b;
    sg_buf_init(&b, 1024);
    sg_xml_text(&b, "a<b>&\x01\r\xFFåäö", 9);
    assert_string_equal(b.data, "a&lt;b&gt;&amp;\xEF\xBF\xBD&#13;\xEF\xBF\xBDå");
    sg_buf_free(&b);
}

static void has(const cJSON *o, const char *key, bool (*is)(const cJSON *))
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    if (!v || !is(v)) fail_msg("AuditEvent: %s", key);
}
static bool text(const cJSON *v) { return cJSON_IsString(v) && v->valuestring[0]; }
static bool object(const cJSON *v) { return cJSON_IsObject(v) && v->child; }
static bool list(const cJSON *v) { return cJSON_IsArray(v) && v->child; }
static bool truth(const cJSON *v) { return cJSON_IsBool(v); }

/* What FHIR R4 requires of an AuditEvent, and that nothing is empty anywhere. */
static void nothing_empty(const cJSON *v)
{
    if (cJSON_IsString(v)) assert_true(v->valuestring[0]);
    if (cJSON_IsObject(v) || cJSON_IsArray(v)) assert_non_null(v->child);
    for (const cJSON *c = v->child; c; c = c->next) nothing_empty(c);
}

static void r2_11_audit_events_are_whole(void **state)
{
    (void)state;
    size_t len = 0, n = 0;
    char *json = thousand(SG_EXPORT_FHIR, &len);
    cJSON *bundle = cJSON_ParseWithLength(json, len), *entry;
    assert_non_null(bundle);
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(bundle, "entry")) {
        const cJSON *o = cJSON_GetObjectItemCaseSensitive(entry, "resource"), *a;
        has(entry, "fullUrl", text);
        has(o, "resourceType", text), has(o, "id", text), has(o, "type", object), has(o, "recorded", text), has(o, "agent", list), has(o, "source", object);
        has(o, "outcome", text), has(o, "action", text), has(cJSON_GetObjectItemCaseSensitive(o, "source"), "observer", object);
        int asked = 0;
        cJSON_ArrayForEach(a, cJSON_GetObjectItemCaseSensitive(o, "agent")) {
            has(a, "requestor", truth);
            asked += cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(a, "requestor"));
        }
        assert_int_equal(asked, 1);
        nothing_empty(o);
        n++;
    }
    assert_int_equal(n, 1000);
    cJSON_Delete(bundle);
    free(json);
}

/* NDJSON is what comes in over the wire: it reads back the same. */
static void ndjson_reads_back(void **state)
{
    (void)state;
    size_t len = 0, n = 0;
    char *all = thousand(SG_EXPORT_NDJSON, &len), *rest = all;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line; n++) {
        struct sg_export_row r;
        cJSON *v = NULL;
        assert_int_equal(sg_json_parse(line, strlen(line), &SG_JSON_REPLY, &v, NULL), SG_E_OK);
        assert_int_equal(sg_wire_export_row_read(v, &r, NULL), SG_E_OK);
        assert_int_equal(r.event.index, (int64_t)n);
        cJSON_Delete(v);
    }
    assert_int_equal(n, 1000);
    free(all);
    all = thousand(SG_EXPORT_CSV, &len);
    assert_true(count(all, "\r\n") >= 1001);
    free(all);
    for (int f = 0; f < SG_EXPORT_COUNT; f++) assert_int_equal(sg_export_named(sg_export_name((enum sg_export_form)f)), f);
    assert_int_equal(sg_export_named("pdf"), SG_EXPORT_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r3_10_no_cell_is_a_formula), cmocka_unit_test(r2_11_storelog_is_whole), cmocka_unit_test(r2_11_audit_events_are_whole),
        cmocka_unit_test(ndjson_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
