#!/usr/bin/env python3
"""The tests of this folder in lanes: side by side, because most of their time they wait.

  lanes.py "TEST ..." "TEST ..." ...     a lane each; its tests run one after the other

A TEST is the name of a program here, with a colon and an argument where only a part of it is
meant. After "--" come those that want the machine for themselves.

What a test says is kept together and printed when it ends. One that fails, dies or says less
than it promised is a `not ok`. The status is 0 when all held.
"""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 1200  # seconds for one test
NUMBERED = re.compile(r"^(?:not )?ok \d+\b", re.M)
PLAN = re.compile(r"^1\.\.(\d+)", re.M)


def broken(text, status):
    """What its lines do not tell of its failure; None: they tell all."""
    if status is None:
        return f"it did not end within {LIMIT} s"
    plans = PLAN.findall(text)
    if not plans and not re.search(r"^ok\b.*# SKIP", text, re.M):
        return f"it ended with status {status} and without a plan"
    if plans and len(NUMBERED.findall(text)) != int(plans[-1]):
        return f"it promised {plans[-1]} checks and made {len(NUMBERED.findall(text))}"
    if status and not re.search(r"^not ok\b", text, re.M):
        return f"it ended with status {status}"
    return None


class Lanes:
    def __init__(self):
        self.printing = threading.Lock()
        self.failed = False
        self.children = set()

    def run(self, name):
        """One test in a session of its own; its output and its status, None: it did not end."""
        program, *args = name.split(":")
        with tempfile.TemporaryFile() as out:
            child = subprocess.Popen([sys.executable, "-u", HERE / f"{program}.py", *args],
                                     stdin=subprocess.DEVNULL, stdout=out,
                                     stderr=subprocess.STDOUT, start_new_session=True)
            self.children.add(child)
            try:
                status = child.wait(LIMIT)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                status = None
            self.children.discard(child)
            out.seek(0)
            return out.read().decode("utf-8", "replace"), status

    def end(self, number, unused):
        """We are told to end: so are they."""
        for child in list(self.children):
            with contextlib.suppress(OSError):
                os.killpg(child.pid, number)
        os._exit(128 + number)

    def lane(self, what, names):
        took = []
        for name in names.split():
            begin = time.monotonic()
            text, status = self.run(name)
            took.append(f"{name} {time.monotonic() - begin:.0f}")
            self.tell(name, text, status)
        with self.printing:
            print(f"# {what}, in seconds: {', '.join(took)}", flush=True)

    def tell(self, name, text, status):
        why = broken(text, status)
        with self.printing:
            print(f"# {name}", flush=True)
            sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
            if why:
                print(f"not ok - {name}: {why}")
            sys.stdout.flush()
            self.failed = self.failed or bool(status or why or re.search(r"^not ok\b", text, re.M))


def main():
    lanes = Lanes()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lanes.end)
    words = sys.argv[1:]
    at = words.index("--") if "--" in words else len(words)
    threads = [threading.Thread(target=lanes.lane, args=(f"lane {i}", names))
               for i, names in enumerate(words[:at], 1)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for names in words[at + 1:]:
        lanes.lane("alone", names)
    return 1 if lanes.failed else 0


if __name__ == "__main__":
    sys.exit(main())
