#!/usr/bin/env python3
"""A term of lessons on `muster serve`: PUPILS=300, LESSONS=60 of 90 minutes. What `attendance term` takes a
client that has nothing of it yet, which says how far it is meanwhile, and what it takes it again.

The server's database is filled by FILL_TERM (fill_term.c).
"""

import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import harness as lib  # noqa: E402

PUPILS, LESSONS = int(os.environ.get("PUPILS", 300)), int(os.environ.get("LESSONS", 60))
DAY = 86400
PASSWORD = "correct horse battery"
LIMIT = 1200


def fill(serve, since):
    """The room's id. The server's own user is made by its first start."""
    serve.start().stop()
    serve.admin("user", "add", "anna", "--password-stdin", stdin=PASSWORD + "\n")
    done = subprocess.run([os.environ["FILL_TERM"], str(serve.data), "@anna:localhost", str(PUPILS),
                           str(LESSONS), str(since * 1000)], capture_output=True, text=True,
                          timeout=LIMIT, check=True)
    print(f"# {done.stderr.strip()} on the server")
    return done.stdout.strip()


def term(client, room, since, stderr):
    """`attendance term` with that for standard error: rows, seconds, resident MB at most."""
    argv = [lib.MUSTER, "--format", "csv", "attendance", "term", "--room", room, "--since",
            time.strftime("%Y-%m-%d", time.gmtime(since - DAY))]
    began = time.monotonic()
    child = subprocess.Popen(argv, env=lib.clean_env(client.home), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=stderr, text=True)
    out = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    head, *rows = out.splitlines()
    names = head.split(",")
    return [dict(zip(names, r.split(","))) for r in rows], time.monotonic() - began, usage.ru_maxrss / 1024


def on_terminal(client, room, since):
    """The same, and what it wrote to its terminal."""
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        result = term(client, room, since, other)
        os.set_blocking(main, False)
        text = b""
        try:
            while piece := os.read(main, 65536):
                text += piece
        except BlockingIOError:
            pass
        return *result, text.decode()
    finally:
        os.close(main)
        os.close(other)


def check(tap, rows, what):
    pupils = [r for r in rows if r["user_id"].startswith("@s")]
    full = [r for r in pupils if (r["lessons"], r["present"], r["percent"]) == (str(LESSONS), str(LESSONS), "100")]
    tap.equal((len(pupils), len(full)), (PUPILS, PUPILS), f"{what}: everybody was there each time")


def main(tap, folder):
    # The last lesson was yesterday.
    since = int(time.time()) // DAY * DAY - LESSONS * DAY + 8 * 3600
    serve = lib.Serve(folder / "data")
    room = fill(serve, since)
    serve.start()
    try:
        anna = lib.Client(folder / "anna")
        anna.login(serve.url, "anna", PASSWORD)
        rows, seconds, mb, said = on_terminal(anna, room, since)
        check(tap, rows, "from the server")
        for what in ("history", "lessons"):
            steps = [int(n) for n in re.findall(what + r" (\d+) %", said)]
            tap.check(steps and steps == sorted(steps) and steps[-1] < 100,
                      f"how much {what} is done is told on the terminal, and only grows", said)
            print(f"# {what}: told {len(steps)} times")
        tap.check(said.endswith("\r\033[K"), "and taken off it at the end", said[-100:])
        print(f"# from the server: {seconds:.1f} s, {mb:.0f} MB")
        log = folder / "said"
        with open(log, "wb") as f:
            rows, seconds, mb = term(anna, room, since, f)
        check(tap, rows, "from the cache")
        tap.equal(log.read_text(encoding="utf-8"), "", "nothing is said of it where no terminal is")
        print(f"# from the cache: {seconds:.2f} s, {mb:.0f} MB")
    finally:
        serve.stop()


if __name__ == "__main__":
    out = lib.Tap("term")
    with lib.Folder() as where:
        try:
            main(out, where)
        except Exception as e:
            out.check(False, "every step runs", f"{type(e).__name__}: {e}")
    out.end()
