#!/usr/bin/env bash
# run-tests.sh JOBS PROGRAM…: runs test programs side by side. What a program said is printed in one piece when it has ended, with how long
# it took; all of them run even when one fails, the failed ones are named at the end, and the status is then 1.
# PREFIX (a command line) is put before each program. Those that took longest the last time begin first, where that is not known yet those of
# tests/longest in the order they stand there.
set -u
if [ "${1:-}" = --one ]; then
  log=$2.log began=$(date +%s%N)
  rm -f "$2.failed"
  # shellcheck disable=SC2086
  CMOCKA_MESSAGE_OUTPUT=stdout ${PREFIX:-} "$2" >"$log" 2>&1 </dev/null
  status=$?
  ms=$((($(date +%s%N) - began) / 1000000))
  echo "$ms" >"$2.ms"
  [ $status = 0 ] || echo "$status" >"$2.failed"
  exec 9>>"$RUN_LOCK"
  flock 9
  said=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s)\.$/\1 tests, /p' "$log" | tail -1)
  if [ $status != 0 ] || [ -n "${V:-}" ]; then
    cat "$log"
  else
    grep -iE 'skipped' "$log" | sort -u
  fi
  [ $status = 0 ] && how="${said}ok" || how="FAILED (status $status)"
  printf '%s: %s, %d.%d s\n' "${2##*/}" "$how" $((ms / 1000)) $((ms % 1000 / 100))
  exit 0
fi
jobs=$1
shift
[ $# -gt 0 ] || exit 0
RUN_LOCK=$(mktemp) || exit 1
export RUN_LOCK
trap 'rm -f "$RUN_LOCK"' EXIT
longest=$(dirname "$0")/../tests/longest
first_time() {
  local rank
  rank=$(grep -nx "${1##*/}" "$longest" | cut -d: -f1)
  echo $((rank > 0 ? 1000000 - rank : 0))
}
for t in "$@"; do
  rm -f "$t.failed"
  printf '%s %s\n' "$(cat "$t.ms" 2>/dev/null || first_time "$t")" "$t"
done | sort -rn | cut -d' ' -f2- | xargs -d '\n' -P "$jobs" -n 1 "$0" --one || { echo "run-tests: could not run all programs" >&2; exit 1; }
failed=
for t in "$@"; do
  [ -e "$t.ms" ] || { echo "run-tests: $t did not run" >&2; exit 1; }
  [ ! -e "$t.failed" ] || failed="$failed ${t##*/}"
done
[ -z "$failed" ] || { echo "run-tests: FAILED:$failed" >&2; exit 1; }
