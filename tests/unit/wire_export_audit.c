/* R2.11: AuditEvents against what IHE's Basic Audit Log Patterns demand of them, element by element (written down here from the published
 * profiles, because their own validator is not at hand), and DICOM audit messages. SIGILL_FHIR=FILE checks that bundle as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/base64.h"
#include "base/utf8.h"
#include "tests/unit/export_made.h"

#define BALP "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
#define DCM "http://dicom.nema.org/resources/ontology/DCM"
#define HL7 "http://terminology.hl7.org/CodeSystem/"
#define REST "http://hl7.org/fhir/restful-interaction"

/* A profile: the fixed codings. Optional second interaction; the user's type is one of up to three. */
struct profile { const char *name, *action, *interaction, *client[2], *server[2], *user[3]; };
static const struct profile PROFILES[] = {
    {"Read", "R", "read", {DCM, "110152"}, {DCM, "110153"}, {"IRCP"}},
    {"Update", "U", "update", {DCM, "110153"}, {DCM, "110152"}, {"AUT", "INF", "CST"}},
    {"Delete", "D", "delete", {DCM, "110150"}, {HL7 "provenance-participant-type", "custodian"}, {"AUT", "INF", "CST"}},
    {"Query", "E", "search", {DCM, "110153"}, {DCM, "110152"}, {"IRCP"}},
};
enum { N_PROFILES = sizeof PROFILES / sizeof *PROFILES };

static const cJSON *at(const cJSON *v, const char *path)
{
    char key[128];
    while (*path && v) {
        size_t n = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)n, path);
        v = cJSON_IsArray(v) ? cJSON_GetArrayItem(v, atoi(key)) : cJSON_GetObjectItemCaseSensitive(v, key);
        path += path[n] ? n + 1 : n;
    }
    return v;
}

static const char *text_at(const cJSON *v, const char *path)
{
    const char *s = cJSON_GetStringValue(at(v, path));
    return s ? s : "";
}

static bool coded(const cJSON *v, const char *system, const char *code) { return sg_eq(text_at(v, "system"), system) && sg_eq(text_at(v, "code"), code); }

/* Those of a list whose type has that coding (of a CodeableConcept: among its codings); the only one is *found. */
static int slice(const cJSON *list, const char *system, const char *code, const cJSON **found)
{
    int n = 0;
    const cJSON *item, *c;
    cJSON_ArrayForEach(item, list) {
        bool is = coded(at(item, "type"), system, code);
        cJSON_ArrayForEach(c, at(item, "type.coding")) is = is || coded(c, system, code);
        if (is) n++, *found = item;
    }
    return n;
}

static bool none_of(const cJSON *v, const char *const *keys)
{
    for (; *keys; keys++)
        if (at(v, *keys)) return false;
    return true;
}

#define MUST(x) if (!(x)) return #x

static const char *machine_fault(const cJSON *agents, const char *const type[2])
{
    static const char *const never[] = {"role", "altId", "name", "location", "policy", "media", "purposeOfUse", NULL};
    const cJSON *a = NULL;
    MUST(slice(agents, type[0], type[1], &a) == 1);
    MUST(at(a, "who") && at(a, "who")->child);
    MUST(text_at(a, "network.address")[0] && text_at(a, "network.type")[0]);
    MUST(cJSON_IsFalse(at(a, "requestor")));
    MUST(none_of(a, never));
    return NULL;
}

static const char *user_fault(const cJSON *agents, const struct profile *p)
{
    static const char *const never[] = {"media", "network", "altId", "policy", NULL};
    const cJSON *a = NULL;
    int n = 0;
    for (int i = 0; i < 3 && p->user[i]; i++) n += slice(agents, HL7 "v3-ParticipationType", p->user[i], &a);
    MUST(n == 1);
    MUST(at(a, "who") && at(a, "who")->child);
    MUST(cJSON_IsTrue(at(a, "requestor")));
    MUST(none_of(a, never));
    MUST(!sg_eq(p->name, "Delete") || !at(a, "location"));
    return NULL;
}

static const char *patient_fault(const cJSON *entities)
{
    static const char *const never[] = {"lifecycle", "securityLabel", "name", "query", "detail", NULL};
    const cJSON *e = NULL;
    MUST(slice(entities, HL7 "audit-entity-type", "1", &e) == 1);
    MUST(coded(at(e, "role"), HL7 "object-role", "1"));
    MUST(text_at(e, "what.identifier.value")[0] && text_at(e, "what.identifier.system")[0]);
    MUST(sg_eq(text_at(e, "what.type"), "Patient"));
    MUST(none_of(e, never));
    return NULL;
}

static const char *query_fault(const cJSON *e)
{
    static const char *const never[] = {"what", "lifecycle", "detail", NULL};
    uint8_t raw[512];
    size_t n = 0;
    const char *q = text_at(e, "query");
    MUST(coded(at(e, "role"), HL7 "object-role", "24"));
    MUST(q[0] && sg_unbase64(raw, sizeof raw, &n, q, strlen(q)) && n > 0);
    MUST(none_of(e, never));
    return NULL;
}

static const char *object_fault(const cJSON *e)
{
    static const char *const never[] = {"lifecycle", "name", "query", "detail", NULL};       /* Delete's demand, kept everywhere */
    MUST(coded(at(e, "role"), HL7 "object-role", "4") || coded(at(e, "role"), HL7 "object-role", "3") || coded(at(e, "role"), HL7 "object-role", "20"));
    MUST(at(e, "what") && at(e, "what")->child);
    MUST(none_of(e, never));
    return NULL;
}

static const char *entity_fault(const cJSON *entities, const struct profile *p, bool patient)
{
    const cJSON *e = NULL, *x = NULL;
    int n = slice(entities, "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId", &x);
    MUST(n <= 1 && (n == 0 || text_at(x, "what.identifier.value")[0]));
    MUST(slice(entities, HL7 "audit-entity-type", "2", &e) == 1);
    const char *fault = sg_eq(p->name, "Query") ? query_fault(e) : object_fault(e);
    return fault || !patient ? fault : patient_fault(entities);
}

/* What is wrong with an AuditEvent that says it keeps this profile. */
static const char *profile_fault(const cJSON *o, const struct profile *p, bool patient)
{
    int n = 0;
    const cJSON *sub;
    MUST(coded(at(o, "type"), HL7 "audit-event-type", "rest"));
    cJSON_ArrayForEach(sub, at(o, "subtype")) n += coded(sub, REST, p->interaction);
    MUST(n == 1 && (!sg_eq(p->name, "Delete") || cJSON_GetArraySize(at(o, "subtype")) == 1));
    MUST(sg_eq(text_at(o, "action"), p->action));
    MUST(text_at(o, "recorded")[0]);
    MUST(sg_eq(text_at(o, "outcome"), "0"));
    MUST(cJSON_GetArraySize(at(o, "agent")) >= 2 && cJSON_GetArraySize(at(o, "entity")) >= (patient ? 2 : 1));
    MUST(at(o, "source.observer") && at(o, "source.observer")->child);
    const char *fault = machine_fault(at(o, "agent"), p->client);
    if (!fault) fault = machine_fault(at(o, "agent"), p->server);
    if (!fault) fault = user_fault(at(o, "agent"), p);
    return fault ? fault : entity_fault(at(o, "entity"), p, patient);
}

/* Counts an event's claim, and what claims nothing although it could. */
struct tally { int claims[N_PROFILES][2], none; };

static const char *fault_of(const cJSON *o, struct tally *t)
{
    const char *claim = text_at(o, "meta.profile.0");
    const cJSON *person = NULL;
    bool known = slice(at(o, "entity"), HL7 "audit-entity-type", "1", &person) > 0, rest = sg_eq(text_at(o, "type.code"), "rest");
    if (!claim[0]) {
        t->none++;
        MUST(!rest || !sg_eq(text_at(o, "outcome"), "0") || sg_eq(text_at(o, "subtype.0.code"), "operation"));
        return NULL;
    }
    MUST(sg_starts(claim, BALP));
    claim += strlen(BALP);
    bool patient = sg_starts(claim, "Patient");
    claim += patient ? strlen("Patient") : 0;
    MUST(patient == known);
    for (size_t i = 0; i < N_PROFILES; i++) {
        if (!sg_eq(PROFILES[i].name, claim)) continue;
        t->claims[i][patient]++;
        return profile_fault(o, &PROFILES[i], patient);
    }
    return "a profile that IHE does not have";
}

static int checked(const char *json, size_t len, struct tally *t)
{
    cJSON *bundle = cJSON_ParseWithLength(json, len), *entry;
    int n = 0;
    assert_non_null(bundle);
    cJSON_ArrayForEach(entry, at(bundle, "entry")) {
        const char *fault = fault_of(at(entry, "resource"), t);
        if (fault) {
            char *text = cJSON_Print(entry);
            fail_msg("event %d: not %s\n%s", n, fault, text);
        }
        n++;
    }
    cJSON_Delete(bundle);
    return n;
}

static void r2_11_audit_events_keep_the_patterns_they_name(void **state)
{
    (void)state;
    struct tally t = {.none = 0};
    size_t len = 0;
    char *json = thousand(SG_EXPORT_FHIR, &len);
    assert_int_equal(checked(json, len, &t), 1000);
    free(json);
    for (size_t i = 0; i < N_PROFILES; i++) assert_true(t.claims[i][0] > 0 && t.claims[i][1] > 0);
    assert_true(t.none > 0);
    const char *file = getenv("SIGILL_FHIR");
    if (!file) return;
    struct sg_buf b;
    sg_buf_init(&b, 256 << 20);
    memset(&t, 0, sizeof t);
    assert_int_equal(sg_buf_read_file(&b, file, NULL), SG_E_OK);
    int n = checked(b.data, b.len, &t);
    sg_buf_free(&b);
    printf("export: %d AuditEvents keep IHE's patterns:", n);
    for (size_t i = 0; i < N_PROFILES; i++) printf(" %s %d, Patient%s %d,", PROFILES[i].name, t.claims[i][0], PROFILES[i].name, t.claims[i][1]);
    printf(" none %d\n", t.none);
}

/* A person's number stands only where it stood before: with the patient. */
static void r2_11_the_number_stands_with_the_patient_only(void **state)
{
    (void)state;
    static const struct { enum sg_export_form form; const char *before; } forms[] = {
        {SG_EXPORT_FHIR, "\"value\":\""}, {SG_EXPORT_ATNA, "ParticipantObjectID=\""}, {SG_EXPORT_STORELOG, "<log:PatientId>"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t len = 0, n = 0;
        char *all = thousand(forms[i].form, &len);
        for (const char *p = all; (p = strstr(p, "2014")) != NULL; p++) {
            if (!sg_starts(p, "201412122382") && !sg_starts(p, "201412822388")) continue;
            assert_true((size_t)(p - all) > strlen(forms[i].before) && sg_starts(p - strlen(forms[i].before), forms[i].before));
            n++;
        }
        assert_true(n > 100);
        free(all);
    }
}

/* The schema is asked by make export-check; here that every message has its parts and that an attribute keeps its text. */
static void r2_11_audit_messages_are_whole(void **state)
{
    (void)state;
    static const struct { const char *what; size_t n; } wanted[] = {
        {"<AuditMessage>", 1000}, {"<EventIdentification ", 1000}, {"<EventID ", 1000}, {"<ActiveParticipant ", 3000}, {"UserIsRequestor=\"true\"", 1000},
        {"csd-code=\"110153\"", 1000}, {"csd-code=\"110152\"", 1000}, {"<AuditSourceIdentification ", 1000}, {"UserID=\"\"", 0}, {"originalText=\"\"", 0},
        {"ParticipantObjectTypeCode=\"2\"", 1000}, {"</AuditMessage>\n", 1000}};
    size_t len = 0;
    char *xml = thousand(SG_EXPORT_ATNA, &len);
    assert_true(sg_utf8_valid(xml, len));
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        size_t n = 0;
        for (const char *p = xml; (p = strstr(p, wanted[i].what)) != NULL; p++) n++;
        if (n != wanted[i].n) fail_msg("%s: %zu", wanted[i].what, n);
    }
    for (size_t i = 0; i < len; i++) assert_true((unsigned char)xml[i] >= 0x20 || xml[i] == '\n' || xml[i] == '\t');
    free(xml);
    struct sg_buf b;
    sg_buf_init(&b, 1024);
    sg_xml_attribute(&b, "a\"<'>&\x01\r\n\t\xFF\xC2\x9B\xE2\x80\xAE" "åäö", 14);
    assert_string_equal(b.data, "a&quot;&lt;&apos;&gt;&amp;\xEF\xBF\xBD&#13;&#10;&#9;\xEF\xBF\xBD&#x9B;&#x202E;å");
    sg_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r2_11_audit_events_keep_the_patterns_they_name), cmocka_unit_test(r2_11_the_number_stands_with_the_patient_only),
        cmocka_unit_test(r2_11_audit_messages_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
