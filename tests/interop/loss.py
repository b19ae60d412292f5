"""A call over a bad network: what was said is understood, and nobody hears silence in it.

Two of our clients on `muster serve`, behind tests/lib/netimpair. Thresholds are far from what is
measured (tests/bench/speech_call.py); a machine that kept the programs from running is not taken for
a bad network: what it did is measured beside it, and the call repeated.
"""

import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "lib"), str(HERE.parent / "bench")]
PYTHON = TOP / "build" / "peers" / "speech" / "bin" / "python"
INSIDE = "MUSTER_TEST_SPEECH"

import harness as lib  # noqa: E402
import netimpair  # noqa: E402

GAP_MS = 60  # the budget of a call that loses a tenth
STOI = .85  # understood is what is above .75; measured are .95 and more
TRIES = 4
BUSY_MS = 300  # that programs may have been kept from running


def missing():
    import livekit_peers as lk
    import shutil
    if netimpair.reason():
        return netimpair.reason()
    if not shutil.which("node") or not os.path.exists(lk.CALL_TOOL):
        return "node or call_tool is missing"
    if not shutil.which("espeak-ng") or not shutil.which("sox"):
        return "espeak-ng or sox is missing"
    if not PYTHON.with_name("pip").exists() or not (PYTHON.parents[1] / ".done").exists():
        return "pystoi and pesq are not installed under build/peers"
    return None


def call(speech, bench, case):
    """One that the machine did not disturb, or the last of some that it did."""
    for _ in range(TRIES):
        f = speech.over(bench, case)["ours"]
        if isinstance(f, Exception):
            raise f
        if f["more"]["waited_ms"] < BUSY_MS:
            return f
    return f


def held(tap, f, ok, what):
    """Of a call; what is not so on a machine that is busy says nothing."""
    waited = f["more"]["waited_ms"]
    if not ok and waited >= BUSY_MS:
        print(f"ok - loss: {what} # SKIP the machine kept the programs waiting for {waited} ms")
        return
    more = {k: f["more"][k] for k in ("ear", "mouth")} | {k: v for k, v in f.items() if k != "more"}
    tap.check(ok, what, "\n".join(f"{k}: {v}" for k, v in more.items()))


def understood(tap, f, what):
    held(tap, f, f["gap_ms"] <= GAP_MS, f"{what}: no gap is over {GAP_MS} ms ({f['gap_ms']})")
    held(tap, f, f["stoi"] >= STOI, f"{what}: it is understood (STOI {f['stoi']:.2f})")
    tap.check(f["more"]["router"]["down"]["rtp_lost"] > 50, f"{what}: packets were lost")


def near(tap, speech, bench):
    """Where the way is short, what is lost is sent again."""
    f = call(speech, bench, ("near", "delay=20", "delay=20,loss=10", 0))
    understood(tap, f, "a tenth lost, 40 ms there and back")
    missed, lost = f["more"]["ear"]["missed"], f["more"]["router"]["down"]["rtp_lost"]
    held(tap, f, missed < lost * .6, f"most of it is back in time ({missed} of {lost} are not)")


def far(tap, speech, bench):
    """Where it is long, the sender, who loses nothing, makes up for what its listener loses."""
    f = call(speech, bench, ("far", "delay=120", "delay=120,loss=10", 0))
    understood(tap, f, "a tenth lost, 240 ms there and back")
    ear, mouth, router = (f["more"][k] for k in ("ear", "mouth", "router"))
    held(tap, f, mouth["protects"] > .02, "who speaks knows what is lost behind the server")
    held(tap, f, ear["by_fec"] > ear["missed"] * .5,
         f"FEC gives most of it back ({ear['by_fec']} of {ear['missed']})")
    sent, down = router["up"]["rtp"], router["down"]["rtp"]
    held(tap, f, down - sent < sent * .05,
         f"nothing is asked for that would come too late ({down} packets came down for {sent})")


def main():
    why = missing()
    if why:
        print(f"ok - loss # SKIP {why}")
        return
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        os.execv(PYTHON, [str(PYTHON), *sys.argv])
    netimpair.enter()
    import speech_call
    import speech_figures
    tap = lib.Tap("loss")
    with lib.Folder() as folder, speech_call.Bench(folder, ["ours"]) as bench:
        speech = speech_call.Speech(folder, speech_figures.SENTENCES[:7], 8)
        for case in (near, far):
            case(tap, speech, bench)
    tap.end()


main()
