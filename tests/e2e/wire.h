/* A service and its clients on two hosts with a bad wire between them (wire.c). */
#pragma once
#include <stdbool.h>

#define WIRE_SERVICE "10.177.0.1"
#define WIRE_CLIENT  "10.177.0.2"
/* Shared with the process that carries the packets; the first five may be set at any time (per mille, ms), the others are counted. */
struct wire { volatile int lose, twice, delay_ms, jitter_ms; volatile bool cut; volatile long carried, lost, doubled; };
extern struct wire *wire;
enum wire_host { WIRE_AT_SERVICE, WIRE_AT_CLIENT };
/* Once, before anything is started; this process is on the client's host afterwards. False with errno: this machine does not let it. */
bool wire_up(void);
/* What is started from here on runs on that host. */
void wire_host(enum wire_host which);
