"""What became of speech on its way: STOI, PESQ, gaps, delay from mouth to ear.

`said` and `heard` are 48 kHz; numpy, pystoi and pesq come by pip (build/peers/speech).
"""

import subprocess
import wave

import numpy
from pesq import pesq
from pystoi import stoi

RATE = 48000
STEP = RATE // 100
SENTENCES = (
    "The birch canoe slid on the smooth planks.", "Glue the sheet to the dark blue background.",
    "It is easy to tell the depth of a well.", "These days a chicken leg is a rare dish.",
    "Rice is often served in round bowls.", "The juice of lemons makes fine punch.",
    "The box was thrown beside the parked truck.", "The hogs were fed chopped corn and garbage.",
    "Four hours of steady work faced us.", "A large size in stockings is hard to sell.",
    "The boy was there when the sun rose.", "A rod is used to catch pink salmon.")
PAUSE = RATE * 3 // 10


LEAD = 2 * RATE


def write(path, sound):
    """As path.raw and path.wav."""
    data = sound.astype("<i2").tobytes()
    path.with_suffix(".raw").write_bytes(data)
    with wave.open(str(path.with_suffix(".wav")), "wb") as f:
        f.setnchannels(1)
        f.setsampwidth(2)
        f.setframerate(RATE)
        f.writeframes(data)


def spoken(folder, sentences=SENTENCES):
    """A voice: (all of it as int16, [(from, until) of each sentence])."""
    pieces, where, at = [numpy.zeros(LEAD, "<i2")], [], LEAD
    for i, text in enumerate(sentences):
        wav = folder / f"said{i}.wav"
        subprocess.run(["espeak-ng", "-s", "150", "-w", str(wav), text], check=True, timeout=60)
        raw = subprocess.run(["sox", str(wav), "-r", str(RATE), "-c", "1", "-b", "16", "-t", "raw", "-"],
                             check=True, capture_output=True, timeout=60).stdout
        sound = numpy.frombuffer(raw, "<i2")
        sound = sound[:len(sound) // STEP * STEP]
        pieces += [sound, numpy.zeros(PAUSE, "<i2")]
        where.append((at, at + len(sound)))
        at += len(sound) + PAUSE
    return numpy.concatenate(pieces), where


def shift_of(piece, heard):
    """Where in `heard` the piece is, and how alike they are there (0 to 1)."""
    n = len(heard) - len(piece) + 1
    if n <= 0:
        return 0, 0.0
    size = 1 << (len(heard) - 1).bit_length()
    product = numpy.fft.irfft(numpy.fft.rfft(heard, size) * numpy.conj(numpy.fft.rfft(piece, size)))[:n]
    power = numpy.cumsum(numpy.concatenate(([0.0], heard ** 2)))
    norm = numpy.sqrt((power[len(piece):] - power[:n]) * numpy.sum(piece ** 2)) + 1e-3
    like = product / norm
    at = int(numpy.argmax(like))
    return at, float(like[at])


def cut_out(heard, at, n):
    """n samples from `at` on, with zeros where there are none."""
    out = numpy.zeros(n)
    lo, hi = max(at, 0), min(at + n, len(heard))
    if hi > lo:
        out[lo - at:hi - at] = heard[lo:hi]
    return out


def aligned(said, heard, expected, early=RATE // 10, late=RATE // 2):
    """What was heard of `said`, in step with it; and by how much it was later than expected."""
    room = cut_out(heard, expected - early, len(said) + early + late)
    at, like = shift_of(said, room)
    return room[at:at + len(said)], at - early, like


def followed(said, heard, at):
    """`said` as it was heard from about `at` on, with what was played faster or slower put back in
    step, a tenth of a second at a time: an ear does not mind, STOI would take it for noise."""
    n, side, out = RATE // 10, RATE // 10, numpy.zeros(len(said))
    shift = 0
    for a in range(0, len(said), n):
        lo, hi = max(0, a - side), min(len(said), a + n + side)
        room = cut_out(heard, at + lo + shift - RATE // 25, hi - lo + 2 * RATE // 25)
        found, like = shift_of(said[lo:hi], room)
        if like > .6:
            shift += found - RATE // 25
        b = min(len(said), a + n)
        out[a:b] = cut_out(heard, at + a + shift, b - a)
    return out


def at_16k(x):
    """A third of the rate, by a windowed sinc."""
    t = numpy.arange(-48, 49)
    taps = numpy.sinc(t / 3 * 0.95) * numpy.hamming(len(t))
    return numpy.convolve(x, taps / taps.sum(), "same")[::3]


def levels(x):
    steps = x[:len(x) // STEP * STEP].reshape(-1, STEP)
    return 20 * numpy.log10(numpy.sqrt(numpy.mean(steps ** 2, axis=1)) + 1e-6)


def longest_gap_ms(said, heard):
    """The longest silence that began and ended where something was said."""
    begun, longest = None, 0
    for i, (spoke, silent) in enumerate(zip(levels(said) > -45, levels(heard) < -65)):
        if not silent:
            begun = None
        elif spoke:
            begun = i if begun is None else begun
            longest = max(longest, (i + 1 - begun) * 10)
    return longest


class Clock:
    """When each sample was: from marks [(sample, ms)], of pieces that follow each other."""

    def __init__(self, marks):
        self.at, self.ms = (numpy.array(x) for x in zip(*marks))

    def of(self, sample):
        i = max(0, int(numpy.searchsorted(self.at, sample, "right")) - 1)
        return self.ms[i] + (sample - self.at[i]) * 1000 / RATE

    def sample(self, ms):
        i = max(0, int(numpy.searchsorted(self.ms, ms, "right")) - 1)
        return int(self.at[i] + (ms - self.ms[i]) * RATE / 1000)


def usual_delay(said, where, began, heard, clock):
    """Samples from where a sentence would be if there were no way to where it is, in the middle."""
    found = []
    for a, b in where:
        at = clock.sample(began + a * 1000 / RATE)
        _, shift, like = aligned(said[a:b], heard, at, 0, RATE)
        if like > .3:
            found.append(shift)
    return int(numpy.median(found)) if found else 0


def delays_ms(said, where, began, heard, clock, usual):
    """From mouth to ear, of each fifth of a second that can be told apart."""
    out, n = [], RATE // 5
    for a, b in where:
        for at in range(a, b - n, n):
            piece = said[at:at + n]
            if numpy.sqrt(numpy.mean(piece ** 2)) < .02:
                continue
            expected = clock.sample(began + at * 1000 / RATE) + usual
            _, shift, like = aligned(piece, heard, expected, RATE // 5, RATE // 5)
            if like > .6:
                out.append(clock.of(expected + shift) - began - at * 1000 / RATE)
    return sorted(out)


def at_share(values, share):
    return float(values[min(len(values) - 1, int(len(values) * share))]) if values else float("nan")


def figures(said, where, began, heard, marks):
    """All of it. `began`: when the first sample of `said` was, `marks`: when those of `heard` were."""
    said, heard = (numpy.asarray(x, "float64") / 32768 for x in (said, heard))
    clock = Clock(marks)
    usual = usual_delay(said, where, began, heard, clock)
    understood, a_whole, b_whole, parts, came = [], [], [], [], []
    for a, b in where:
        expected = clock.sample(began + a * 1000 / RATE) + usual
        piece, shift, like = aligned(said[a:b], heard, expected, RATE // 5, RATE // 4)
        if like < .2:
            shift, piece = 0, cut_out(heard, expected, b - a)
        in_step = followed(said[a:b], heard, expected + shift)
        x, y = at_16k(said[a:b]), at_16k(piece)
        understood.append(float(stoi(x, at_16k(in_step), 16000)))
        parts += [said[a:b], numpy.zeros(PAUSE)]
        came += [in_step, cut_out(heard, expected + shift + b - a, PAUSE)]
        a_whole += [x, numpy.zeros(3200)]
        b_whole += [y, numpy.zeros(3200)]
    took = delays_ms(said, where, began, heard, clock, usual)
    try:
        quality = float(pesq(16000, numpy.concatenate(a_whole), numpy.concatenate(b_whole), "wb"))
    except Exception:  # nothing was heard at all
        quality = 1.0
    return {"stoi": float(numpy.mean(understood)), "stoi_worst": min(understood), "pesq": quality,
            "gap_ms": longest_gap_ms(numpy.concatenate(parts), numpy.concatenate(came)), "p50_ms": at_share(took, .5), "p95_ms": at_share(took, .95),
            "pieces": len(took)}


def write_table(path, name, rows):
    """Rows of cells between <!-- name --> and <!-- end of name --> of a document; the first names them."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    text = path.read_text()
    lines = ["| " + " | ".join(r) + " |" for r in rows]
    lines.insert(1, "|---" * len(rows[0]) + "|")
    before, after = text.split(begin)[0], text.split(end)[1]
    path.write_text(before + begin + "\n".join(lines) + "\n" + end + after)
