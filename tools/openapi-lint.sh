#!/bin/sh
# openapi-lint.sh FILE VERSION: @redocly/cli's recommended rules, without sending anything anywhere. Without npm or network it says so.
set -u
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
command -v npx >/dev/null || { echo "openapi-lint: SKIPPED: no npx here"; exit 0; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT INT TERM
npm i --prefix "$dir" --ignore-scripts --no-save --no-audit --no-fund "@redocly/cli@$2" >"$dir/npm.log" 2>&1 || { echo "openapi-lint: SKIPPED: @redocly/cli $2 cannot be fetched"; exit 0; }
"$dir/node_modules/.bin/redocly" lint --extends recommended --skip-rule no-server-example.com --skip-rule operation-4xx-response "$1"
