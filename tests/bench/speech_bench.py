"""make bench-speech: how much is understood when packets are lost, without a clock.

Speech made by espeak-ng goes through encoder, network (tests/lib/netimpair), NACKs, jitter buffer and
decoder as fast as it goes, and each time the same way: for who changes one of them. STOI (0 to 1,
understood from some 0.75 on) and PESQ (1 to 4.6) compare what was heard with what was said; the gap
is the longest silence where something was said; delay is from mouth to ear, half the round trip
included. tests/bench/speech_call.py measures real calls.

    speech_bench.py [--seeds N] [--copies N] [--write] [TEXT ...]

TEXT: only networks whose name has one of these. --copies: as if each packet held so many of those
before it (RED, RFC 2198). --write: the table in docs/SPEECH.md.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import wave

HERE = pathlib.Path(__file__).resolve().parent
TOOL = HERE.parents[1] / "build" / "release" / "tests" / "bench" / "speech_loss"
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]
CASES = (
    # name, network, round trip in ms
    ("no loss", "", 40), ("5 %", "loss=5", 40), ("10 %", "loss=10", 40), ("20 %", "loss=20", 40),
    ("10 %, near", "loss=10", 4), ("10 %, far", "loss=10", 240), ("20 %, far", "loss=20", 240),
    ("10 % in bursts of 3", "burst=3.7037/33.3333", 40),
    ("10 % in bursts of 3, far", "burst=3.7037/33.3333", 240),
    ("50 ms of jitter", "jitter=50", 40), ("50 ms of jitter, 5 %", "jitter=50,loss=5", 40),
    ("50 ms of jitter, 5 %, far", "jitter=50,loss=5", 240),
    ("5 % come 30 ms late", "reorder=5/30", 40), ("nothing for 3 s", "cut=20000+3000", 40),
)
SETTLE_S = 11
LINE = "{:26} {:>6} {:>6} {:>6} {:>7} {:>7} {:>7}  {}"


def once(sf, numpy, folder, said, where, case, seed, copies):
    _, spec, rtt = case
    done = subprocess.run([TOOL, folder / "said.wav", folder / "heard.wav", spec, str(rtt), str(seed),
                           str(copies)],
                          check=True, capture_output=True, text=True, timeout=120)
    told = json.loads(done.stdout)
    with wave.open(str(folder / "heard.wav")) as f:
        heard = numpy.frombuffer(f.readframes(f.getnframes()), "<i2")
    # A tick's sound was said in the 20 ms before it, and is heard from the listener's tick on.
    f = sf.figures(said, where, -20.0, heard, [(0, float(told["listen_ms"]))])
    return f, told


def main():
    try:
        import numpy
        import speech_figures as sf
    except ImportError as e:
        print(f"speech under loss is not measured: {e}")
        return
    argv = sys.argv[1:]
    seeds = int(argv.pop(argv.index("--seeds") + 1)) if "--seeds" in argv else 3
    copies = int(argv.pop(argv.index("--copies") + 1)) if "--copies" in argv else 0
    only = [a for a in argv if not a.startswith("--")]
    print("\nSpeech through a bad network, without a clock")
    print(LINE.format("network", "STOI", "worst", "PESQ", "gap", "p50", "p95", ""))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        said, where = sf.spoken(folder)
        sf.write(folder / "said", said)
        measured = [w for w in where if w[0] >= SETTLE_S * sf.RATE]
        rows = [["network, there and back", "STOI (worst)", "PESQ", "gap", "delay"]]
        for case in CASES:
            if only and not any(t in case[0] for t in only):
                continue
            runs = [once(sf, numpy, folder, said, measured, case, s, copies) for s in range(1, seeds + 1)]
            mean = {k: sum(f[k] for f, _ in runs) / seeds for k in ("stoi", "pesq", "p50_ms", "p95_ms")}
            told = {k: sum(t[k] for _, t in runs) // seeds for k in runs[0][1]}
            print(LINE.format(
                case[0], f"{mean['stoi']:.3f}", f"{min(f['stoi_worst'] for f, _ in runs):.3f}",
                f"{mean['pesq']:.2f}", f"{max(f['gap_ms'] for f, _ in runs)} ms",
                f"{mean['p50_ms']:.0f} ms", f"{mean['p95_ms']:.0f} ms",
                f"lost {told['lost']}, asked {told['asked']}, missed {told['missed']}, late "
                f"{told['late']}, by FEC {told['fec']}, made up {told['made_up_ms']} ms"), flush=True)
            rows.append([f"{case[0]}, {case[2]} ms",
                         f"{mean['stoi']:.2f} ({min(f['stoi_worst'] for f, _ in runs):.2f})",
                         f"{mean['pesq']:.1f}", f"{max(f['gap_ms'] for f, _ in runs)} ms",
                         f"{mean['p50_ms']:.0f} ms"])
        if "--write" in argv:
            sf.write_table(HERE.parents[1] / "docs" / "SPEECH.md", "simulated", rows)


if __name__ == "__main__":
    main()
