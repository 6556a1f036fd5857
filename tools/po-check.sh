#!/usr/bin/env bash
# The Swedish catalogue holds every text of the interface and nothing else. Lists what is missing; exit 1 when something is.
set -u
cd "$(dirname "$0")/.." || exit 2
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
find src ui -name '*.c' -o -name '*.h' -o -name '*.def' | grep -E '^(src|ui)/' | sort >"$tmp/files"
xgettext --from-code=UTF-8 -LC -k -k_ -kN_ -kngettext:1,2 --no-wrap -o "$tmp/all.pot" -f "$tmp/files" 2>"$tmp/err" || { cat "$tmp/err"; exit 1; }
[ "${1:-}" = --update ] && { msgmerge -q -U --backup=none --no-fuzzy-matching --no-wrap ui/po/sv.po "$tmp/all.pot"; msgattrib --no-obsolete --no-wrap -o ui/po/sv.po ui/po/sv.po; exit; }
msgmerge -q --no-fuzzy-matching --no-wrap -o "$tmp/merged.po" ui/po/sv.po "$tmp/all.pot" || exit 1
missing=$(msgattrib --untranslated --no-obsolete --no-wrap "$tmp/merged.po" | grep -c '^msgid "..*"')
if [ "$missing" -gt 0 ]; then
  echo "po: $missing texts without Swedish:"; msgattrib --untranslated --no-obsolete --no-wrap "$tmp/merged.po" | grep '^msgid' | head -40; exit 1
fi
echo "po: Swedish is complete ($(grep -c '^msgid' "$tmp/all.pot") texts)"
