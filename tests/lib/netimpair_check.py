"""netimpair does what it was told: packets are counted one by one, by their numbers.

What time decides is held against bounds that no slow machine can break: nothing comes sooner than
it may, and what must not come does not.
"""

import hashlib
import math
import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib

import harness as lib
import netimpair

HEAD = struct.Struct("!IQI")  # number, when in ns, CRC of both and of the rest
tap = lib.Tap("netimpair")


# -- There -----------------------------------------------------------------------


def prober():
    """Runs there. "PORT FROM COUNT GAP_US SIZE HOST" sends so many datagrams, and says so."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s, \
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six:
        for line in sys.stdin:
            port, first, count, gap_us, size = map(int, line.split()[:5])
            host = line.split()[5]
            for number in range(first, first + count):
                head = struct.pack("!IQ", number, time.monotonic_ns())
                rest = bytes(size - HEAD.size)
                data = head + struct.pack("!I", zlib.crc32(head + rest)) + rest
                (six if ":" in host else s).sendto(data, (host, port))
                time.sleep(gap_us / 1e6)
            print("sent", flush=True)


def giver():
    """Runs there: sends a file to whoever is at HOST PORT, and says what it hashes to."""
    host, port, size = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    data = os.urandom(size)
    with socket.create_connection((host, port), lib.STEP) as s:
        s.sendall(data)
    print(hashlib.sha256(data).hexdigest(), flush=True)


# -- Here ------------------------------------------------------------------------


class Ear:
    """Datagrams as they come: (number, transit in ms, whole), in the order of arrival."""

    def __init__(self, family=socket.AF_INET):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 0))
        self.port = self.socket.getsockname()[1]
        self.heard, self.at = [], []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            data = self.socket.recv(65536)
            now = time.monotonic_ns()
            number, sent, crc = HEAD.unpack_from(data)
            whole = crc == zlib.crc32(data[:12] + data[HEAD.size:])
            self.at.append(now)
            self.heard.append((number, (now - sent) / 1e6, whole))

    def numbers(self):
        return [n for n, _, whole in self.heard if whole]


class Way:
    """A link, a prober there and an ear here."""

    def __init__(self, seed=5, family=socket.AF_INET, **spec):
        self.link = netimpair.Link(seed=seed, **spec)
        self.ear = Ear(family)
        self.host = self.link.near6 if family == socket.AF_INET6 else self.link.near
        self.prober = lib.Process(self.link.there([sys.executable, __file__, "prober"]),
                                  stdin=subprocess.PIPE)
        self.sent = self.rounds = 0

    def send(self, count, gap_us=1000, size=64):
        first, self.sent, self.rounds = self.sent, self.sent + count, self.rounds + 1
        self.prober.child.stdin.write(
            f"{self.ear.port} {first} {count} {gap_us} {size} {self.host}\n")
        self.prober.child.stdin.flush()
        with self.prober.changed:
            self.prober.changed.wait_for(lambda: len(self.prober.lines) >= self.rounds, lib.STEP)
        return self

    def up(self):
        return self.link.stats()["up"]

    def settled(self):
        """Everything that was sent is with the router, and what it gives on has come."""
        def done():
            up = self.up()
            gone = up["lost"] + up["cut"] + up["queue"] - up["duplicated"]
            return (up["packets"] >= self.sent and up["out"] == up["packets"] - gone
                    and len(self.ear.heard) >= self.sent - gone - self.other(up))
        if not lib.wait_for(done, lib.STEP, 0.02):
            raise RuntimeError(f"not settled: {self.up()}, {len(self.ear.heard)} heard")
        return self

    def other(self, up):
        """Of the router's packets that are not ours: neighbours of IPv6 asking."""
        return max(0, up["packets"] - self.sent)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.prober.child.stdin.close()
        self.prober.child.wait(lib.STEP)
        self.link.close()


def plan(seed, spec, count, kind="udp"):
    done = subprocess.run([netimpair.ROUTER, "plan", str(seed), spec, kind, str(count)],
                          capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return [dict(zip(("lost", "dup", "corrupt", "reordered"), (x == "1" for x in r[1:5])),
                 delay=float(r[5])) for r in rows]


def within(got, share, n, sigmas=5):
    """Is so many of n what a share would give?"""
    return abs(got - share * n) <= sigmas * math.sqrt(n * share * (1 - share))


# -- Cases -----------------------------------------------------------------------


def numbers():
    n = 50000
    rows = plan(3, "loss=10,dup=2,corrupt=1,reorder=3/20,jitter=50,delay=7", n)
    for key, share in (("lost", .1), ("dup", .02), ("corrupt", .01), ("reordered", .03)):
        got = sum(r[key] for r in rows)
        tap.check(within(got, share, n), f"{key}: {got} of {n} are {share:.0%}")
    plain = [r["delay"] for r in rows if not r["reordered"]]
    tap.check(7 <= min(plain) < 7.1 and 56.9 < max(plain) <= 57
              and abs(sum(plain) / len(plain) - 32) < .5, "delay and jitter lie evenly")
    rows = plan(3, netimpair.bursts(10, 4), n)
    lost = [r["lost"] for r in rows]
    runs = sum(a and not b for a, b in zip(lost, [*lost[1:], False]))
    tap.check(abs(sum(lost) / n - .1) < .01 and abs(sum(lost) / runs - 4) < .3,
              "bursts: 10 % in bursts of 4", f"{sum(lost) / n}, {sum(lost) / runs}")
    tap.check(rows == plan(3, netimpair.bursts(10, 4), n) != plan(4, netimpair.bursts(10, 4), n),
              "the same seed gives the same fates, another others")
    alone = [r["lost"] for r in plan(3, "loss=10", 1000)]
    tap.check(alone == [r["lost"] for r in plan(3, "loss=10,delay=5,dup=4", 1000)],
              "what else is asked does not change who is lost")


def wrong_words():
    for spec in ("los=1", "loss=", "loss=101", "delay=-1", "reorder=5", "burst=1", "cut=1", "loss=1;"):
        done = subprocess.run([netimpair.ROUTER, "plan", "1", spec, "udp", "1"],
                              capture_output=True, text=True)
        if not tap.check(done.returncode == 2 and "is not one of" in done.stderr,
                         f"\"{spec}\" is refused"):
            return


def loss():
    heard = []
    for seed in (5, 5, 6):
        with Way(seed=seed, up="loss=20") as way:
            way.send(400).settled()
            heard.append(way.ear.numbers())
        asked = [i for i, r in enumerate(plan(seed, "loss=20", 400)) if not r["lost"]]
        tap.equal(heard[-1], asked, f"seed {seed}: those are lost that should be")
    tap.check(heard[0] == heard[1] != heard[2], "twice the same, with another seed others")
    with Way(seed=6, up="loss=20") as way:
        way.send(100).settled()
        way.link.seed(5)
        way.sent = 0
        way.ear.heard.clear()
        way.send(400).settled()
        tap.equal(way.ear.numbers(), heard[0], "a seed that is told later begins anew")


def time_on_the_way():
    with Way(up="delay=40,jitter=30") as way:
        way.send(300, gap_us=2000).settled()
        rows, heard = plan(5, "delay=40,jitter=30", 300), way.ear.heard
        tap.equal(way.ear.numbers(), list(range(300)), "jitter keeps the order, nothing is lost")
        tap.check(all(ms >= rows[i]["delay"] - .2 for i, ms, _ in heard), "nothing comes too soon")
        over = min(ms - rows[i]["delay"] for i, ms, _ in heard)
        tap.check(over < 20, f"what is on time has {over:.1f} ms more than asked")
        spread = max(ms for _, ms, _ in heard) - min(ms for _, ms, _ in heard)
        tap.check(spread > 20, f"jitter of 30 ms spreads over {spread:.0f} ms")


def reordering():
    with Way(up="reorder=10/100") as way:
        way.send(300).settled()
        rows, got = plan(5, "reorder=10/100", 300), way.ear.numbers()
        back = [n for n in range(300) if rows[n]["reordered"]]
        tap.equal(sorted(got), list(range(300)), "all come, though not in order")
        overtaken = [n for i, n in enumerate(got) if n < max(got[:i], default=0)]
        tap.check(overtaken and set(overtaken) <= set(back), "only those are overtaken that should be",
                  f"{overtaken} of {back}")
        tap.equal([n for n in got if n not in back], [n for n in range(300) if n not in back],
                  "the others keep their order")


def copies_and_damage():
    with Way(up="dup=10,corrupt=10") as way:
        way.send(300).settled()
        rows = plan(5, "dup=10,corrupt=10", 300)
        twice, harmed = sum(r["dup"] for r in rows), [r["corrupt"] for r in rows]
        extra = sum(r["dup"] and r["corrupt"] for r in rows)
        tap.equal(len(way.ear.heard), 300 + twice, "copies come beside their packets")
        tap.equal(sum(not whole for _, _, whole in way.ear.heard), sum(harmed) + extra,
                  "damaged packets come, and are seen to be damaged")


def rate():
    with Way(up="rate=800,queue=100") as way:
        # 1,000 bytes with their headers: 10 ms each; a queue of 100 ms has room for some eleven.
        way.send(100, gap_us=0, size=972).settled()
        heard, lost = len(way.ear.heard), way.up()["queue"]
        began = way.ear.at[0] - way.ear.heard[0][1] * 1e6
        took = (way.ear.at[-1] - began) / 1e6
        tap.check(took >= heard * 10 - 1, f"{heard} packets took {took:.0f} ms",
                  "faster than the rate")
        tap.check(lost == 100 - heard and heard >= 11, f"{lost} of 100 did not fit into the queue")


def cuts():
    with Way() as way:
        way.send(50).settled()
        way.link.cut()
        way.send(50)
        stood = lib.wait_for(lambda: way.up()["cut"] >= 50, lib.STEP, 0.02)
        way.link.restore()
        way.send(50).settled()
        tap.equal(way.ear.numbers() if stood else None, [*range(50), *range(100, 150)],
                  "what is sent while the way is cut does not come, the rest does")
        way.link.up("cut=0+100000000")
        way.send(20)
        tap.check(lib.wait_for(lambda: way.up()["cut"] >= 70, lib.STEP, 0.02) is not None,
                  "a cut at its time")


def give(link, listener, host):
    """A megabyte over TCP: what was sent and what came, as hashes."""
    port = listener.getsockname()[1]
    giving = lib.Process(link.there([sys.executable, __file__, "giver", host, port, 1 << 20]))
    got = hashlib.sha256()
    listener.settimeout(lib.STEP)
    peer, _ = listener.accept()
    with peer:
        peer.settimeout(lib.STEP)
        while data := peer.recv(65536):
            got.update(data)
    return giving.wait_line(lambda l: True), got.hexdigest()


def tcp():
    for family, any_host, key in ((socket.AF_INET, "", "near"), (socket.AF_INET6, "::", "near6")):
        with netimpair.Link(seed=9, up="loss=3,delay=5,dup=1,corrupt=1", down="loss=3,delay=5") as link, \
                socket.create_server((any_host, 0), family=family) as listener:
            sent, got = give(link, listener, link.about[key])
            lost = link.stats()["up"]["lost"]
            tap.check(sent == got and lost > 0, f"{key}: a megabyte over TCP is whole, {lost} segments lost",
                      f"{sent} {got}")


def two_ways():
    with Way(family=socket.AF_INET6, up="loss=20") as way:
        way.send(200).settled()
        asked = [i for i, r in enumerate(plan(5, "loss=20", 200)) if not r["lost"]]
        tap.equal(way.ear.numbers(), asked, "IPv6 is treated alike")
        with netimpair.Link(number=2, far_ns=way.link.ns) as other:
            seen = subprocess.run(way.link.there(["ip", "-o", "-4", "addr"]), capture_output=True,
                                  text=True).stdout
            tap.check(way.link.far in seen and other.far in seen, "two networks in one namespace", seen)
        ns = pathlib.Path(way.link.ns)
    gone = lib.wait_for(lambda: not ns.exists(), lib.STEP, 0.02)
    left = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True).stdout
    tap.check(gone and "imp" not in left, "nothing is left behind", left)


def netem():
    why = netimpair.NetemLink.reason()
    if why:
        print(f"ok - netimpair: netem # SKIP {why}")
        return
    with netimpair.NetemLink(up="delay=40") as link:
        ear = Ear()
        probe = lib.Process(link.there([sys.executable, __file__, "prober"]), stdin=subprocess.PIPE)
        probe.child.stdin.write(f"{ear.port} 0 20 1000 64 {link.near}\n")
        probe.child.stdin.close()
        lib.wait_for(lambda: len(ear.heard) == 20, lib.STEP, 0.02)
        tap.check(len(ear.heard) == 20 and all(ms >= 39 for _, ms, _ in ear.heard),
                  "netem delays", ear.heard)


def main():
    why = netimpair.reason()
    if why:
        print(f"ok - netimpair # SKIP {why}")
        return
    netimpair.enter()
    for case in (numbers, wrong_words, loss, time_on_the_way, reordering, copies_and_damage, rate, cuts,
                 tcp, two_ways, netem):
        case()
    tap.end()


if __name__ == "__main__":
    if sys.argv[1:2] == ["prober"]:
        prober()
    elif sys.argv[1:2] == ["giver"]:
        giver()
    else:
        main()
