#!/usr/bin/env bash
# Makes the 100,000 rows that the other programs are measured with: a text, a git history, a mailbox, a folder. bench-data.sh DIR
set -eu
dir=$1; n=100000
[ -e "$dir/complete" ] && exit 0
mkdir -p "$dir/files"
seq -f 'row %07.0f  2026-11-02 23:41  citizen.read   SE2321000016-1003  Region Demo  done' 0 $((n - 1)) >"$dir/rows.txt"
git init -q "$dir/repo"
awk -v n=$n 'BEGIN { for (i = 0; i < n; i++) { s = sprintf("row %07d citizen.read SE2321000016-1003 Region Demo", i);
  printf "commit refs/heads/main\ncommitter A <a@example.invalid> %d +0000\ndata %d\n%s\n", 1700000000 + i, length(s), s } }' | git -C "$dir/repo" fast-import --quiet
git -C "$dir/repo" symbolic-ref HEAD refs/heads/main
awk -v n=$n 'BEGIN { for (i = 0; i < n; i++) printf "From a@example.invalid Mon Nov  2 23:41:00 2026\nFrom: A <a@example.invalid>\nDate: Mon, 2 Nov 2026 23:41:00 +0000\nSubject: row %07d citizen.read SE2321000016-1003\nMessage-Id: <%d@example.invalid>\nStatus: RO\n\nx\n\n", i, i }' >"$dir/mbox"
(cd "$dir/files" && awk -v n=$n 'BEGIN { for (i = 0; i < n; i++) printf "row %07d\n", i }' | xargs -d '\n' -n 500 touch)
touch "$dir/complete"
