"""make bench, calls: from mouth to ear in milliseconds, and what a call costs a client.

Our client and rtc-node sit in the same room and hear the same clicks, on
`muster serve` and on livekit-server. The mouth's time is when the first sample
of a click would have come from a microphone (10 ms pieces are given away as
they end), the ear's is when it is handed to the loudspeaker: what sound cards
add is in neither.
"""

import bisect
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "interop"), str(HERE.parent / "lib")]
import harness as lib  # noqa: E402
import livekit_peers as lk  # noqa: E402
import livekit_people  # noqa: E402
import livekit_serve  # noqa: E402

QUICK = "--quick" in sys.argv
SECONDS = 12 if QUICK else 60


def delays(mouth, ear):
    """For each click that was heard the time it took; how many were not heard."""
    out, heard = [], set()
    for at in ear:
        i = bisect.bisect_right(mouth, at) - 1
        if i >= 0 and at - mouth[i] < 500 and i not in heard:
            heard.add(i)
            out.append(at - mouth[i])
    sent = [m for m in mouth if ear and ear[0] - 500 < m < ear[-1]]
    return out, max(0, len(sent) - len(out))


def at(values, share):
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def signal_url(place):
    return f"ws://127.0.0.1:{place.port}"


def clicks(place, speaker, listeners):
    """One person clicks, the others listen; a row for each."""
    rows = []
    identity, token = place.entry("speaker")
    mouth = lk.KINDS[speaker](identity)
    ears = []
    try:
        for i, kind in enumerate(listeners):
            who, their = place.entry(f"ear{i}")
            ears.append((kind, lk.KINDS[kind](who)))
            reply = ears[-1][1].do("join", url=signal_url(place), token=their)
            if not reply["ok"]:
                raise RuntimeError(f"{kind} did not join {place.name}: {reply}")
        reply = mouth.do("join", url=signal_url(place), token=token, clicks=True)
        if not reply["ok"]:
            raise RuntimeError(f"{speaker} did not join {place.name}: {reply}")
        time.sleep(SECONDS)
        spoken = mouth.do("clicked")["at"]
        for kind, ear in ears:
            took, lost = delays(spoken, ear.do("clicks", who=identity)["at"])
            took = sorted(took[len(took) // 10:])  # the first seconds, while buffers settle, not
            rows.append((f"{speaker} to {kind}", f"p50 {at(took, .5):.0f} ms, p95 "
                         f"{at(took, .95):.0f} ms, worst {at(took, 1):.0f} ms "
                         f"({len(took)} clicks, {lost} not heard)"))
    finally:
        for p in [mouth, *(e for _, e in ears)]:
            p.end()
    return rows


def costs(place, kinds):
    """Three people talk at once; CPU and memory of one process of each kind."""
    people = []
    try:
        for kind in (*kinds, "node"):
            name = f"cost-{kind}-{len(people)}"
            identity, token = place.entry(name)
            p = lk.KINDS[kind](identity)
            people.append((kind, p))
            p.do("join", url=signal_url(place), token=token, hz=400 + 300 * len(people))
        time.sleep(2)
        pids = [(k, p.do("pid").get("pid") or p.child.pid) for k, p in people[:len(kinds)]]
        before = {pid: lib.cpu_s(pid) for _, pid in pids}
        began = time.monotonic()
        time.sleep(SECONDS / 3)
        took = time.monotonic() - began
        return [(f"{kind} in a call of three", f"{(lib.cpu_s(pid) - before[pid]) / took * 100:.1f} % "
                 f"of a core, {lib.rss_mb(pid):.0f} MB") for kind, pid in pids]
    finally:
        for _, p in people:
            p.end()


def measure(place):
    kinds = (["ours"] if os.path.exists(lk.CALL_TOOL) else []) + ["node"]
    rows = []
    for speaker in kinds:
        rows += clicks(place, speaker, kinds)
    return rows + costs(place, kinds)


def table(name, rows):
    width = max(len(k) for k, _ in rows)
    print(f"\ncalls on {name}, mouth to ear on loopback, then cost of a client")
    for key, text in rows:
        print(f"{key:{width}}  {text}")


def main():
    absent = lk.missing()
    if absent:
        print(f"calls are not measured: {'; '.join(absent)}")
        return
    wanted = [a for a in sys.argv[1:] if not a.startswith("-")] or ["serve", "livekit"]
    for name in wanted:
        if name == "livekit" and not lk.has_livekit():
            print("livekit-server is left out: it is not installed under build/peers")
            continue
        with lib.Folder() as folder:
            people = ("speaker", "ear0", "ear1", "cost-ours-0", "cost-node-0", "cost-node-1",
                      "cost-node-2")
            place = (livekit_people.LiveKitPlace(folder) if name == "livekit"
                     else livekit_serve.Place(folder, people))
            place.start()
            try:
                table(place.name, measure(place))
            finally:
                place.stop()


main()
