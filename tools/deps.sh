#!/bin/sh
# deps.sh PACKAGE…: installs the Debian packages that are missing. Quiet and quick when none is.
command -v dpkg-query >/dev/null || { echo "deps: this is no Debian system; install what the list in tools/deps.mk stands for" >&2; exit 1; }
there=$(dpkg-query -W -f='${binary:Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/\(:[a-z0-9]*\)\{0,1\} installed$//p')
missing=
for p in "$@"; do
  echo "$there" | grep -qx "$p" || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
echo "deps: missing:$missing" >&2
root=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "deps: run as root, or install sudo, or: apt-get install$missing" >&2; exit 1; }
  root=sudo
fi
# shellcheck disable=SC2086
$root apt-get update -q >&2 && $root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >&2 ||
  { echo "deps: apt-get could not install$missing" >&2; exit 1; }
