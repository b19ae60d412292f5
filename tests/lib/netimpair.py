"""A bad network for tests: netimpair (tests/lib/netimpair/netimpair.c), or netem, between here and
namespaces of its own.

    netimpair.enter()                  # first of all: this program in a namespace of its own
    with netimpair.Link(number=1, seed=7, down="loss=10,jitter=50") as link:
        subprocess.run(link.there(["ping", "-c", "1", link.near]))
        link.cut(); link.restore(); link.both("delay=100"); link.stats()

Up is from there to here, down from here to there. What a word means says impair.h.

    python3 tests/lib/netimpair.py [--up SPEC] [--down SPEC] [--seed N] [--netem] -- COMMAND ...

runs a command there; what it talks to listens on 10.77.1.1 here, in the same namespace as this
program (unshare -n, or unshare -Urn without root).
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys

import harness as lib

ROUTER = os.path.abspath(os.environ.get(
    "NETIMPAIR", lib.TOP / "build" / "release" / "tests" / "lib" / "netimpair" / "netimpair"))
INSIDE = "MUSTER_TEST_NAMESPACE"
UNSHARE = (["unshare", "-n"], ["unshare", "-U", "-r", "-n"])


def _way_in():
    """How a namespace of our own is made here; None when it cannot be."""
    for how in UNSHARE:
        with contextlib.suppress(OSError):
            done = subprocess.run([*how, "ip", "link", "set", "lo", "up"], capture_output=True)
            if done.returncode == 0:
                return how
    return None


def reason():
    """Why no bad network can be made here, as a sentence; None: it can."""
    if not os.path.exists(ROUTER):
        return "netimpair is not built: make netimpair"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "/dev/net/tun is not there, or not ours to use"
    if not all(map(shutil.which, ("unshare", "nsenter", "ip"))):
        return "unshare, nsenter or ip is missing"
    if INSIDE not in os.environ and not _way_in():
        return "network namespaces cannot be made here: it needs root, or user namespaces"
    return None


def enter():
    """Run this program anew in a network namespace of its own; returns there."""
    if INSIDE in os.environ:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    way = _way_in()
    os.environ[INSIDE] = "1"
    os.execvp(way[0], [*way, sys.executable, *sys.argv])


def bursts(loss, length):
    """Words for `loss` percent in bursts of `length` packets in the mean."""
    to_good = 100 / length
    return f"burst={to_good * loss / (100 - loss):.4f}/{to_good:.4f}"


class Link:
    """One way over netimpair to a namespace; several with other numbers may stand side by side."""

    def __init__(self, number=1, seed=1, up="", down="", far_ns=None):
        argv = [ROUTER, "--number", str(number), "--seed", str(seed), "--up", up, "--down", down]
        self.router = lib.Process(argv + (["--far-ns", far_ns] if far_ns else []),
                                  stdin=subprocess.PIPE)
        self.answers = 0
        self.about = self._answer()
        self.near, self.far = self.about["near"], self.about["far"]
        self.near6, self.far6 = self.about["near6"], self.about["far6"]
        self.ns, self.device = self.about["ns"], self.about["device"]

    def _answer(self):
        wanted = self.answers
        self.answers += 1
        with self.router.changed:
            self.router.changed.wait_for(
                lambda: len(self.router.lines) > wanted or None in self.router.lines, lib.STEP)
            line = self.router.lines[wanted] if len(self.router.lines) > wanted else None
        if line is None:
            raise RuntimeError(f"netimpair: {self.router.error_text() or 'no answer'}")
        return json.loads(line)

    def tell(self, words):
        self.router.child.stdin.write(words + "\n")
        self.router.child.stdin.flush()
        answer = self._answer()
        if answer.get("ok") is False:
            raise ValueError(self.router.error_text())
        return answer

    def up(self, spec):
        self.tell("up " + spec)

    def down(self, spec):
        self.tell("down " + spec)

    def both(self, spec):
        self.tell("both " + spec)

    def seed(self, number):
        """Packets are numbered from 0 again, with other fates."""
        self.tell(f"seed {number}")

    def cut(self):
        self.tell("cut")

    def restore(self):
        self.tell("restore")

    def stats(self):
        return self.tell("stats")

    def there(self, argv):
        """argv of the same command, there."""
        return ["nsenter", f"--net={self.ns}", *map(str, argv)]

    def close(self):
        with contextlib.suppress(OSError):
            self.router.child.stdin.close()
        self.router.child.wait(lib.STEP)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


NETEM = {"loss": "loss {}%", "delay": "delay {}ms", "dup": "duplicate {}%", "corrupt": "corrupt {}%",
         "rate": "rate {}kbit"}


def _netem(spec):
    """netem's words for ours; jitter has its order kept by netem only with a rate."""
    words = dict(w.split("=") for w in spec.split(",") if w)
    if "jitter" in words:
        half = float(words.pop("jitter")) / 2
        words["delay"] = f"{float(words.get('delay', 0)) + half:g}ms {half:g}"
    if "burst" in words:
        words["loss"] = "gemodel " + " ".join(w + "%" for w in words.pop("burst").split("/"))
        words["loss"] = words["loss"].removesuffix("%")
    unknown = set(words) - set(NETEM)
    if unknown:
        raise ValueError(f"netem cannot do {', '.join(sorted(unknown))}")
    return [x for k, v in words.items() for x in NETEM[k].format(v).split()]


class NetemLink:
    """The same over a pair of veth and the kernel's netem, where it has that."""

    def __init__(self, number=1, up="", down=""):
        self.device, other = f"net{number}", f"fem{number}"
        self.near, self.far = f"10.78.{number}.1", f"10.78.{number}.2"
        self.holder = lib.Process(["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && cat"],
                                  stdin=subprocess.PIPE)
        self.holder.wait_line(lambda l: l == "up")
        self.ns = f"/proc/{self.holder.child.pid}/ns/net"
        self._ip("link", "add", self.device, "type", "veth", "peer", "name", other, "netns",
                 str(self.holder.child.pid))
        self._ip("addr", "add", f"{self.near}/24", "dev", self.device)
        self._ip("link", "set", self.device, "up")
        subprocess.run(self.there(["ip", "addr", "add", f"{self.far}/24", "dev", other]), check=True)
        subprocess.run(self.there(["ip", "link", "set", other, "up"]), check=True)
        self._shape(["tc"], self.device, down)
        self._shape(self.there(["tc"]), other, up)

    @staticmethod
    def _shape(tc, device, spec):
        if spec:
            subprocess.run([*tc, "qdisc", "add", "dev", device, "root", "netem", *_netem(spec)],
                           check=True)

    @staticmethod
    def reason():
        """Why netem cannot be used here; None: it can."""
        if not shutil.which("tc"):
            return "tc is missing"
        done = subprocess.run(["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "0ms"],
                              capture_output=True, text=True)
        if done.returncode:
            return "this kernel has no netem"
        subprocess.run(["tc", "qdisc", "del", "dev", "lo", "root"], check=True)
        return None

    @staticmethod
    def _ip(*words):
        subprocess.run(["ip", *words], check=True)

    def there(self, argv):
        return ["nsenter", f"--net={self.ns}", *map(str, argv)]

    def close(self):
        self.holder.child.stdin.close()
        self.holder.child.wait(lib.STEP)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def main():
    words = {"--up": "", "--down": "", "--seed": "1"}
    argv, netem = sys.argv[1:], "--netem" in sys.argv
    while argv and argv[0].startswith("--") and argv[0] != "--":
        name = argv.pop(0)
        if name != "--netem":
            words[name] = argv.pop(0)
    argv = argv[1:] if argv[:1] == ["--"] else argv
    why = reason()
    if why or not argv:
        print(f"netimpair: {why or __doc__}", file=sys.stderr)
        return 2
    enter()
    if netem and NetemLink.reason():
        print(f"netimpair: {NetemLink.reason()}", file=sys.stderr)
        return 2
    how = {"up": words["--up"], "down": words["--down"]}
    with NetemLink(**how) if netem else Link(seed=int(words["--seed"]), **how) as link:
        return subprocess.run(link.there(argv)).returncode


if __name__ == "__main__":
    sys.exit(main())
