#!/usr/bin/env bash
# House rules that a grep or a count can decide. Prints every breach with its place; exit 1 when there is one.
set -u
cd "$(dirname "$0")/.." || exit 2
bad=0
breach() { echo "lint: $*"; bad=1; }

mapfile -t sources < <(git ls-files --cached --others --exclude-standard -- 'src/*.[ch]' 'ui/*.[ch]' 'src/**/*.[ch]' 'ui/**/*.[ch]' 'tests/**/*.[ch]' 'tools/*.c' | sort -u)
mapfile -t product < <(printf '%s\n' "${sources[@]}" | grep -E '^(src|ui)/')

# 1. File length: 700 lines at most.
for f in "${sources[@]}"; do
  n=$(wc -l <"$f"); [ "$n" -le 700 ] || breach "$f: $n lines (limit 700)"
done

# The outsider's verifier can be read in one go.
n=$(cat src/verify/*.[ch] | wc -l); [ "$n" -le 1000 ] || breach "src/verify: $n lines in all (limit 1000)"

# 2. Function length (100) and cyclomatic complexity (20).
tools/functions.awk "${product[@]}" >/tmp/sigill-functions.$$ || bad=1
while IFS=$'\t' read -r file line name len cc; do
  [ "$len" -le 100 ] || breach "$file:$line: $name has $len lines (limit 100)"
  [ "$cc" -le 20 ] || breach "$file:$line: $name has complexity $cc (limit 20)"
done </tmp/sigill-functions.$$
cut -f4 /tmp/sigill-functions.$$ | sort -n | awk '{a[NR]=$1} END {if (NR) printf "lint: %d functions, median %d lines, longest %d\n", NR, a[int((NR+1)/2)], a[NR]}'
median=$(cut -f4 /tmp/sigill-functions.$$ | sort -n | awk '{a[NR]=$1} END {print NR ? a[int((NR+1)/2)] : 0}')
[ "$median" -lt 20 ] || breach "median function has $median lines (limit under 20)"
rm -f /tmp/sigill-functions.$$

# 3. Banned calls.
banned='\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|system|popen)[[:space:]]*\('
while IFS= read -r hit; do breach "$hit: banned call"; done < <(grep -nE "$banned" "${product[@]}" | grep -vE ':[[:space:]]*(/?\*|//)' | cut -d: -f1,2)

# 4. Walls: what each room may include, and which libraries stay where.
allowed() { case $1 in
  base) echo "base";; model) echo "model base";; wire) echo "wire model base";; merkle) echo "merkle base";; sign) echo "sign merkle base";;
  net) echo "net wire model base";; queue) echo "queue wire model base";; sync) echo "sync net queue merkle wire model base";;
  cmd) echo "cmd sync net queue merkle wire model base";; cli) echo "cli cmd sync net queue merkle wire model base";;
  witness) echo "witness sign merkle net wire model base";;
  server) echo "server witness sign merkle wire model base";; verify) echo "verify";; ui) echo "ui cli cmd sync net queue wire model base";; esac; }
for f in "${product[@]}"; do
  room=${f#src/}; room=${room%%/*}
  ok=" $(allowed "$room") "
  while IFS= read -r inc; do
    to=${inc%%/*}
    case "$ok" in *" $to "*) ;; *) breach "$f: includes \"$inc\", which does not lie below $room";; esac
  done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]+"([^"]+\/[^"]+)".*/\1/p' "$f")
  case $room in ui) ;; *) grep -qE '#[[:space:]]*include[[:space:]]*<(n?curses|term)\.h>' "$f" && breach "$f: curses outside ui/";; esac
  case $room in ui) grep -qE '#[[:space:]]*include[[:space:]]*<(curl/|sqlite3|cjson/|microhttpd)' "$f" && breach "$f: curl, SQLite or cJSON inside ui/";; esac
  case $room in base|model) [ "$room" = model ] && grep -qE '#[[:space:]]*include[[:space:]]*<(curl/|sqlite3|cjson/|microhttpd|sys/socket|unistd)' "$f" && breach "$f: I/O in the pure model";; esac
done

# 5. One door to the terminal: curses output calls only in the canvas and the terminal module.
while IFS= read -r hit; do breach "$hit: writes to the screen past the canvas"; done < <(
  grep -nE '\b(mv)?w?(printw|addstr|addnstr|addch|add_wch|addwstr|addnwstr|putp)[[:space:]]*\(' ui/*.c ui/views/*.c 2>/dev/null | grep -vE '^ui/(canvas|term)[a-z_]*\.c:' | cut -d: -f1,2)

# 6. SQL is prepared: no format strings with SQL words.
while IFS= read -r hit; do breach "$hit: SQL put together from parts"; done < <(
  grep -nE '(sg_format|snprintf|sg_buf_addf)\([^;]*"(SELECT|INSERT|UPDATE|DELETE) ' "${product[@]}" | cut -d: -f1,2)

# 7. The project speaks of itself alone.
while IFS= read -r hit; do breach "$hit: names something outside the project"; done < <(
  git grep -nIE '\.\./shared|/work/main|issue #?[0-9]+|\bhelper-[0-9]|registry\.npmjs|deb\.debian\.org' -- . ':!.ci/run' ':!tools/lint-rules.sh' | cut -d: -f1,2)

# 8. Translations: complete, and nothing stale.
if command -v msgfmt >/dev/null; then
  msgfmt -c -o /dev/null ui/po/sv.po || breach "ui/po/sv.po: msgfmt finds faults"
  tools/po-check.sh || bad=1
else breach "msgfmt is missing (gettext)"; fi

# 9. Pages that name a test name one that exists.
tools/named-tests.sh || bad=1

[ $bad = 0 ] && echo "lint: house rules hold"
exit $bad
