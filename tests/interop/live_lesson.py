"""Live lessons and host powers with people who are not ours: rtc-node in a call of `muster serve`
that livekit-server-sdk and the room's state act on; and our client, leading on livekit-server.

  live_lesson.py serve|livekit     one of the two places; both without
"""

import json
import os
import subprocess
import sys
import time

import livekit_peers as lk
import livekit_serve
from livekit_people import Someone
from token_service import TokenService

lib = lk.lib
tap = lib.Tap("live_lesson")
SDK = lk.PEERS / "server-sdk"
call, quote, V3 = livekit_serve.call, livekit_serve.quote, livekit_serve.V3
REMOVED, ENDED = 4, 5  # LiveKit's DisconnectReason: PARTICIPANT_REMOVED, ROOM_DELETED


def ok(reply, what, detail=""):
    return tap.check(reply.get("ok"), what, f"{reply.get('error')}\n{detail}")


def backend(url, key, secret, method, *args):
    out = subprocess.run(["node", lk.HERE / "livekit_powers.mjs", SDK, url, method,
                          json.dumps(args)], capture_output=True, text=True, timeout=lk.LIMIT,
                         env={**os.environ, "LIVEKIT_KEY": key, "LIVEKIT_SECRET": secret})
    return json.loads(out.stdout or json.dumps({"ok": False, "error": out.stderr}))


def state(place, content):
    """org.muster.call of the room, by who made it."""
    reply = call(place.serve.url, "PUT",
                 f"{V3}/rooms/{quote(place.room)}/state/org.muster.call/", content,
                 place.tokens[place.people[0]])
    tap.check("event_id" in reply, f"the room's state says {json.dumps(content)}", reply)


def room_of(token):
    part = token.split(".")[1]
    return json.loads(lk.base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["video"]["room"]


def silence(listener, speaker, what):
    ok(listener.driver.do("silence", who=speaker.identity, hz=speaker.hz, ms=1500), what)


def speaks_up(speaker, listener):
    """Who has just been given the floor may be a moment too early: then they unmute again."""
    for limit in lk.PATIENCE:
        for on in (True, False):
            speaker.driver.do("mute", on=on)
        if listener.hears(speaker, limit=limit)["ok"]:
            return True
    return False


def muted_for(listener, speaker, mark, what):
    tap.check(listener.driver.event(since=mark, event="person", who=speaker.identity, what="muted"),
              what, listener.driver.lines[-6:])


def on_serve(place):
    key, secret = (place.serve.data / "rtc.key").read_text().split()
    a, b = Someone(place, "node"), Someone(place, "node", "other")
    b.hz = 900

    def act(method, *args):
        return backend(place.serve.url, key, secret, method, room, *args)

    try:
        room = room_of(a.token)
        for who in (a, b):
            ok(who.join(), f"{who.name} joins", who.driver.error_text())
        ok(b.hears(a), "one rtc-node hears the other")
        people = act("listParticipants")
        ok(people, "livekit-server-sdk lists people")
        by_identity = {p["identity"]: p for p in people.get("value") or []}
        tap.equal(set(by_identity), {a.identity, b.identity}, "both of them")
        track = by_identity.get(a.identity, {}).get("tracks", [{}])[0].get("sid")
        mark = b.driver.mark()
        ok(act("mutePublishedTrack", a.identity, track, True), "it mutes a track")
        muted_for(b, a, mark, "the other sees it muted")
        silence(b, a, "and hears nothing")
        refused = act("mutePublishedTrack", a.identity, track, False)
        tap.check(not refused["ok"], "nobody's microphone is opened by others", refused)
        ok(a.driver.do("mute", on=False), "rtc-node unmutes itself")
        ok(b.hears(a), "and is heard again")

        mark = b.driver.mark()
        state(place, {"version": 1, "mode": "live", "floor": []})
        muted_for(b, a, mark, "a live lesson: who has no floor is muted")
        silence(b, a, "and not heard")
        a.driver.do("mute", on=False)
        silence(b, a, "nor when its client says that it is unmuted, which sends on")
        tap.check(not a.driver.event(limit=1, event="ended"), "nor is it put out of the call")
        state(place, {"version": 1, "mode": "live", "floor": ["@node:localhost"]})
        tap.check(speaks_up(a, b), "given the floor it unmutes and is heard", b.driver.lines[-6:])
        mark = b.driver.mark()
        state(place, {"version": 1, "mode": "live", "floor": []})
        muted_for(b, a, mark, "the floor is taken: muted")
        silence(b, a, "and not heard any more")
        tap.check(not backend(place.serve.url, key, "x" * 40, "listParticipants", room)["ok"],
                  "a token of another secret lets nobody do anything")
        ok(act("removeParticipant", a.identity), "it removes somebody")
        tap.check(a.driver.event(event="ended", reason=REMOVED), "who is told why",
                  a.driver.lines[-3:])
        gone = act("removeParticipant", a.identity)
        tap.check(gone.get("status") == 404, "twice cannot be", gone)
        ok(act("deleteRoom"), "it ends the call")
        tap.check(b.driver.event(event="ended", reason=ENDED), "for everybody, who are told why",
                  b.driver.lines[-3:])
    finally:
        a.end()
        b.end()


class Sfu:
    """livekit-server as the token service sees it: who leads may act on others, or nobody may."""

    def __init__(self, livekit, admins):
        self.livekit, self.admins, self.url = livekit, admins, livekit.url

    def token(self, room, identity):
        return self.livekit.token(room, identity, roomAdmin=identity.startswith(self.admins))


def somewhere_else(place, service):
    """Somebody is in the call elsewhere: there our client goes, too."""
    reply = call(place.serve.url, "PUT",
                 f"{V3}/rooms/{quote(place.room)}/state/{livekit_serve.MEMBER}/"
                 f"{quote('_@node:localhost_NODE')}",
                 {"application": "m.call", "call_id": "", "scope": "m.room", "device_id": "NODE",
                  "expires": 14400000, "created_ts": int(time.time() * 1000),
                  "focus_active": {"type": "livekit", "focus_selection": "oldest_membership"},
                  "foci_preferred": [{"type": "livekit", "livekit_service_url": service.url,
                                      "livekit_alias": place.room}]}, place.tokens["node"])
    tap.check("event_id" in reply, "somebody is in the call, on livekit-server", reply)


def lead(place, livekit, admin):
    """rtc-node is in a room of livekit-server, and our client leads there."""
    service = TokenService(Sfu(livekit, "@ours:" if admin else "nobody"))
    service.homeserver = place.serve.url
    service.who = lambda token: "@ours:localhost"
    words = json.dumps([place.room, "m.call#ROOM"], separators=(",", ":")).encode()
    room = lk.base64.b64encode(lk.hashlib.sha256(words).digest()).decode().rstrip("=")
    node = lk.rtc_node("@node:localhost:NODE")
    ours = lk.muster("ours", place.folder / "ours")
    run = lambda *words: ours.do("run", words=list(words))
    try:
        somewhere_else(place, service)
        ok(node.do("join", url=livekit.url, hz=400,
                   token=livekit.token(room, "@node:localhost:NODE")), "rtc-node joins there")
        joined = ours.do("join", room=place.room, hz=900, **{"as": ["live", "start"]})
        ok(joined, "muster live start", ours.error_text())
        tap.check((joined.get("row") or {}).get("host"), "it leads", joined)
        ok(node.do("hear", who="@ours:localhost:" + device(place), hz=900), "and is heard")
        if not admin:
            tap.check(lib.wait_for(lambda: "holds nobody to the rules" in ours.error_text(),
                                   lk.LIMIT), "it warns that nobody is held to the rules",
                      ours.error_text())
            for words in (("call", "remove", "@node:localhost"),
                          ("call", "mute", "--user", "@node:localhost"), ("call", "end")):
                out = run(*words)
                tap.check(out["status"] == 1 and "lets nobody act on others" in out["stderr"],
                          f"{' '.join(words[:2])} fails with the reason", out)
            return
        tap.check(lib.wait_for(lambda: silent(run), lk.LIMIT),
                  "with roomAdmin our client takes their voice", node.lines[-5:])
        out = run("live", "floor", "give", "@node:localhost")
        tap.equal(out["status"], 0, "it gives the floor")
        # livekit-server took the track away; the package goes on with it.
        node.do("unpublish")
        tap.check(lib.wait_for(lambda: node.do("publish", hz=400).get("ok"), lk.LIMIT),
                  "rtc-node may publish again", node.lines[-5:])
        ok(ours.do("hear", hz=400), "and is heard")
        mark, seen = node.mark(), ours.mark()
        tap.equal(run("call", "mute", "--user", "@node:localhost")["status"], 0, "call mute")
        tap.check(ours.event(since=seen, event="row", test=lambda l: l["what"] == "muted" and
                             l["row"].get("user_id") == "@node:localhost"), "it is muted",
                  ours.lines[-5:])
        tap.equal(run("call", "remove", "@node:localhost")["status"], 0, "call remove")
        tap.check(node.event(since=mark, event="ended", reason=REMOVED), "it is out",
                  node.lines[-3:])
        back = ours.mark()
        node.end()
        node = lk.rtc_node("@node:localhost:NODE")
        mark = node.mark()
        ok(node.do("join", url=livekit.url,
                   token=livekit.token(room, "@node:localhost:NODE")), "it joins again")
        tap.check(ours.event(since=back, event="row", what="joined"), "and is seen",
                  ours.lines[-3:])
        tap.equal(run("call", "end")["status"], 0, "call end")
        tap.check(node.event(since=mark, event="ended"), "it is over for it", node.lines[-3:])
        tap.check(ours.event(event="exit", status=0), "and for us, in peace", ours.lines[-3:])
    finally:
        node.end()
        ours.end()
        service.stop()


def silent(run):
    """Has the other in the call no voice?"""
    return any(r["user_id"] == "@node:localhost" and r["muted"] for r in run("call", "people")["rows"])


def device(place):
    reply = call(place.serve.url, "GET", V3 + "/devices", None, place.tokens["ours"])
    return [d["device_id"] for d in reply["devices"] if d["device_id"] != "OURS"][-1]


def main():
    wanted = sys.argv[1:] or ["serve", "livekit"]
    if lk.missing() or not (SDK / ".done").exists():
        print("ok - live_lesson # SKIP rtc-node or livekit-server-sdk is missing")
        return
    if "serve" in wanted:
        with lib.Folder() as folder:
            # Who made the room leads it; those who speak are none of those.
            place = livekit_serve.Place(folder, ("ours", "node", "other")).start()
            try:
                on_serve(place)
            finally:
                place.stop()
    if "livekit" in wanted and lk.has_livekit():
        with lib.Folder() as folder:
            place = livekit_serve.Place(folder, ("ours", "node")).start()
            livekit = lk.LiveKit(folder).start()
            try:
                lib.Client(folder / "ours").login(place.serve.url, "ours", livekit_serve.PASSWORD)
                lead(place, livekit, False)
                call(place.serve.url, "PUT", f"{V3}/rooms/{quote(place.room)}/state/"
                     "org.muster.call/", {}, place.tokens["ours"])
                lead(place, livekit, True)
            finally:
                livekit.stop()
                place.stop()
    tap.end()


main()
