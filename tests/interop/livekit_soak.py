"""Minutes in a call: steady on livekit-server; on `muster serve` with people who are killed, join
again and leave all the while.

  livekit_soak.py [livekit|serve]    SOAK_S seconds each (180), SOAK_SEED repeats a run
"""

import os
import random
import re
import signal
import sys
import time

import livekit_peers as lk
from livekit_people import Someone, Watch, kinds, note, pairs, visit

lib = lk.lib
tap = lib.Tap("livekit_soak")
SECONDS = int(os.environ.get("SOAK_S", "180"))
SEED = int(os.environ.get("SOAK_SEED", str(random.SystemRandom().randrange(1 << 30))))


def memory_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return sum(int(l.split()[1]) for l in f if l.startswith("VmRSS:")) / 1024


def heard(people):
    """Who hears whom: not everybody speaks."""
    return [(a, b) for a, b in pairs(people) if b.hz]


def gaps(place, watch, share):
    for who, figures in watch.end(share).items():
        tap.check(figures["held"], f"{place.name}: {who} for {SECONDS} s", figures)
        note(f"{who}: {figures.get('missing_ms')} of {figures.get('ms')} ms missing, "
             f"{figures.get('longest_ms')} ms at once; {figures['waited_ms']} ms without a processor")


def undisturbed(place, people, marks):
    for p, mark in zip(people, marks):
        tap.check(p.driver.event(since=mark, limit=0, event="reconnecting") is None,
                  f"{place.name}: {p.name} was never disturbed", words(p))


def words(p):
    """What a person's program said, but for its heartbeat."""
    lines = p.driver.error_text(1 << 20).splitlines()
    return "\n".join(l[:160] for l in lines if "ping_" not in l and "pong_" not in l)[-6000:]


def meet(place, people):
    for p in people:
        reply = p.join(hz=p.hz, **({"options": ["-v"]} if p.kind == "ours" else {}))
        tap.check(reply["ok"], f"{place.name}: {p.name} joins", reply)
    for a, b in heard(people):
        reply = a.hears(b)
        tap.check(reply["ok"], f"{place.name}: {a.name} hears {b.name}", reply)


def on_livekit(place):
    """Nobody answers the server's SCTP INIT for us: does it mind, in minutes?"""
    people = []
    try:
        people.extend(Someone(place, k) for k in kinds())
        meet(place, people)
        watch = Watch(place, heard(people))
        marks = [p.driver.mark() for p in people]
        time.sleep(SECONDS)
        gaps(place, watch, 0.01)
        undisturbed(place, people, marks)
        log = (place.folder / "livekit.log").read_text(errors="replace")
        for p in (p for p in people if p.kind == "ours"):
            told = [l for l in log.splitlines() if f'"participant": "{p.identity}"' in l
                    and re.search(r"sctp|association|dtls", l, re.I)]
            note(f"livekit-server's words on SCTP and DTLS of {p.name}: {len(told)}")
            for line in told[:6]:
                note("  " + line[:300])
            note(f"status: {p.driver.do('status')}")
    finally:
        for p in people:
            p.end()


def churn(place, rng, until, steady):
    """One more person at a time: they join, are heard, and are killed or leave."""
    turns = killed = 0
    while time.monotonic() < until:
        kind = rng.choice([k for k in kinds() if k != "chromium"])
        # Nobody comes and goes so often that they would have to wait.
        one = Someone(place, kind, ("other", "dead")[turns % 2])
        one.hz = 1600
        mark = steady[0].driver.mark()
        try:
            reply = one.join()
            if tap_quiet(reply["ok"], f"turn {turns}: a {kind} joins", reply):
                for o in steady:
                    reply = o.hears(one)
                    tap_quiet(reply["ok"], f"turn {turns}: {o.name} hears the {kind}", reply)
                    reply = one.hears(o) if o.hz else {"ok": True}
                    tap_quiet(reply["ok"], f"turn {turns}: the {kind} hears {o.name}", reply)
            time.sleep(rng.random() * 2)
            if rng.random() < 0.5:
                killed += 1
                if kind == "ours":
                    one.driver.do("kill")
                else:
                    one.driver.child.send_signal(signal.SIGKILL)
            else:
                one.driver.do("leave")
            left = steady[0].driver.event(event="person", who=one.identity, what="left",
                                          since=mark, limit=60)
            tap_quiet(left, f"turn {turns}: {steady[0].name} sees them go",
                      steady[0].driver.lines[-6:])
        finally:
            one.end()
        turns += 1
    return turns, killed


def tap_quiet(ok, what, detail=""):
    """Said only when it fails."""
    if not ok:
        tap.check(False, f"muster serve: {what}", detail)
    return ok


def on_serve(place):
    people = []
    rng = random.Random(SEED)
    note(f"SOAK_SEED={SEED}")
    try:
        people.extend(Someone(place, k) for k in kinds())
        # Only three are heard at a time, and one shall be whoever comes and goes.
        for p in people:
            p.hz = None if p.kind == "chromium" else p.hz
        meet(place, people)
        pid = place.serve.process.child.pid
        before = memory_mb(pid)
        watch = Watch(place, heard(people))
        marks = [p.driver.mark() for p in people]
        turns, killed = churn(place, rng, time.monotonic() + SECONDS, people)
        tap.check(turns >= 3, f"{place.name}: {turns} others came, {killed} were killed")
        gaps(place, watch, 0.02)
        undisturbed(place, people, marks)
        note(f"memory of the server: {before:.0f} MB before, {memory_mb(pid):.0f} MB after")
    finally:
        for p in people:
            p.end()


def run(place):
    (on_serve if place.name == "muster serve" else on_livekit)(place)


visit(tap, sys.argv[1:], run)
