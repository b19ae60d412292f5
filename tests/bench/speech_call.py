"""make bench-loss: what is understood in a real call over a bad network.

Somebody speaks (espeak-ng), somebody else listens, both behind the same bad network
(tests/lib/netimpair): our client on `muster serve`, rtc-node there, and rtc-node on livekit-server,
side by side, each with a network of its own with the same seed. STOI is 0 to 1 (understood from
some 0.75 on), PESQ 1 to 4.6; the gap is the longest silence where something was said; delay is from
mouth to ear, without sound cards; "waited": how long one of the programs was kept from running by
a machine that is busy, for which nobody can be blamed. "down" is the way to who listens, "up" that of who speaks.

A call that a busy machine disturbed is repeated once, and the less disturbed counts.

    speech_call.py [--quick] [--only TEXT] [--json FILE] [--write] [ours|node|livekit ...]
"""

import contextlib
import json
import os
import pathlib
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "interop"), str(HERE.parent / "lib"), str(HERE)]
import harness as lib  # noqa: E402
import livekit_peers as lk  # noqa: E402
import livekit_serve  # noqa: E402
import netimpair  # noqa: E402
from waits import Waits  # noqa: E402

WAY = "delay=20"  # there and back 40 ms
CASES = (
    # name, up, down, seconds of a cut in the middle
    ("no loss", WAY, WAY, 0),
    ("5 % down", WAY, WAY + ",loss=5", 0),
    ("10 % down", WAY, WAY + ",loss=10", 0),
    ("20 % down", WAY, WAY + ",loss=20", 0),
    ("10 % up", WAY + ",loss=10", WAY, 0),
    ("10 % both ways", WAY + ",loss=10", WAY + ",loss=10", 0),
    ("10 % down, 240 ms there and back", "delay=120", "delay=120,loss=10", 0),
    ("20 % down, 240 ms there and back", "delay=120", "delay=120,loss=20", 0),
    ("10 % down in bursts of 3", WAY, WAY + "," + netimpair.bursts(10, 3), 0),
    ("50 ms of jitter", WAY, WAY + ",jitter=50", 0),
    ("50 ms of jitter, 5 % down", WAY, WAY + ",jitter=50,loss=5", 0),
    ("5 % come 30 ms late", WAY, WAY + ",reorder=5/30", 0),
    ("nothing for 3 s", WAY, WAY, 3),
)
QUICK = ("no loss", "10 % down", "20 % down", "50 ms of jitter")
SEED = 11
CALM_MS = 500  # that the programs of a call may be kept waiting by the machine
TRIES = 2
CUT_S = 8  # into what is measured
WARM_S = 11  # of speech before what is measured: senders and buffers have settled then


class Pair:
    """Who speaks and who listens, of a kind, on a place, behind one link."""

    def __init__(self, kind, place, link):
        self.kind, self.place, self.link = kind, place, link
        self.url = f"ws://{link.near}:{place.port}"
        self.mouth = self.ear = None

    def person(self, name):
        identity, token = self.place.entry(name)
        argv = (["node", lk.HERE / "livekit_node.mjs", lk.RTC_NODE] if self.kind == "node"
                else ["node", lk.HERE / "livekit_ours.mjs", lk.CALL_TOOL])
        return lk.Person(identity, self.link.there(argv)), token

    def join(self):
        self.ear, token = self.person(f"{self.kind}-ear")
        self._joined(self.ear, url=self.url, token=token)
        self.mouth, self.token = self.person(f"{self.kind}-mouth")

    def _joined(self, who, **how):
        reply = who.do("join", **how)
        if not reply["ok"]:
            raise RuntimeError(f"{self.kind} did not join {self.place.name}: {reply}\n"
                               + self.place.tail()[-2000:])

    def _begin(self, said):
        """The one who speaks joins: ours reads its file in step with its clock, as a microphone
        would give it; the other gets the same, 10 ms at a time, when it is due."""
        self.ear.do("keep", who=self.mouth.identity)
        if self.kind == "ours":
            self._joined(self.mouth, url=self.url, token=self.token,
                         options=["--play", f"file:{said}.wav"])
            return
        self._joined(self.mouth, url=self.url, token=self.token, live=True)
        self.mouth.do("say", file=f"{said}.raw")

    def _since(self):
        """When the first sample was said, in ms of the monotonic clock; None: not yet."""
        if self.kind == "ours":
            return self.mouth.do("status")["input_since_ms"] or None
        return self.mouth.do("said").get("began")

    def _end(self):
        """Waits until everything is said."""
        if self.kind == "ours":
            return self.mouth.event(event="input_end", limit=lib.STEP)
        return lib.wait_for(lambda: self.mouth.do("said").get("done"), lib.STEP, 0.2)

    def _network(self, up, down):
        self.link.seed(SEED)
        self.link.up(up)
        self.link.down(down)

    def speak(self, said, case, cut_at_s):
        """Says it all over the bad network; what is needed for the figures."""
        _, up, down, cut_s = case
        waits = Waits({"server": self.place.pid, "ear": self.ear.child.pid,
                       "mouth": self.mouth.child.pid, "router": self.link.router.child.pid})
        try:
            return self._speak(said, up, down, cut_s, cut_at_s, waits)
        finally:
            waits.stop()

    def _speak(self, said, up, down, cut_s, cut_at_s, waits):
        self._begin(said)
        self._network(up, down)
        began = lib.wait_for(self._since, lib.STEP, 0.05)
        if cut_s:
            time.sleep(max(0, began / 1000 + cut_at_s - time.monotonic()))
            self.link.cut()
            time.sleep(cut_s)
            self.link.restore()
        if not self._end():
            raise RuntimeError(f"{self.kind} does not come to its end")
        time.sleep(1.5)  # the longest delay that anything has here
        heard = said.with_name(f"heard-{self.link.device}.raw")
        kept = self.ear.do("kept", who=self.mouth.identity, file=str(heard))
        if not kept["ok"]:
            raise RuntimeError(f"{self.kind}: {kept}")
        more = {"router": self.link.stats(), "waited_ms": sum(waits.stop().values())}
        if self.kind == "ours":
            more |= {"ear": self.ear.do("status"), "mouth": self.mouth.do("status")}
        self.link.both("")
        return began, heard, kept["marks"], more

    def leave(self):
        for who in (self.mouth, self.ear):
            if who:
                who.end()
        self.mouth = self.ear = None


class Bench:
    """The pairs that there can be, each behind a link of its own."""

    NAMES = {"ours": "muster", "node": "rtc-node", "livekit": "rtc-node on livekit-server"}

    def __init__(self, folder, wanted):
        self.folder, self.wanted = folder, wanted
        self.stack = contextlib.ExitStack()
        self.pairs = {}

    def __enter__(self):
        links = {w: self.stack.enter_context(netimpair.Link(number=i + 1))
                 for i, w in enumerate(self.wanted)}
        if {"ours", "node"} & set(self.wanted):
            people = [f"{k}-{w}" for k in ("ours", "node") for w in ("mouth", "ear")]
            serve = livekit_serve.Place(self.folder / "serve", people)
            serve.serve.host = "0.0.0.0"
            serve.serve.extra += ["--lan", "--public-url", f"http://127.0.0.1:{serve.port}"]
            (self.folder / "serve").mkdir()
            self._start(serve)
            for w in ("ours", "node"):
                if w in self.wanted:
                    self.pairs[w] = Pair(w, _RoomOf(serve, w), links[w])
        if "livekit" in self.wanted:
            import livekit_people
            place = livekit_people.LiveKitPlace(self.folder)
            place.address = links["livekit"].near
            self._start(place)
            self.pairs["livekit"] = Pair("node", place, links["livekit"])
        return self

    def _start(self, place):
        place.start()
        self.stack.callback(place.stop)

    def run(self, case, file, cut_at_s):
        """{who: what speak() gives}, all pairs at once."""
        out, threads = {}, []

        def one(name, pair):
            try:
                pair.join()
                out[name] = pair.speak(file, case, cut_at_s)
            except (RuntimeError, KeyError, OSError) as e:
                out[name] = e
            finally:
                pair.leave()
        for name, pair in self.pairs.items():
            threads.append(threading.Thread(target=one, args=(name, pair)))
            threads[-1].start()
        for t in threads:
            t.join()
        return out

    def __exit__(self, *unused):
        self.stack.close()


class _RoomOf:
    """A place in which each kind of people has a room of its own."""

    def __init__(self, place, kind):
        self.place, self.name, self.port, self.tail = place, place.name, place.port, place.tail
        self.pid = place.pid
        self.one = place.__dict__.setdefault("one_at_a_time", threading.Lock())
        first, other = place.tokens[f"{kind}-ear"], place.tokens[f"{kind}-mouth"]
        self.room = livekit_serve.call(place.serve.url, "POST", livekit_serve.V3 + "/createRoom", {
            "preset": "public_chat", "name": f"a room of {kind}",
            "power_level_content_override": {"events": {livekit_serve.MEMBER: 0}}}, first)["room_id"]
        livekit_serve.call(place.serve.url, "POST",
                           f"{livekit_serve.V3}/join/{livekit_serve.quote(self.room)}", {}, other)

    def entry(self, name):
        with self.one:
            self.place.room = self.room
            return self.place.entry(name)


LINE = "{:34} {:27} {:>6} {:>6} {:>6} {:>8} {:>8} {:>8} {:>8}"


def row(case, name, f):
    return LINE.format(case, name, f"{f['stoi']:.3f}", f"{f['stoi_worst']:.3f}", f"{f['pesq']:.2f}",
                       f"{f['gap_ms']} ms", f"{f['p50_ms']:.0f} ms", f"{f['p95_ms']:.0f} ms",
                       f"{f['more']['waited_ms']:.0f} ms")


class Speech:
    """What is said in each call, and what became of it."""

    def __init__(self, folder, sentences=None, warm_s=WARM_S):
        import speech_figures
        self.sf, self.warm_s = speech_figures, warm_s
        self.said, where = self.sf.spoken(folder, sentences or self.sf.SENTENCES)
        self.file = folder / "said"
        self.sf.write(self.file, self.said)
        self.measured = [w for w in where if w[0] >= warm_s * self.sf.RATE]

    def over(self, bench, case):
        """{who: figures, or the exception that came instead}"""
        import numpy
        out = {}
        for name, got in bench.run(case, self.file, self.warm_s + CUT_S).items():
            if isinstance(got, Exception):
                out[name] = got
                continue
            began, heard, marks, more = got
            f = self.sf.figures(self.said, self.measured, began, numpy.fromfile(heard, "<i2"), marks)
            out[name] = {**f, "more": more}
        return out


def calm(speech, bench, case):
    """The same, of each who the call that the machine disturbed least: of some, while it does."""
    best = {}
    for _ in range(TRIES):
        for name, f in speech.over(bench, case).items():
            had = best.get(name)
            if had is None or isinstance(had, Exception) or (
                    not isinstance(f, Exception) and f["more"]["waited_ms"] < had["more"]["waited_ms"]):
                best[name] = f
        if all(not isinstance(f, Exception) and f["more"]["waited_ms"] <= CALM_MS for f in best.values()):
            break
    return best


def measure(wanted, cases, out_file):
    """Prints a table; {case: {who: figures}}."""
    results = {}
    with lib.Folder() as folder, Bench(folder, wanted) as bench:
        speech = Speech(folder)
        print(LINE.format("network", "who", "STOI", "worst", "PESQ", "gap", "p50", "p95", "waited"))
        for case in cases:
            came = calm(speech, bench, case)
            for name in wanted:
                if isinstance(came[name], Exception):
                    print(f"{case[0]:34} {Bench.NAMES[name]:27} was not measured: {came[name]}")
                else:
                    print(row(case[0], Bench.NAMES[name], came[name]), flush=True)
            results[case[0]] = {k: f for k, f in came.items() if not isinstance(f, Exception)}
            if out_file:
                pathlib.Path(out_file).write_text(json.dumps(results, indent=1))
    return results


def cell(f):
    if f is None:
        return "-"
    return (f"{f['stoi']:.2f} ({f['stoi_worst']:.2f}), {f['pesq']:.1f}, {f['gap_ms']} ms, "
            f"{f['p50_ms']:.0f} / {f['p95_ms']:.0f} ms")


def write(results, wanted):
    """The table into docs/SPEECH.md."""
    import speech_figures
    rows = [["STOI (worst), PESQ, gap, delay p50 / p95", *(Bench.NAMES[w] for w in wanted)]]
    rows += [[case, *(cell(who.get(w)) for w in wanted)] for case, who in results.items()]
    speech_figures.write_table(TOP / "docs" / "SPEECH.md", "speech", rows)


def wishes(argv):
    words = {"only": None, "json": None}
    rest = []
    for i, a in enumerate(argv):
        if a.startswith("--") and a[2:] in words:
            words[a[2:]] = argv[i + 1]
        elif not a.startswith("--") and (not i or argv[i - 1][2:] not in words):
            rest.append(a)
    cases = [c for c in CASES if ("--quick" not in argv or c[0] in QUICK)
             and (words["only"] is None or words["only"] in c[0])]
    return rest or ["ours", "node", "livekit"], cases, words["json"]


def main():
    absent = lk.missing() + ([netimpair.reason()] if netimpair.reason() else [])
    try:
        import speech_figures  # noqa: F401
    except ImportError as e:
        absent.append(f"{e}: pystoi and pesq were not installed by pip")
    wanted, cases, out_file = wishes(sys.argv[1:])
    if absent and wanted != ["ours"]:
        print(f"speech over a bad network is not measured: {'; '.join(absent)}")
        return
    # Before whatever else runs here: it is the network that is measured.
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -15)
    netimpair.enter()
    if "livekit" in wanted and not lk.has_livekit():
        print("livekit-server is left out: it is not installed under build/peers")
        wanted.remove("livekit")
    results = measure(wanted, cases, out_file)
    if "--write" in sys.argv:
        write(results, wanted)


if __name__ == "__main__":
    main()
