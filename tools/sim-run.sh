#!/bin/sh
# sim-run.sh BINARY FROM SEEDS TWICE [LEDGER]: the seeds in two processes at once, the first TWICE of them run two times; one line of totals, a line
# that repeats whatever failed, and with LEDGER a line appended to it.
set -u
bin=$1 from=$2 seeds=$3 twice=$4 ledger=${5:-}
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT INT TERM
[ "$twice" -lt "$seeds" ] || twice=$seeds
half=$(( from + twice + (seeds - twice) / 2 )) last=$(( from + seeds - 1 ))
began=$(date +%s)
run() { [ "$2" -gt "$3" ] || "$bin" ${SIM_FLAGS:-} --seeds "$2..$3" $4 >>"$out/$1" 2>&1 || echo "process $1: status $?" >>"$out/$1"; }
( run 1 "$from" $(( from + twice - 1 )) --twice; run 1 $(( from + twice )) $(( half - 1 )) "" ) & one=$!
run 2 "$half" "$last" ""
wait $one
grep -hv '^sim:\|^     faults:' "$out"/1 "$out"/2
awk -v ledger="$ledger" -v from="$from" -v last="$last" -v seconds=$(( $(date +%s) - began )) -v twice="$twice" \
    -v commit="$(git describe --always --dirty=+ --exclude '*' 2>/dev/null || echo unknown)" '
    /^sim:/ { runs += $2; asked += $4; queued += $7; done += $9; again += $12; faults += $14; restarts += $16; messages += $18; reads += $22; failed += $(NF - 1); parts++ }
    /faults:/ { sub(/^ *faults: /, ""); n = split($0, part, ", "); for (i = 1; i <= n; i++) { v = part[i] + 0; k = part[i]; sub(/^[0-9]+ /, "", k); hit[k] += v; name[i] = k } }
    /^process / { broken = 1 }
    END {
        seeds = runs - twice; if (seconds < 1) seconds = 1
        printf "sim: %d seeds (%d run twice, same trace), %d actions decided, %d queued, %d in effect, %d forgotten and sent again, %d faults, %d messages, %d reads without the service, %d s, %.1f seeds/s, %d failed\n", \
            seeds, twice, asked, queued, done, again, faults, messages, reads, seconds, runs / seconds, failed
        for (i = 1; i <= n; i++) printf "%s%d %s", (i > 1 ? ", " : "     "), hit[name[i]], name[i]
        printf "\n"
        if (ledger != "") printf "%s %d..%d %d %d %d %d %d %.1f %d\n", commit, from, last, seeds, asked, queued, done, faults, runs / seconds, failed >> ledger
        exit failed > 0 || broken || seeds != last - from + 1
    }' "$out"/1 "$out"/2
