/* Availability as the service descriptions define it: for a calendar month, 100 − down-time / total time · 100 per cent, goal 99.80. Down-time
 * is time with a fault of class critical or high; what falls into a planned stop or force majeure does not count. Times are wall ms, the
 * calendar month is the Swedish one. Pure. */
#pragma once
#include "base/clock.h"
#include "base/err.h"

enum sg_fault_class { SG_FAULT_CRITICAL, SG_FAULT_HIGH, SG_FAULT_MEDIUM, SG_FAULT_LOW, SG_FAULT_CLASSES };
enum sg_outage_kind { SG_OUTAGE_FAULT, SG_OUTAGE_PLANNED, SG_OUTAGE_FORCE_MAJEURE, SG_OUTAGE_KINDS };
struct sg_outage { int64_t from, to; enum sg_outage_kind kind; enum sg_fault_class cls; };   /* to 0: not over yet; cls of a fault */

enum { SG_LEVEL_GOAL = 99800 };              /* thousandths of a per cent */
struct sg_level {
    int year, month;
    int64_t from, to;                        /* the month, wall ms */
    int64_t down_ms;                         /* counted, each moment once */
    int availability;                        /* thousandths of a per cent, rounded down: 99800 is reached only when it is */
    int64_t budget_ms;                       /* down-time that the goal still allows; negative when it is missed */
};
/* The month that holds `at`. Outages in any order; they may overlap and reach over the month's ends; those not over yet end at `now`.
 * NOMEM, or INPUT when one ends before it begins. */
SG_MUST enum sg_err sg_level_of(const struct sg_outage *o, size_t n, int64_t at, int64_t now, struct sg_level *out);
const char *sg_fault_class_name(enum sg_fault_class c);      /* "critical" "high" "medium" "low" */
const char *sg_outage_kind_name(enum sg_outage_kind k);      /* "fault" "planned" "force-majeure" */
enum sg_fault_class sg_fault_class_named(const char *name);  /* SG_FAULT_CLASSES when unknown */
enum sg_outage_kind sg_outage_kind_named(const char *name);
