#!/usr/bin/env bash
# faults.sh JOBS PROGRAM PART…: every part in every class of calls as a process of its own, JOBS at a time, each with a map for the shim;
# what each said in one piece when it has ended, and the totals at the end: runs, places in the code and call paths whose calls were made to fail,
# faults that had another end than they should. FAULT_CLASS chooses one class. Status 1 when anything was wrong, or a place was never made to
# fail. (A path is the whole stack; some are taken by chance, when threads meet so or a buffer just then grows, and may not come again.)
set -u
if [ "${1:-}" = --one ]; then
  part=$3 class=$4 log=$FAULT_OUT/$3-$4
  map=$(mktemp) && truncate -s 4M "$map" || exit 1
  began=$(date +%s)
  SIGILL_FAULT=$map FAULT_PART=$part FAULT_CLASS=${class#all} LD_PRELOAD=$SIGILL_FAULT_SHIM "$2" >"$log" 2>&1 </dev/null
  status=$?
  rm -f "$map"
  [ $status = 0 ] || echo "$part $class: status $status" >>"$FAULT_OUT/failed"
  exec 9>>"$FAULT_OUT/lock"
  flock 9
  grep -v '^\[' "$log"
  echo "$part, $class: $(($(date +%s) - began)) s"
  exit 0
fi
jobs=$1 program=$2
shift 2
FAULT_OUT=$(mktemp -d) || exit 1
export FAULT_OUT
trap 'rm -rf "$FAULT_OUT"' EXIT
classes=${FAULT_CLASS:-memory file socket}
[ "${FAULT_MS:-0}" = 0 ] || classes=${FAULT_CLASS:-all}                   # a sample is not worth three beginnings
for class in $classes; do
  for part in "$@"; do printf '%s\0%s\0' "$part" "$class"; done
done | xargs -0 -P "$jobs" -n 2 "$0" --one "$program" || { echo "faults: could not run all parts" >&2; exit 1; }
cat "$FAULT_OUT"/*-* | awk -v short="${FAULT_MS:-0}" '
  / runs [0-9]+, places / { for (i = 1; i < NF; i++) { if ($i == "runs") runs += $(i + 1); if ($i == "reached") reached += $(i + 1)
                             if ($i == "places") places += $(i + 1); if ($i == "untouched") untouched += $(i + 1)
                             if ($i == "missed") missed += $(i + 1); if ($i == "wrong") wrong += $(i + 1) } parts++ }
  END { printf "faults: %d runs; places that failed: %d of %d; call paths: %d of %d%s; %d with another end than they should\n", runs, places - untouched, places,
               reached, reached + missed, short + 0 ? " (a sample)" : "", wrong
        exit wrong > 0 || (untouched > 0 && !(short + 0)) }'
status=$?
[ ! -s "$FAULT_OUT/failed" ] || { cat "$FAULT_OUT/failed"; status=1; }
exit $status
