"""People who talk with each other in a LiveKit room: our client, rtc-node and Chromium, on
livekit-server and on `muster serve`.

Each of them sends a tone of its own; the others must hear that frequency, see
a mute, a leave, and hear it again after the signalling connection was cut.

  livekit_rooms.py livekit|serve     one of the two places; both without
"""

import signal
import sys
import time

import livekit_peers as lk
from livekit_people import Someone, Watch, kinds, note, pairs, visit

lib = lk.lib
tap = lib.Tap("livekit_rooms")
RESUME_S = 10  # so long our SFU waits for who was cut off
WORD_BYTES = 60  # less than a request for a track or the word on it, more than a ping
UNSUPPORTED_TYPE = 5  # LiveKit's RequestResponse.Reason
LISTEN_S = 30  # for how long sound on livekit-server is watched


def short(detail):
    """What may be said of a failure in a few lines."""
    lines = detail if isinstance(detail, list) else str(detail).splitlines()
    return "\n".join(str(l)[:300] for l in lines[-12:])


def ok(reply, what, detail=""):
    return tap.check(reply.get("ok"), what, f"{short(reply.get('error'))}\n{short(detail)}")


def meet(place, people):
    """Everybody joins, everybody hears everybody."""
    good = True
    for p in people:
        good = ok(p.join(), f"{place.name}: {p.name} joins and publishes", p.driver.error_text())
    for a, b in pairs(people if good else []):
        reply = a.hears(b)
        good = ok(reply, f"{place.name}: {a.name} hears {b.name} at {b.hz} Hz",
                  a.driver.lines[-5:]) and good
    return good


def mutes(place, people):
    for p in people:
        others = [o for o in people if o is not p]
        marks = [o.driver.mark() for o in others]
        ok(p.driver.do("mute", on=True), f"{place.name}: {p.name} mutes")
        for o, mark in zip(others, marks):
            tap.check(o.driver.event(since=mark, event="person", who=p.identity, what="muted"),
                      f"{place.name}: {o.name} sees {p.name} muted", short(o.driver.lines[-8:]))
            # Long enough to be a silence for the server too.
            ok(o.driver.do("silence", who=p.identity, hz=p.hz, ms=1500),
               f"{place.name}: {o.name} hears {p.name} no more")
        ok(p.driver.do("mute", on=False), f"{place.name}: {p.name} unmutes")
        for o, mark in zip(others, marks):
            tap.check(o.driver.event(since=mark, event="person", who=p.identity, what="unmuted"),
                      f"{place.name}: {o.name} sees {p.name} unmuted", short(o.driver.lines[-8:]))
            ok(o.hears(p), f"{place.name}: {o.name} hears {p.name} again")
            tap.check(o.driver.event(since=mark, event="person", who=p.identity, what="speaking"),
                      f"{place.name}: {o.name} sees {p.name} speaking", short(o.driver.lines[-8:]))


def cut(place, people, person, away):
    """The signalling connection is cut; `away`: nothing can be reached for a while."""
    others = [o for o in people if o is not person]
    marks = {o.name: o.driver.mark() for o in people}
    what = f"{place.name}: {person.name}'s signalling is cut{' for a while' if away else ''}"
    both = [(o, person) for o in others] + [(person, o) for o in others]
    watch = Watch(place, both)
    before = {w: person.driver.do("ice", which=w) for w in ("publisher", "subscriber")}
    person.proxy.closed_to_new = away
    begin = time.monotonic()
    tap.check(person.proxy.cut() > 0, f"{what}: there was one to cut")
    tap.check(person.driver.event(since=marks[person.name], event="reconnecting"),
              f"{what}: it notices", short(person.driver.lines[-8:]))
    person.proxy.closed_to_new = False
    tap.check(person.driver.event(since=marks[person.name], event="reconnected"),
              f"{what}: it comes back", person.driver.lines[-8:] + [place.tail()])
    took = time.monotonic() - begin
    for o in others:
        ok(o.hears(person), f"{what}: {o.name} hears them", o.driver.lines[-6:])
        ok(person.hears(o), f"{what}: they hear {o.name}", person.driver.lines[-6:])
    if place.keeps:
        left = [o.name for o in others
                if o.driver.event(since=marks[o.name], limit=0, event="person", what="left",
                                  who=person.identity)]
        tap.check(not left or took > RESUME_S, f"{what}: nobody saw them leave", (left, took))
        if before["publisher"].get("ok"):
            after = {w: person.driver.do("ice", which=w) for w in before}
            same = [w for w in before for side in ("local", "remote")
                    if before[w].get(side) == after[w].get(side)]
            tap.check(not [w for w in same if w == "publisher"],
                      f"{what}: ICE was restarted", f"{before}\n{after}")
    for who, figures in watch.end().items():
        note(f"meanwhile, {who}: {figures.get('longest_ms')} ms of silence at most")


def leaves(place, people, person):
    others = [o for o in people if o is not person]
    ok(person.driver.do("leave"), f"{place.name}: {person.name} leaves")
    for o in others:
        tap.check(o.driver.event(event="person", who=person.identity, what="left"),
                  f"{place.name}: {o.name} sees {person.name} leave", short(o.driver.lines[-8:]))


def dies(place, people, person):
    others = [o for o in people if o is not person]
    person.driver.child.send_signal(signal.SIGKILL)
    for o in others:
        tap.check(o.driver.event(event="person", who=person.identity, what="left"),
                  f"{place.name}: {person.name} is killed: {o.name} sees them leave",
                  short(o.driver.lines[-8:]))


def steady(place, people, seconds):
    """For so long, nobody misses anything of what the others send, but for what the machine had no
    time for."""
    watch = Watch(place, pairs(people))
    time.sleep(seconds)
    for who, figures in watch.end().items():
        tap.check(figures["held"] and figures["ms"] > seconds * 900,
                  f"{place.name}: {who} for {seconds} s without gaps", figures)
        note(f"{who}: {figures.get('missing_ms')} ms missing; {figures['waited_ms']} ms without "
             "a processor")


def rejected_data(people):
    """What our SFU may count on."""
    for p in (p for p in people if p.kind == "chromium"):
        for first in (False, True):
            tap.equal(p.driver.do("rejectData", first=first).get("state"), "connected",
                      "libwebrtc connects though the section for data is rejected"
                      + (", the first one" if first else ""))


def video(place, people, person):
    """Video is refused, and the call goes on."""
    reply = person.driver.do("video")
    what = f"{place.name}: {person.name}'s video is refused"
    tap.equal(reply.get("refused"), {"reason": UNSUPPORTED_TYPE,
                                     "message": "this server carries sound only"}, what)
    tap.check(reply.get("gaveUp") and not reply.get("sid"), f"{what}: it gives up", reply)
    for a, b in pairs(people):
        ok(a.hears(b), f"{place.name}: after the video {a.name} hears {b.name}")


def loudest(place, people):
    """Three are heard at a time, the loudest, and nobody takes the rest for lost packets."""
    quiet = Someone(place, "node", "other")
    quiet.hz = 1300
    loud = people[0]
    try:
        ok(quiet.join(level=0.05), f"{place.name}: a fourth one speaks, less loud")
        for o in people:
            ok(o.driver.do("silence", who=quiet.identity, hz=quiet.hz),
               f"{place.name}: {o.name} does not hear the fourth")
        loud.driver.do("mute", on=True)
        for o in people:
            ok(o.hears(quiet), f"{place.name}: {loud.name} is mute: {o.name} hears the fourth")
        loud.driver.do("mute", on=False)
        for o in people:
            ok(o.driver.do("silence", who=quiet.identity, hz=quiet.hz),
               f"{place.name}: {loud.name} speaks: {o.name} hears the fourth no more")
            if o is not loud:
                ok(o.hears(loud), f"{place.name}: {o.name} hears {loud.name}")
        ok(quiet.driver.do("leave"), f"{place.name}: the fourth leaves")
    finally:
        quiet.end()


def lost(people):
    """Packets that Chromium missed of each voice so far."""
    return {p.name: [s["packetsLost"] for s in p.driver.do("stats").get("in", [])
                     if s["kind"] == "audio"] for p in people if p.kind == "chromium"}


def twice(place, people, kind):
    """The same identity joins again: the older one is put out."""
    mark = people[0].driver.mark()
    old = next(p for p in people if p.kind == kind)
    new = Someone(place, kind, old.name)
    try:
        ok(new.join(), f"{place.name}: {old.name} joins from another place")
        tap.check(old.driver.event(event="ended"), f"{place.name}: the older one is put out",
                  old.driver.lines[-5:])
        for o in (o for o in people if o is not old):
            ok(o.hears(new), f"{place.name}: {o.name} hears the newer one",
               [l for l in o.driver.lines[mark:] if l and "person" in l][-8:])
            ok(new.hears(o), f"{place.name}: the newer one hears {o.name}")
    except BaseException:
        new.end()
        raise
    people[people.index(old)] = new
    old.end()


def scenarios(place, people):
    """What LiveKit's clients can be told to go through: a resume, and joining anew."""
    for p in (p for p in people if p.kind != "ours"):
        for kind in ("resume", "full"):
            mark = p.driver.mark()
            ok(p.driver.do("scenario", kind=kind), f"{place.name}: {p.name}: {kind} reconnect")
            tap.check(p.driver.event(since=mark, event="reconnected"),
                      f"{place.name}: {p.name} is there again", short(p.driver.lines[-8:]))
            for o in (o for o in people if o is not p):
                ok(o.hears(p), f"{place.name}: {o.name} hears {p.name} again")
                ok(p.hears(o), f"{place.name}: {p.name} hears {o.name} again")


def sleeps(place, people, person):
    """A program that stood still until it was given up for lost (a lid that was closed) comes back
    by itself."""
    what = f"{place.name}: {person.name} stood still"
    others = [o for o in people if o is not person]
    marks = {o.name: o.driver.mark() for o in people}
    with lk.standing_still(person.driver.child.pid):
        for o in others:
            tap.check(o.driver.event(since=marks[o.name], event="person", what="left",
                                     who=person.identity),
                      f"{what}: {o.name} sees them leave", short(o.driver.lines[-8:]))
    tap.check(person.driver.event(since=marks[person.name], event="reconnected"),
              f"{what}: then it is there again", short(person.driver.lines[-8:]))
    for o in others:
        ok(o.hears(person), f"{what}: {o.name} hears {person.name} again")
        ok(person.hears(o), f"{what}: {person.name} hears {o.name} again")


def word_lost(place, people, person):
    """The signalling breaks after a track was asked for, and before the server's word of it came."""
    what = f"{place.name}: the word on {person.name}'s track is lost with the line"
    proxy, driver = person.proxy, person.driver
    mark, asked, swallowed = driver.mark(), proxy.asked, proxy.swallowed
    proxy.swallows = True
    n = driver.ask("another")
    lib.wait_for(lambda: proxy.asked - asked > WORD_BYTES and proxy.swallowed - swallowed > WORD_BYTES)
    proxy.cut()
    proxy.swallows = False
    ok(driver.answer(n, lk.LIMIT), f"{what}: it is published all the same", driver.lines[-6:])
    tap.check(driver.event(since=mark, event="reconnected"), f"{what}: after a resume")
    for a, b in pairs(people):
        ok(a.hears(b), f"{what}: {a.name} hears {b.name}")


def restart(place, people, how):
    """The server ends and comes back: everybody is there again by themselves."""
    what = f"{place.name}: after {how.name} and a start"
    marks = [p.driver.mark() for p in people]
    place.serve.stop(how)
    place.serve.start()
    for p, mark in zip(people, marks):
        tap.check(p.driver.event(since=mark, event="reconnected"),
                  f"{what} {p.name} is there again", short(p.driver.lines[-8:]))
    for a, b in pairs(people):
        ok(a.hears(b), f"{what} {a.name} hears {b.name}", a.driver.lines[-6:])


def only_on_serve(place, people):
    for p in (p for p in people if p.kind == "chromium"):
        video(place, people, p)
    before = lost(people)
    loudest(place, people)
    after = lost(people)
    tap.check(all(sum(after[p]) == sum(before[p]) for p in before),
              f"{place.name}: nobody takes who is not let through for lost packets",
              f"{before} {after}")
    for p in (p for p in people if p.kind == "chromium"):
        word_lost(place, people, p)
    scenarios(place, people)
    for p in people:
        sleeps(place, people, p)
    twice(place, people, "node")
    dead = Someone(place, "node", "dead")
    try:
        dead.hz = 1300
        ok(dead.join(), f"{place.name}: one more joins")
        dies(place, [*people, dead], dead)
    finally:
        dead.end()
    restart(place, people, signal.SIGTERM)
    restart(place, people, signal.SIGKILL)


def run(place):
    people = []
    try:
        people.extend(Someone(place, k) for k in kinds())
        if not meet(place, people):
            return note("nothing more is tried: " + short(place.tail()))
        before = lost(people)
        mutes(place, people)
        if place.keeps:
            tap.equal(lost(people), before, f"{place.name}: nobody takes a mute for lost packets")
        for p in people:
            cut(place, people, p, away=False)
        cut(place, people, people[-1], away=True)
        steady(place, people, LISTEN_S if place.name == "livekit-server" else 5)
        rejected_data(people)
        if place.name == "muster serve":
            only_on_serve(place, people)
        leaves(place, people, people[0])
    finally:
        for p in people:
            p.end()


visit(tap, sys.argv[1:], run)
