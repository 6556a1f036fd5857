#!/usr/bin/env bash
# Every test file that a page of docs/ or the README names must exist.
set -u
cd "$(dirname "$0")/.." || exit 2
bad=0 n=0
while read -r page name; do
  n=$((n + 1))
  [ -e "$name" ] || { echo "docs: $page names $name, which does not exist"; bad=1; }
done < <(grep -oE '(build/)?tests/[A-Za-z0-9_/.-]+[A-Za-z0-9]' README.md docs/*.md | grep -v ':build/' | sed 's/:/ /' | sort -u)
[ "$bad" = 0 ] && echo "docs: all $n test files named there exist"
exit $bad
