# The scripted tour of the demo, sourced by demo.sh: every step is a command anybody can type, and every step is checked. It puts
# back what it changed. Needs BUILD, demo, start_server and stop_server.
failed=0

# run WANTED-EXIT ARGUMENTS… : runs sigill, shows the command and its output (kept in $out).
run() {
  local wanted=$1 got; shift
  printf '\n$ sigill %s\n' "$*"
  out=$("$BUILD/sigill" "$@" 2>&1 </dev/null); got=$?
  printf '%s\n' "$out" | sed 's/^/    /'
  [ "$got" = "$wanted" ] || wrong "exit $got instead of $wanted"
}
# The same with --json, for what must be looked at; only the checks show.
ask() { out=$("$BUILD/sigill" --json "$@" 2>/dev/null </dev/null); }
wrong() { printf '  ✗ %s\n' "$*"; failed=$((failed + 1)); }
right() { printf '  ✓ %s\n' "$*"; }
check() { if [ "$2" = "$3" ]; then right "$1"; else wrong "$1: $2 instead of $3"; fi; }
step() { printf '\n== %s\n' "$*"; }
member() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" | head -1; }

# allowed PERSON SERVICE: of the access list in $out
allowed() { printf '%s\n' "$out" | grep "\"who\":\"$1\"" | grep "\"service\":\"$2\"" | member allowed; }
# The number goes in by standard input; only the id is shown.
find_citizen() { printf '%s\n' "$1" | "$BUILD/sigill" --json lookup --purpose care | member citizenId; }
pick() { grep "$1" "$demo/citizens.ndjson" | sed -n "${2:-1}p" | member personalIdentityNumber; }

tour_protect() {
  step "A guardian under investigation can read this child's record tonight"
  child=$(find_citizen "$(pick '"child","two-guardians"\]' 6)")
  run 0 access "$child"
  ask access "$child"
  guardian=$(printf '%s\n' "$out" | grep '"relation":"guardian"' | sed -n 1p | member who)
  other=$(printf '%s\n' "$out" | grep '"relation":"guardian"' | grep -v "\"who\":\"$guardian\"" | sed -n 1p | member who)
  check "the guardian reads the journal" "$(allowed "$guardian" journal)" true

  step "What would change if we blocked that guardian and locked the login"
  run 0 preview citizen.protect "$child" "guardian.block.guardian=$guardian" login.lock=yes

  step "Both measures in one act"
  ask do citizen.protect "$child" "guardian.block.guardian=$guardian" login.lock=yes reference=2026/131 --reason "Tour of the demo"
  protect=$(printf '%s\n' "$out" | member actionId)
  check "the action is done" "$(printf '%s\n' "$out" | member outcome)" done
  run 0 access "$child"
  ask access "$child"
  check "the guardian no longer reads the journal" "$(allowed "$guardian" journal)" false
  check "the other guardian still does" "$(allowed "$other" journal)" true
  check "nobody acts for the child in the e-services" "$(allowed "$other" e-services)" false

  step "A nurse has no role for this, and is told so"
  run 77 --profile nurse do login.lock "$child" --reason "Tour of the demo"
}

tour_offline() {
  step "The service is away"
  adult=$(find_citizen "$(pick '"tags":\["adult"' 1)")
  run 0 access "$adult"
  stop_server
  run 75 do login.lock "$adult" requestedBy=citizen --reason "Tour of the demo, without a network"
  ask queue list --waiting
  lock=$(printf '%s\n' "$out" | member actionId)
  check "it is not in effect" "$(printf '%s\n' "$out" | member inEffect)" false
  run 0 queue list --waiting
  case $out in *"NOT YET IN EFFECT"*) right "and it says so" ;; *) wrong "NOT YET IN EFFECT is not shown" ;; esac

  step "The service is back: it is carried out, once"
  start_server
  run 0 sync
  run 0 sync
  ask events "$adult"
  check "one event of that action" "$(printf '%s\n' "$out" | grep -c "\"actionId\":\"$lock\"")" 1
}

tour_clean() {
  step "Everybody who asks later can see what happened"
  run 0 events "$child" --limit 200
  step "The tour lifts what it made"
  run 0 do guardian.unblock "$child" "restriction=$protect" --reason "End of the tour"
  run 0 do login.unlock "$child" "restriction=$protect-1" childChecked=yes --reason "End of the tour"
  run 0 do login.unlock "$adult" "restriction=$lock" --reason "End of the tour"
}

tour() {
  export LC_ALL=C.UTF-8 LANGUAGE=en
  tour_protect
  tour_offline
  tour_clean
  printf '\n'
  if [ "$failed" = 0 ]; then
    echo "tour: every check held"
  else
    echo "tour: $failed checks failed"
    exit 1
  fi
}
