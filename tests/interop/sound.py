"""Programs that speak or listen by HTTP (peers/sound_peer.py), and tones in recordings, for tests."""

import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import harness  # noqa: E402

VENV = harness.TOP / "build/peers/whip"
SCRIPT = pathlib.Path(__file__).resolve().parent / "peers/sound_peer.py"

WAV_HEAD = 44  # bytes; our recordings are 48 kHz, mono, 16 bits
PIECE = 9600  # samples: 200 ms


def pitch(data):
    """Frequency of a piece of a tone; 0: it is none."""
    rises = [i for i in range(1, len(data)) if data[i - 1] < 0 <= data[i]]
    return (len(rises) - 1) * 48000 / (rises[-1] - rises[0]) if len(rises) > 10 else 0


def tone(path):
    """Frequency of the tone in a recording, which may still go on; None where there are not two
    seconds of one. A busy machine may leave holes, but not in every piece."""
    sound = path.read_bytes()[WAV_HEAD:] if path.exists() else b""
    data = memoryview(sound[:len(sound) & ~1]).cast("h")
    begins = next((i for i, x in enumerate(data) if abs(x) > 1000), len(data))
    data = data[begins + PIECE:]
    pieces = [pitch(data[i:i + PIECE]) for i in range(0, len(data) - PIECE + 1, PIECE)]
    return round(statistics.median(pieces), 1) if len(pieces) >= 10 else None


def peers_ready():
    return (VENV / ".done").exists()


class SoundPeer:
    def __init__(self, role, endpoint, token, more=""):
        self.events = []
        self.news = threading.Condition()
        self.child = subprocess.Popen(
            [str(VENV / "bin/python"), str(SCRIPT), role, endpoint, str(more)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "SOUND_TOKEN": token})
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.child.stdout:
            with self.news:
                self.events.append(json.loads(line))
                self.news.notify_all()
        with self.news:
            self.events.append({"event": "gone"})
            self.news.notify_all()

    def until(self, event, start=0, **what):
        """The first such event; raises when it does not come."""
        def find():
            return next((e for e in self.events[start:] if e["event"] == event and
                         all(e.get(k) == v for k, v in what.items())), None)
        with self.news:
            self.news.wait_for(lambda: find() or self.events[-1:] == [{"event": "gone"}],
                               harness.STEP)
            found = find()
        if not found:
            raise RuntimeError(f"no {event} {what}: {self.events}")
        return found

    def say(self, word):
        self.child.stdin.write(word + "\n")
        self.child.stdin.flush()

    def hear(self):
        """What arrived so far."""
        start = len(self.events)
        self.say("hear")
        return self.until("heard", start)

    def end(self):
        """With a word to the server."""
        self.say("end")
        told = self.until("ended")
        self.child.wait(harness.STEP)
        return told

    def drop(self):
        """As if the power failed."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGKILL)
        self.child.wait(harness.STEP)
