"""People who talk with each other in a LiveKit room: our client, rtc-node and Chromium, on
livekit-server and on `muster serve`.

Each of them sends a tone of its own; the others must hear that frequency, see
a mute, a leave, and hear it again after the signalling connection was cut.

  livekit_rooms.py livekit|serve     one of the two places; both without
"""

import os
import signal
import sys
import time

import livekit_peers as lk
import livekit_serve

lib = lk.lib
tap = lib.Tap("livekit_rooms")
TONES = {"node": 400, "chromium": 700, "ours": 1000}
LISTEN_S = 30  # for how long sound on livekit-server is watched


def note(text):
    print(f"# {text}", flush=True)


class Someone:
    """A person of a kind, whose signalling goes through a proxy that can be cut."""

    def __init__(self, place, kind, name=None):
        self.kind, self.hz = kind, TONES[kind]
        self.proxy = lk.Proxy(place.port)
        self.name = name or kind
        self.identity, self.token = place.entry(self.name)
        self.driver = lk.KINDS[kind](self.identity)

    def join(self, **how):
        how.setdefault("hz", self.hz)
        return self.driver.do("join", url=f"ws://127.0.0.1:{self.proxy.port}", token=self.token,
                              **how)

    def hears(self, other, **how):
        return self.driver.do("hear", who=other.identity, hz=other.hz, **how)

    def end(self):
        self.driver.end()
        self.proxy.close()


def ok(reply, what, detail=""):
    return tap.check(reply.get("ok"), what, f"{reply.get('error')}\n{detail}")


def pairs(people):
    return [(a, b) for a in people for b in people if a is not b]


def meet(place, people):
    """Everybody joins, everybody hears everybody."""
    for p in people:
        ok(p.join(), f"{place.name}: {p.name} joins and publishes", p.driver.error_text())
    for a, b in pairs(people):
        reply = a.hears(b)
        ok(reply, f"{place.name}: {a.name} hears {b.name} at {b.hz} Hz", a.driver.lines[-5:])


def mutes(place, people):
    for p in people:
        others = [o for o in people if o is not p]
        marks = [o.driver.mark() for o in others]
        ok(p.driver.do("mute", on=True), f"{place.name}: {p.name} mutes")
        for o, mark in zip(others, marks):
            tap.check(o.driver.event(since=mark, event="person", who=p.identity, what="muted"),
                      f"{place.name}: {o.name} sees {p.name} muted", o.driver.lines[-8:])
            ok(o.driver.do("silence", who=p.identity, hz=p.hz),
               f"{place.name}: {o.name} hears {p.name} no more")
        ok(p.driver.do("mute", on=False), f"{place.name}: {p.name} unmutes")
        for o, mark in zip(others, marks):
            tap.check(o.driver.event(since=mark, event="person", who=p.identity, what="unmuted"),
                      f"{place.name}: {o.name} sees {p.name} unmuted", o.driver.lines[-8:])
            ok(o.hears(p), f"{place.name}: {o.name} hears {p.name} again")
            tap.check(o.driver.event(since=mark, event="person", who=p.identity, what="speaking"),
                      f"{place.name}: {o.name} sees {p.name} speaking", o.driver.lines[-8:])


def watch(whom):
    """From now on, for all (a, b): does a hear b?"""
    for a, b in whom:
        a.driver.do("watch", who=b.identity, hz=b.hz)


def watched(whom):
    return {f"{a.name} hears {b.name}": a.driver.do("watched", who=b.identity, hz=b.hz)
            for a, b in whom}


def cut(place, people, person, away):
    """The signalling connection is cut; `away`: nothing can be reached for a while."""
    others = [o for o in people if o is not person]
    marks = {o.name: o.driver.mark() for o in people}
    what = f"{place.name}: {person.name}'s signalling is cut{' for a while' if away else ''}"
    both = [(o, person) for o in others] + [(person, o) for o in others]
    watch(both)
    before = {w: person.driver.do("ice", which=w) for w in ("publisher", "subscriber")}
    person.proxy.closed_to_new = away
    tap.check(person.proxy.cut() > 0, f"{what}: there was one to cut")
    tap.check(person.driver.event(since=marks[person.name], event="reconnecting"),
              f"{what}: it notices", person.driver.lines[-8:])
    person.proxy.closed_to_new = False
    tap.check(person.driver.event(since=marks[person.name], event="reconnected", limit=40),
              f"{what}: it comes back", person.driver.lines[-8:] + [place.tail()])
    for o in others:
        ok(o.hears(person), f"{what}: {o.name} hears them", o.driver.lines[-6:])
        ok(person.hears(o), f"{what}: they hear {o.name}", person.driver.lines[-6:])
    if place.keeps:
        left = [o.name for o in others
                if o.driver.event(since=marks[o.name], limit=0, event="person", what="left",
                                  who=person.identity)]
        tap.equal(left, [], f"{what}: nobody saw them leave")
        if before["publisher"].get("ok"):
            after = {w: person.driver.do("ice", which=w) for w in before}
            same = [w for w in before for side in ("local", "remote")
                    if before[w].get(side) == after[w].get(side)]
            tap.check(not [w for w in same if w == "publisher"],
                      f"{what}: ICE was restarted", f"{before}\n{after}")
    for who, figures in watched(both).items():
        note(f"meanwhile, {who}: {figures.get('longest_ms')} ms of silence at most")


def leaves(place, people, person):
    others = [o for o in people if o is not person]
    ok(person.driver.do("leave"), f"{place.name}: {person.name} leaves")
    for o in others:
        tap.check(o.driver.event(event="person", who=person.identity, what="left"),
                  f"{place.name}: {o.name} sees {person.name} leave", o.driver.lines[-8:])


def dies(place, people, person):
    others = [o for o in people if o is not person]
    person.driver.child.send_signal(signal.SIGKILL)
    for o in others:
        tap.check(o.driver.event(event="person", who=person.identity, what="left", limit=60),
                  f"{place.name}: {person.name} is killed: {o.name} sees them leave",
                  o.driver.lines[-8:])


def steady(place, people, seconds):
    """For so long, nobody misses anything of what the others send."""
    watch(pairs(people))
    time.sleep(seconds)
    for who, figures in watched(pairs(people)).items():
        tap.check(figures.get("ok") and figures["ms"] > seconds * 900
                  and figures["missing_ms"] <= figures["ms"] * 0.01,
                  f"{place.name}: {who} for {seconds} s without gaps", figures)


class LiveKitPlace(lk.LiveKit):
    """livekit-server. It may drop somebody who resumes, so that they join anew."""

    name, keeps = "livekit-server", False

    def entry(self, name):
        return name, self.token("a room", name)

    def extra(self, people):
        for p in (p for p in people if p.kind == "chromium"):
            for first in (False, True):
                tap.equal(p.driver.do("rejectData", first=first).get("state"), "connected",
                          "libwebrtc connects though the section for data is rejected"
                          + (", the first one" if first else ""))


def kinds():
    out = ["node"] + (["chromium"] if lk.has_browser() else [])
    return out + (["ours"] if os.path.exists(lk.CALL_TOOL) else [])


def run(place):
    people = []
    try:
        people.extend(Someone(place, k) for k in kinds())
        meet(place, people)
        mutes(place, people)
        for p in people:
            cut(place, people, p, away=False)
        cut(place, people, people[-1], away=True)
        steady(place, people, LISTEN_S if place.name == "livekit-server" else 5)
        place.extra(people)
        leaves(place, people, people[0])
    finally:
        for p in people:
            p.end()


def main():
    absent = lk.missing()
    wanted = sys.argv[1:] or ["livekit", "serve"]
    if absent:
        print(f"ok - livekit_rooms # SKIP {'; '.join(absent)}")
        return
    if not lk.has_browser():
        note("Chromium or livekit-client is missing: the rooms go without it")
    for name in wanted:
        if name == "livekit" and not lk.has_livekit():
            note("livekit-server is not installed under build/peers: not tested against it")
            continue
        with lib.Folder() as folder:
            place = LiveKitPlace(folder) if name == "livekit" else livekit_serve.Place(folder)
            place.start()
            try:
                run(place)
            finally:
                place.stop()
    tap.end()


main()
