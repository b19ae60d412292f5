"""Calls of our own client on our own server, when one of them is killed.

A client that dies has left within fifteen seconds, for the people in the call, in its member
event and in what the server tells the room. A server that dies is found again: who was in the
call is in it as soon as it is back. Who is removed from the room is out of the call.
"""

import json
import pathlib
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import harness as lib  # noqa: E402

PASSWORD = "correct horse battery"
V3 = "/_matrix/client/v3"
MEMBER = "org.matrix.msc3401.call.member"
OWN = "@_muster:localhost"
SOON = 15
PEOPLE = ("anna", "bert", "carl")


def quote(s):
    return urllib.parse.quote(s, safe="")


class Api:
    """What stands in the room, asked for as a bystander."""

    def __init__(self, url, user):
        self.url, self.token, self.room = url, None, None
        reply = self.call("POST", "/login", {
            "type": "m.login.password", "password": PASSWORD,
            "identifier": {"type": "m.id.user", "user": user}})
        self.token = reply["access_token"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + V3 + path, method=method,
            data=None if body is None else json.dumps(body).encode())
        if self.token:
            request.add_header("Authorization", "Bearer " + self.token)
        try:
            with urllib.request.urlopen(request, timeout=lib.STEP) as r:
                return json.loads(r.read() or b"{}")
        except urllib.error.HTTPError as e:
            return json.loads(e.read() or b"{}")

    def members(self):
        """Who says that they are in the call, of those who are in the room."""
        state = self.call("GET", f"/rooms/{quote(self.room)}/state")
        here = {e["state_key"] for e in state if e["type"] == "m.room.member"
                and e["content"]["membership"] == "join"}
        return sorted(e["sender"][1:].split(":")[0] for e in state if e["type"] == MEMBER
                      and e["content"].get("application") and e["sender"] in here)

    def await_members(self, *want, limit=lib.STEP):
        lib.wait_for(lambda: self.members() == sorted(want), limit)
        return self.members()

    def told(self, user):
        path = (f"/rooms/{quote(self.room)}/messages?dir=f&limit=200&filter="
                + quote('{"types":["org.muster.presence"]}'))
        return [(e["content"]["state"], e["content"].get("reason"), e["content"]["at"],
                 e["origin_server_ts"])
                for e in self.call("GET", path)["chunk"]
                if e["sender"] == OWN and e["content"]["user_id"] == f"@{user}:localhost"]

    def await_told(self, user, n, limit=lib.STEP):
        lib.wait_for(lambda: len(self.told(user)) >= n, limit)
        return self.told(user)


class Caller:
    """`muster call join` with a tone for a microphone."""

    def __init__(self, folder, url, user):
        self.user = user
        self.client = lib.Client(folder / user)
        self.client.login(url, user, PASSWORD)
        self.process = None

    def join(self, room):
        self.process = lib.Process(
            [lib.MUSTER, "--json", "call", "join", room, "--input", "tone:440", "--output",
             "null:"], env=lib.clean_env(self.client.home))
        return self.row(event="joined", user_id=f"@{self.user}:localhost")

    def row(self, limit=lib.STEP, since=0, **like):
        def fits(line):
            got = json.loads(line)
            return all(got.get(k) == v for k, v in like.items())
        seen = iter(range(1 << 30))
        return self.process.wait_line(lambda l: next(seen) >= since and fits(l), limit)

    def mark(self):
        return len(self.process.lines)

    def trouble(self):
        return "\n".join(map(str, self.process.lines[-8:])) + self.process.error_text()


def dies(tap, api, anna, bert):
    tap.check(anna.join(api.room), "anna is in the call", anna.trouble())
    tap.check(bert.join(api.room), "bert is in the call", bert.trouble())
    tap.equal(api.await_members("anna", "bert"), ["anna", "bert"], "both say so")
    tap.check(bert.row(event="joined", user_id="@anna:localhost"), "bert sees anna", bert.trouble())
    tap.equal([t[0] for t in api.await_told("anna", 1)], ["joined"], "the room is told of her")
    mark, killed, begin = bert.mark(), time.time(), time.monotonic()
    anna.process.stop(signal.SIGKILL)
    tap.equal(api.await_members("bert"), ["bert"], "anna is killed: she is no member")
    took = time.monotonic() - begin
    seen = bert.row(since=mark, event="left", user_id="@anna:localhost")
    tap.check(seen, "bert sees her gone", bert.trouble())
    told = api.await_told("anna", 2)
    tap.equal([t[:2] for t in told], [("joined", None), ("left", "lost")], "the room is told so")
    # By the server's own clock: how long this program had to wait for its turn does not count.
    last, at = told[-1][2] / 1000, told[-1][3] / 1000
    tap.check(last < at < last + SOON + 2, f"within {SOON} s of her last sign of life", at - last)
    tap.check(abs(last - killed) < SOON, "which was when she was killed", last - killed)
    print(f"# {took:.1f} s after the kill", flush=True)
    tap.check(anna.join(api.room), "she comes back", anna.trouble())
    tap.equal(api.await_members("anna", "bert"), ["anna", "bert"], "and says so")


def server_dies(tap, api, serve, anna, bert):
    before = {u: len(api.await_told(u, n)) for u, n in (("anna", 3), ("bert", 1))}
    serve.stop(signal.SIGKILL)
    serve.start()
    for user, person in (("anna", anna), ("bert", bert)):
        told = api.await_told(user, before[user] + 2)
        tap.equal([t[:2] for t in told[before[user]:]], [("left", "restarted"), ("joined", None)],
                  f"the server is killed: {user} is in the call again when it is back")
        tap.check(person.process.child.poll() is None, f"{user}'s call goes on", person.trouble())
    # Longer than any leave that was scheduled before would take.
    api.call("PUT", f"/rooms/{quote(api.room)}/state/org.example.clock/x"
             "?org.matrix.msc4140.delay=35000", {"over": True})
    tap.check(lib.wait_for(lambda: api.call(
        "GET", f"/rooms/{quote(api.room)}/state/org.example.clock/x").get("over")), "time passes")
    tap.equal(api.members(), ["anna", "bert"], "and their memberships have lasted")


def removed(tap, api, anna, bert):
    n = len(api.told("anna"))
    api.call("POST", f"/rooms/{quote(api.room)}/kick", {"user_id": "@anna:localhost"})
    tap.check(lib.wait_for(lambda: anna.process.child.poll() is not None),
              "anna is removed from the room: her call ends", anna.trouble())
    tap.equal(anna.process.child.poll(), 4, "as something that she may not do")
    tap.equal([t[:2] for t in api.await_told("anna", n + 1)[n:]], [("left", "removed")],
              "the room is told so")
    n = len(api.told("bert"))
    bert.process.child.send_signal(signal.SIGINT)
    tap.equal(bert.process.child.wait(lib.STEP), -signal.SIGINT, "bert leaves by Ctrl-C")
    tap.equal(api.await_members(), [], "and is no member any more")
    tap.equal([t[:2] for t in api.await_told("bert", n + 1)[n:]], [("left", "left")],
              "the room is told so")


def main(tap, folder):
    serve = lib.Serve(folder / "data", port=lib.free_port()).start()
    serve.stop()
    for user in PEOPLE:
        serve.admin("user", "add", user, "--password-stdin", stdin=PASSWORD + "\n")
    serve.start()
    callers = []
    try:
        api = Api(serve.url, "carl")
        api.room = api.call("POST", "/createRoom", {"preset": "public_chat", "name": "physics"})["room_id"]
        for user in PEOPLE[:2]:
            callers.append(Caller(folder, serve.url, user))
            callers[-1].client("room", "join", api.room)
        dies(tap, api, *callers)
        server_dies(tap, api, serve, *callers)
        removed(tap, api, *callers)
    finally:
        for c in callers:
            if c.process:
                c.process.stop()
        serve.stop()


if __name__ == "__main__":
    out = lib.Tap("call")
    with lib.Folder() as where:
        try:
            main(out, where)
        except Exception as e:
            out.check(False, "every step runs", f"{type(e).__name__}: {e}")
    out.end()
