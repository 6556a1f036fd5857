/* The log extract (loggutdrag) that is handed to a citizen: plain text for A4, 80 columns and 60 lines a page, a form feed between pages,
 * ready for any printer or for a program that makes PDF of text. In the language of the program. */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include "wire/wire.h"

enum { SG_EXTRACT_COLS = 80, SG_EXTRACT_LINES = 60 };
struct sg_extract {
    const char *name, *number, *taken_by;            /* of the citizen; unit and care provider that hand it out; borrowed */
    int64_t from, to, now;                           /* period asked for, 0: open; when it is made; wall ms */
};
/* Appends the whole document. Events oldest first. */
SG_MUST enum sg_err sg_extract_write(const struct sg_extract *x, const struct sg_event *ev, size_t n, struct sg_buf *out);
/* What was done, as a sentence to the person it is about; translated. */
const char *sg_event_plain(const char *kind);
/* Title of a kind for staff; translated; the kind itself when it is not known here. */
const char *sg_event_title(const char *kind);
/* Purpose in words; translated; the text itself when it is none of the contract's. */
const char *sg_purpose_text(const char *purpose);
