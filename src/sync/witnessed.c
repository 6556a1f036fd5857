/* A cosigned checkpoint is always somewhat older than the newest one: witnesses are shown what has been signed. It counts while it is the
 * newest, or not older than LATE_S; what it may never do is contradict the newest. That too few have signed is no fork and holds up
 * nothing (protection must go out also when a witness is ill), but nothing is called verified then. */
#include "sync/witnessed.h"
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

enum { LATE_S = 600 };

void sg_witnessed_begin(struct sg_witnessed *w, const char *keys, int quorum)
{
    memset(w, 0, sizeof *w);
    w->asked = keys != NULL;
    if (sg_witnesses_parse(keys, quorum, &w->want, NULL) != SG_E_OK || (w->asked && w->want.n == 0))
        w->want = (struct sg_witnesses){.quorum = SG_WITNESSES_MAX + 1};
}

void sg_witnessed_forget(struct sg_witnessed *w)
{
    free(w->note);
    w->note = NULL;
    w->proving = false;
}

void sg_witnessed_end(struct sg_witnessed *w) { sg_witnessed_forget(w); }

bool sg_witnessed_show(struct sg_witnessed *w, const char *note, const struct sg_note_key *key, const struct sg_checkpoint *last, int64_t now_ms, bool *need_proof)
{
    size_t n = note ? strlen(note) : 0;
    *need_proof = false;
    sg_witnessed_forget(w);
    bool enough = note && sg_witnesses_check(&w->want, note, n, &w->when) == SG_E_OK && sg_checkpoint_open(note, n, key, &w->c, NULL) == SG_E_OK &&
                  sg_eq(w->c.origin, last->origin) && w->c.size <= last->size;
    if (!enough || (w->c.size < last->size && now_ms / 1000 > (int64_t)w->when + LATE_S)) {
        w->missing++;
        return true;
    }
    if (w->c.size == last->size)
        return memcmp(&w->c.root, &last->root, sizeof last->root) == 0;
    *need_proof = w->proving = (w->note = strdup(note)) != NULL;
    w->missing += !w->note;
    return true;
}

void sg_witnessed_walked(struct sg_witnessed *w)
{
    w->known = true;
    w->met = w->missing == 0;
}
