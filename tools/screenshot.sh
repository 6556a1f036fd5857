#!/usr/bin/env bash
# Draws docs/sigill.png: the real program on a demo of its own, one guardian blocked, one seal still waiting, seen through tmux.
#   screenshot.sh OUT.png      BUILD=… PICTURE_PORT=…
set -u
cd "$(dirname "$0")/.." || exit 2
out=${1:-docs/sigill.png} BUILD=${BUILD:-build} port=${PICTURE_PORT:-8447} cols=100 rows=28
for p in tmux rsvg-convert /usr/bin/python3; do command -v $p >/dev/null || { echo "picture: $p is missing"; exit 2; }; done
work=$(mktemp -d) || exit 2
server=
t() { tmux -L "sigill-picture-$$" -f /dev/null "$@"; }
finish() { t kill-server 2>/dev/null; [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; rm -rf "$work"; }
trap finish EXIT
die() { echo "picture: $*" >&2; exit 1; }
sigill=$(realpath "$BUILD/sigill") || die "build first"
export LANG=C.UTF-8 SIGILL_CONFIG=$work/demo/sigill.conf
unset LC_ALL NO_COLOR

BUILD=$BUILD DEMO_DIR=$work/demo DEMO_PORT=$port tools/demo.sh server >"$work/server.out" 2>"$work/server.err" &
server=$!
for _ in $(seq 200); do grep -q '^ready' "$work/server.out" && break; sleep 0.1; done
grep -q '^ready' "$work/server.out" || { cat "$work/server.err"; die "the service did not start"; }

# A child of seven to twelve with two guardians; one of them is blocked, and a seal is left waiting.
field() { /usr/bin/python3 -c "import json,sys
for o in map(json.loads, sys.stdin):
    if $1:
        print(o['$2']); break"; }
number=$(field "'two-guardians' in o['tags'] and int(o['personalIdentityNumber'][:4]) < 2020" personalIdentityNumber <"$work/demo/citizens.ndjson")
[ -n "$number" ] || die "no such child in the demo"
id=$("$sigill" --json lookup --purpose care <<<"$number" | field True citizenId) && [ -n "$id" ] || die "the lookup failed"
guardian=$("$sigill" --json access "$id" | field "o['relation'] == 'guardian'" who)
"$sigill" do guardian.block "$id" guardian="$guardian" reference="2026/118" --reason "Investigation" >/dev/null || die "the block failed"
"$sigill" do record.seal "$id" scope=account reference="2026/131" --reason "Investigation" --queue >/dev/null

t new-session -d -x $cols -y $rows "$sigill --theme dark --lang en" || die "tmux did not start"
shows() { for _ in $(seq 100); do t capture-pane -p | grep -q "$1" && return; sleep 0.1; done; t capture-pane -p >&2; die "“$1” did not appear"; }
shows "online"
t send-keys -l f
shows "Personnummer"
t send-keys -l "$number"
t send-keys Enter
shows "RESTRICTIONS"
shows "blocked"
sleep 0.5
t capture-pane -e -p -N >"$work/screen.ansi"
tools/ansi2svg.py "$work/screen.ansi" $cols $rows >"$work/screen.svg" && rsvg-convert -z 1.5 "$work/screen.svg" -o "$out" || die "drawing failed"
echo "picture: $out"
