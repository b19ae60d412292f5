"""People of all kinds in a LiveKit room, and the places they meet in."""

import os

import livekit_peers as lk
import livekit_serve
from waits import Waits

TONES = {"node": 400, "chromium": 700, "ours": 1000}
SERVER = "the server"


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

    def end(self, share=0.01):
        self.driver.end()
        self.proxy.close()


def pairs(people):
    return [(a, b) for a in people for b in people if a is not b]


class Watch:
    """From now on, for all (a, b): does a hear b? And how busy is the machine?"""

    def __init__(self, place, whom):
        self.whom = whom
        people = {p for pair in whom for p in pair}
        self.waits = Waits({SERVER: place.pid, **{p.name: p.driver.child.pid for p in people}})
        for a, b in whom:
            a.driver.do("watch", who=b.identity, hz=b.hz)

    def end(self, share=0.01):
        """Of each pair: what an ear tells; `waited_ms`, in which one of the three (the two and
        the server) wanted to run and was not let; `held`: no more is missing than for that, and
        a share of all."""
        out = {}
        for a, b in self.whom:
            out[a, b] = a.driver.do("watched", who=b.identity, hz=b.hz)
        waited = self.waits.stop()
        for (a, b), figures in out.items():
            figures["waited_ms"] = sum(waited[n] for n in (SERVER, a.name, b.name))
            figures["held"] = figures.get("ok") and (
                figures["missing_ms"] <= figures["ms"] * share + figures["waited_ms"])
        return {f"{a.name} hears {b.name}": figures for (a, b), figures in out.items()}


class LiveKitPlace(lk.LiveKit):
    """livekit-server. It may drop somebody who resumes, so that they join anew."""

    name, keeps = "livekit-server", False

    def entry(self, name):
        return name, self.token("a room", name)


def kinds():
    """Those that can be here."""
    out = ["node"] + (["chromium"] if lk.has_browser() else [])
    return out + (["ours"] if os.path.exists(lk.CALL_TOOL) else [])


def visit(tap, wanted, run):
    """A whole test: `run` in each of the places that are wanted and can be tested."""
    absent = lk.missing()
    if absent:
        print(f"1..0 # SKIP {'; '.join(absent)}")
        return
    for kind in places(wanted):
        with lk.lib.Folder() as folder:
            place = kind(folder)
            place.start()
            try:
                run(place)
            finally:
                place.stop()
    tap.end()


def places(wanted):
    """The classes of those places that can be tested."""
    out = []
    for name in wanted or ["livekit", "serve"]:
        if name == "serve":
            out.append(livekit_serve.Place)
        elif lk.has_livekit():
            out.append(LiveKitPlace)
        else:
            note("livekit-server is not installed under build/peers: not tested against it")
    if not lk.has_browser():
        note("Chromium or livekit-client is missing: the rooms go without it")
    return out
