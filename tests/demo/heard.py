"""Where speech is to be found in a recording, by its loudness from moment to moment.

    heard.py RECORDING.wav SPEECH.wav...

prints for each speech at which second it begins in the recording, and how
much what is there is like it (1: the same).
"""

import array
import json
import math
import sys
import wave

STEP_S = 0.01
# Alike by chance: two pieces of speech reach some 0.6.
LIKE = 0.85


def envelope(path):
    """Loudness in steps of 10 ms, as a list of numbers from 0 to 1."""
    with wave.open(str(path)) as w:
        if w.getsampwidth() != 2:
            raise ValueError(f"{path}: not 16 bit")
        rate, channels = w.getframerate(), w.getnchannels()
        pcm = array.array("h", w.readframes(w.getnframes()))
    if sys.byteorder == "big":
        pcm.byteswap()
    step = int(rate * STEP_S) * channels
    return [math.sqrt(sum(x * x for x in pcm[i:i + step]) / step) / 32768
            for i in range(0, len(pcm) - step + 1, step)]


def _curve(levels):
    """Softer differences count as they do for an ear."""
    return [math.sqrt(x) for x in levels]


def find(speech, recording):
    """(second at which it begins, likeness) of the place that is most like `speech`."""
    speech, recording = _curve(speech), _curve(recording)
    n = len(speech)
    mean = sum(speech) / n
    centred = [x - mean for x in speech]
    size = math.sqrt(sum(x * x for x in centred))
    best, at = 0.0, 0
    total = sum(recording[:n])
    square = sum(x * x for x in recording[:n])
    for lag in range(len(recording) - n + 1):
        spread = square - total * total / n
        if spread > 1e-9:
            # `centred` has no mean, so that of the recording falls out.
            like = sum(map(float.__mul__, centred, recording[lag:lag + n])) / (
                size * math.sqrt(spread))
            if like > best:
                best, at = like, lag
        if lag + n < len(recording):
            old, new = recording[lag], recording[lag + n]
            total += new - old
            square += new * new - old * old
    return round(at * STEP_S, 2), round(best, 3)


def main(argv):
    recording = envelope(argv[0])
    for path in argv[1:]:
        at, like = find(envelope(path), recording)
        print(json.dumps({"speech": path, "at_s": at, "like": like, "heard": like >= LIKE}))


if __name__ == "__main__":
    main(sys.argv[1:])
