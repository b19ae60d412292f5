"""Delayed events (MSC4140, unstable): the same requests to Synapse and to `muster serve`.

Synapse has them only where `max_event_delay_duration` is set. What a client must be ready
for, as Synapse 1.163 was seen to answer:

* not set: versions say org.matrix.msc4140 false, capabilities max_delay_ms 0, and scheduling
  ends with 403 M_FORBIDDEN ("disallowed"), the code that also stands for "may not". There
  is no leave that comes by itself: a client must refresh its `expires` and leave in order.
* set: a delay beyond it ends with 400 ORG.MATRIX.MSC4140_DELAY_TOO_LARGE, without the
  longest delay in the reply (capabilities have it). Our server answers as matrix-js-sdk
  reads it: 400 M_UNKNOWN with org.matrix.msc4140.errcode and .max_delay.
* what was sent or cancelled is gone: any action on it is 404 M_NOT_FOUND there. Here
  repeating what has been done is 200, as the MSC says; what conflicts is 404, as on Synapse
  and as matrix-js-sdk expects (the newest text of the MSC says 409).
* with a token that is not good an action is 401 there; here nobody looks at it, as who
  knows the id was trusted with it.
* who is not in the room may schedule there and is refused when its time comes; here at once.
* actions are limited to one a second for each person, or for each address without a token,
  unless rc_delayed_event_mgmt allows more: 429 M_LIMIT_EXCEEDED must not end a call.
"""

import json
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness as lib  # noqa: E402
import synapse  # noqa: E402

LIMITS = """rc_room_creation: {per_second: 10000, burst_count: 10000}
rc_delayed_event_mgmt: {per_second: 10000, burst_count: 10000}
"""
V3 = "/_matrix/client/v3"
MSC = "/_matrix/client/unstable/org.matrix.msc4140"
MEMBER = "org.matrix.msc3401.call.member"
DAY = 86400000
TEXT = {"msgtype": "m.text", "body": "later"}

# Where the servers differ: ours, Synapse's.
TOO_LONG = ((400, "M_UNKNOWN"), (400, "ORG.MATRIX.MSC4140_DELAY_TOO_LARGE"))
AGAIN = ((200, None), (404, "M_NOT_FOUND"))
DIFFERENT = {
    "delay 0": ((400, "M_INVALID_PARAM"), (200, None)),  # the MSC: positive, non-zero
    "too long": TOO_LONG,
    "one more than the longest": TOO_LONG,
    "somebody not in the room": ((403, "M_FORBIDDEN"), (200, None)),
    "no such room": ((403, "M_FORBIDDEN"), (404, "M_NOT_FOUND")),
    "an event's content that is checked": ((200, None), (400, "M_UNKNOWN")),
    "sending again": AGAIN,
    "cancelling again": AGAIN,
    "a look at what was sent": ((200, None), (404, "M_NOT_FOUND")),
    "a bad token": ((200, None), (401, "M_UNKNOWN_TOKEN")),
    "the newer way": ((200, None), (404, "M_UNRECOGNIZED")),
}


def quote(s):
    return urllib.parse.quote(s, safe="")


class Side:
    """One server, two people, a room of both and a room of one."""

    def __init__(self, name, url, tokens):
        self.name, self.url, self.tokens = name, url, tokens
        self.seen = {}  # step -> (status, errcode)
        levels = {"preset": "public_chat", "power_level_content_override": {
            "events": {MEMBER: 0}, "users_default": 0}}
        self.room = self.get("POST", V3 + "/createRoom", "anna", levels)["room_id"]
        self.alone = self.get("POST", V3 + "/createRoom", "anna", levels)["room_id"]
        self.get("POST", f"{V3}/join/{quote(self.room)}", "bert", {})

    def call(self, method, path, user=None, body=None):
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        if user:
            request.add_header("Authorization", "Bearer " + self.tokens.get(user, user))
        try:
            with urllib.request.urlopen(request, timeout=lib.STEP) as r:
                return r.status, json.loads(r.read() or b"{}"), r.headers
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read() or b"{}"), e.headers

    def get(self, *args):
        status, reply, _ = self.call(*args)
        if status != 200:
            raise RuntimeError(f"{self.name}: {args[:2]}: {status} {reply}")
        return reply

    def step(self, what, *args):
        status, reply, _ = self.call(*args)
        self.seen[what] = (status, reply.get("errcode"))
        return reply

    def where(self, kind, rest, delay, room=None):
        return (f"{V3}/rooms/{quote(room or self.room)}/{kind}/{rest}"
                f"?org.matrix.msc4140.delay={delay}")

    def later(self, kind, rest, delay, body, user="anna"):
        return self.get("PUT", self.where(kind, rest, delay), user, body)["delay_id"]

    def act(self, delay_id, action, user=None):
        return self.call("POST", f"{MSC}/delayed_events/{delay_id}/{action}", user, {})

    def state(self, kind, key):
        return self.call("GET", f"{V3}/rooms/{quote(self.room)}/state/{kind}/{quote(key)}", "anna")

    def timeline(self, user):
        path = f"{V3}/rooms/{quote(self.room)}/messages?dir=b&limit=50"
        return self.get("GET", path, user)["chunk"]

    def came(self, delay_id, user="anna"):
        """The event that it became, as its sender sees it."""
        for e in self.timeline(user):
            if e.get("unsigned", {}).get("org.matrix.msc4140.delay_id") == delay_id:
                return e
        return None


def schedule(s):
    put = "PUT"
    s.step("delay 0", put, s.where("send", "m.room.message/d0", 0), "anna", TEXT)
    for bad in ("-1", "x", "1.5", "", "1e3"):
        s.step(f"delay {bad!r}", put, s.where("send", "m.room.message/bad", bad), "anna", TEXT)
    s.step("too long", put, s.where("send", "m.room.message/l1", 99999999999), "anna", TEXT)
    longest = s.get("GET", V3 + "/capabilities", "anna")["capabilities"][
        "org.matrix.msc4140.delayed_events"]["max_delay_ms"]
    s.step("one more than the longest", put,
           s.where("send", "m.room.message/l2", longest + 1), "anna", TEXT)
    s.step("the longest", put, s.where("send", "m.room.message/l3", longest), "anna", TEXT)
    s.step("no token", put, s.where("send", "m.room.message/t", 5000), None, TEXT)
    s.step("a wrong token", put, s.where("send", "m.room.message/t", 5000), "nonsense", TEXT)
    s.step("not an object", put, s.where("send", "m.room.message/o", 5000), "anna", [1])
    s.step("somebody not in the room", put,
           s.where("send", "m.room.message/n", DAY, s.alone), "bert", TEXT)
    s.step("no such room", put,
           s.where("send", "m.room.message/n", DAY, "!no:localhost"), "anna", TEXT)
    s.step("an event's content that is checked", put,
           s.where("send", "m.room.message/c", DAY), "anna", {"body": 5})
    s.step("the newer way", put, f"{MSC}/rooms/{quote(s.room)}/delayed_event/org.example/n1",
           "anna", {"delay_ms": DAY, "content": {}})
    for user in s.tokens:
        for e in s.get("GET", MSC + "/delayed_events", user)["delayed_events"]:
            s.act(e["delay_id"], "cancel")


def actions(tap, s):
    a = s.later("send", "m.room.message/a1", 3600000, TEXT)
    again = s.later("send", "m.room.message/a1", 3600000, TEXT)
    tap.equal(again, a, f"{s.name}: the same transaction is the same event")
    one = f"{MSC}/delayed_events/{a}"
    listed = s.get("GET", MSC + "/delayed_events", "anna")["delayed_events"]
    tap.equal([(e["delay_id"], e["room_id"], e["type"], e["delay"], e["delay_ms"], e["content"],
                "state_key" in e, e["running_since"] == e["delayed_since_ts"]) for e in listed],
              [(a, s.room, "m.room.message", 3600000, 3600000, TEXT, False, True)],
              f"{s.name}: it is listed")
    tap.equal(s.get("GET", MSC + "/delayed_events", "bert")["delayed_events"], [],
              f"{s.name}: to its owner only")
    s.step("a look at it", "GET", one, "anna")
    s.step("a look by somebody else", "GET", one, "bert")
    s.step("a look without a token", "GET", one)
    s.step("a list without a token", "GET", MSC + "/delayed_events")
    s.step("restart without a token", "POST", one + "/restart", None, {})
    s.step("restart with one's token", "POST", one + "/restart", "anna", {})
    s.step("restart with another's", "POST", one + "/restart", "bert", {})
    s.step("a bad token", "POST", one + "/restart", "nonsense", {})
    s.step("the older form", "POST", one, None, {"action": "restart"})
    s.step("the older form, nonsense", "POST", one, None, {"action": "explode"})
    s.step("the older form, nothing", "POST", one, None, {})
    s.step("nonsense", "POST", one + "/explode", None, {})
    s.step("send", "POST", one + "/send", None, {})
    tap.check(lib.wait_for(lambda: s.came(a)), f"{s.name}: what is sent is in the room")
    s.step("sending again", "POST", one + "/send", None, {})
    s.step("restarting what was sent", "POST", one + "/restart", None, {})
    s.step("cancelling what was sent", "POST", one + "/cancel", None, {})
    s.step("a look at what was sent", "GET", one, "anna")
    tap.equal(s.came(a, "bert"), None, f"{s.name}: only its sender sees the id")
    b = f"{MSC}/delayed_events/" + s.later("state", "org.example/k", 3600000, {"a": 1})
    s.step("cancel", "POST", b + "/cancel", "anna", {})
    s.step("cancelling again", "POST", b + "/cancel", "anna", {})
    s.step("sending what was cancelled", "POST", b + "/send", "anna", {})
    s.step("restarting what was cancelled", "POST", b + "/restart", "anna", {})
    for action in ("send", "cancel", "restart"):
        s.step(f"{action}, unknown", "POST", f"{MSC}/delayed_events/nonsense/{action}", None, {})


def in_time(tap, s):
    """What comes when its time has come, and what somebody else's state ends."""
    mine, key = f"_@anna:localhost_DEV_m.call", quote("_@anna:localhost_DEV_m.call")
    leave = None

    def begin(ms):
        nonlocal leave
        if leave:  # of a try that was too slow
            s.act(leave, "cancel")
        leave = s.later("state", f"{MEMBER}/{key}", ms, {})
        s.get("PUT", f"{V3}/rooms/{quote(s.room)}/state/{MEMBER}/{key}", "anna",
              {"application": "x"})

    tap.check(lib.keep_alive(begin, lambda: s.act(leave, "restart")[0] == 200, (2500, 10000, 30000)),
              f"{s.name}: restarting keeps it from coming; one's own state does not end it")
    tap.equal(s.state(MEMBER, mine)[1].get("application"), "x", f"{s.name}: still there")
    tap.check(lib.wait_for(lambda: s.state(MEMBER, mine)[1] == {}),
              f"{s.name}: a client that falls silent has left")
    tap.equal(s.act(leave, "restart")[0], 404, f"{s.name}: too late to restart")
    other = s.later("state", "m.room.topic/", 3600000, {"topic": "later"})
    s.get("PUT", f"{V3}/rooms/{quote(s.room)}/state/m.room.power_levels/", "anna", {
        "users": {"@anna:localhost": 100, "@bert:localhost": 50}, "events": {MEMBER: 0}}
        if s.name == "muster" else {"users": {"@bert:localhost": 50}, "events": {MEMBER: 0}})
    s.get("PUT", f"{V3}/rooms/{quote(s.room)}/state/m.room.topic/", "bert", {"topic": "now"})
    tap.check(lib.wait_for(lambda: s.act(other, "restart")[0] == 404),
              f"{s.name}: another's state ends it")
    said = s.get("PUT", f"{V3}/rooms/{quote(s.room)}/send/m.room.message/r1", "anna", TEXT)["event_id"]
    s.later("send", "m.room.redaction/r2", 300, {"redacts": said})
    path = f"{V3}/rooms/{quote(s.room)}/event/{quote(said)}"
    tap.check(lib.wait_for(lambda: s.get("GET", path, "bert")["content"] == {}),
              f"{s.name}: a redaction may be delayed")
    s.later("state", "m.room.member/" + quote("@bert:localhost"), 300, {"membership": "leave"})
    tap.check(lib.wait_for(lambda: s.call("GET", path, "bert")[0] == 403 or s.state(
        "m.room.member", "@bert:localhost")[1]["membership"] == "leave"),
        f"{s.name}: so may a removal")
    s.get("POST", f"{V3}/join/{quote(s.room)}", "bert", {})


def limits(tap, s, limit=100):
    ids = [s.later("send", f"m.room.message/limit{i}", 3600000 + i, TEXT, "bert")
           for i in range(limit)]
    status, reply, head = s.call("PUT", s.where("send", "m.room.message/over", 5000), "bert", TEXT)
    s.seen["one too many"] = (status, reply.get("errcode"))
    wait = int(head.get("Retry-After", "0"))
    tap.check(3000 < wait <= 3601, f"{s.name}: it tells when there is room again", wait)
    s.act(ids[0], "cancel")
    s.step("one less", "PUT", s.where("send", "m.room.message/fits", 3600000), "bert", TEXT)


def away(tap, s, restart):
    """What was due while the server was away comes at its start, the rest in time."""
    soon = s.later("send", "m.room.message/w1", 1500, {"msgtype": "m.text", "body": "1"})
    state = s.later("state", "org.example.away/k", 1600, {"n": 2})
    far = s.later("send", "m.room.message/w2", 3600000, TEXT)
    restart(2)
    tap.check(lib.wait_for(lambda: s.came(soon)), f"{s.name}: due while away, sent at the start")
    tap.check(lib.wait_for(lambda: s.state("org.example.away", "k")[1] == {"n": 2}),
              f"{s.name}: and so is state")
    tap.equal(s.act(far, "restart")[0], 200, f"{s.name}: what is not due waits")
    tap.equal(s.came(far), None, f"{s.name}: and is not sent")


def restart_of(server):
    def restart(seconds):
        server.stop()
        time.sleep(seconds)  # its time passes with nobody there
        server.start()
    return restart


def run(tap, s, restart):
    flags = s.get("GET", "/_matrix/client/versions")["unstable_features"]
    tap.equal(flags.get("org.matrix.msc4140"), True, f"{s.name}: advertised")
    schedule(s)
    actions(tap, s)
    in_time(tap, s)
    limits(tap, s)
    away(tap, s, restart)


def unset(tap, folder):
    """Synapse without `max_event_delay_duration`: what our clients must live with."""
    server = synapse.Synapse(folder / "unset", LIMITS).start()
    tokens = {u: server.register(u)["access_token"] for u in ("anna", "bert")}
    s = Side("Synapse, unset", server.url, tokens)
    flags = s.get("GET", "/_matrix/client/versions")["unstable_features"]
    tap.equal(flags.get("org.matrix.msc4140"), False, "unset: not advertised")
    key = quote("_@anna:localhost_DEV_m.call")
    status, reply, _ = s.call("PUT", s.where("state", f"{MEMBER}/{key}", 8000), "anna", {})
    tap.equal((status, reply["errcode"]), (403, "M_FORBIDDEN"), "unset: a leave cannot be scheduled")
    tap.equal(s.state(MEMBER, "_@anna:localhost_DEV_m.call")[0], 404, "unset: nor was it sent now")
    anna = lib.Client(folder / "anna")
    anna.login(server.url, "anna", synapse.PASSWORD)
    rows = {r["check"]: r for r in anna.status("doctor")[1]}
    tap.equal([(rows[c]["ok"], rows[c]["optional"], bool(rows[c]["fix"])) for c in ("calls", "call-end")],
              [(False, True, True)] * 2, "unset: doctor says what is missing, and what to do")
    server.stop()


def main(tap, folder):
    theirs = synapse.Synapse(folder / "synapse", LIMITS + "max_event_delay_duration: 24h\n").start()
    tokens = {u: theirs.register(u)["access_token"] for u in ("anna", "bert")}
    a = Side("Synapse", theirs.url, tokens)
    run(tap, a, restart_of(theirs))
    theirs.stop()

    ours = lib.Serve(folder / "data").start()
    ours.stop()
    for user in ("anna", "bert"):
        ours.admin("user", "add", user, "--password-stdin", stdin=synapse.PASSWORD + "\n")
    ours.start()
    try:
        b = Side("muster", ours.url, {u: log_in(ours.url, u) for u in ("anna", "bert")})
        run(tap, b, restart_of(ours))
    finally:
        ours.stop()
    for step, want in a.seen.items():
        ours_want, theirs_want = DIFFERENT.get(step, (want, want))
        tap.equal(want, theirs_want, f"Synapse: {step}")
        tap.equal(b.seen.get(step), ours_want, f"muster: {step}")
    tap.equal(set(b.seen), set(a.seen), "both took the same steps")
    tap.equal(set(DIFFERENT) - set(a.seen), set(), "every difference that is named was looked at")
    unset(tap, folder)


def log_in(url, user):
    body = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": user},
            "password": synapse.PASSWORD}
    request = urllib.request.Request(url + V3 + "/login", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=lib.STEP) as r:
        return json.load(r)["access_token"]


if __name__ == "__main__":
    lib.Tap("delayed").play(main, skip=synapse.MISSING)
