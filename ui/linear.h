/* --linear: the same commands line by line, for braille displays and speech. */
#pragma once
#include "cmd/config.h"
int sg_linear_run(const struct sg_config *cfg);     /* returns the exit status */
