"""For how long programs wanted to run and were not let: what a machine that is busy takes from
them, which nobody who is under test is to blame for."""

import contextlib
import os
import threading
import time

EVERY = 0.1  # seconds between looks
MOST = 0.5  # of that time without a processor: a wait; what is shorter, buffers of sound make up for


def family(pid):
    """A process and all its descendants."""
    out = [pid]
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
                out += [p for child in f.read().split() for p in family(int(child))]
    return out


def _waited(pid):
    """For each thread, the ms that it has waited for a processor (the kernel's schedstat)."""
    out = {}
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), \
                    open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as f:
                out[pid, thread] = int(f.read().split()[1]) / 1e6
    return out


class Waits(threading.Thread):
    """Looks on from its birth to stop(); `pids` are named processes with their descendants."""

    def __init__(self, pids):
        super().__init__(daemon=True)
        self.families = {name: family(pid) for name, pid in pids.items()}
        self.ms = dict.fromkeys(pids, 0)
        self.done = threading.Event()
        self.start()

    def _look(self):
        out = {}
        for name, pids in self.families.items():
            out[name] = {}
            for pid in pids:
                out[name].update(_waited(pid))
        return out

    def run(self):
        before, at = self._look(), time.monotonic()
        while not self.done.wait(EVERY):
            now, then = self._look(), time.monotonic()
            for name, threads in now.items():
                longest = max((ms - before[name].get(t, ms) for t, ms in threads.items()),
                              default=0)
                if longest > MOST * (then - at) * 1000:
                    self.ms[name] += longest
            before, at = now, then

    def stop(self):
        """Milliseconds of each name: of their worst thread, in every look, added up."""
        self.done.set()
        self.join()
        return {name: round(ms) for name, ms in self.ms.items()}
