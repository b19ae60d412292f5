"""kill -9 of the server and of clients at random moments under load.

Afterwards every acknowledged event is there once, in order, and what was
repeated with its transaction id was not posted twice. FAULT_ROUNDS kills of
each (5 unless set); FAULT_SEED repeats a run's timing.
"""

import http.client
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import harness as lib  # noqa: E402

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "5"))
SEED = int(os.environ.get("FAULT_SEED", str(random.SystemRandom().randrange(1 << 30))))
PASSWORD = "correct horse battery"
SENDERS = 6


class Api:
    """One person's bare HTTP connection, which comes back after a crash."""

    def __init__(self, port, user):
        self.port = port
        self.connection = None
        reply = self.call("POST", "/_matrix/client/v3/login",
                          {"type": "m.login.password", "password": PASSWORD,
                           "identifier": {"type": "m.id.user", "user": user}})[1]
        self.token = reply["access_token"]

    token = None

    def call(self, method, path, body=None):
        """(status, JSON); raises OSError or HTTPException when there was no reply."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=lib.STEP)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            self.connection.request(method, path, json.dumps(body) if body is not None else None,
                                    headers)
            reply = self.connection.getresponse()
            return reply.status, json.loads(reply.read())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise

    def insist(self, method, path, body, stop_at):
        """The same request until it is answered."""
        while time.monotonic() < stop_at:
            try:
                return self.call(method, path, body)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)  # the server is being started again
        raise TimeoutError(path)


class Sender(threading.Thread):
    """Sends numbered messages until told to stop; keeps what was acknowledged."""

    def __init__(self, api, name, room):
        super().__init__(daemon=True)
        self.api, self.name_, self.room = api, name, room
        self.acked = []
        self.enough = threading.Event()
        self.error = None

    def run(self):
        try:
            number = 0
            while not self.enough.is_set():
                path = (f"/_matrix/client/v3/rooms/{self.room}/send/m.room.message/"
                        f"{self.name_}.{number}")
                body = {"msgtype": "m.text", "body": f"{self.name_} {number}"}
                status, reply = self.api.insist("PUT", path, body, time.monotonic() + lib.STEP)
                if status != 200:
                    raise RuntimeError(f"{status} {reply}")
                self.acked.append(reply["event_id"])
                number += 1
        except Exception as e:
            self.error = f"{type(e).__name__}: {e}"


def whole_room(api, room):
    """Every message of the room by /messages, oldest first."""
    events, token = [], ""
    while True:
        path = f"/_matrix/client/v3/rooms/{room}/messages?dir=f&limit=500{token}"
        status, page = api.call("GET", path)
        assert status == 200, page
        events += [e for e in page["chunk"] if e["type"] == "m.room.message"]
        if "end" not in page:
            return events
        token = "&from=" + page["end"]


def check_room(tap, events, senders, what):
    ids = [e["event_id"] for e in events]
    acked = {i for s in senders for i in s.acked}
    tap.check(len(ids) == len(set(ids)), f"{what}: no event twice")
    tap.check(acked <= set(ids), f"{what}: every acknowledged event is there",
              f"missing {len(acked - set(ids))} of {len(acked)}")
    in_order = True
    for s in senders:
        mine = [e["content"]["body"] for e in events if e["content"]["body"].startswith(s.name_ + " ")]
        # One more than acknowledged may be there: its reply was lost with the server.
        in_order &= mine == [f"{s.name_} {n}" for n in range(len(mine))]
        in_order &= len(s.acked) <= len(mine) <= len(s.acked) + 1
    tap.check(in_order, f"{what}: each once and in its sender's order")


def start(folder):
    serve = lib.Serve(folder / "data", port=lib.free_port())
    for i in range(SENDERS + 1):
        serve.admin("user", "add", f"u{i}", "--password-stdin", stdin=PASSWORD + "\n")
    return serve.start()


def make_room(serve):
    apis = [Api(serve.port, f"u{i}") for i in range(SENDERS)]
    room = apis[0].call("POST", "/_matrix/client/v3/createRoom",
                        {"preset": "public_chat", "name": "load"})[1]["room_id"]
    for api in apis[1:]:
        api.call("POST", f"/_matrix/client/v3/rooms/{room}/join", {})
    return apis, room


def until_followed(follower, api, room):
    """Until the follower tells what is sent: messages, one after the other, until one is told."""
    stop_at = time.monotonic() + lib.STEP
    number = 0
    while time.monotonic() < stop_at:
        path = f"/_matrix/client/v3/rooms/{room}/send/m.room.message/ready.{number}"
        event = api.call("PUT", path, {"msgtype": "m.text", "body": f"ready {number}"})[1]["event_id"]
        if follower.wait_line(lambda l, event=event: event in l, 1):
            return event
        number += 1
    raise TimeoutError(follower.error_text())


def kill_server(tap, folder, dice):
    serve = start(folder)
    apis, room = make_room(serve)
    reader = lib.Client(folder / "reader")
    reader.login(serve.url, f"u{SENDERS}", PASSWORD)
    reader("room", "join", room)
    follower = reader.follow(room)
    first = until_followed(follower, apis[0], room)
    senders = [Sender(api, f"s{i}", room) for i, api in enumerate(apis)]
    for s in senders:
        s.start()
    slowest = 0
    for _ in range(ROUNDS):
        time.sleep(dice.uniform(0.1, 0.8))  # the random moment, not a wait for something
        serve.stop(signal.SIGKILL)
        before = time.monotonic()
        serve.start()
        slowest = max(slowest, time.monotonic() - before)
    time.sleep(0.3)
    for s in senders:
        s.enough.set()
    for s in senders:
        s.join(lib.STEP)
    errors = [s.error for s in senders if s.error]
    tap.check(not errors, f"server killed {ROUNDS} times: every sender goes on", errors)
    events = whole_room(apis[0], room)
    print(f"# {len(events)} messages, slowest restart {slowest:.2f} s")
    check_room(tap, events, senders, "on the server")
    last = events[-1]["event_id"]
    got = follower.wait_line(lambda l: last in l)
    tap.check(got is not None, "the follower is there at the end", follower.error_text())
    seen = [r["event_id"] for r in follower.json_lines() if r["type"] == "m.room.message"]
    want = [e["event_id"] for e in events]
    tap.check(seen and first in seen and seen == want[-len(seen):],
              "the follower saw each once and in order",
              f"{len(seen)} of {len(want)}, twice: {len(seen) - len(set(seen))}")
    follower.stop()
    rows = reader("read", room, "-n", "1000000")
    tap.equal([r["event_id"] for r in rows if r["type"] == "m.room.message"], want,
              "its cache holds the whole room")
    serve.stop()


def kill_clients(tap, folder, dice):
    serve = start(folder)
    apis, room = make_room(serve)
    client = lib.Client(folder / "sender")
    client.login(serve.url, f"u{SENDERS}", PASSWORD)
    client("room", "join", room)
    env = lib.clean_env(client.home)
    killed = 0
    for n in range(ROUNDS * 4):
        argv = [lib.MUSTER, "send", room, f"c {n}", "--txn-id", f"script-{n}"]
        child = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            child.wait(dice.uniform(0.0, 0.03))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(lib.STEP)
            killed += 1
        client("send", room, f"c {n}", "--txn-id", f"script-{n}")
    bodies = [e["content"]["body"] for e in whole_room(apis[0], room)]
    tap.equal(bodies, [f"c {n}" for n in range(ROUNDS * 4)],
              f"{killed} of {ROUNDS * 4} senders killed: every message once, in order")

    senders = [Sender(api, f"s{i}", room) for i, api in enumerate(apis[:3])]
    for s in senders:
        s.start()
    for _ in range(ROUNDS):
        follower = client.follow(room)
        time.sleep(dice.uniform(0.05, 0.5))
        follower.stop(signal.SIGKILL)
    for s in senders:
        s.enough.set()
    for s in senders:
        s.join(lib.STEP)
    want = [e["event_id"] for e in whole_room(apis[0], room)]
    rows = client("read", room, "-n", "1000000")
    tap.equal([r["event_id"] for r in rows if r["type"] == "m.room.message"], want,
              f"a follower killed {ROUNDS} times: its cache holds everything once, in order")
    serve.stop()


def parallel(tap, folder):
    """20 senders beside a follower, all on one account."""
    serve = start(folder)
    client = lib.Client(folder / "many")
    client.login(serve.url, "u0", PASSWORD)
    room = client("room", "create", "many")[0]["room_id"]
    # With -n what is sent before the follower is ready is told as well.
    follower = client.follow(room, "-n", "100")
    env = lib.clean_env(client.home)
    children = [subprocess.Popen([lib.MUSTER, "--json", "send", room, f"p {n}"], env=env, text=True,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE) for n in range(20)]
    done = [(c.communicate(timeout=lib.STEP), c.returncode) for c in children]
    tap.check(all(code == 0 for _, code in done), "20 parallel sends on one account",
              [out[1] for out, code in done if code])
    ids = {json.loads(out[0])["event_id"] for out, code in done if code == 0}
    for i in ids:
        if follower.wait_line(lambda l, i=i: i in l) is None:
            tap.check(False, "the follower on the same account sees all", follower.error_text())
            break
    else:
        tap.check(len(ids) == 20, "the follower on the same account sees all")
    follower.stop()
    serve.stop()


def main():
    tap = lib.Tap("kill")
    dice = random.Random(SEED)
    print(f"# FAULT_SEED={SEED} FAULT_ROUNDS={ROUNDS}")
    for test in (kill_server, kill_clients):
        with lib.Folder() as folder:
            try:
                test(tap, folder, dice)
            except Exception as e:
                tap.check(False, f"{test.__name__}: every step runs", f"{type(e).__name__}: {e}")
    with lib.Folder() as folder:
        try:
            parallel(tap, folder)
        except Exception as e:
            tap.check(False, "parallel: every step runs", f"{type(e).__name__}: {e}")
    tap.end()


main()
