/* The database's shape, as a ladder of migrations. Step n brings user_version n-1 to n; a database is brought up to date at opening,
 * each step in its own transaction. Steps are never edited once released: a change is a new step. Times are wall ms, days are
 * YYYY-MM-DD text. event.payload is the canonical encoding of the whole event (wire/leaf.h); the columns beside it are only for finding it. */
#include "server/db.h"

static const char STEP_1[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE region(code TEXT PRIMARY KEY, name TEXT NOT NULL, hsa TEXT NOT NULL, unseal_wait_hours INTEGER NOT NULL,"
    "  second_person TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE provider(hsa TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE unit(hsa TEXT PRIMARY KEY, name TEXT NOT NULL, provider TEXT NOT NULL REFERENCES provider(hsa),"
    "  region TEXT NOT NULL REFERENCES region(code)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE staff(hsa TEXT PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL, active INTEGER NOT NULL, terms TEXT NOT NULL)"
    "  STRICT, WITHOUT ROWID;"
    "CREATE TABLE commission(id TEXT PRIMARY KEY, staff TEXT NOT NULL REFERENCES staff(hsa), name TEXT NOT NULL, purpose TEXT NOT NULL,"
    "  unit TEXT NOT NULL REFERENCES unit(hsa), roles TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX commission_staff ON commission(staff, id);"
    "CREATE TABLE citizen(id TEXT PRIMARY KEY, pid TEXT NOT NULL UNIQUE, name TEXT NOT NULL, life TEXT NOT NULL, deceased_on TEXT NOT NULL,"
    "  protected_person INTEGER NOT NULL, protected_record INTEGER NOT NULL, active_user INTEGER NOT NULL, last_login_at INTEGER NOT NULL,"
    "  region TEXT NOT NULL, version INTEGER NOT NULL, etag TEXT NOT NULL, changed_by TEXT NOT NULL, changed_unit TEXT NOT NULL,"
    "  changed_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE relation(citizen TEXT NOT NULL REFERENCES citizen(id), person TEXT NOT NULL REFERENCES citizen(id), kind TEXT NOT NULL,"
    "  first TEXT NOT NULL, last TEXT NOT NULL, PRIMARY KEY(citizen, person)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE restriction(ord INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, citizen TEXT NOT NULL REFERENCES citizen(id),"
    "  kind TEXT NOT NULL, state TEXT NOT NULL, region TEXT NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE INDEX restriction_citizen ON restriction(citizen, ord);"
    "CREATE TABLE action(id TEXT PRIMARY KEY, device TEXT NOT NULL, actor TEXT NOT NULL, seq INTEGER NOT NULL, fingerprint BLOB NOT NULL,"
    "  status INTEGER NOT NULL, content_type TEXT NOT NULL, etag TEXT NOT NULL, body BLOB NOT NULL, event_index INTEGER NOT NULL,"
    "  at INTEGER NOT NULL, UNIQUE(device, actor, seq)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE session(token BLOB PRIMARY KEY, staff TEXT NOT NULL, commission TEXT NOT NULL, fingerprint TEXT NOT NULL,"
    "  device TEXT NOT NULL, client TEXT NOT NULL, created INTEGER NOT NULL, used INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE change(revision INTEGER PRIMARY KEY, citizen TEXT NOT NULL) STRICT;"
    "CREATE TABLE tally(actor TEXT NOT NULL, span INTEGER NOT NULL, began INTEGER NOT NULL, n INTEGER NOT NULL,"
    "  PRIMARY KEY(actor, span)) STRICT, WITHOUT ROWID;";

/* The event log. */
static const char STEP_2[] =
    /* One row a tree of the event log: a log (a care provider's HSA-id in lower case, or "service") in one of its epochs. */
    "CREATE TABLE log(tree INTEGER PRIMARY KEY, log TEXT NOT NULL, name TEXT NOT NULL, epoch INTEGER NOT NULL, begun INTEGER NOT NULL,"
    "  UNIQUE(log, epoch)) STRICT;"
    /* What may be NULL has been erased; the leaf, its place and its time never are. */
    "CREATE TABLE event(idx INTEGER PRIMARY KEY, id TEXT NOT NULL, tree INTEGER NOT NULL REFERENCES log(tree), leaf_index INTEGER NOT NULL,"
    "  at INTEGER NOT NULL, kind TEXT NOT NULL, outcome TEXT NOT NULL, region TEXT NOT NULL, provider TEXT NOT NULL, actor TEXT, unit TEXT,"
    "  purpose TEXT, subject TEXT, action TEXT, leaf BLOB NOT NULL, salt BLOB, payload BLOB) STRICT;"
    "CREATE UNIQUE INDEX event_id ON event(id);"
    "CREATE INDEX event_leaf ON event(tree, leaf_index, leaf);"          /* holds the leaf, so that a whole log is read from it alone */
    "CREATE INDEX event_at ON event(at);"
    "CREATE INDEX event_region ON event(region, idx);"
    "CREATE INDEX event_subject ON event(subject, idx) WHERE subject <> '';"
    "CREATE INDEX event_actor ON event(actor, idx) WHERE actor IS NOT NULL;"
    "CREATE INDEX event_unit ON event(unit, idx) WHERE unit IS NOT NULL;"
    "CREATE INDEX event_kind ON event(kind, idx);"
    "CREATE INDEX event_refused ON event(outcome, idx) WHERE outcome <> 'done';"
    "CREATE TRIGGER event_stays BEFORE UPDATE ON event WHEN NOT (NEW.salt IS NULL AND NEW.payload IS NULL AND NEW.actor IS NULL AND NEW.unit IS NULL"
    "  AND NEW.purpose IS NULL AND NEW.subject IS NULL AND NEW.action IS NULL AND NEW.idx = OLD.idx AND NEW.id = OLD.id AND NEW.tree = OLD.tree"
    "  AND NEW.leaf_index = OLD.leaf_index AND NEW.at = OLD.at AND NEW.kind = OLD.kind AND NEW.outcome = OLD.outcome AND NEW.region = OLD.region"
    "  AND NEW.provider = OLD.provider AND NEW.leaf = OLD.leaf) BEGIN SELECT RAISE(ABORT, 'the event log only grows'); END;"
    "CREATE TRIGGER event_remains BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the event log only grows'); END;"
    /* How many events an hour (at / 3600000) had, for timelines. */
    "CREATE TABLE event_hour(region TEXT NOT NULL, hour INTEGER NOT NULL, n INTEGER NOT NULL, refused INTEGER NOT NULL,"
    "  PRIMARY KEY(region, hour)) STRICT, WITHOUT ROWID;"
    /* 256 hashes of a level of a tree, written once all of them are known (C2SP tlog-tiles, heights of 8). */
    "CREATE TABLE tile(tree INTEGER NOT NULL REFERENCES log(tree), level INTEGER NOT NULL, n INTEGER NOT NULL, hashes BLOB NOT NULL,"
    "  PRIMARY KEY(tree, level, n)) STRICT;"
    "CREATE TABLE checkpoint(tree INTEGER NOT NULL REFERENCES log(tree), size INTEGER NOT NULL, root BLOB NOT NULL, at INTEGER NOT NULL,"
    "  note BLOB NOT NULL, PRIMARY KEY(tree, size)) STRICT;";

/* What reviewers have said about events (the review itself is an event), and whom one works with. */
static const char STEP_3[] =
    "CREATE TABLE review(reviewed INTEGER NOT NULL, review INTEGER NOT NULL, mark TEXT NOT NULL, PRIMARY KEY(reviewed, review)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX commission_unit ON commission(unit, staff);";

/* Outages as the operator has recorded them (to_at 0: not over yet), and a way to the restrictions of a region. */
static const char STEP_4[] =
    "CREATE TABLE outage(id INTEGER PRIMARY KEY, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL, kind TEXT NOT NULL, class TEXT NOT NULL,"
    "  recorded_at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX restriction_region ON restriction(region, state);";

/* The newest checkpoint of each tree that witnesses have signed, with all their signatures. */
static const char STEP_5[] =
    "CREATE TABLE cosigned(tree INTEGER PRIMARY KEY REFERENCES log(tree), size INTEGER NOT NULL, at INTEGER NOT NULL, note BLOB NOT NULL) STRICT;";

/* A way to the events of a purpose that hardly anybody has. */
static const char STEP_6[] = "CREATE INDEX event_purpose ON event(purpose, idx) WHERE purpose IS NOT NULL;";

/* A way to the planned stops that are not over, whatever there has been before. */
static const char STEP_7[] = "CREATE INDEX outage_over ON outage(kind, to_at);";

const char *const sg_schema[] = {STEP_1, STEP_2, STEP_3, STEP_4, STEP_5, STEP_6, STEP_7};
const int sg_schema_version = (int)(sizeof sg_schema / sizeof *sg_schema);
