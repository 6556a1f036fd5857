/* The version of both programs, once. */
#pragma once
#define SG_VERSION "0.1.0"
