"""People in a LiveKit room where UDP does not get through: ours on livekit-server and on
`muster serve`, Chromium on `muster serve`, from a namespace of their own.

  livekit_networks.py [livekit|serve]

Needs what tests/lib/netimpair.py needs, and nft; without, it is skipped.
"""

import shutil
import subprocess
import sys
import time

import livekit_peers as lk
import livekit_serve
import netimpair
from coturn import Turn
from livekit_people import TONES, note

lib = lk.lib
tap = lib.Tap("livekit_networks")
WATCH_S = 30  # browsers take half as long to give a way up


class Far(netimpair.Link):
    def shell(self, text):
        subprocess.run(self.there(["sh", "-ec", text]), check=True)

    def block(self):
        self.shell("nft add table inet wall; "
                   "nft 'add chain inet wall out { type filter hook output priority 0; }'; "
                   "nft 'add chain inet wall in { type filter hook input priority 0; }'; "
                   "nft add rule inet wall out oifname != lo meta l4proto udp drop; "
                   "nft add rule inet wall in iifname != lo meta l4proto udp drop")

    def unblock(self):
        self.shell("nft delete table inet wall")


def livekit_at(link, folder):
    place = lk.LiveKit(folder)
    place.address = link.near
    place.url = f"ws://{link.near}:{place.port}"
    place.entry = lambda name: (name, place.token("a room", name))
    place.name = "livekit-server"
    return place.start()


def serve_at(link, folder):
    place = livekit_serve.Place(folder, people=("ours", "chromium", "node", "other"))
    place.serve.host, place.serve.extra = link.near, ["--lan"]
    place.turn = Turn(folder, link.near) if shutil.which("turnserver") else None
    if place.turn:
        place.serve.extra += ["--turn-uri", place.turn.plain, "--turn-secret-file",
                              str(place.turn.secret)]
    place.start()
    place.url = f"ws://{link.near}:{place.port}"
    return place


class Someone:
    def __init__(self, place, kind, name, link=None):
        self.hz = TONES[kind] + (150 if name == "other" else 0)
        self.place = place
        self.identity, self.token = place.entry(name)
        argv = {"ours": ["node", lk.HERE / "livekit_ours.mjs", lk.CALL_TOOL],
                "node": ["node", lk.HERE / "livekit_node.mjs", lk.RTC_NODE],
                "chromium": ["node", lk.HERE / "livekit_chromium.mjs", lk.BROWSER,
                             (lk.CHROMIUM or [None])[0]]}[kind]
        self.driver = lk.Person(self.identity, link.there(argv) if link else argv)

    def join(self):
        return self.driver.do("join", url=self.place.url, token=self.token, hz=self.hz)

    def hears(self, other):
        return self.driver.do("hear", who=other.identity, hz=other.hz)


def ok(reply, what, driver):
    return tap.check(reply.get("ok"), what, str(reply.get("error")) + driver.error_text()[-800:])


def both_hear(what, far, near):
    ok(near.hears(far), f"{what}: who is behind it is heard", far.driver)
    ok(far.hears(near), f"{what}: and hears", far.driver)


def udp_ends(place, kinds, link):
    """For how long each of them is not heard when UDP ends in mid-call: told, not judged."""
    what = f"{place.name}: UDP ends"
    near, far = Someone(place, "ours", "other"), [Someone(place, kind, kind, link) for kind in kinds]
    try:
        good = ok(near.join(), f"{what}: the other joins", near.driver)
        for kind, p in zip(kinds, far):
            good = good and ok(p.join(), f"{what}: {kind} joins", p.driver)
            good = good and ok(near.hears(p), f"{what}: {kind} is heard", p.driver)
        if not good:
            return
        for p in far:
            near.driver.do("watch", who=p.identity, hz=p.hz)
        link.block()
        # The tone of now, not of before: it must have been silent and come again.
        time.sleep(WATCH_S)
        for kind, p in zip(kinds, far):
            figures = near.driver.do("watched", who=p.identity, hz=p.hz)
            again = ok(near.hears(p), f"{what}: {kind} is heard again", p.driver)
            note(f"{what}: {kind} was silent for {figures.get('longest_ms')} ms" if again
                 else f"{what}: {kind} is lost")
        link.unblock()
    finally:
        for p in (*far, near):
            p.driver.end()


def only_turn(place, kind, link):
    """Neither UDP nor TCP gets to the server of calls: the TURN server that it lends is left."""
    what = f"{place.name}, {kind} with TURN alone"
    port = next(l for l in place.serve.process.json_lines() if l.get("event") == "listening")["udp_port"]
    near, far = Someone(place, "ours", "other"), Someone(place, kind, kind, link)
    try:
        link.block()
        link.shell(f"nft add rule inet wall out tcp dport {port} drop")
        good = ok(near.join(), f"{what}: the other joins", near.driver)
        if good and ok(far.join(), f"{what}: joins", far.driver):
            both_hear(what, far, near)
            if kind == "ours":
                tap.equal(far.driver.do("status").get("way"), "relay", f"{what}: by the relay")
        link.unblock()
    finally:
        far.driver.end()
        near.driver.end()


def meet(place, kind, link):
    """Somebody without UDP, and ours with it; then, if it is ours, UDP comes and goes."""
    what = f"{place.name}, {kind} without UDP"
    near, far = Someone(place, "ours", "other"), Someone(place, kind, kind, link)
    try:
        link.block()
        good = ok(near.join(), f"{what}: the other joins", near.driver)
        good = good and ok(far.join(), f"{what}: joins", far.driver)
        if good:
            both_hear(what, far, near)
        if good and kind == "ours":
            tap.equal(far.driver.do("status").get("way"), "tcp", f"{what}: sound goes by TCP")
        link.unblock()
        if good and kind == "ours":
            comes_and_goes(place, link, far, near)
    finally:
        far.driver.end()
        near.driver.end()


def comes_and_goes(place, link, far, near):
    def by(way):
        return lib.wait_for(lambda: far.driver.do("status").get("way") == way, every=0.2)

    what = f"{place.name}, ours in mid-call"
    # The one who controls decides: livekit-server stays where it is on the way to us.
    if place.name == "muster serve":
        tap.check(by("udp"), f"{what}: back to UDP once that works")
    both_hear(f"{what}, UDP is back", far, near)
    link.block()
    tap.check(by("tcp"), f"{what}: on by TCP when UDP ends")
    both_hear(f"{what}, UDP ended", far, near)
    link.unblock()


def main():
    why = netimpair.reason() or (None if shutil.which("nft") else "nft is missing")
    why = why or (", ".join(lk.missing()) or None)
    if why:
        print(f"1..0 # SKIP {why}")
        return
    netimpair.enter()
    wanted = sys.argv[1:] or ["livekit", "serve"]
    for number, name in enumerate(wanted, 1):
        if name == "livekit" and not lk.has_livekit():
            note("livekit-server is not installed under build/peers: not tested against it")
            continue
        kinds = ["ours"] + (["node"] if name == "livekit" else [])
        if name == "serve" and lk.has_browser():
            kinds.append("chromium")
        with lib.Folder() as folder, Far(number=number, up="delay=10", down="delay=10") as link:
            place = (livekit_at if name == "livekit" else serve_at)(link, folder)
            try:
                # livekit-server remembers by which way somebody came in the end: who comes without
                # UDP has not been here before.
                for kind in kinds:
                    meet(place, kind, link)
                udp_ends(place, kinds, link)
                for kind in kinds if getattr(place, "turn", None) else ():
                    only_turn(place, kind, link)
            finally:
                place.stop()
                if getattr(place, "turn", None):
                    place.turn.close()
    tap.end()


if __name__ == "__main__":
    main()
