/* Checks of certificate files. Internal to net. */
#pragma once
#include "net/transport.h"
/* Whether CA, certificate and key can be read and belong together; where = the file at fault. */
SG_MUST enum sg_err sg_identity_check(const struct sg_identity *id, struct sg_error *e);
