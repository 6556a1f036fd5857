/* What an answer means for a queued action: pure and table-tested (DESIGN: offline rules). */
#pragma once
#include "wire/wire.h"
enum sg_verdict { SG_V_DONE, SG_V_CONFLICT, SG_V_REFUSED, SG_V_RETRY, SG_V_AUTH, SG_V_OFFLINE };
/* A proxy's HTML page is offline; 404 that is not our problem+json is retry; 401 auth; 409/412/422 only when ours. */
enum sg_verdict sg_classify(const struct sg_http_reply *r, struct sg_problem_info *problem);
/* Delay before attempt n (1…): 4 s, 20 s, 5 min, 30 min, then 30 min; ±20 % jitter; retry_after (s, -1 none) wins when longer. */
int64_t sg_backoff_ms(int attempt, int retry_after, uint32_t random);
