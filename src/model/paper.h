/* Numbers of paper forms. A form is printed with an action id made beforehand; what is filled in by hand is keyed in later under that id, so
 * the same act done on paper, from the queue and directly takes effect once. The number that people type is short and catches slips:
 * ten characters of the id and two check characters, "7K3M-QX4T-P0N2". Pure. */
#pragma once
#include "model/ids.h"
#include "base/random.h"

enum { SG_PAPER_CODE = 13, SG_PAPER_MAX = 15, SG_PAPERS_MOST = 500 };
/* The number of an id, in groups of four. The id must be valid. */
void sg_paper_number(const char *uuid, char dst[SG_PAPER_MAX]);
/* What was typed, without blanks and dashes, in capitals, O read as 0, I and L as 1. False when its length, a character or the check is wrong:
 * every single wrong character and every two neighbours exchanged are seen. */
SG_MUST bool sg_paper_parse(const char *typed, char code[SG_PAPER_CODE]);
/* The number or, for a form that was printed at another workstation, the whole id. */
SG_MUST bool sg_paper_valid(const char *typed);
