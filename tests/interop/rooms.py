"""The same life of rooms on Synapse and on `muster serve`: who may do what, and
what the rooms look like afterwards.

    rooms.py [SEED] [STEPS]
"""

import json
import pathlib
import random
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness as lib  # noqa: E402
import synapse  # noqa: E402

LIMITS = "rc_room_creation: {per_second: 10000, burst_count: 10000}"
USERS = ("anna", "bert", "carl", "dora")
RULES = ("public", "invite", "knock", "restricted", "private")
LEVELS = (0, 1, 25, 50, 75, 100)


class Side:
    """One homeserver, with the ids that it gave to the things of the story."""

    def __init__(self, name, url, tokens):
        self.name, self.url, self.tokens = name, url, tokens
        self.rooms, self.events = [], []

    def call(self, method, path, user, body=None):
        request = urllib.request.Request(
            self.url + "/_matrix/client/v3" + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + self.tokens[user],
                     "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=lib.STEP) as r:
                return r.status, json.load(r)
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read() or b"{}")

    def named(self, text):
        """Ids of rooms and events, as the story calls them."""
        for i, room in enumerate(self.rooms):
            text = text.replace(room, f"ROOM{i}")
        for i, event in enumerate(self.events):
            if event:
                text = text.replace(event, f"EVENT{i}")
        return text

    def fill(self, value):
        """The story's ROOM<n> and EVENT<n> as this server's ids."""
        text = json.dumps(value) if not isinstance(value, str) else value
        for i in reversed(range(len(self.events))):
            text = text.replace(f"EVENT{i}!", self.events[i] or "$none")
        for i in reversed(range(len(self.rooms))):
            text = text.replace(f"ROOM{i}!", self.rooms[i])
        return text if isinstance(value, str) else json.loads(text)


class Story:
    """Random steps; each is (what, method, path, user, body)."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.rooms, self.events, self.txn = 0, [], 0
        self.dead = set()

    def user(self):
        return self.random.choice(USERS)

    def room(self):
        return f"ROOM{self.random.randrange(self.rooms)}!"

    def event(self, room):
        """One of the newest in the room."""
        there = [i for i, r in self.events if r == room][-12:]
        return f"EVENT{self.random.choice(there)}!" if there else None

    def create(self):
        r = self.random
        body = {"room_version": "11"}
        if r.random() < 0.7:
            body["preset"] = r.choice(("private_chat", "public_chat", "trusted_private_chat"))
        if r.random() < 0.3:
            body["invite"] = ["@%s:localhost" % u for u in r.sample(USERS, r.randint(1, 2))]
        if r.random() < 0.3:
            body["name"] = "Raum"
        if r.random() < 0.3:
            body["topic"] = "Thema"
        if r.random() < 0.3:
            body["initial_state"] = [{"type": "m.room.join_rules", "state_key": "",
                                      "content": self.join_rules()}]
        if r.random() < 0.2:
            body["is_direct"] = True
        if r.random() < 0.2:
            body["power_level_content_override"] = {"invite": r.choice(LEVELS)}
        return "create", "POST", "/createRoom", self.user(), body

    def join_rules(self):
        rule = self.random.choice(RULES)
        if rule != "restricted":
            return {"join_rule": rule}
        allow = [{"type": "m.room_membership", "room_id": self.room()}] if self.rooms else []
        return {"join_rule": rule, "allow": allow}

    def membership(self):
        verb = self.random.choice(("join", "join", "join", "leave", "invite", "invite", "kick",
                                   "ban", "unban", "knock"))
        body = {}
        if verb in ("invite", "kick", "ban", "unban"):
            body["user_id"] = "@%s:localhost" % self.user()
        if self.random.random() < 0.2:
            body["reason"] = "darum"
        path = f"/{verb}/{self.room()}" if verb in ("join", "knock") else \
            f"/rooms/{self.room()}/{verb}"
        return verb, "POST", path, self.user(), body

    def power_levels(self):
        r = self.random
        content = {"users": {"@%s:localhost" % u: r.choice(LEVELS)
                             for u in r.sample(USERS, r.randint(1, 4))}}
        if r.random() < 0.7:
            content["users"]["@anna:localhost"] = 100
        for key in ("ban", "kick", "invite", "redact", "state_default", "events_default",
                    "users_default"):
            if r.random() < 0.4:
                content[key] = r.choice(LEVELS)
        if r.random() < 0.5:
            content["events"] = {"m.room.name": r.choice(LEVELS),
                                 "m.room.power_levels": r.choice(LEVELS)}
        if r.random() < 0.3:
            content["notifications"] = {"room": r.choice(LEVELS)}
        if r.random() < 0.1:
            content["ban"] = r.choice(("50", 1.5, None, []))
        return content

    def state(self):
        r = self.random
        kind = r.randrange(6)
        key = ""
        if kind == 0:
            kind, content = "m.room.power_levels", self.power_levels()
        elif kind == 1:
            kind, content = "m.room.join_rules", self.join_rules()
        elif kind == 2:
            kind, content = "m.room.name", {"name": r.choice("abc")}
        elif kind == 3:
            kind, content = "m.room.topic", {"topic": r.choice("abc")}
        elif kind == 4:
            kind, content = "org.example.own", {"n": r.randrange(2)}
            key = r.choice(("", "x", "_@bert:localhost", "@%s:localhost" % self.user()))
        else:
            kind, key = "m.room.member", "@%s:localhost" % self.user()
            content = {"membership": r.choice(("join", "leave", "invite", "ban", "knock", "odd"))}
            if r.random() < 0.3:
                content["displayname"] = "Anders"
        path = f"/rooms/{self.room()}/state/{kind}/{urllib.parse.quote(key)}"
        return kind, "PUT", path, self.user(), content

    def send(self):
        r = self.random
        self.txn += 1
        what, room = r.randrange(4), self.room()
        event = self.event(room)
        if event and what == 0:
            return ("redact", "PUT", f"/rooms/{room}/redact/{event}/t{self.txn}",
                    self.user(), {"reason": "x"} if r.random() < 0.5 else {})
        if event and what == 1:
            if r.random() < 0.1:
                room = self.room()
            content = {"m.relates_to": {"rel_type": "m.annotation", "event_id": event,
                                        "key": r.choice("ab")}}
            return ("reaction", "PUT", f"/rooms/{room}/send/m.reaction/t{self.txn}",
                    self.user(), content)
        return ("message", "PUT", f"/rooms/{room}/send/m.room.message/t{self.txn}",
                self.user(), {"msgtype": "m.text", "body": f"Nachricht {self.txn}"})

    def step(self):
        if not self.rooms or self.random.random() < 0.04:
            return self.create()
        return self.random.choice((self.membership, self.membership, self.state, self.send))()


# Where we differ on purpose: (what, Synapse's answer, ours).
KNOWN = {
    # The specification names M_BAD_JSON for content of the wrong shape.
    ("m.room.member", (400, "M_UNKNOWN"), (400, "M_BAD_JSON")),
    # Leaving is what one wanted, so leaving again is no error.
    ("leave", (403, "M_FORBIDDEN"), (200, "")),
    # Ill-shaped levels from somebody who may not set any: either reason will do.
    ("m.room.power_levels", (400, "M_BAD_JSON"), (403, "M_FORBIDDEN")),
    ("m.room.power_levels", (403, "M_FORBIDDEN"), (400, "M_BAD_JSON")),
    # Nobody was there to be removed.
    ("kick", (200, ""), (403, "M_FORBIDDEN")),
    # Nobody was banned.
    ("unban", (200, ""), (403, "M_FORBIDDEN")),
    # Who is in the room already has joined.
    ("join", (403, "M_FORBIDDEN"), (200, "")),
}


def plain(answer):
    """Both words for a refusal mean the same to a client."""
    status, errcode = answer[:2]
    return status, "M_FORBIDDEN" if errcode == "M_BAD_STATE" else errcode


def perform(side, step):
    what, method, path, user, body = step
    status, reply = side.call(method, side.fill(path), user, side.fill(body))
    if what == "create" and status == 200:
        side.rooms.append(reply["room_id"])
    side.events.append(reply.get("event_id"))
    return status, reply.get("errcode", ""), reply


def clean(content):
    """What a server may add as it likes."""
    content = dict(content)
    if content.get("membership"):
        content.pop("displayname", None)
        content.pop("avatar_url", None)
        content.pop("reason", None)  # of joining a second time
        content.pop("join_authorised_via_users_server", None)  # Synapse drops it then
    return content


def picture(side, index):
    """A room as its members see it: every state event's content and sender."""
    for user in USERS:
        room = side.rooms[index]
        status, _ = side.call("GET", f"/rooms/{room}/joined_members", user)
        if status == 200:
            break
    else:
        return "nobody is inside"
    events = side.call("GET", f"/rooms/{room}/state", user)[1]
    rows = {}
    for e in events:
        if e["type"] == "m.room.guest_access":
            continue  # Synapse leaves it out where it says "forbidden"
        if e["content"].get("membership") == "leave":
            continue  # Synapse also "unbans" who was never there
        if e["type"] == "m.room.power_levels" and e["content"].get("historical") == 100:
            e["content"] = "the server's first"
        elif e["type"] == "m.room.power_levels" and \
                "org.matrix.msc3401.call.member" in e["content"].get("events", {}):
            e["content"] = "the server's first"
        else:
            e["content"] = clean(e["content"])
        rows[f"{e['type']} {e['state_key']}"] = [e["sender"], e["content"]]
    return json.loads(side.named(json.dumps(rows)))


def compare(tap, ours, theirs, story, steps):
    different = 0
    for n in range(steps):
        step = story.step()
        if any(room in step[2] for room in story.dead):
            continue
        a, b = perform(theirs, step), perform(ours, step)
        if any(w in a[2].get("error", "") for w in ("no servers", "Not a known room", "No known servers")):
            # Nobody is inside: Synapse has left the room, we still have it.
            room = next(r for r in (f"ROOM{i}!" for i in range(story.rooms)) if r in step[2])
            story.dead.add(room)
            ours.call("POST", ours.fill(f"/rooms/{room}/leave"), step[3], {})
            continue
        if a[0] == b[0] == 200 and step[0] == "create":
            story.rooms += 1
        if "event_id" in a[2] and "event_id" in b[2]:
            story.events.append((len(ours.events) - 1, step[2].split("/")[2]))
        if plain(a) == plain(b):
            continue
        if (step[0], plain(a), plain(b)) not in KNOWN:
            different += 1
            tap.check(False, f"step {n}: {step}", f"Synapse {a}\nmuster {b}")
            if a[0] != b[0] and 200 in (a[0], b[0]):
                break
    tap.check(different == 0, f"{steps} steps are answered as Synapse answers them")
    for i in range(story.rooms):
        a, b = picture(theirs, i), picture(ours, i)
        if a != b:
            keys = set(a) | set(b)
            tap.check(False, f"room {i} looks the same",
                      "\n".join(f"{k}: {a.get(k)} / {b.get(k)}" for k in sorted(keys)
                                if a.get(k) != b.get(k)) if isinstance(a, dict) else (a, b))
    tap.check(True, f"{story.rooms} rooms compared")


def tokens_of(url):
    out = {}
    for user in USERS:
        body = {"type": "m.login.password", "password": synapse.PASSWORD,
                "identifier": {"type": "m.id.user", "user": user}}
        request = urllib.request.Request(url + "/_matrix/client/v3/login",
                                         json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=lib.STEP) as r:
            out[user] = json.load(r)["access_token"]
    return out


def main():
    tap = lib.Tap("rooms")
    if not (synapse.VENV / "bin" / "python").exists():
        print("1..0 # SKIP Synapse is not installed (make interop)")
        return 0
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 600
    with lib.Folder() as folder:
        folder = pathlib.Path(folder)
        peer = synapse.Synapse(folder / "synapse", LIMITS).start()
        serve = lib.Serve(folder / "data", extra=["--open-registration"]).start()
        try:
            for user in USERS:
                peer.register(user)
                register(serve.url, user)
            theirs = Side("Synapse", peer.url, tokens_of(peer.url))
            ours = Side("muster", serve.url, tokens_of(serve.url))
            compare(tap, ours, theirs, Story(seed), steps)
        finally:
            peer.stop()
            serve.stop()
    return tap.end()


def register(url, user):
    body = {"username": user, "password": synapse.PASSWORD, "inhibit_login": True,
            "auth": {"type": "m.login.dummy"}}
    request = urllib.request.Request(url + "/_matrix/client/v3/register",
                                     json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=lib.STEP).close()


if __name__ == "__main__":
    sys.exit(main())
