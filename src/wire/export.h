/* Events in the forms that others read. Pure text: nothing here opens a file or decides who may see what. A file is begin, rows, end. */
#pragma once
#include "wire/wire.h"

enum sg_export_form { SG_EXPORT_NDJSON, SG_EXPORT_CSV, SG_EXPORT_STORELOG, SG_EXPORT_FHIR, SG_EXPORT_ATNA, SG_EXPORT_COUNT };
/* An event and whom it is about. number and name are "" when nobody is concerned or the reader may not know who. */
struct sg_export_row { struct sg_event event; char number[13], name[SG_NAME_MAX]; };
#define SG_OID_HSA "1.2.752.129.2.1.4.1"
const char *sg_export_number_oid(const struct sg_export_row *r);     /* who gives such numbers; "" when that is not known */

const char *sg_export_name(enum sg_export_form f);             /* "ndjson" "csv" "storelog" "fhir" "atna" */
enum sg_export_form sg_export_named(const char *name);         /* SG_EXPORT_COUNT when unknown */
/* Errors stay in the buffer: sg_buf_check at the end. */
void sg_export_begin(enum sg_export_form f, struct sg_buf *out);
void sg_export_row(enum sg_export_form f, const struct sg_export_row *r, bool first, struct sg_buf *out);
void sg_export_end(enum sg_export_form f, struct sg_buf *out);

/* One CSV cell, quotes included. A text that a spreadsheet would take for a formula — at its beginning, or behind a separator, a quote or a
 * line end, should the file be split another way than it is meant — gets an apostrophe in front, which shows it as text. Control characters
 * and those that turn the direction of writing are spelled out (⟨U+001B⟩). */
void sg_csv_cell(struct sg_buf *out, const char *text);
/* Content of an element, and of an attribute between double quotes: at most max characters, marks escaped, what XML 1.0 cannot hold replaced
 * by U+FFFD, what cannot be seen as a reference. */
void sg_xml_text(struct sg_buf *out, const char *text, size_t max);
void sg_xml_attribute(struct sg_buf *out, const char *text, size_t max);

/* A row as it comes from the service: the event, and "patient":{"personalIdentityNumber","name"} when it may be told. */
cJSON *sg_wire_export_row(const struct sg_export_row *r);
SG_MUST enum sg_err sg_wire_export_row_read(const cJSON *v, struct sg_export_row *out, struct sg_error *e);

/* Appends v, which is consumed, printed so that nothing in it acts on a terminal (sg_json_visible). NULL: no memory, noted in the buffer. */
void sg_export_json(cJSON *v, struct sg_buf *out);
void sg_export_csv_head(struct sg_buf *out);
void sg_export_csv_row(const struct sg_export_row *r, struct sg_buf *out);
void sg_export_storelog_row(const struct sg_export_row *r, struct sg_buf *out);
void sg_export_fhir_row(const struct sg_export_row *r, struct sg_buf *out);
void sg_export_atna_row(const struct sg_export_row *r, struct sg_buf *out);
