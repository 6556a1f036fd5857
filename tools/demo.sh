#!/usr/bin/env bash
# The demo: makes what is missing in DEMO_DIR, then
#   demo.sh prepare    only that
#   demo.sh server     the service in the foreground, one line `ready` on standard output when it listens
#   demo.sh open       the service in the background and sigill on this terminal; without a terminal the scripted tour
# A second run uses what is there. After 14 days, or when a certificate is about to expire, all of it is made anew (ages and
# "turns 13 soon" are told from the day it was made).
set -u
umask 077
here=$(cd "$(dirname "$0")/.." && pwd) || exit 70
BUILD=${BUILD:-build} DEMO_DIR=${DEMO_DIR:-$BUILD/demo} DEMO_PORT=${DEMO_PORT:-8443}
say() { printf 'demo: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
mkdir -p "$DEMO_DIR" || die "cannot make $DEMO_DIR"
BUILD=$(cd "$BUILD" && pwd) && demo=$(cd "$DEMO_DIR" && pwd) || exit 70
pki=$demo/pki format=3 max_days=14 server_pid=
export SIGILL_CONFIG=$demo/sigill.conf

profiles() { grep -v '^#' "$here/tools/demo/profiles.txt"; }

fresh() {
  local made version now
  { read -r version made <"$demo/made"; } 2>/dev/null || return 1
  now=$(date +%s)
  [ "$version" = "$format" ] && [ $((now - made)) -lt $((max_days * 86400)) ] && [ "$now" -ge "$made" ] &&
    [ -s "$demo/sigill.db" ] && openssl x509 -in "$pki/server.pem" -noout -checkend 864000 >/dev/null 2>&1
}

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" 2>/dev/null; }

# certificate NAME SUBJECT EXTENSIONS
certificate() {
  key "$pki/$1.key" &&
    openssl req -new -utf8 -key "$pki/$1.key" -subj "$2" -out "$pki/$1.csr" 2>/dev/null &&
    openssl x509 -req -in "$pki/$1.csr" -CA "$pki/ca.pem" -CAkey "$pki/ca.key" -CAcreateserial -days 60 -sha256 \
      -extfile <(printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n%b' "$3") -out "$pki/$1.pem" 2>/dev/null &&
    rm -f "$pki/$1.csr" || die "openssl could not make the certificate of $1"
}

make_pki() {
  mkdir -p "$pki" && key "$pki/ca.key" &&
    openssl req -x509 -new -utf8 -key "$pki/ca.key" -days 90 -sha256 -subj '/C=SE/O=Sigill demo/CN=Sigill demo CA' \
      -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out "$pki/ca.pem" 2>/dev/null || die "openssl could not make the CA"
  certificate server '/C=SE/O=Sigill demo/CN=localhost' 'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n'
  while read -r profile hsa name; do
    certificate "$profile" "/C=SE/O=Sigill demo/CN=$name/serialNumber=$hsa" 'extendedKeyUsage=clientAuth\n'
    openssl rand -hex 16 >"$pki/$profile.pass" || die "openssl could not make a passphrase"
  done < <(profiles)
}

make_configs() {
  cat >"$demo/sigilld.conf.new" <<EOF
[server]
listen = 127.0.0.1
port = $DEMO_PORT
cert = pki/server.pem
key = pki/server.key
ca = pki/ca.pem
database = sigill.db

[event-log]
name = demo.sigill.invalid
system = SE2321000016-SIGILL
provider = SE2321000016-0100
provider-name = Region Demo hälso- och sjukvård

[limits]
lookups-per-minute = 6000
lookups-per-hour = 60000
lookups-per-day = 600000
EOF
  {
    printf '# Profiles of the demo. scrypt_log_n is lower than the default of 17 so that every command opens the queue quickly.\n'
    printf '[sigill]\ndefault = manager\nurl = https://localhost:%s\nca = pki/ca.pem\nscrypt_log_n = 14\n' "$DEMO_PORT"
    while read -r profile hsa _; do
      printf '\n# %s\n[%s]\ncert = pki/%s.pem\nkey = pki/%s.key\npassphrase_file = pki/%s.pass\nstate_dir = state/%s\n' \
        "$hsa" "$profile" "$profile" "$profile" "$profile" "$profile"
    done < <(profiles)
  } >"$demo/sigill.conf.new"
  for f in sigilld.conf sigill.conf; do
    cmp -s "$demo/$f.new" "$demo/$f" && rm -f "$demo/$f.new" || mv "$demo/$f.new" "$demo/$f"
  done
}

make_all() {
  say "making the demo in $demo"
  rm -rf "$pki" "$demo/state" "$demo"/sigill.db* "$demo/made" "$demo/citizens.ndjson" "$demo/import.ndjson"
  make_pki
  "$BUILD/tools/demo_data" "$demo/import.ndjson" "$demo/citizens.ndjson" || die "the demo citizens could not be made"
  "$BUILD/sigilld" import --database "$demo/sigill.db" "$here/tools/demo/directory.ndjson" "$demo/import.ndjson" >&2 || die "the import failed"
  printf '%s %s\n' "$format" "$(date +%s)" >"$demo/made"
}

prepare() {
  exec 9>"$demo/.lock"
  flock -w 60 9 || die "another run is still making $demo"
  fresh || make_all
  make_configs
  exec 9>&-
}

stop_server() {
  [ -n "$server_pid" ] || return 0
  kill "$server_pid" 2>/dev/null
  wait "$server_pid" 2>/dev/null
  server_pid=
}

# The service of this very demo that somebody else started.
running() {
  local pid
  pid=$(cat "$demo/server.pid" 2>/dev/null) && [ -r "/proc/$pid/cmdline" ] && tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF "$demo/sigilld.conf"
}

start_server() {
  local out=$demo/server.out tries=0
  : >"$out"
  "$BUILD/sigilld" --config "$demo/sigilld.conf" >"$out" 2>"$demo/server.log" &
  server_pid=$!
  echo "$server_pid" >"$demo/server.pid"
  until grep -q '^ready$' "$out"; do
    tries=$((tries + 1))
    if ! kill -0 "$server_pid" 2>/dev/null; then
      tail -5 "$demo/server.log" >&2
      server_pid=
      die "sigilld did not start. If port $DEMO_PORT is taken by another program, choose one: make demo DEMO_PORT=9443"
    fi
    [ "$tries" -lt 200 ] || die "sigilld is not ready after 20 seconds"
    sleep 0.1
  done
}

case ${1:-open} in
  prepare) prepare ;;
  server)
    running && die "the demo's service already runs (process $(cat "$demo/server.pid"))"
    prepare
    echo $$ >"$demo/server.pid"
    exec "$BUILD/sigilld" --config "$demo/sigilld.conf"
    ;;
  open)
    trap stop_server EXIT
    trap 'exit 130' INT TERM HUP
    if running; then
      [ -t 0 ] && [ -t 1 ] || die "the demo's service already runs (process $(cat "$demo/server.pid")); the tour stops and starts it, so end that one first"
      say "the demo's service already runs; using it"
    else
      prepare
      start_server
    fi
    if [ -t 0 ] && [ -t 1 ]; then
      "$BUILD/sigill"
    else
      . "$here/tools/tour.sh"
      tour
    fi
    ;;
  *) die "use it as: demo.sh prepare|server|open" ;;
esac
