"""make bench-call: full calls on `muster serve`, and on livekit-server in the same run.

Everybody is a light person of tests/lib/crowd.h in one process (call_load): a
WebSocket, ICE, DTLS and SRTP each, speakers send Opus. A run in which that
process did not get the processor it needs says nothing of the server: it is
made again, and in the end told as invalid. CPU is that of the whole server
process; on loopback what it sends includes the kernel's receiving side.

Options: --quick (60 people, 5 s), --no-livekit, --rounds N, --seconds N, --write FILE,
--only WORDS (of the call, as "by WHEP")
"""

import json
import os
import platform
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "interop"), os.path.join(HERE, "..", "lib")]
import harness as lib  # noqa: E402
import livekit_serve  # noqa: E402
import livekit_peers as lk  # noqa: E402

LOAD = os.environ.get("CALL_LOAD", str(lib.TOP / "build/release/tests/bench/call_load"))
QUICK = "--quick" in sys.argv
PEOPLE = 60 if QUICK else 300
CLASS = 200 if QUICK else 1003
PROGRAMS = 20  # devices for listening only that one account may have (server/accounts/device.h)
ALL_IN_S = 30
FORGED = 10000


def option(name, default):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


ONLY = option("--only", "")
ROUNDS = int(option("--rounds", 4))
SECONDS = int(option("--seconds", 5 if QUICK else 20))


class MusterServe:
    name = "muster serve"

    def __init__(self, folder):
        self.metrics = lib.free_port()
        self.serve = lib.Serve(folder / "server")
        self.serve.start()
        self.serve.stop()
        with open(self.serve.data / "muster.conf", "a") as f:
            f.write(f"calls = true\nmetrics_listen = 127.0.0.1:{self.metrics}\n")
        self.serve.start()
        self.pid, self.key = self.serve.process.child.pid, self.serve.data / "rtc.key"
        self.url = f"ws://127.0.0.1:{self.serve.port}"

    def refused(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=60) as r:
            lines = r.read().decode().splitlines()
        name = "muster_call_packets_refused_total{reason="
        return {l.split('"')[1]: int(l.rsplit(" ", 1)[1]) for l in lines if l.startswith(name)}

    def stop(self):
        self.serve.stop()


class Lesson(MusterServe):
    """The same with a live lesson, to which everybody who does not speak listens by WHEP."""

    def __init__(self, folder):
        super().__init__(folder)
        self.serve.stop()
        count = -(-(CLASS - 3) // PROGRAMS)
        names = [f"box{i}" for i in range(count)]
        table = folder / "class.csv"
        table.write_text("user\n" + "".join(f"{n}\n" for n in names))
        rows = self.serve.admin("user", "import", table)[1]
        self.serve.start()
        self.pid, self.url = self.serve.process.child.pid, f"ws://127.0.0.1:{self.serve.port}"
        self.listeners = folder / "listeners"
        self.listeners.write_text("\n".join(self.tokens({r["user_id"]: r["password"] for r in rows})))

    def tokens(self, people):
        ask, room, tokens = livekit_serve.call, None, []
        for user, password in people.items():
            own = ask(self.serve.url, "POST", livekit_serve.V3 + "/login", {
                "type": "m.login.password", "identifier": {"type": "m.id.user", "user": user},
                "password": password})["access_token"]
            if not room:
                room = ask(self.serve.url, "POST", livekit_serve.V3 + "/createRoom",
                           {"preset": "public_chat"}, own)["room_id"]
            ask(self.serve.url, "POST", f"{livekit_serve.V3}/join/{livekit_serve.quote(room)}", {}, own)
            at = f"/_muster/live/v1/rooms/{livekit_serve.quote(room)}/tokens"
            tokens += [ask(self.serve.url, "POST", at, {"for": "listen"}, own)["token"]
                       for _ in range(PROGRAMS)]
        return [room, *tokens]


class LiveKit:
    name = "livekit-server"

    def __init__(self, folder):
        self.server = lk.LiveKit(folder)
        self.server.level = "warn"
        self.server.start()
        self.key = folder / "key"
        self.key.write_text(f"{self.server.key} {self.server.secret}\n")
        self.pid, self.url = self.server.pid, self.server.url

    def refused(self):
        return {}

    def stop(self):
        self.server.stop()


def once(place, people, opened, speak, *more):
    """A fresh server each time: what it kept of others would count."""
    with lib.Folder() as folder:
        server = place(folder)
        try:
            done = subprocess.run(
                [LOAD, server.url, str(server.key), "--pid", str(server.pid),
                 "--people", str(people), "--open", str(opened), "--speak", str(speak),
                 "--seconds", str(SECONDS), *map(str, more),
                 *(("--whep", str(server.listeners)) if hasattr(server, "listeners") else ())],
                capture_output=True, text=True, timeout=600)
            if not done.stdout:
                raise RuntimeError(f"{place.name}: {done.stderr}")
            r = json.loads(done.stdout)
            r["refused"] = server.refused()
            r["note"] = done.stderr.strip()
            return r
        finally:
            server.stop()


def best(place, *how):
    """The first run that is valid; of others the one whose generator fared best."""
    runs = []
    for _ in range(ROUNDS):
        try:
            r = once(place, *how)
        except (RuntimeError, subprocess.TimeoutExpired) as e:
            print(f"# {e}", file=sys.stderr, flush=True)
            continue
        runs.append(r)
        if r["valid"]:
            break
        print(f"# {place.name}, {how[0]} people: the generator was starved: {r['starved']}",
              file=sys.stderr, flush=True)
        time.sleep(2)
    return next((r for r in runs if r["valid"]), min(
        runs, key=lambda r: r["own"]["late_p99_ms"], default=None))


def row(name, what, r):
    if not r:
        return [name, what] + ["did not come about"] + [""] * 9
    s, own = r["server"], r["own"]
    return [name, what,
            f"{s['cores'] * 100:.0f} % of a core", f"{s['us_per_packet']:.1f} us",
            f"{s['rss_mb']:.0f} / {s['peak_mb']:.0f} MB",
            f"{r['lost']} of {r['expected']}",
            f"{r['all_in_ms'] / 1000:.1f} s",
            f"{r['join_p50_ms']:.0f} / {r['join_p99_ms']:.0f} ms",
            f"{r['delay_p50_ms']:.1f} / {r['delay_p99_ms']:.1f} ms",
            f"{r['gap_max_ms']:.0f} ms",
            f"{own['cores'] * 100:.0f} %, {own['waited'] * 100:.0f} %",
            "valid" if r["valid"] else f"INVALID: {r['starved']}"]


HEAD = ["server", "call", "CPU", "CPU a packet", "memory, peak", "lost", "all in",
        "join p50 / p99", "delay p50 / p99", "longest gap", "generator: CPU, waited", "run"]


def markdown(rows):
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows])


def forged_text(r):
    sent, counted = r["forged"], r["refused"]
    kinds = ", ".join(f"{v} {k}" for k, v in sent.items() if k != "all")
    told = ", ".join(f"{v} {k}" for k, v in counted.items() if v)
    return (f"Forged in {r['seconds']:.0f} s: {sent['all']} ({kinds}).\n"
            f"Counted by the server: {told}. Of the voices {r['lost']} packets were lost, "
            f"{r['repeated']} heard twice.")


def main():
    if not os.path.exists(LOAD):
        sys.exit(f"{LOAD} is not built: make bench-call")
    places = [MusterServe]
    if "--no-livekit" not in sys.argv:
        if lk.has_livekit():
            places.append(LiveKit)
        else:
            print("livekit-server is left out: it is not installed under build/peers")
    three = f"3 speak, {PEOPLE - 3} listen"
    rows, results = [], {}
    for place in places:
        if ONLY not in three:
            continue
        results[place.name] = best(place, PEOPLE, 3, 3)
        rows.append(row(place.name, three, results[place.name]))
    alone = [(f"{PEOPLE} open microphones, 3 speak", (PEOPLE, PEOPLE, 3)),
             (f"3 speak, {CLASS - 3} listen", (CLASS, 3, 3, "--foreground", 1)),
             (f"3 speak, {CLASS - 3} listen by WHEP", (CLASS, 3, 3, "--foreground", 1)),
             (forged := f"{three}, {FORGED} forged packets a second",
              (PEOPLE, 3, 3, "--forge", FORGED))]
    for what, how in alone:
        if ONLY not in what:
            continue
        results[what] = best(Lesson if "WHEP" in what else MusterServe, *how)
        rows.append(row(MusterServe.name, what, results[what]))
        if results[what]:
            rows[-1][6] += f", all hear all {results[what]['all_hear_ms'] / 1000:.1f} s"
    text = markdown(rows)
    if results.get(forged):
        text += "\n\n" + forged_text(results[forged])
    print(f"\nfull calls, {os.cpu_count()} cores shared by server and generator, "
          f"{SECONDS} s each\n\n{text}")
    if "--write" in sys.argv:
        with open(option("--write", ""), "w") as f:
            f.write(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.machine()}, "
                    f"Linux {platform.release().split('-')[0]}, {SECONDS} s each\n\n{text}\n")
    late = [n for n, r in results.items() if r and r["all_in_ms"] > ALL_IN_S * 1000]
    if late:
        print(f"not all in within {ALL_IN_S} s: {', '.join(late)}")


main()
