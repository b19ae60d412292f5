"""What the tests of whole processes share: servers and clients in throw-away folders, TAP lines.

Everything stays on loopback, every step has a time limit, and processes are
ended by the handle that started them.
"""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
MUSTER = os.path.abspath(os.environ.get("MUSTER", TOP / "muster"))
STEP = 120  # seconds any single command may take


class Tap:
    """Counts and prints what held and what did not."""

    def __init__(self, name):
        self.name = name
        self.count = 0
        self.failed = 0
        self.one = threading.Lock()  # several may check things side by side

    def check(self, ok, what, detail=""):
        with self.one:
            self.count += 1
            if not ok:
                self.failed += 1
            print(f"{'ok' if ok else 'not ok'} {self.count} - {self.name}: {what}", flush=True)
            if not ok and detail:
                for line in str(detail).splitlines()[:40]:
                    print(f"# {line}", flush=True)
        return ok

    def equal(self, got, want, what):
        return self.check(got == want, what, f"got  {got!r}\nwant {want!r}")

    def end(self):
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)

    def play(self, *stories, skip=None):
        """A whole test: each story(tap, folder) in a throw-away folder of its own, then the end.

        A step that breaks is a failed check with its reason. `skip`: why none can be played.
        """
        if skip:
            print(f"1..0 # SKIP {skip}")
            sys.exit(0)
        for story in stories:
            with Folder() as folder:
                try:
                    story(self, folder)
                except Exception as e:  # whatever it is: the others are still played
                    name = getattr(story, "__name__", "it")
                    self.check(False, f"every step of {name} runs", f"{type(e).__name__}: {e}")
        self.end()


_given = set()  # ports that free_port() gave away: nobody may listen on them yet


def free_port():
    """A port for who comes back to it: below those that the system gives to connections.

    From among those it would be taken sooner or later while nobody listens; who tries again and
    again to connect to it would even be connected to themselves.
    """
    for port in random.sample(range(10240, 32768), 200):
        if port in _given:
            continue
        with contextlib.closing(socket.socket()) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                s.bind(("127.0.0.1", port))
                _given.add(port)
                return port
    raise RuntimeError("no port is free")


class Process:
    """A child whose stdout is read in the background; stderr goes to a file."""

    def __init__(self, argv, env=None, cwd=None, errors=None, stdin=subprocess.DEVNULL):
        self.errors = errors or tempfile.TemporaryFile()
        self.child = subprocess.Popen(
            argv, env=env, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE,
            stderr=self.errors, text=True, bufsize=1, encoding="utf-8")
        self.lines = []
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.child.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)
            self.changed.notify_all()

    def wait_line(self, test, limit=STEP):
        """The first line for which test(line) is true; None when it never comes."""
        end = time.monotonic() + limit
        seen = 0
        with self.changed:
            while True:
                for line in self.lines[seen:]:
                    if line is None:
                        return None
                    seen += 1
                    if test(line):
                        return line
                left = end - time.monotonic()
                if left <= 0:
                    return None
                self.changed.wait(left)

    def json_lines(self):
        with self.changed:
            return [json.loads(l) for l in self.lines if l]

    def stop(self, how=signal.SIGTERM, limit=STEP):
        if self.child.poll() is None:
            self.child.send_signal(how)
        try:
            return self.child.wait(limit)
        except subprocess.TimeoutExpired:
            self.child.kill()
            return self.child.wait(limit)

    def error_text(self, most=4000):
        self.errors.flush()
        self.errors.seek(0)
        return self.errors.read().decode("utf-8", "replace")[-most:]


class Folder:
    """A throw-away folder, removed at the end of the with block."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="muster-test-"))
        return self.path

    def __exit__(self, *unused):
        shutil.rmtree(self.path, ignore_errors=True)


class Serve:
    """`muster serve` on a fresh or given data folder."""

    host = "127.0.0.1"

    def __init__(self, data, port=0, extra=(), udp_port=0):
        self.data = pathlib.Path(data)
        self.port = port or free_port()  # its own after a restart, too
        self.udp_port = udp_port
        self.extra = list(extra)
        self.process = None
        self.url = None

    def start(self):
        argv = [MUSTER, "serve", "--json", "--data", str(self.data),
                "--listen", f"{self.host}:{self.port}", "--udp-port", str(self.udp_port),
                "--server-name", "localhost", *self.extra]
        self.process = Process(argv, env=clean_env(self.data.parent / "serve-home"))
        line = self.process.wait_line(lambda l: '"listening"' in l)
        if line is None:
            raise RuntimeError("muster serve did not start:\n" + self.process.error_text())
        self.url = json.loads(line)["url"]
        return self

    def stop(self, how=signal.SIGTERM):
        return self.process.stop(how)

    def admin(self, *args, **kw):
        """An administrator's verb on the data folder, while no server runs on it."""
        return run(["admin", *args, "--data", str(self.data)], self.data.parent / "serve-home", **kw)


def clean_env(home):
    home = pathlib.Path(home)
    home.mkdir(parents=True, exist_ok=True)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "MUSTER_", "LC_"))}
    run_dir = home / "run"
    run_dir.mkdir(mode=0o700, exist_ok=True)
    env.update(HOME=str(home), XDG_RUNTIME_DIR=str(run_dir), LANG="C.UTF-8", TZ="UTC", MUSTER_ALLOW_ROOT="1",
               NO_PROXY="127.0.0.1,localhost")
    return env


def run(args, home, stdin=None, limit=STEP, check=True):
    """One muster verb; returns (status, parsed JSON lines, stderr)."""
    done = subprocess.run([MUSTER, "--json", *map(str, args)], env=clean_env(home), timeout=limit,
                          input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
                          capture_output=True, text=True, encoding="utf-8")
    if check and done.returncode != 0:
        raise RuntimeError(f"muster {' '.join(map(str, args))}: status {done.returncode}\n"
                           f"{done.stdout}{done.stderr}")
    rows = [json.loads(l) for l in done.stdout.splitlines() if l.strip()] if done.stdout else []
    return done.returncode, rows, done.stderr


class Client:
    """Our client with a home of its own."""

    def __init__(self, home):
        self.home = pathlib.Path(home)

    def __call__(self, *args, **kw):
        return run(args, self.home, **kw)[1]

    def status(self, *args, **kw):
        return run(args, self.home, check=False, **kw)

    def login(self, url, user, password):
        return self("login", url, "--user", user, "--password-stdin", stdin=password + "\n")

    def follow(self, *args):
        return Process([MUSTER, "--json", "read", "--follow", *args], env=clean_env(self.home))


def wait_for(test, limit=STEP, every=0.1):
    """Poll something that has no event to wait for, in another program."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        value = test()
        if value:
            return value
        time.sleep(every)
    return None


def keep_alive(begin, again, delays=(1500, 6000, 24000)):
    """A client that lives: `begin(delay)` schedules something so many ms ahead, and `again()` puts
    it off in a third of that time, until it was put off for twice the delay; True: it was always
    in time. Who was too late by their own clock begins anew with more time.
    """
    for delay in delays:
        begin(delay)
        seen = start = time.monotonic()
        good = True
        while good and time.monotonic() - start < 2 * delay / 1000:
            time.sleep(delay / 3000)
            good = again()
            late, seen = time.monotonic() - seen, time.monotonic()
            if late * 1000 >= delay:
                break
        else:
            return good
    return False


def rss_mb(pid):
    """Resident memory of a process."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    kb = [int(l.split()[1]) for l in text.splitlines() if l.startswith("VmRSS:")]
    return kb[0] / 1024


def cpu_s(pid):
    """CPU time a process has used, in all its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
