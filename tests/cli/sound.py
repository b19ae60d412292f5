#!/usr/bin/env python3
"""Sound for tests of calls.

sound.py make FILE HZ SECONDS      a WAV file with a tone (- for raw s16le on stdout)
sound.py heard FILE HZ             seconds in which that tone is what is heard (WAV or raw)

48 kHz, mono, 16 bit throughout.
"""
import array
import math
import sys
import wave

RATE = 48000
PIECE = RATE // 20  # 50 ms


def make(path, hz, seconds):
    n = int(RATE * seconds)
    pcm = array.array("h", (int(9000 * math.sin(2 * math.pi * hz * i / RATE)) for i in range(n)))
    if path == "-":
        sys.stdout.buffer.write(pcm.tobytes())
        return
    with wave.open(path, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(RATE)
        w.writeframes(pcm.tobytes())


def samples(path):
    if path.endswith(".wav"):
        with wave.open(path, "rb") as w:
            assert (w.getnchannels(), w.getsampwidth(), w.getframerate()) == (1, 2, RATE)
            data = w.readframes(w.getnframes())
    else:
        with open(path, "rb") as f:
            data = f.read()
    pcm = array.array("h")
    pcm.frombytes(data[: len(data) // 2 * 2])
    return pcm


def is_tone(piece, hz):
    """Most of the energy is at this frequency (Goertzel), and it is no whisper."""
    energy = sum(v * v for v in piece)
    if energy < len(piece) * 200 ** 2:
        return False
    k = 2 * math.cos(2 * math.pi * hz / RATE)
    a = b = 0.0
    for v in piece:
        a, b = v + k * a - b, a
    power = a * a + b * b - k * a * b
    return power > 0.7 * energy * len(piece) / 2


def main():
    what, path, hz = sys.argv[1], sys.argv[2], float(sys.argv[3])
    if what == "make":
        make(path, hz, float(sys.argv[4]))
        return
    pcm = samples(path)
    pieces = [pcm[i : i + PIECE] for i in range(0, len(pcm) - PIECE + 1, PIECE)]
    print(f"{sum(is_tone(p, hz) for p in pieces) * PIECE / RATE:.2f}")


main()
