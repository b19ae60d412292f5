"""A full disk: a clear error for who writes, and the server goes on.

The data folder is a small tmpfs in a mount namespace of its own.
"""

import http.client
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import harness as lib  # noqa: E402

PASSWORD = "correct horse battery"
tap = lib.Tap("disk full")


def namespace():
    """The words that give a command mounts of its own, or None."""
    for words in (["unshare", "-m"], ["unshare", "-rm"]):
        try:
            done = subprocess.run(words + ["sh", "-c", "mount -t tmpfs -o size=1m none /mnt"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=lib.STEP)
        except OSError:
            return None
        if done.returncode == 0:
            return words
    return None


def call(port, token, method, path, body=None):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=lib.STEP)
    c.request(method, path, json.dumps(body) if body is not None else None,
              {"Authorization": f"Bearer {token}"})
    reply = c.getresponse()
    return reply.status, json.loads(reply.read())


def main(folder, words):
    data = folder / "data"
    data.mkdir(mode=0o700)
    script = ('mount -t tmpfs -o size=24m,mode=700 none "$1" && "$0" admin user add anna '
              '--password-stdin --data "$1/d" <"$2" >&2 && exec "$0" serve --json --data "$1/d" '
              '--listen 127.0.0.1:0 --udp-port 0 --server-name localhost')
    (folder / "password").write_text(PASSWORD + "\n")
    server = lib.Process([*words, "sh", "-c", script, lib.MUSTER, str(data),
                          str(folder / "password")], env=lib.clean_env(folder / "home"))
    line = server.wait_line(lambda l: '"listening"' in l)
    if not tap.check(line is not None, "the server starts on a small disk",
                     "" if line else server.error_text()):
        return
    port = int(json.loads(line)["url"].rsplit(":", 1)[1])
    ours = lib.Client(folder / "anna")
    ours.login(f"http://127.0.0.1:{port}", "anna", PASSWORD)
    room = ours("room", "create", "full")[0]["room_id"]
    secrets = next((folder / "anna").rglob("secrets.json"))
    token = json.loads(secrets.read_text())["access_token"]
    # What fills the disk, reached through the server's own view of it.
    filler = pathlib.Path(f"/proc/{server.child.pid}/root{data}/filler")
    sent, path = 0, f"/_matrix/client/v3/rooms/{room}/send/m.room.message/"
    with open(filler, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"\0" * 65536)
        except OSError:
            pass
    status, reply = 200, {}
    acked = []
    while status == 200 and sent < 2000:
        status, reply = call(port, token, "PUT", path + str(sent),
                             {"msgtype": "m.text", "body": f"{sent} " + "x" * 30000})
        if status == 200:
            acked.append(reply["event_id"])
        sent += 1
    tap.equal(status, 507, "a full disk is answered with 507")
    tap.check("disk" in reply.get("error", "").lower(), "and a sentence that says so", reply)
    status, _ = call(port, token, "GET", "/_matrix/client/v3/account/whoami")
    tap.equal(status, 200, "the server still answers")
    code, _, errors = ours.status("send", room, "x" * 30000)
    tap.check(code != 0 and "disk" in errors.lower(), "our client says it too", errors)
    os.unlink(filler)
    status, reply = call(port, token, "PUT", path + str(sent), {"msgtype": "m.text", "body": "back"})
    tap.equal(status, 200, "with space again it writes again")
    events, token_at = [], ""
    while True:
        _, page = call(port, token, "GET",
                       f"/_matrix/client/v3/rooms/{room}/messages?dir=f&limit=100{token_at}")
        events += [e["event_id"] for e in page["chunk"] if e["type"] == "m.room.message"]
        if "end" not in page:
            break
        token_at = "&from=" + page["end"]
    tap.check(events[:len(acked)] == acked and len(events) == len(set(events)),
              "what was acknowledged before is there, once", f"{len(events)} {len(acked)}")
    tap.equal(server.stop(), 0, "and it stops cleanly")


found = namespace()
if found is None:
    print("1..0 # SKIP no mount namespace of its own is allowed here")
    sys.exit(0)
with lib.Folder() as where:
    try:
        main(where, found)
    except Exception as e:
        tap.check(False, "every step runs", f"{type(e).__name__}: {e}")
tap.end()
