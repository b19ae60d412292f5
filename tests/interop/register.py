"""The same lesson on `muster serve` and on Synapse, at the same time: calls by our clients, a roll, a
contest, a correction, a seal. Both registers are the same after mapping ids, times within two seconds.

On Synapse the calls go through the real livekit-server.
"""

import concurrent.futures
import datetime
import pathlib
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import livekit_peers as lk  # noqa: E402
from synapse import MISSING, PASSWORD, Synapse, lib  # noqa: E402
from token_service import CONFIG, TokenService  # noqa: E402

TEACHER = "anna"
PUPILS = ("bert", "carl", "dora", "emil", "fred")
WITHIN = 2.0  # seconds
# In sentences: times, spans, percentages, which stand beside them as numbers.
NUMBERS = re.compile(r"\d\d:\d\d(:\d\d)?|\b(\d+m)?\d+s\b|\d+ %")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)$")


def user_id(name):
    return f"@{name}:localhost"


def iso(seconds):
    at = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def until(when):
    lib.wait_for(lambda: time.time() >= when, max(0, when - time.time()) + 1, 0.02)


class School:
    """One server with a class on it."""

    def __init__(self, folder, url, name):
        self.url, self.name = url, name
        self.people = {n: lib.Client(folder / n) for n in (TEACHER, *PUPILS)}
        self.calls = {}
        self.room = self.roll = self.contest = None

    def __getitem__(self, name):
        return self.people[name]

    def begin(self, folder):
        """Everybody is logged in and in the class room."""
        for name, client in self.people.items():
            client.login(self.url, name, PASSWORD)
        path = folder / f"{self.name}.csv"
        path.write_text("Name;Student ID;Matrix ID\n" + "".join(
            f"{n.title()};{i + 101};{user_id(n)}\n" for i, n in enumerate(PUPILS)), encoding="utf-8")
        rows = self[TEACHER]("class", "create", "Physics", "--students", path)
        self.room = rows[0]["room_id"]
        for name in PUPILS:
            self[name]("room", "join", self.room)
        for name in self.people:  # Synapse gives everybody one, muster serve gives none
            self[name]("profile", "set", "name", name.title())

    def schedule(self, start):
        self[TEACHER]("meet", "schedule", "Waves", "--uid", "waves", "--room", self.room, "--start", start,
                      "--duration", "45m", "--tz", "Europe/Berlin")
        self[TEACHER]("meet", "start", "waves")

    def enter(self, name):
        call = lib.Process([lib.MUSTER, "--json", "call", "join", self.room, "--driver", "null"],
                           env=lib.clean_env(self[name].home))
        joined = call.wait_line(lambda l: '"event":"joined"' in l and user_id(name) in l)
        if joined is None:
            raise RuntimeError(f"{name} is not in the call on {self.name}:\n{call.error_text()}")
        self.calls[name] = call

    def leave(self, name, how=signal.SIGINT):
        self.calls.pop(name).stop(how)

    def open_roll(self):
        self.roll = self[TEACHER]("roll", "open", self.room, "--meeting", "waves", "--window", "40m")[0]["roll_id"]

    def end_at(self, duration_s):
        self[TEACHER]("meet", "change", "waves", "--duration", f"{duration_s}s", "--no-message")

    def attendance(self, who, verb, *args):
        return self[who]("attendance", verb, *args, "--room", self.room, "--meeting", "waves")

    def contests(self):
        return self[TEACHER]("attendance", "contests", "--room", self.room)

    def export(self, who=TEACHER):
        return self.attendance(who, "export", "--as", "json")

    def end(self):
        for call in self.calls.values():
            call.stop()


class Both:
    """Does a thing on all schools at the same moment."""

    def __init__(self, schools):
        self.schools = schools
        self.pool = concurrent.futures.ThreadPoolExecutor(len(schools))
        self.slower = 0.0  # seconds that a step took longer on the one than on the other

    def __call__(self, act):
        def timed(school):
            result = act(school)
            return result, time.time()
        done = list(self.pool.map(timed, self.schools))
        ends = [end for _, end in done]
        self.slower = max(self.slower, max(ends) - min(ends))
        return [result for result, _ in done]


# -- Comparing ------------------------------------------------------------------

class Differences:
    """Of two values in which ids are others and times are a little apart."""

    def __init__(self, slower):
        self.within = WITHIN + slower
        self.found, self.apart, self.ids = [], 0.0, {}
        self.length_s = 20  # no lesson here is shorter

    def note(self, where, a, b):
        self.found.append(f"{where}: {a!r} / {b!r}")

    def times(self, where, a, b):
        self.apart = max(self.apart, abs(a - b))
        if abs(a - b) > self.within:
            self.note(where, a, b)

    def compare(self, where, a, b):
        if isinstance(a, dict) and isinstance(b, dict):
            for key in sorted({*a, *b}):
                self.compare(f"{where}.{key}", a.get(key), b.get(key))
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                self.note(where, a, b)
            for i, pair in enumerate(zip(a, b)):
                self.compare(f"{where}[{i}]", *pair)
        elif isinstance(a, str) and isinstance(b, str):
            self.texts(where, a, b)
        elif isinstance(a, int) and isinstance(b, int) and where.endswith(("_s", ".ts", ".at")):
            unit = 1 if where.endswith("_s") else 1000
            self.times(where, a / unit, b / unit)
        elif isinstance(a, int) and isinstance(b, int) and where.endswith(".percent"):
            if abs(a - b) > 100 * self.within / self.length_s:
                self.note(where, a, b)
        elif a != b or isinstance(a, bool) != isinstance(b, bool):
            self.note(where, a, b)

    def texts(self, where, a, b):
        if TIME.match(a) and TIME.match(b):
            self.times(where, *(datetime.datetime.fromisoformat(t.replace("Z", "+00:00")).timestamp()
                                for t in (a, b)))
        elif a[:1] in "$!" and a[:1] == b[:1]:
            # One id of the one server is one of the other's, wherever it stands.
            if self.ids.setdefault(a, b) != b or list(self.ids.values()).count(b) > 1:
                self.note(where, a, b)
        elif NUMBERS.sub("#", a) != NUMBERS.sub("#", b):
            self.note(where, a, b)


# -- The lesson -------------------------------------------------------------------

def play(both):
    """Who was in time, late, gone early, known by the roll alone, absent; one client dies."""
    both.slower = 0.0
    begun = int(time.time()) + 2  # everybody has come into the room before
    until(begun)
    both(lambda s: s.schedule(iso(begun)))
    for name in (TEACHER, "bert", "dora"):
        both(lambda s, n=name: s.enter(n))
    both(lambda s: s.leave("dora", signal.SIGKILL))
    both(lambda s: s.enter("dora"))
    both(School.open_roll)
    both(lambda s: s["bert"]("roll", "answer", s.roll))
    both(lambda s: s["dora"]("react", s.room, s.roll, "✋"))
    both(lambda s: s["emil"]("send", s.room, "hier"))
    late = int(time.time() - begun) + 8
    until(begun + late + 5)
    both(lambda s: s.enter("carl"))
    both(lambda s: s["carl"]("roll", "answer", s.roll))
    both(lambda s: s.leave("bert"))
    gone = time.time()
    until(gone + 12)
    # Before the end: who is there at the end is seen to leave by `muster serve`, by nobody on Synapse.
    going = time.time()
    both(lambda s: [s.leave(n) for n in ("carl", "dora", TEACHER)])
    both(lambda s: s[TEACHER]("roll", "close", s.room))
    early = int(time.time() - going) + 4
    both(lambda s: s[TEACHER]("attendance", "rules", "--room", s.room, "--late", f"{late}s", "--early", f"{early}s",
                              "--grace", "10m", "--min", "1"))
    duration = int(time.time() + 1 - begun)
    both(lambda s: s.end_at(duration))
    until(begun + duration + 1)


def afterwards(both):
    """A contest that is accepted, an excuse, a seal."""
    both(lambda s: s.attendance("fred", "contest", "I was there, without a microphone"))
    for s in both.schools:
        s.contest = (lib.wait_for(s.contests) or [{}])[0].get("contest_id")
    both(lambda s: s.attendance(TEACHER, "correct", user_id("fred"), "present", "--contest", s.contest,
                                "--reason", "sat in the first row"))
    both(lambda s: s.attendance(TEACHER, "correct", user_id("carl"), "excused", "--reason", "the bus"))
    both(lambda s: s.attendance(TEACHER, "seal"))


def marks(rows):
    return {r["user_id"][1:].split(":")[0]: r["status"] for r in rows}


def same(tap, both, registers, what):
    d = Differences(both.slower)
    ours, theirs = registers
    d.compare("", ours, theirs)
    tap.check(bool(ours) and not d.found, f"{what}: the same after mapping ids", "\n".join(d.found))
    print(f"# {what}: {len(ours)} rows, {len(d.ids)} ids mapped, times up to {d.apart:.3f} s apart; "
          f"the servers' steps up to {both.slower:.3f} s")


def compare(tap, both):
    play(both)
    registers = both(School.export)
    tap.equal(marks(registers[0]), {"anna": "present", "bert": "left_early", "carl": "late", "dora": "present",
                                    "emil": "present", "fred": "absent"}, "who was there, on muster serve")
    same(tap, both, registers, "the register")
    afterwards(both)
    registers = both(School.export)
    after = marks(registers[1])
    tap.equal((after["fred"], after["carl"], registers[1][0]["sealed"]), ("present", "excused", True),
              "contested, corrected and sealed, on Synapse")
    same(tap, both, registers, "the sealed register")
    same(tap, both, both(lambda s: s.attendance("fred", "mine")), "what Fred reads of himself")


def main(tap, folder):
    serve = lib.Serve(folder / "data")
    for name in (TEACHER, *PUPILS):
        # Classes are made by administrators there.
        serve.admin("user", "add", name, *(["--admin"] if name == TEACHER else []), "--password-stdin",
                    stdin=PASSWORD + "\n")
    serve.start()
    sfu = lk.LiveKit(folder).start()
    tokens = TokenService(sfu)
    server = Synapse(folder / "synapse", CONFIG % tokens.url, ("client", "federation"))
    tokens.homeserver = server.url
    schools = []
    try:
        server.start()
        for name in (TEACHER, *PUPILS):
            server.register(name)
        for url, name in ((serve.url, "serve"), (server.url, "synapse")):
            (folder / name).mkdir(exist_ok=True)
            schools.append(School(folder / name / "homes", url, name))
        both = Both(schools)
        both(lambda s: s.begin(folder))
        compare(tap, both)
    finally:
        for s in schools:
            s.end()
        server.stop()
        tokens.stop()
        sfu.stop()
        serve.stop()


if __name__ == "__main__":
    lib.Tap("register").play(main, skip=MISSING or (None if lk.has_livekit() else
                             "livekit-server is not installed under build/peers"))
