#!/usr/bin/env python3
"""Size of proof files, and how soon an action has its proof: bench-proof.py SIGILL DATABASE, with SIGILL_CONFIG of a demo whose service runs.
A proof is there when the client has fetched it, checked it and kept it with the action."""
import base64, json, random, sqlite3, subprocess, sys, time

sigill, db = sys.argv[1], sqlite3.connect("file:%s?mode=ro" % sys.argv[2], uri=True)


def run(profile, *args, stdin=None):
    p = subprocess.run([sigill, "--profile", profile, *args], input=stdin, capture_output=True, text=True)
    return p.returncode, p.stdout


def proofs():
    dice, sizes = random.Random(3), []
    kinds = ["citizen.read", "citizen.lookup", "session.start", "login.lock", "guardian.block", "record.seal", "citizen.protect"]
    top = db.execute("SELECT max(idx) FROM event").fetchone()[0]
    for i in range(70):
        kind = kinds[i % len(kinds)]
        row = db.execute("SELECT id FROM event WHERE kind = ? AND idx >= ? ORDER BY idx LIMIT 1", (kind, dice.randrange(top * 9 // 10))).fetchone()
        code, out = run("national", "log", "prove", row[0]) if row else (1, "")
        if code == 0:
            v = json.loads(out)
            size, hashes = len(out.encode()) - 1, len(base64.b64decode(v["path"])) // 32
            # A path of ten million entries has 24 hashes; these logs are smaller, one for each care provider.
            sizes.append((size, hashes, size + max(0, 24 - hashes) * 128 // 3))
    sizes.sort()
    if sizes:
        print("%d proof files: %d to %d bytes with paths of %d to %d hashes; with a path of 24 hashes (10,000,000 entries in one log): at most %d bytes"
              % (len(sizes), sizes[0][0], sizes[-1][0], min(s[1] for s in sizes), max(s[1] for s in sizes), max(s[2] for s in sizes)))


def soon():
    took = []
    for number in numbers(20):
        _, out = run("manager", "lookup", "--purpose", "care", "--json", stdin=number + "\n")
        citizen = json.loads(out or "{}").get("citizenId")
        code, out = run("manager", "do", "login.lock", citizen, "--reason", "bench", "--json") if citizen else (1, "")
        t1 = time.monotonic()
        if code != 0:
            continue                        # locked already, or not to be locked
        action = json.loads(out)["actionId"]
        while True:
            run("manager", "sync")
            _, out = run("manager", "queue", "show", action, "--json")
            if json.loads(out).get("receipt", {}).get("verified") or time.monotonic() - t1 > 10:
                break
        took.append(time.monotonic() - t1)
    took.sort()
    if took:
        print("proof fetched, checked and kept after the answer to the action (two starts of sigill included): median %.2f s, worst %.2f s of %d"
              % (took[len(took) // 2], took[-1], len(took)))


def numbers(most):
    found = []
    with open(sys.argv[2].rsplit("/", 1)[0] + "/citizens.ndjson") as f:
        for line in f:
            v = json.loads(line)
            if not any(k in line for k in ("protected", "deceased")) and "personalIdentityNumber" in v:
                found.append(v["personalIdentityNumber"])
    return found[:most]


proofs()
soon()
