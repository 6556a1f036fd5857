#!/usr/bin/env bash
# fuzz.sh DIR RUNS SECONDS TARGET...: each target of DIR under libFuzzer, RUNS runs (SECONDS, when not 0, ends it before). What it learns stays in
# DIR/corpus/TARGET for the next time; what fails is left in DIR/fails. Prints the runs that were really made.
set -eu
dir=$1 runs=$2 seconds=$3; shift 3
total=0 bad=0 began=$SECONDS
mkdir -p "$dir/fails"
for t in "$@"; do
  corpus=$dir/corpus/$t; mkdir -p "$corpus"
  SIGILL_FUZZ_SEEDS=$corpus "$dir/$t"
  inputs=tests/fuzz/inputs/$t; [ -d "$inputs" ] || inputs=
  log=$dir/$t.log
  "$dir/$t" -runs="$runs" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$dir/fails/$t-" \
    "$corpus" $inputs >"$log" 2>&1 || { bad=1; tail -40 "$log"; echo "fuzz: $t: FAILED"; }
  n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log") per=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  total=$((total + ${n:-0}))
  printf 'fuzz: %-16s %10s runs, %7s a second, %s\n' "$t" "${n:-?}" "${per:-?}" "$(grep -o 'cov: [0-9]*' "$log" | tail -1)"
done
echo "fuzz: $total runs in $((SECONDS - began)) s"
exit $bad
