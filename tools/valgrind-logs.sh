#!/bin/sh
# valgrind-logs.sh DIR: every program run under valgrind left a log in DIR; one that is not empty holds what valgrind found.
set -u
n=0 bad=0
for log in "$1"/*; do
  [ -e "$log" ] || { echo "valgrind: no program was run" >&2; exit 1; }
  n=$((n + 1))
  [ ! -s "$log" ] && continue
  bad=$((bad + 1))
  echo "== $log" >&2
  head -60 "$log" >&2
done
echo "valgrind: $n runs of the programs, $bad with findings"
[ "$bad" = 0 ]
