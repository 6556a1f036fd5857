/* Sizes of identifiers and names, and person and HSA identifiers. Pure. */
#pragma once
#include <stdbool.h>
#include "base/clock.h"
#include "base/err.h"

enum {
    SG_ID_MAX = 48,       /* opaque id: citizenId, restriction id; a-z 0-9 - */
    SG_HSA_MAX = 36,      /* HSA-id, 31 characters and some room for received oddities */
    SG_NAME_MAX = 128,
    SG_CODE_MAX = 24,     /* region code */
    SG_ETAG_MAX = 40,     /* opaque, without quotes */
    SG_TEXT_MAX = 1025,   /* reason: 1,024 bytes, as reasonText in the national block contract */
    SG_REF_MAX = 65,      /* diarienummer and other references */
};

enum sg_pid_type { SG_PID_NONE, SG_PID_PERSONNUMMER, SG_PID_SAMORDNINGSNUMMER, SG_PID_NRID, SG_PID_RESERVE };
enum sg_reserve_kind { SG_RESERVE_NONE, SG_RESERVE_STOCKHOLM, SG_RESERVE_VASTRA_GOTALAND, SG_RESERVE_VARMLAND, SG_RESERVE_INERA };
enum sg_gender { SG_GENDER_UNKNOWN, SG_GENDER_FEMALE, SG_GENDER_MALE };
enum sg_pid_fault {
    SG_PID_FINE, SG_PID_EMPTY, SG_PID_LENGTH, SG_PID_CHARACTERS, SG_PID_MONTH, SG_PID_DAY, SG_PID_FUTURE, SG_PID_SERIAL, SG_PID_CHECK,
    SG_PID_YEAR
};

struct sg_pid {
    enum sg_pid_type type;
    enum sg_reserve_kind reserve;
    enum sg_gender gender;
    char normalised[13];         /* 12 characters, upper case */
    struct sg_date birth;        /* partly 0 when unknown */
};
/* Accepts 10 or 12 characters with blanks, - or + as people type and paste them. today settles the century of
 * a 10-digit number and refuses the future. On failure returns what is wrong; *out is then zeroed.
 * Rules: Skatteverket SKV M 2010:3 (personnummer), the PU contract (month 00, day 60), Nationellt reservidformat,
 * Inera's list of regional reserve ids. */
enum sg_pid_fault sg_pid_parse(const char *text, struct sg_date today, struct sg_pid *out);
const char *sg_pid_type_name(enum sg_pid_type t);        /* "personnummer" "samordningsnummer" "nrid" "reserve" "none" */
const char *sg_pid_fault_text(enum sg_pid_fault f);      /* msgid naming what is wrong and where */
const char *sg_gender_name(enum sg_gender g);            /* "female" "male" "unknown" */
/* "20141212-2389" or, masked, "20141212-23••" (ascii: "20141212-23**"). */
void sg_pid_show(char dst[32], const char *normalised, bool masked, bool ascii);

/* Trims all blanks in place of dst; upper-case prefix. Typed data must match exactly (HSA schema: SE + organisation
 * number + - + 1..n, 31 characters in all; TSTNMT prefix in tests). */
SG_MUST bool sg_hsa_parse(const char *text, char dst[SG_HSA_MAX]);
