#!/usr/bin/env python3
"""Second verifier of an exported event log, in another language, with nothing but the standard library and the openssl command.

    verify-log.py [--key KEY] [--since CHECKPOINT] [--witness KEY]... [--quorum N] [--leaves] PATH...

The same checks as sigill-verify in the same order (formats: docs/log.md); the two must give the same verdict and name the same first
bad entry. Exit 0 only when every PATH is OK."""
import base64, functools, hashlib, json, os, re, struct, subprocess, sys, tempfile
from datetime import datetime, timedelta, timezone

TEXT, TIME, FLAG, WORDS = range(4)
FIELDS = [("eventId", TEXT), ("kind", TEXT), ("outcome", TEXT), ("at", TIME), ("performedAt", TIME), ("actor", TEXT), ("actorName", TEXT),
          ("commission", TEXT), ("unit", TEXT), ("unitName", TEXT), ("provider", TEXT), ("purpose", TEXT), ("subject", TEXT), ("actionId", TEXT),
          ("restrictions", WORDS), ("rule", TEXT), ("device", TEXT), ("offline", FLAG), ("reason", TEXT), ("reference", TEXT), ("client", TEXT),
          ("etagBefore", TEXT), ("region", TEXT), ("log", TEXT), ("system", TEXT), ("activityType", TEXT), ("activityArgs", TEXT), ("title", TEXT),
          ("assignment", TEXT), ("providerName", TEXT), ("resourceType", TEXT), ("decision", TEXT), ("traceparent", TEXT), ("skew", FLAG)]
# SubjectPublicKeyInfo of an Ed25519 key without the key itself (RFC 8410).
SPKI = bytes.fromhex("302a300506032b6570032100")


class Bad(Exception):
    def __init__(self, why, index=None):
        super().__init__(why)
        self.index = index


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def unbase64(text):
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        return None
    want = text.encode() if isinstance(text, str) else text
    return raw if base64.b64encode(raw) == want else None


def decimal(text):
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text) or int(text) >= 1 << 63:
        return None
    return int(text)


LOG, WITNESS = 1, 4


class Key:
    def __init__(self, text, kind=LOG):
        m = re.fullmatch(r"([!-*,-~]{1,199})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)", text)
        raw = unbase64(m.group(3)) if m else None
        if raw is None or len(raw) != 33 or raw[0] != kind:
            raise Bad("key: not a verifier key")
        self.name, self.pub, self.text, self.kind = m.group(1), raw[1:], text, kind
        self.id = sha(self.name.encode(), b"\n", raw)[:4]
        if self.id.hex() != m.group(2):
            raise Bad("key: not a verifier key")


@functools.lru_cache(maxsize=256)
def openssl_verify(pub, message, signature):
    with tempfile.TemporaryDirectory() as d:
        for name, data in (("key", SPKI + pub), ("msg", message), ("sig", signature)):
            with open(os.path.join(d, name), "wb") as f:
                f.write(data)
        return subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", d + "/key", "-rawin", "-in", d + "/msg",
                               "-sigfile", d + "/sig"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def open_note(note, key):
    """The signed text. Every line in the key's name and id must be good, and there must be one."""
    at = note.rfind(b"\n\n")
    if at < 1 or not note.endswith(b"\n") or any(c < 32 and c != 10 for c in note):
        raise Bad("checkpoint: not a note")
    try:
        note.decode()
    except UnicodeDecodeError:
        raise Bad("checkpoint: not UTF-8") from None
    text, lines, good = note[:at + 1], note[at + 2:], 0
    for line in lines[:-1].split(b"\n"):
        m = re.fullmatch(b"\xe2\x80\x94 ([^ ]+) ([A-Za-z0-9+/=]+)", line)
        raw = unbase64(m.group(2)) if m else None
        if raw is None or len(raw) <= 4:
            raise Bad("checkpoint: malformed signature line")
        if m.group(1) == key.name.encode() and raw[:4] == key.id:
            signed, signature = text, raw[4:]
            if key.kind == WITNESS:                     # it signs its time, which stands before the signature, and then the text
                signature = raw[12:]
                signed = b"cosignature/v1\ntime %d\n" % int.from_bytes(raw[4:12], "big") + text
            if len(signature) != 64 or not openssl_verify(key.pub, signed, signature):
                raise Bad("checkpoint: wrong signature")
            good += 1
    if not good:
        raise Bad("checkpoint: not signed by " + key.name)
    return text


def is_signed(note, key):
    try:
        return bool(open_note(note, key))
    except Bad:
        return False


class Checkpoint:
    def __init__(self, note, key, opts=None):
        self.read(note, key)
        good = sum(is_signed(note, w) for w in opts["witness"]) if opts else 0
        if opts and good < opts["quorum"]:
            raise Bad("checkpoint: signed by %d of %d witnesses, %d are demanded" % (good, len(opts["witness"]), opts["quorum"]))

    def read(self, note, key):
        lines = open_note(note, key).split(b"\n")
        if len(lines) != 4 or not all(lines[:3]):
            raise Bad("checkpoint: not three lines")
        self.origin = lines[0].decode("utf-8", "replace")
        size, root = decimal(lines[1].decode("latin-1")), unbase64(lines[2])
        m = re.fullmatch(re.escape(key.name) + r"/([^/]{1,63})/(0|[1-9][0-9]*)", self.origin)
        if m is None or decimal(m.group(2)) is None or len(lines[0]) > 255:
            raise Bad("checkpoint: foreign origin")
        if size is None or root is None or len(root) != 32:
            raise Bad("checkpoint: size or root")
        self.log, self.size, self.root = m.group(1), size, root


class Tree:
    """The stack of complete subtrees; two of one height become one of the next."""
    def __init__(self):
        self.stack, self.size = [], 0

    def add(self, leaf):
        h = sha(b"\0", leaf)
        item = (0, h)
        while self.stack and self.stack[-1][0] == item[0]:
            level, left = self.stack.pop()
            item = (level + 1, sha(b"\1", left, item[1]))
        self.stack.append(item)
        self.size += 1
        return h

    def root(self):
        if not self.stack:
            return sha()
        h = self.stack[-1][1]
        for _, left in reversed(self.stack[:-1]):
            h = sha(b"\1", left, h)
        return h


def no_duplicates(pairs):
    d = dict(pairs)
    if len(d) != len(pairs):
        raise ValueError("a key twice")
    return d


def whole_number(v):
    return v if type(v) is int and 0 <= v < 1 << 63 else None


def refuse(_):
    raise ValueError("not a whole number")


def plain_number(text):
    v = decimal(text)
    if v is None:
        raise ValueError("not a plain number")
    return v


def parse(text):
    v = json.loads(text, object_pairs_hook=no_duplicates, parse_int=plain_number, parse_float=refuse, parse_constant=refuse)
    if not isinstance(v, dict):
        raise ValueError("not an object")
    return v


def split_payload(p):
    if p[:1] != b"\2":
        raise Bad("payload: version")
    at, out = 1, {}
    for name, kind in FIELDS:
        if kind in (TEXT, WORDS):
            if len(p) < at + 4:
                raise Bad("payload: short")
            n = struct.unpack_from(">I", p, at)[0]
            at += 4
        else:
            n = 8 if kind == TIME else 1
        if len(p) < at + n:
            raise Bad("payload: short")
        out[name] = p[at:at + n]
        at += n
    if at != len(p):
        raise Bad("payload: long")
    return out


def time_text(ms):
    t = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=ms)
    return t.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (t.microsecond // 1000)


def expected_event(fields):
    """The readable event as it must stand beside the payload: what is empty is left out."""
    out = {}
    for name, kind in FIELDS:
        raw = fields[name]
        if kind == FLAG and raw not in (b"\0", b"\1"):
            raise Bad("payload: flag")
        if kind == TIME and any(raw):
            try:
                out[name] = time_text(struct.unpack(">q", raw)[0])
            except (OverflowError, ValueError):
                raise Bad("payload: time")
        elif kind == FLAG and raw == b"\1":
            out[name] = True
        elif kind == WORDS and raw:
            out[name] = raw.decode().split(" ")
        elif kind == TEXT and raw:
            out[name] = raw.decode()
    return out


def check_payload(leaf, salt, payload, log, event):
    if leaf[0] != 2 or leaf[9] != 0 or sha(b"\2", salt, payload) != leaf[10:]:
        raise Bad("not what the leaf commits to")
    fields = split_payload(payload)
    if fields["at"] != leaf[1:9] or fields["log"] != log.encode():
        raise Bad("time or log of the payload")
    if event is not None:
        said = {k: v for k, v in event.items() if v is not False or k not in ("offline", "skew")}
        if said != expected_event(fields) or any(type(v) is int for v in said.values()):
            raise Bad("the event differs from what was recorded")
    return fields


def check_line(line, leaf, i, log):
    v = parse(line)
    if whole_number(v.get("leafIndex")) != i:
        raise Bad("line of another entry")
    if set(v) == {"leafIndex", "erased"} and v["erased"] is True:
        return 1
    salt, payload = unbase64(v.get("salt")), unbase64(v.get("payload"))
    if set(v) != {"leafIndex", "salt", "payload", "event"} or salt is None or len(salt) != 32 or payload is None or not isinstance(v["event"], dict):
        raise Bad("malformed line")
    check_payload(leaf, salt, payload, log, v["event"])
    return 0


def read(path, limit=1 << 16):
    with open(path, "rb") as f:
        data = f.read()
    if len(data) >= limit or b"\0" in data:
        raise Bad(os.path.basename(path) + ": too long, or not text")
    return data


def find_key(path, opts):
    text = read(os.path.join(path, "key"), 1024)
    if not text.endswith(b"\n") or text.count(b"\n") != 1:
        raise Bad("key: not one line")
    if opts["key"] and opts["key"].encode() != text[:-1]:
        raise Bad("key: not the one that is trusted")
    return Key(text[:-1].decode("latin-1"))


def check_directory(path, opts):
    key = find_key(path, opts)
    c = Checkpoint(read(os.path.join(path, "checkpoint")), key, opts)
    since = Checkpoint(read(opts["since"]), key) if opts["since"] else None
    if since and (since.origin != c.origin or since.size > c.size):
        raise Bad("older than the earlier checkpoint, or another log")
    def part(name):
        p = os.path.join(path, name)
        return open(p, "rb") if os.path.exists(p) else None
    leaves, events, hashes = part("leaves"), None if opts["leaves"] else part("events.ndjson"), part("hashes")
    if leaves is None or (events is None and not opts["leaves"]):
        raise Bad("leaves or events.ndjson: missing")
    tree, erased = Tree(), 0
    try:
        while True:
            if since and tree.size == since.size and tree.root() != since.root:
                raise Bad("fork: the earlier checkpoint is not part of this log")
            if tree.size == c.size:
                break
            i, leaf = tree.size, leaves.read(42)
            try:
                if len(leaf) != 42 or leaf[0] != 2 or leaf[9] != 0:
                    raise Bad("missing, or not a leaf of a known version")
                h = tree.add(leaf)
                if hashes and hashes.read(32) != h:
                    raise Bad("not the leaf with this hash")
                if events:
                    line = events.readline(1 << 17)
                    if not line.endswith(b"\n"):
                        raise Bad("no line")
                    erased += check_line(line[:-1].decode(), leaf, i, c.log)
            except Bad as b:
                raise Bad(str(b), i)
            except (ValueError, RecursionError) as b:
                raise Bad(str(b), i)
        if leaves.read(1) or (events and events.read(1)) or (hashes and hashes.read(1)):
            raise Bad("more than the checkpoint vouches for", c.size)
    finally:
        for f in (leaves, events, hashes):
            if f:
                f.close()
    if tree.root() != c.root:
        raise Bad("the entries do not give the root that was signed")
    return "%s, %d entries%s, root %s" % (c.origin, c.size, " (%d erased)" % erased if erased else "", c.root.hex())


def root_of_path(index, size, h, path):
    """Upwards from the leaf: at each level one knows whether the subtree is a left or a right one, or stands alone at the edge."""
    at, last = index, size - 1
    path = list(path)
    while last > 0:
        if at & 1 or at < last:
            if not path:
                return None
            beside = path.pop(0)
            h = sha(b"\1", beside, h) if at & 1 else sha(b"\1", h, beside)
        at, last = at >> 1, last >> 1
    return None if path else h


def value_bytes(kind, v):
    """A value of a proof file's list as it stands in the payload."""
    if kind in (TIME, FLAG):
        if whole_number(v) is None or (kind == FLAG and v > 1):
            raise Bad("event: not a number")
        return struct.pack(">Q" if kind == TIME else ">B", v)
    if not isinstance(v, str):
        raise Bad("event: not a text")
    if v.startswith("==") or not v.startswith("="):
        text = v[1:].encode() if v.startswith("=") else v.encode()
    else:
        raw = unbase64(v[1:] + "==") if len(v) == 23 else None
        if raw is None or len(raw) != 16:
            raise Bad("event: not a UUID")
        text = b"-".join(raw.hex()[a:b].encode() for a, b in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))
    return struct.pack(">I", len(text)) + text


def leaf_of_event(v, log):
    """The leaf that event and salt make; the log is the checkpoint's."""
    salt, values = unbase64(v.get("salt")), v["event"]
    if salt is None or len(salt) != 32 or not isinstance(values, list) or len(values) != len(FIELDS) - 1:
        raise Bad("event or salt is malformed")
    names = [name for name, _ in FIELDS]
    values = values[:names.index("log")] + [log] + values[names.index("log"):]
    payload = b"\2" + b"".join(value_bytes(kind, x) for (_, kind), x in zip(FIELDS, values))
    if len(payload) > 1 << 14:
        raise Bad("event: too long")
    return b"\2" + struct.pack(">Q", values[names.index("at")]) + b"\0" + sha(b"\2", salt, payload)


def check_proof(path, opts):
    try:
        v = parse(read(path, 1 << 17).decode())
    except (ValueError, RecursionError):
        raise Bad("not a directory and not a proof file")
    text = v.get("key", opts["key"])
    if not isinstance(text, str) or (opts["key"] and text != opts["key"]):
        raise Bad("key: none, or not the one that is trusted")
    c = Checkpoint(v["checkpoint"].encode() if isinstance(v.get("checkpoint"), str) else b"", Key(text), opts)
    index, path = whole_number(v.get("leafIndex")), unbase64(v.get("path"))
    if index is None or path is None or len(path) % 32 or len(path) > 64 * 32:
        raise Bad("the proof is malformed")
    leaf = leaf_of_event(v, c.log) if "event" in v else unbase64(v.get("leaf"))
    if leaf is None or len(leaf) != 42 or leaf[0] != 2 or leaf[9] != 0:
        raise Bad("neither an event nor a leaf of a known version")
    if set(v) - {"key"} != {"leafIndex", "path", "checkpoint"} | ({"event", "salt"} if "event" in v else {"leaf"}):
        raise Bad("members that nothing vouches for")
    hashes = [path[i:i + 32] for i in range(0, len(path), 32)]
    if index >= c.size or root_of_path(index, c.size, sha(b"\0", leaf), hashes) != c.root:
        raise Bad("event and path do not lead to the root that was signed")
    return "%s, entry %d of %d, root %s" % (c.origin, index, c.size, c.root.hex())


def add_witness(opts, text):
    """The same witness is not taken for two."""
    try:
        key = Key(text, WITNESS)
    except Bad:
        sys.exit(__doc__)
    if len(opts["witness"]) == 8 or any(key.pub == w.pub for w in opts["witness"]):
        sys.exit(__doc__)
    opts["witness"].append(key)


def main(argv):
    opts, paths, bad = {"key": None, "since": None, "leaves": False, "witness": [], "quorum": None}, [], False
    while argv:
        a = argv.pop(0)
        if a in ("--key", "--since") and argv:
            opts[a[2:]] = argv.pop(0)
        elif a == "--witness" and argv:
            add_witness(opts, argv.pop(0))
        elif a == "--quorum" and argv:
            opts["quorum"] = decimal(argv.pop(0)) or sys.exit(__doc__)
        elif a == "--leaves":
            opts["leaves"] = True
        elif a.startswith("--"):
            sys.exit(__doc__)
        else:
            paths.append(a)
    if opts["quorum"] is None:
        opts["quorum"] = len(opts["witness"])
    if opts["quorum"] > len(opts["witness"]):
        sys.exit(__doc__)
    if not paths:
        sys.exit(__doc__)
    for p in paths:
        try:
            print("%s: OK: %s" % (p, (check_directory if os.path.isdir(p) else check_proof)(p, opts)))
        except (Bad, OSError, ValueError) as b:
            bad = True
            at = getattr(b, "index", None)
            print("%s: FAILED%s: %s" % (p, "" if at is None else " at entry %d" % at, b))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
