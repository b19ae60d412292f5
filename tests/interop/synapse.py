"""Our client against a real Synapse, which is restarted in the middle."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import sys
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import harness as lib  # noqa: E402

VENV = lib.TOP / "build" / "peers" / "synapse"
MISSING = None if (VENV / "bin" / "python").exists() else \
    "Synapse is not installed (make interop installs it under build/peers)"
PASSWORD = "correct horse battery"
SECRET = "only for this throw-away server"


class Synapse:
    """One homeserver on SQLite, on a free loopback port."""

    def __init__(self, folder, extra="", resources=("client",)):
        self.folder = pathlib.Path(folder)
        self.port = lib.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "log.yaml").write_text(
            "version: 1\nhandlers: {e: {class: logging.StreamHandler}}\n"
            "root: {level: WARNING, handlers: [e]}\n")
        limit = "{per_second: 10000, burst_count: 10000}"
        (self.folder / "homeserver.yaml").write_text(f"""
server_name: localhost
pid_file: {self.folder}/pid
listeners:
  - {{port: {self.port}, type: http, tls: false, bind_addresses: ["127.0.0.1"],
      resources: [{{names: [{", ".join(resources)}], compress: false}}]}}
database: {{name: sqlite3, args: {{database: {self.folder}/db.sqlite}}}}
log_config: {self.folder}/log.yaml
media_store_path: {self.folder}/media
signing_key_path: {self.folder}/key
registration_shared_secret: "{SECRET}"
macaroon_secret_key: "{SECRET}"
report_stats: false
trusted_key_servers: []
enable_registration: false
rc_message: {limit}
rc_login: {{address: {limit}, account: {limit}, failed_attempts: {limit}}}
rc_invites: {{per_room: {limit}, per_user: {limit}, per_issuer: {limit}}}
rc_joins: {{local: {limit}, remote: {limit}}}
rc_joins_per_room: {limit}
rc_registration: {limit}
{extra}
""")
        seed = base64.b64encode(os.urandom(32)).decode().rstrip("=")
        (self.folder / "key").write_text(f"ed25519 a_test {seed}\n")

    def _argv(self):
        return [str(VENV / "bin" / "python"), "-m", "synapse.app.homeserver", "-c",
                str(self.folder / "homeserver.yaml")]

    def start(self):
        self.process = lib.Process(self._argv(), cwd=self.folder, env=dict(os.environ))
        if not lib.wait_for(self._answers, 120, 0.2):
            raise RuntimeError("Synapse did not start:\n" + self.process.error_text())
        return self

    def _answers(self):
        if self.process.child.poll() is not None:
            raise RuntimeError(f"{type(self).__name__} ended:\n" + self.process.error_text())
        try:
            with urllib.request.urlopen(self.url + "/_matrix/client/versions", timeout=20) as r:
                return r.status == 200
        except OSError:
            return False

    def stop(self):
        return self.process.stop()

    def version(self):
        import subprocess
        return subprocess.run([str(VENV / "bin" / "python"), "-c", "import importlib.metadata as m;"
                               "print(m.version('matrix-synapse'))"], capture_output=True, text=True,
                              timeout=60).stdout.strip()

    def register(self, user, admin=False):
        """By the shared secret, as register_new_matrix_user does."""
        path = self.url + "/_synapse/admin/v1/register"
        with urllib.request.urlopen(path, timeout=lib.STEP) as r:
            nonce = json.load(r)["nonce"]
        parts = [nonce, user, PASSWORD, "admin" if admin else "notadmin"]
        mac = hmac.new(SECRET.encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": user, "password": PASSWORD, "admin": admin, "mac": mac}
        request = urllib.request.Request(path, json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=lib.STEP) as r:
            return json.load(r)


def messages(rows):
    return [r["body"] for r in rows if r["type"] == "m.room.message"]


def main(tap, folder):
    server = Synapse(folder / "synapse").start()
    for user in ("anna", "bert"):
        server.register(user)
    anna, bert = lib.Client(folder / "anna"), lib.Client(folder / "bert")
    who = anna.login(server.url, "anna", PASSWORD)
    tap.equal(who[0]["user_id"], "@anna:localhost", "anna logs in")
    bert.login(server.url, "bert", PASSWORD)
    room = anna("room", "create", "Klasse 5b", "--invite", "@bert:localhost")[0]["room_id"]
    bert("room", "join", room)
    follower = bert.follow(room)
    lib.wait_for(lambda: "following" in follower.error_text())
    first = anna("send", room, "vor dem Neustart")[0]["event_id"]
    tap.check(follower.wait_line(lambda l: first in l) is not None, "bert's follower gets a message",
              follower.error_text())

    server.stop()
    code, rows, errors = anna.status("send", room, "während", "--timeout", "5s", "--txn-id", "once")
    tap.check(code in (3, 6), f"a send to a stopped server fails as worth repeating ({code})", errors)
    server.start()
    sent = anna("send", room, "während", "--txn-id", "once")[0]["event_id"]
    again = anna("send", room, "während", "--txn-id", "once")[0]["event_id"]
    tap.equal(again, sent, "repeating with the same --txn-id posts nothing new")
    tap.check(follower.wait_line(lambda l: sent in l) is not None,
              "the follower lives through the restart", follower.error_text())

    for i in range(30):
        anna("send", room, f"Nachricht {i}")
    want = ["vor dem Neustart", "während"] + [f"Nachricht {i}" for i in range(30)]
    last = follower.wait_line(lambda l: "Nachricht 29" in l)
    tap.check(last is not None, "all messages follow", follower.error_text())
    tap.equal(messages(follower.json_lines()), want, "each once and in order")
    follower.stop()
    fresh = lib.Client(folder / "bert2")
    fresh.login(server.url, "bert", PASSWORD)
    tap.equal(messages(fresh("read", room, "-n", "100")), want,
              "a new device reads the whole history by back-fill")

    path = folder / "blatt.bin"
    path.write_bytes(os.urandom(300_000))
    event = anna("send", room, "--file", path)[0]["event_id"]
    row = [r for r in bert("read", room, "-n", "5") if r["event_id"] == event]
    tap.check(bool(row), "bert sees the file")
    bert("file", "get", event, "--room", room, "-o", folder / "got.bin")
    tap.equal((folder / "got.bin").read_bytes(), path.read_bytes(), "and downloads it whole")
    bert("react", room, first, "👍")
    bert("send", room, "--reply", first, "ja")
    rows = anna("read", room, "-n", "100")
    seen = [r.get("reactions") for r in rows if r["event_id"] == first]
    tap.equal(seen, [{"👍": 1}], "anna sees the reaction")
    anna("edit", room, sent, "nach dem Neustart")
    anna("delete", room, event)
    gone = [r for r in bert("read", room, "-n", "100") if r["event_id"] == event]
    tap.check(not gone or not gone[0].get("body"), "a deleted message has no text", gone)
    bert("read", room, "-n", "1")
    anna("profile", "set", "name", "Anna Ärger")
    tap.equal(bert("profile", "show", "@anna:localhost")[0]["name"], "Anna Ärger",
              "a profile change is seen")
    code, _, errors = bert.status("room", "kick", room, "@anna:localhost")
    tap.equal(code, 4, "what is not allowed ends with 4")
    anna("room", "kick", room, "@bert:localhost")
    code, _, errors = bert.status("send", room, "?")
    tap.check(code in (4, 5), f"who was removed cannot send ({code})", errors)
    anna("logout")
    code, _, _ = anna.status("send", room, "?")
    tap.equal(code, 4, "after logout sending needs a login")
    server.stop()


if __name__ == "__main__":
    lib.Tap("synapse").play(main, skip=MISSING)
