/* The read cache as the engine uses it: JSON of the wire under (kind, key), each with our own time of reading. Citizens expire by policy;
 * policy and "me" are kept longer, because they are what an offline start needs at all. Something the service no longer lets us see
 * is overwritten, so that it cannot come back from here. */
#include "sync/inside.h"
#include "base/log.h"
#include "base/str.h"
#include <openssl/evp.h>
#include <string.h>

enum { HOUR_MS = 3600000 };

static int64_t oldest(const struct sg_engine *g, const char *kind)
{
    if (strcmp(kind, "me") == 0 || strcmp(kind, "policy") == 0 || strcmp(kind, "level") == 0)
        return 2;                                    /* of nobody: any age, but not the tombstone of cache_forget */
    struct sg_policy defaults;
    if (g->has_policy)
        return sg_eng_now(g) - (int64_t)g->policy.cache_hours * HOUR_MS;
    memset(&defaults, 0, sizeof defaults);
    sg_policy_defaults(&defaults);
    return sg_eng_now(g) - (int64_t)defaults.cache_hours * HOUR_MS;
}

void sg_eng_cache_text(struct sg_engine *g, const char *kind, const char *key, const char *json, size_t n)
{
    if (g->store && sg_store_cache_put(g->store, kind, key, json, n, sg_eng_now(g)) != SG_E_OK)
        sg_log(SG_LOG_WARN, "the read cache could not be written");
}

void sg_eng_cache_forget(struct sg_engine *g, const char *kind, const char *key)
{
    if (g->store && sg_store_cache_put(g->store, kind, key, "{}", 2, 1) != SG_E_OK)
        sg_log(SG_LOG_WARN, "the read cache could not be written");
}

bool sg_eng_cache_json(struct sg_engine *g, const char *kind, const char *key, cJSON **out, int64_t *as_of)
{
    *out = NULL;
    if (!g->store)
        return false;
    struct sg_buf text;
    sg_buf_init(&text, SG_JSON_REPLY.bytes);
    bool ok = sg_store_cache_get(g->store, kind, key, oldest(g, kind), &text, as_of) == SG_E_OK && text.data &&
              sg_json_parse(text.data, text.len, &SG_JSON_REPLY, out, NULL) == SG_E_OK && *out;
    sg_buf_free(&text);
    return ok;
}

void sg_eng_cache_citizen(struct sg_engine *g, const struct sg_citizen *c)
{
    struct sg_buf text;
    sg_buf_init(&text, SG_JSON_REPLY.bytes);
    if (sg_wire_print(sg_wire_citizen(c), &text) == SG_E_OK && text.data)
        sg_eng_cache_text(g, "citizen", c->id, text.data, text.len);
    sg_buf_free(&text);
}

bool sg_eng_cached_citizen(struct sg_engine *g, const char *id, struct sg_citizen *out, int64_t *as_of)
{
    cJSON *v = NULL;
    memset(out, 0, sizeof *out);
    bool ok = sg_eng_cache_json(g, "citizen", id, &v, as_of) && sg_wire_citizen_read(v, out, NULL) == SG_E_OK;
    cJSON_Delete(v);
    return ok;
}

bool sg_eng_cached_actor(struct sg_engine *g, struct sg_actor *out, int64_t *as_of)
{
    cJSON *v = NULL;
    memset(out, 0, sizeof *out);
    bool ok = sg_eng_cache_json(g, "me", g->o.commission ? g->o.commission : "", &v, as_of) && sg_wire_actor_read(v, out, NULL) == SG_E_OK;
    cJSON_Delete(v);
    return ok && strcmp(out->hsa, g->o.actor) == 0;
}

void sg_eng_load_cached(struct sg_engine *g)
{
    int64_t as_of = 0;
    struct sg_actor a;
    if (!g->has_actor && sg_eng_cached_actor(g, &a, &as_of)) {
        g->actor = a;
        g->has_actor = true;
        if (!g->commission[0])
            SG_COPY(g->commission, a.commission.id);
    }
    cJSON *v = NULL;
    struct sg_policy p;
    memset(&p, 0, sizeof p);
    if (!g->has_policy && sg_eng_cache_json(g, "policy", "", &v, &as_of) && sg_wire_policy_read(v, &p, NULL) == SG_E_OK) {
        g->policy = p;
        g->has_policy = true;
        g->policy_as_of = as_of;
    }
    cJSON_Delete(v);
}

/* Salted by the device so that equal numbers on two machines look different; the table itself is sealed by the store as well. */
void sg_eng_lookup_key(const struct sg_engine *g, const char *number, char dst[SG_ID_MAX])
{
    uint8_t sum[EVP_MAX_MD_SIZE] = { 0 };
    char text[128];
    sg_format(text, sizeof text, "sigill lookup %s %s", g->store ? sg_store_device(g->store) : "", number);
    unsigned n = 0;
    if (EVP_Digest(text, strlen(text), sum, &n, EVP_sha256(), NULL) != 1)
        memset(sum, 0, sizeof sum);
    sg_wipe(text, sizeof text);
    sg_hex(dst, sum, 20);
}
