# Random acts of many kinds in a real service, for the check of exports (sourced by export-check.sh, needs dir, BUILD, SEED). The demo's
# people, citizens and service in a folder of its own; every act is a command anybody can type. A thousand random ones that
# nobody did are then put into that log by the service's own code, because acts take time. Afterwards somebody who may read the whole log has
# exported it to $dir/real.storelog, $dir/real.atna and $dir/real.fhir: $acted events of acts, $real in all, of $kinds kinds.
export LC_ALL=C.UTF-8 LANGUAGE=en SIGILL_CONFIG=$dir/service/sigill.conf
RANDOM=$SEED
people=(manager manager receiver handler nurse account-admin journal-admin local-admin norr-admin support newcomer)
nasty=('a <b> & "c"' "it's ]]> over" 'Åsa, 2 år – utredning' '=1+1' '--' 'rad\nbrytning\ttab' '😀 &#0;' '%s {} <!--')
any() { local -n list=$1; pick=${list[RANDOM % ${#list[@]}]}; }
act() { "$BUILD/sigill" "$@" >>"$dir/acts.log" 2>&1 || :; }

start() {
  local try
  for try in 1 2 3; do
    : >"$dir/service.out"
    BUILD=$BUILD DEMO_DIR=$dir/service DEMO_PORT=$((20000 + (RANDOM ^ $$ * 7) % 12000)) tools/demo.sh server >"$dir/service.out" 2>"$dir/service.log" &
    service=$!
    while kill -0 $service 2>/dev/null && ! grep -q '^ready$' "$dir/service.out"; do sleep 0.1; done
    kill -0 $service 2>/dev/null && return
  done
  tail -5 "$dir/service.log"; exit 1
}

stop() { kill $service 2>/dev/null; wait $service 2>/dev/null || :; }

# One line for sigill batch; some cannot be carried out, and the refusal is an event as well.
line() {
  local reason child=${citizens[RANDOM % ${#citizens[@]}]} other=${citizens[RANDOM % ${#citizens[@]}]} params kind
  any nasty; reason=${pick//\\/\\\\}; reason=${reason//\"/\\\"}
  case $((RANDOM % 8)) in
    0|1) kind=login.lock params='"requestedBy":"citizen","reference":"2026/1 & 2"' ;;
    2) kind=record.seal params='"scope":"account","initiative":"care"' ;;
    3) kind=record.seal params='"scope":"provider","provider":"SE2321000016-0100","initiative":"citizen"' ;;
    4) kind=record.seal params='"scope":"period","from":"2020-01-01","to":"2020-12-31","initiative":"care"' ;;
    5) kind=guardian.block params="\"guardian\":\"$other\",\"acute\":true" ;;
    6) kind=login.unlock params='"restriction":"01a21b94-1241-71f2-8eb3-097246a8e201","childChecked":true' ;;
    *) kind=minor-access.grant params="\"grantee\":\"$child\",\"unit\":\"SE2321000016-0101\",\"decisionBy\":\"SE2321000016-2010\",\"harmAssessed\":true,\"to\":\"2027-01-01\"" ;;
  esac
  printf '{"kind":"%s","subject":"%s","params":{%s},"reason":"%s"}\n' "$kind" "$child" "$params" "$reason"
}

rm -rf "$dir/service" "$dir"/real.* "$dir/acts.log" "$dir/log"; mkdir -p "$dir/service"
start
trap stop EXIT
citizens=()
while read -r number; do
  any people
  id=$(printf '%s\n' "$number" | "$BUILD/sigill" --json --profile "$pick" lookup --purpose care 2>>"$dir/acts.log" | sed -n 's/.*"citizenId":"\([^"]*\)".*/\1/p')
  [ -n "$id" ] || continue
  citizens+=("$id")
  any people
  case $((RANDOM % 6)) in
    0) act --profile "$pick" access "$id" ;;
    1) act --profile "$pick" preview login.lock "$id" requestedBy=citizen ;;
    2) act --profile "$pick" show citizen "$id" ;;
    3) act --profile "$pick" events "$id" ;;
    4) act --profile reviewer events "$id" --extract ;;
    *) act events "$id" --history ;;
  esac
done < <(sed 's/.*"personalIdentityNumber":"\([0-9]*\)".*/\1/' "$dir/service/citizens.ndjson" | shuf -n 20 --random-source=<(yes "$SEED"))
[ ${#citizens[@]} -gt 10 ] || { tail -5 "$dir/acts.log"; echo "export: only ${#citizens[@]} citizens were found"; exit 1; }
for p in manager handler account-admin journal-admin receiver nurse norr-admin; do
  for _ in $(seq 20); do line; done | "$BUILD/sigill" --json --profile "$p" batch >>"$dir/acts.log" 2>&1 || :
done
act do citizen.protect "${citizens[0]}" login.lock=yes --reason 'x < y'
act prepare --purpose care
act sync
act log verify
for p in reviewer national; do
  act --profile "$p" events --all --newest --limit 5
  act --profile "$p" events --all --sample 5 --seed 0000000000000007
  act --profile "$p" events --all --format csv --out "$dir/real.csv.$p"
done
acted=$("$BUILD/sigill" --json --profile national events --all --limit 100000 | grep -c eventId)
stop
"$BUILD/bench/make_log" 1000 "$dir/service/sigill.db" "$SEED" >>"$dir/acts.log" 2>&1
start
act --profile national log export "$dir/log"
for form in storelog atna fhir ndjson; do
  "$BUILD/sigill" --profile national events --all --format $form --out "$dir/real.$form" 2>>"$dir/acts.log" || { tail -3 "$dir/acts.log"; exit 1; }
done
stop
trap - EXIT
real=$(wc -l <"$dir/real.ndjson")
kinds=$(grep -o '"kind":"[^"]*"' "$dir/real.ndjson" | sort -u | wc -l)
[ "$acted" -ge 250 ] && [ "$real" -ge 1250 ] && [ "$kinds" -ge 25 ] || { echo "export: only $acted and $real events of $kinds kinds were made"; exit 1; }
