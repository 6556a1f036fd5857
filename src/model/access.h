/* Who reaches what, and why: the access decision. Pure; today is the Swedish calendar day. Sources: docs/access.md
 * (1177: guardian until 13, own record from 16, Inera's manual on lock, seal and block). */
#pragma once
#include "model/citizen.h"
#include "model/policy.h"
#include "model/rule.h"

enum sg_service { SG_SVC_ESERVICES, SG_SVC_JOURNAL, SG_SVC_JUMPOUT, SG_SVC_COUNT };   /* "e-services" "journal" "jump-out" */
enum sg_reach { SG_REACH_NONE, SG_REACH_ONLY, SG_REACH_EXCEPT, SG_REACH_ALL };  /* ONLY/EXCEPT: the units or providers in why.detail */

struct sg_access_row {
    char who[SG_ID_MAX]; char name[SG_NAME_MAX];
    enum sg_relation_kind relation;
    enum sg_service service;
    enum sg_reach reach; bool allowed;            /* allowed == (reach != NONE) */
    struct sg_why why;
};
enum { SG_ACCESS_ROWS_MAX = 3 + 2 * SG_RELATIONS_MAX };
const char *sg_service_name(enum sg_service s);
const char *sg_service_title(enum sg_service s);  /* msgid */
const char *sg_reach_name(enum sg_reach r);       /* "none" "only" "except" "all" */

/* One cell: who == NULL or c->id is the citizen. */
void sg_access_decide(const struct sg_policy *p, const struct sg_citizen *c, const char *who, enum sg_service s,
                      struct sg_date today, struct sg_access_row *out);
/* The whole table: the citizen (e-services, journal, jump-out), then each related person (e-services, journal). */
size_t sg_access_list(const struct sg_policy *p, const struct sg_citizen *c, struct sg_date today,
                      struct sg_access_row rows[SG_ACCESS_ROWS_MAX]);
