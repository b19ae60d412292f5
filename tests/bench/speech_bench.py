"""make bench, speech: how much of it is understood when packets are lost.

Speech made by espeak-ng goes through encoder, network, jitter buffer and
decoder. STOI (0 to 1, understood from some 0.75 on) and PESQ (1 to 4.5) compare
what was heard with what was said; the gap is the longest silence in the middle
of a word. Needs pystoi and pesq, which `make bench` installs by pip.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import wave

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
TOOL = TOP / "build" / "release" / "tests" / "bench" / "speech_loss"
WORDS = ("The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background. "
         "It is easy to tell the depth of a well. These days a chicken leg is a rare dish. "
         "Rice is often served in round bowls. The juice of lemons makes fine punch. "
         "The box was thrown beside the parked truck. Four hours of steady work faced us.")
CASES = [(0, 0, 1), (3, 30, 1), (10, 0, 1), (10, 0, 0), (10, 60, 1), (20, 60, 1)]


def samples(numpy, path, rate):
    """16 bit mono as numbers at `rate`, by sox."""
    done = subprocess.run(["sox", str(path), "-r", str(rate), "-c", "1", "-b", "16", "-t", "raw",
                           "-"], check=True, capture_output=True, timeout=60)
    return numpy.frombuffer(done.stdout, dtype="<i2").astype("float64") / 32768


def aligned(numpy, said, heard, rate):
    """The shift with which both are most alike, taken out."""
    size = 1 << (len(said) + len(heard)).bit_length()
    product = numpy.fft.irfft(numpy.fft.rfft(heard, size) * numpy.conj(numpy.fft.rfft(said, size)))
    shift = int(numpy.argmax(product[:rate // 2]))
    heard = heard[shift:]
    n = min(len(said), len(heard))
    return said[:n], heard[:n], shift * 1000 // rate


def main():
    try:
        import numpy
        from pesq import pesq
        from pystoi import stoi
    except ImportError as e:
        print(f"speech under loss is not measured: {e}")
        return
    print("\nSpeech through a bad network")
    print(f"{'loss':>5} {'jitter':>7} {'FEC':>4} {'STOI':>6} {'PESQ':>6} {'gap':>7} {'given back':>11}"
          f" {'delay':>7}")
    with tempfile.TemporaryDirectory() as folder:
        said, heard = pathlib.Path(folder, "said.wav"), pathlib.Path(folder, "heard.wav")
        subprocess.run(["espeak-ng", "-s", "150", "-w", str(said), WORDS], check=True, timeout=60)
        reference = samples(numpy, said, 16000)
        for loss, jitter, fec in CASES:
            done = subprocess.run([TOOL, said, heard, str(loss), str(jitter), str(fec), "11"],
                                  check=True, capture_output=True, text=True, timeout=120)
            told = json.loads(done.stdout)
            a, b, shift = aligned(numpy, reference, samples(numpy, heard, 16000), 16000)
            back = f"{told['fec']}/{told['lost']}" if fec else "-"
            print(f"{loss:4d}% {jitter:4d} ms {'yes' if fec else 'no':>4} "
                  f"{stoi(a, b, 16000):6.3f} {pesq(16000, a, b, 'wb'):6.2f} {told['gap_ms']:4d} ms "
                  f"{back:>11} {shift:4d} ms")


if __name__ == "__main__":
    main()
