#!/usr/bin/env bash
# A long event log, measured from outside: bench-log.sh EVENTS [DIR]. DIR (build/bench/log-EVENTS) is a demo whose log is filled when it is
# not yet; it is kept. Printed: the service's own time for a page, the real client's from key to painted page, the client's memory, the
# verification of every log over the wire beside bare hashes, the size of proofs, and how soon an action has one.
set -eu
umask 077
here=$(cd "$(dirname "$0")/.." && pwd)
events=$1; BUILD=$(cd "${BUILD:-build}" && pwd); bench=$BUILD/bench; dir=${2:-$bench/log-$events}
export BUILD DEMO_DIR=$dir DEMO_PORT LANG=C.UTF-8 LC_ALL=C.UTF-8 SIGILL_CONFIG=$dir/sigill.conf
DEMO_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
db=$dir/sigill.db sigill=$BUILD/sigill
if [ ! -f "$dir/filled" ]; then
  "$here/tools/demo.sh" prepare >&2
  "$bench/make_log" "$events" "$db" | tee "$dir/filled"
fi
# Only the port of the demo that is there is made new; its certificates and its data stay.
sed -i -E "s/^port = .*/port = $DEMO_PORT/" "$dir/sigilld.conf"
sed -i -E "s/localhost:[0-9]+/localhost:$DEMO_PORT/" "$dir/sigill.conf"
service=
serve() {
  local began; began=$(date +%s.%N)
  "$BUILD/sigilld" --config "$dir/sigilld.conf" >"$dir/bench.out" 2>"$dir/bench.err" & service=$!
  until grep -q ready "$dir/bench.out"; do kill -0 $service; read -rt 0.02 _ <> <(:) || :; done
  echo "start of the service                         $(echo "$(date +%s.%N) - $began" | bc) s${1:+   ($1)}"
}
rest() { [ -z "$service" ] || { kill $service; wait $service || :; service=; }; }
trap rest EXIT
cpu() { awk -v h="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / h }' "/proc/$1/stat"; }

echo "== $(date +%F), $events events, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), $(du -h "$db" | cut -f1)"
serve "signs whatever is not signed yet"; rest; serve; rest
echo "== in the service: session, role, own event with fsync, answer"
"$bench/log_pages" "$db" SE2321000016-2009
serve >/dev/null
echo "== key to painted page, real client over TLS, 132x50"
"$sigill" --profile national sync >/dev/null || :
python3 - "$db" >"$dir/citizens.txt" <<'PY'
import random, sqlite3, sys
db, found = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True), []
top, dice = db.execute("SELECT max(idx) FROM event").fetchone()[0], random.Random(7)
while len(found) < 40:
    row = db.execute("SELECT subject FROM event WHERE idx >= ? AND subject <> '' ORDER BY idx LIMIT 1", (dice.randrange(top),)).fetchone()
    if row and row[0] not in found:
        found.append(row[0])
print("\n".join(found))
PY
"$bench/log_screen" "$sigill" national "$dir/citizens.txt"
echo "== sigill log verify, every log, over the wire"
before=$(cpu $service)
TIMEFORMAT='client: %R s, %U s + %S s of processor'; time "$sigill" --profile national log verify
echo "service meanwhile: $(echo "$(cpu $service) - $before" | bc) s of processor"
"$bench/log_verify" floor "$events"
echo "== proofs"
"$here/tools/bench-proof.py" "$sigill" "$db"
