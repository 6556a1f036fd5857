#!/usr/bin/env bash
# Prepares a service with 100,000 events and runs the two bench programs. bench.sh [log|screen|service]
set -eu
umask 077
here=$(cd "$(dirname "$0")/.." && pwd)
BUILD=$(cd "${BUILD:-build}" && pwd); dir=$BUILD/bench; demo=$dir/demo; what=${1:-all}
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
if [ "$what" = all ] || [ "$what" = log ]; then
  rm -rf "$dir/log-work"; mkdir "$dir/log-work"
  "$dir/make_log" "${EVENTS:-1000000}" "$dir/log-work/large.db"
  "$dir/log" "$dir/log-work" "$dir/log-work/large.db"
  rm -rf "$dir/log-work"
  [ "$what" = all ] || exit 0
fi
rm -rf "$demo" "$dir"/state-* "$dir"/fsync.bin "$dir"/commits.db* "$dir"/static.port
export DEMO_DIR=$demo DEMO_PORT; DEMO_PORT=$(port); export BUILD
"$here/tools/demo.sh" prepare >&2
sed -i 's/^lookups-per-minute.*/lookups-per-minute = 60000/' "$demo/sigilld.conf"
"$BUILD/sigilld" --config "$demo/sigilld.conf" --port-file "$dir/port" >"$dir/sigilld.out" 2>"$dir/sigilld.err" & service=$!
static=
trap 'kill $service $static 2>/dev/null; wait 2>/dev/null' EXIT
until grep -q ready "$dir/sigilld.out"; do kill -0 $service; read -rt 0.05 _ <> <(:) || :; done
export SIGILL_CONFIG=$demo/sigill.conf LANG=C.UTF-8 HOME=$dir
number=$(grep -v -e protected -e deceased "$demo/citizens.ndjson" | sed -nE 's/.*"personalIdentityNumber":"([0-9]{12})".*/\1/p' | head -1)
citizen=$(echo "$number" | "$BUILD/sigill" lookup --purpose care --json | sed -E 's/.*"citizenId":"([^"]+)".*/\1/')
"$BUILD/sigill" show citizen "$citizen" >/dev/null
if [ "$what" != service ]; then
  kill $service; wait $service || :
  "$dir/make_log" 100000 "$demo/sigill.db" >&2
  "$BUILD/sigilld" --config "$demo/sigilld.conf" --port-file "$dir/port" >"$dir/sigilld.out" 2>>"$dir/sigilld.err" & service=$!
  until grep -q ready "$dir/sigilld.out"; do kill -0 $service; read -rt 0.05 _ <> <(:) || :; done
  "$here/tools/bench-data.sh" "$dir/data"
  "$dir/screen" "$dir/floor" "$BUILD/sigill" o "$dir/data"
fi
if [ "$what" != screen ]; then
  # Two thousand more adults, with numbers of the official test series, so that five acts fall on each.
  python3 - >"$dir/more.ndjson" <<'EOF'
for i in range(2000):
    nine = "%02d%02d%02d%s" % (50 + i // 100, 1 + i // 25 % 12, 1 + i % 25, ("238", "239", "980", "981")[i // 25 % 4])
    odd = sum(int(c) * 2 // 10 + int(c) * 2 % 10 for c in nine[::2])
    print('{"type":"citizen","personalIdentityNumber":"19%s%d","name":"Bertil Bench","region":"demo"}' % (nine, -(odd + sum(map(int, nine[1::2]))) % 10))
EOF
  "$BUILD/sigilld" import --database "$demo/sigill.db" "$dir/more.ndjson" >&2
  "$dir/static" "$demo/pki/server.pem" "$demo/pki/server.key" "$dir/static.port" & static=$!
  until [ -s "$dir/static.port" ]; do kill -0 $static; read -rt 0.05 _ <> <(:) || :; done
  "$dir/service" manager "$dir" "$demo" "https://localhost:$(cat "$dir/static.port")/" "$number"
  "$dir/meanwhile" "$BUILD/sigill" manager "$dir" SE2321000016-3010
fi
