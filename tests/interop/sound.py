"""Programs that speak or listen by HTTP (peers/sound_peer.py), for tests."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import harness  # noqa: E402

VENV = harness.TOP / "build/peers/whip"
SCRIPT = pathlib.Path(__file__).resolve().parent / "peers/sound_peer.py"


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
