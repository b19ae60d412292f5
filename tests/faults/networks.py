#!/usr/bin/env python3
"""Calls on networks as they are: UDP blocked, addresses that change, between two namespaces.

muster serve and an ear are here, a voice is there; what the ear hears of a steady tone tells for
how long it was gone. Needs root or user namespaces, /dev/net/tun and nft; without, it is skipped.

    python3 tests/faults/networks.py [CASE ...]
"""

import array
import json
import pathlib
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import harness as lib  # noqa: E402
import netimpair  # noqa: E402
from coturn import Turn  # noqa: E402

BLOCK = 960  # samples: 20 ms
LOUD = 300   # of 32767: the tone is far above, comfort noise far below


class Ear(threading.Thread):
    """Raw sound as it comes: when each loud block arrived, and the longest silence since."""

    def __init__(self, pipe):
        super().__init__(daemon=True)
        self.pipe = pipe
        self.changed = threading.Condition()
        self.blocks = 0   # loud ones
        self.quiet = 0    # blocks in a row that are not
        self.longest = 0
        self.start()

    def run(self):
        while True:
            data = self.pipe.read(2 * BLOCK)
            if len(data) < 2 * BLOCK:
                return
            loud = max(map(abs, array.array("h", data))) > LOUD
            with self.changed:
                if loud:
                    self.longest = max(self.longest, self.quiet)
                    self.blocks += 1
                self.quiet = 0 if loud else self.quiet + 1
                self.changed.notify_all()

    def hear(self, blocks):
        """Wait for so many loud blocks more."""
        with self.changed:
            goal = self.blocks + blocks
            return self.changed.wait_for(lambda: self.blocks >= goal, lib.STEP)

    def forget(self):
        with self.changed:
            self.longest = 0

    def gap_ms(self):
        with self.changed:
            return 20 * max(self.longest, self.quiet)


class World:
    """A server and two people, one of them behind a link that can be spoiled."""

    def __init__(self, folder, link, turn=None):
        self.link = link
        self.trust = ["--ca-file", str(turn.cert)] if turn else []
        lend = ["--turn-uri", turn.uri, "--turn-secret-file", str(turn.secret)] if turn else []
        self.far = pathlib.Path(folder) / "there"
        self.near = pathlib.Path(folder) / "here"
        self.serve = lib.Process(
            [lib.MUSTER, "serve", "--json", "--data", str(pathlib.Path(folder) / "data"),
             "--listen", f"{link.near}:0", "--udp-port", "0", "--server-name", "localhost", "--lan",
             "--open-registration", *lend], env=lib.clean_env(pathlib.Path(folder) / "serve"))
        line = self.serve.wait_line(lambda l: '"listening"' in l)
        if line is None:
            raise RuntimeError(self.serve.error_text())
        self.about = json.loads(line)
        self.url = self.about["url"]
        for home, name in ((self.near, "ear"), (self.far, "voice")):
            self.there(home, ["register", self.url, "--user", name, "--password-stdin"],
                       stdin="a long enough password\n")
        rows = self.there(self.near, ["room", "create", "Physics", "--invite", "@voice:localhost"])
        self.room = rows[0]["room_id"]
        self.there(self.far, ["room", "join", self.room])

    def argv(self, home, args):
        argv = [lib.MUSTER, "--json", *self.trust, *map(str, args)]
        return self.link.there(argv) if home == self.far else argv

    def there(self, home, args, stdin=None):
        done = subprocess.run(self.argv(home, args), env=lib.clean_env(home), input=stdin,
                              capture_output=True, text=True, timeout=lib.STEP)
        if done.returncode:
            raise RuntimeError(f"{args}: {done.stdout}{done.stderr}")
        return [json.loads(l) for l in done.stdout.splitlines()]

    def listen(self):
        self.listener = subprocess.Popen(
            self.argv(self.near, ["call", "join", self.room, "--listen-only", "--out", "-",
                                  "--events", "/dev/null"]),
            env=lib.clean_env(self.near), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        return Ear(self.listener.stdout)

    def speak(self, *options):
        self.voice = lib.Process(
            self.argv(self.far, ["call", "join", self.room, "--input", "tone:440", "--output",
                                 "null:", *options]), env=lib.clean_env(self.far))
        started = time.monotonic()
        if not self.voice.wait_line(lambda l: '"event":"joined"' in l.replace(" ", "")
                                    and '"self":true' in l.replace(" ", "")):
            raise RuntimeError(self.voice.error_text())
        return time.monotonic() - started

    def another(self, name):
        """Somebody else here, who speaks."""
        home = self.near.parent / name
        self.there(home, ["register", self.url, "--user", name, "--password-stdin"],
                   stdin="a long enough password\n")
        self.there(self.near, ["room", "invite", self.room, f"@{name}:localhost"])
        self.there(home, ["room", "join", self.room])
        p = lib.Process(self.argv(home, ["call", "join", self.room, "--input", "tone:300", "--output",
                                         "null:"]), env=lib.clean_env(home))
        p.wait_line(lambda l: '"self":true' in l.replace(" ", ""))
        return p

    def way(self):
        return self.there(self.far, ["call", "status", self.room])[0]["way"]

    def close(self):
        for p in (getattr(self, "voice", None), self.serve):
            if p:
                p.stop()
        if hasattr(self, "listener"):
            self.listener.terminate()
            self.listener.wait(lib.STEP)


def shell(link, text):
    subprocess.run(link.there(["sh", "-ec", text]), check=True)


def block_udp(link):
    shell(link, "nft add table inet wall; "
                "nft 'add chain inet wall out { type filter hook output priority 0; }'; "
                "nft 'add chain inet wall in { type filter hook input priority 0; }'; "
                "nft add rule inet wall out meta l4proto udp drop; "
                "nft add rule inet wall in meta l4proto udp drop")


def unblock(link):
    shell(link, "nft delete table inet wall")


def move(link, old, new):
    shell(link, f"ip addr del {old}/24 dev {link.device}; ip addr add {new}/24 dev {link.device}")


def gap_of(tap, world, ear, what, spoil, way=None):
    """The longest silence around something that happens to the network."""
    ear.hear(100)
    ear.forget()
    spoil()
    if way:
        tap.check(lib.wait_for(lambda: world.way() == way), f"{what}: sound goes by {way}")
    tap.check(ear.hear(150), f"{what}: the voice is heard again")
    print(f"# {what}: silent for {ear.gap_ms()} ms", flush=True)


def case_never_udp(tap, world, link):
    block_udp(link)
    ear = world.listen()
    took = world.speak()
    tap.check(ear.hear(50), "without UDP: the voice is heard")
    tap.equal(world.way(), "tcp", "without UDP: sound goes by TCP")
    print(f"# without UDP: in the call after {took:.1f} s", flush=True)
    unblock(link)


def case_udp_ends(tap, world, link):
    ear = world.listen()
    took = world.speak()
    print(f"# with UDP: in the call after {took:.1f} s", flush=True)
    gap_of(tap, world, ear, "UDP ends", lambda: block_udp(link), "tcp")
    gap_of(tap, world, ear, "UDP is back", lambda: unblock(link), "udp")


def case_address(tap, world, link):
    net = link.far.rsplit(".", 1)[0]
    ear = world.listen()
    world.speak()
    gap_of(tap, world, ear, "another address",
           lambda: move(link, link.far, f"{net}.3"))
    gap_of(tap, world, ear, "another address, UDP blocked there",
           lambda: (block_udp(link), move(link, f"{net}.3", f"{net}.4")), "tcp")
    unblock(link)


def case_relay(tap, world, link):
    ear = world.listen()
    world.speak()
    port = world.about["udp_port"]

    def only_turn():
        block_udp(link)
        shell(link, f"nft add rule inet wall out tcp dport {port} drop; "
                    f"nft add rule inet wall in tcp sport {port} drop")

    gap_of(tap, world, ear, "nothing but TURN over TLS", only_turn, "relay")
    gap_of(tap, world, ear, "UDP is back", lambda: unblock(link), "udp")


def counted(link):
    at = pathlib.Path(f"/proc/{link.ns.split('/')[2]}/net/dev").read_text()
    fields = at.split(link.device + ":", 1)[1].split()
    return int(fields[0]), int(fields[8])


def measure(link, what, seconds=20):
    before = counted(link)
    time.sleep(seconds)
    after = counted(link)
    down, up = ((b - a) / seconds for a, b in zip(before, after))
    print(f"# {what}: {down:.0f} bytes a second in, {up:.0f} out, IP headers included", flush=True)
    return down


def case_low(tap, world, link):
    """What a narrow line carries while two others speak at once."""
    ear = world.listen()
    others = [world.another(f"other{i}") for i in range(2)]
    try:
        world.speak()
        ear.hear(50)
        whole = measure(link, "as usual, two others speak")
        world.voice.stop()
        world.speak("--low")
        tap.check(ear.hear(50), "low: the voice is heard")
        low = measure(link, "--low, two others speak")
        tap.check(low < 0.8 * whole, "low: fewer voices come", f"{low} of {whole}")
    finally:
        for p in others:
            p.stop()


CASES = {"never_udp": case_never_udp, "udp_ends": case_udp_ends, "address": case_address,
         "relay": case_relay, "low": case_low}


def main():
    why = netimpair.reason()
    for tool in ("nft", "turnserver"):
        why = why or (None if shutil.which(tool) else f"{tool} is missing")
    if why:
        print(f"1..0 # SKIP {why}")
        return
    netimpair.enter()
    tap = lib.Tap("networks")
    for number, name in enumerate(sys.argv[1:] or CASES, 1):
        with lib.Folder() as folder, netimpair.Link(number=number, up="delay=20",
                                                    down="delay=20") as link:
            turn = Turn(folder, link.near) if name == "relay" else None
            world = World(folder, link, turn)
            try:
                CASES[name](tap, world, link)
            finally:
                world.close()
                if turn:
                    turn.close()
    tap.end()


if __name__ == "__main__":
    main()
