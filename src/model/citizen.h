/* What the house knows about one citizen: identity, relations and restrictions. Values, owned by the holder. */
#pragma once
#include "model/action.h"
#include "model/ids.h"

enum sg_restriction_kind { SG_R_LOGIN_LOCK, SG_R_SEAL, SG_R_GUARDIAN_BLOCK, SG_R_MINOR_GRANT, SG_R_COUNT };
enum sg_restriction_state { SG_RS_ACTIVE, SG_RS_LIFTED, SG_RS_ANNULLED };
enum sg_seal_scope { SG_SEAL_ACCOUNT, SG_SEAL_PROVIDER, SG_SEAL_UNIT, SG_SEAL_PERIOD };
enum sg_requested_by { SG_BY_CITIZEN, SG_BY_CARE, SG_BY_INERA };

/* Who asked, who registered, when (ActionType of informationsecurity:authorization:blocking 4.0). */
struct sg_deed {
    char requester[SG_NAME_MAX];
    int64_t requested_at;                  /* wall ms, 0 = not said */
    char actor[SG_HSA_MAX], actor_name[SG_NAME_MAX], commission[SG_HSA_MAX], unit[SG_HSA_MAX];
    int64_t performed_at;                  /* when the person decided (client) */
    int64_t registered_at;                 /* when it took effect (service); 0 = not done */
    char reason[SG_TEXT_MAX], reference[SG_REF_MAX];
    char action_id[SG_UUID_MAX];
    bool offline;
};
struct sg_restriction {
    char id[SG_ID_MAX];
    enum sg_restriction_kind kind;
    enum sg_restriction_state state;
    char region[SG_CODE_MAX];              /* requesting region of a lock; the actor's region otherwise */
    enum sg_requested_by requested_by;     /* lock; seal: citizen or care */
    char person[SG_ID_MAX];                /* guardian of a block, grantee of a grant (the child's own id: brought forward) */
    enum sg_seal_scope scope;
    char provider[SG_HSA_MAX], unit[SG_HSA_MAX];
    struct sg_date from, to;               /* seal: period sealed; grant: last day it holds (to) */
    struct sg_date review;
    char decision_by[SG_HSA_MAX];
    bool acute, harm_assessed;
    char consulted_with[SG_NAME_MAX]; int64_t consulted_at; bool child_checked, identity_verified;  /* noted when lifted */
    struct sg_deed made, ended;
};

enum sg_relation_kind { SG_REL_SELF, SG_REL_GUARDIAN, SG_REL_REPRESENTATIVE };
struct sg_relation { char person[SG_ID_MAX]; char name[SG_NAME_MAX]; enum sg_relation_kind kind; struct sg_date from, to; };
enum sg_life { SG_ALIVE, SG_DECEASED, SG_EMIGRATED };
enum { SG_RELATIONS_MAX = 8, SG_RESTRICTIONS_MAX = 512 };

struct sg_citizen {
    char id[SG_ID_MAX];
    char etag[SG_ETAG_MAX];
    char name[SG_NAME_MAX];
    struct sg_pid pid;
    enum sg_life life; struct sg_date deceased_on;
    bool protected_person, protected_record;    /* sekretessmarkering; skyddad folkbokföring */
    bool active_user; int64_t last_login_at;
    char region[SG_CODE_MAX];                   /* where registered */
    size_t n_relations; struct sg_relation relation[SG_RELATIONS_MAX];   /* empty for a protected person (profile P1 of the PU contract) */
    size_t n_restrictions; struct sg_restriction *restriction;           /* oldest first; lifted and annulled ones too; owned */
    int64_t as_of;                              /* wall ms of the service when this was read */
};
void sg_citizen_free(struct sg_citizen *c);                              /* frees the list, zeroes; NULL-safe */
SG_MUST enum sg_err sg_citizen_copy(struct sg_citizen *dst, const struct sg_citizen *src); /* dst uninitialised or zero */
SG_MUST struct sg_restriction *sg_citizen_add(struct sg_citizen *c);     /* a zeroed new row at the end; NULL when full */
struct sg_restriction *sg_citizen_restriction(const struct sg_citizen *c, const char *id);
/* Puts r in: replaces the row with its id, or appends. Used to merge an outcome into what is known. */
SG_MUST enum sg_err sg_citizen_put(struct sg_citizen *c, const struct sg_restriction *r);
bool sg_citizen_protected(const struct sg_citizen *c);
/* The ages the person can have on that day: equal unless the birth date is partly unknown (0 and 200 when it is wholly so). */
void sg_citizen_ages(const struct sg_citizen *c, struct sg_date today, int *youngest, int *oldest);
/* Guardian or representative today: within from and to. */
bool sg_relation_in_force(const struct sg_relation *r, struct sg_date today);
/* In force on that day: active, and for a grant not past its last day. */
bool sg_restriction_in_force(const struct sg_restriction *r, struct sg_date today);
const char *sg_relation_name(enum sg_relation_kind k);                   /* "self" "guardian" "representative" */
const char *sg_restriction_kind_name(enum sg_restriction_kind k);  /* "login.lock" "record.seal" "guardian.block" "minor-access.grant" */
const char *sg_restriction_state_name(enum sg_restriction_state s);      /* "active" "lifted" "annulled" */
const char *sg_seal_scope_name(enum sg_seal_scope s);                    /* "account" … */
const char *sg_requested_by_name(enum sg_requested_by b);
const char *sg_life_name(enum sg_life l);                                /* "alive" "deceased" "emigrated" */
int sg_name_index(const char *const *names, size_t n, const char *name); /* -1 when unknown; for parsing the names above */
