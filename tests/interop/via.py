#!/usr/bin/env python3
"""A call by `--via`, through a real sshd on loopback with keys of its own.

The account is "on the other machine": a home that only sshd's side knows. Here
are a microphone and a loudspeaker, which are files and tones. Another client in
the call hears and is heard. Then ssh breaks off, and everybody knows what to
do. Skips plainly without sshd. TAP on stdout.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib"), str(HERE.parent / "demo")]
import harness as lib  # noqa: E402
import livekit_serve as place  # noqa: E402
from sound import tone  # noqa: E402

tap = lib.Tap("via")
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:" + os.environ.get("PATH", ""))
SSH = shutil.which("ssh")
HOST = "classroom"


class Sshd:
    """sshd as this test's own child, and an ssh on the PATH that knows the way to it."""

    def __init__(self, folder, there):
        self.folder, self.port = folder, lib.free_port()
        for key in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key],
                           check=True, timeout=lib.STEP)
        keep = ("HOME", "XDG_RUNTIME_DIR", "PATH", "LANG", "TZ", "ASAN_OPTIONS", "LSAN_OPTIONS")
        setting = " ".join(f"{k}={v}" for k, v in there.items() if k in keep)
        (folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\n"
            f"AuthorizedKeysFile {folder}/user.pub\nStrictModes no\nUsePAM no\nPidFile none\n"
            f"PasswordAuthentication no\nPermitRootLogin prohibit-password\nSetEnv {setting}\n")
        (folder / "ssh_config").write_text(
            f"Host {HOST}\nHostName 127.0.0.1\nPort {self.port}\nIdentityFile {folder}/user\n"
            f"IdentitiesOnly yes\nStrictHostKeyChecking accept-new\n"
            f"UserKnownHostsFile {folder}/known\n")
        self.bin = folder / "bin"
        self.bin.mkdir()
        (self.bin / "ssh").write_text(f"#!/bin/sh\nexec {SSH} -F {folder}/ssh_config \"$@\"\n")
        (self.bin / "ssh").chmod(0o755)
        self.child = None

    def start(self):
        if os.getuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        self.child = subprocess.Popen([SSHD, "-D", "-e", "-f", self.folder / "sshd_config"],
                                      stderr=open(self.folder / "sshd.log", "wb"))
        return lib.wait_for(self.answers)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as s:
                return s.recv(4) == b"SSH-"
        except OSError:
            return False

    def sessions(self):
        """Processes of sshd's that serve a connection: its children."""
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.child.pid)],
                               capture_output=True, text=True, timeout=lib.STEP).stdout
        return [int(p) for p in found.split()]

    def log(self):
        return (self.folder / "sshd.log").read_text()[-2000:]

    def stop(self):
        if self.child:
            self.child.terminate()
            self.child.wait(lib.STEP)


class Call(lib.Process):
    """`muster call join`, whose rows are read."""

    def __init__(self, home, room, *options, path=None):
        env = lib.clean_env(home)
        if path:
            env["PATH"] = f"{path}:{env['PATH']}"
        super().__init__([lib.MUSTER, "--json", "--no-input", "call", "join", room, *options],
                         env=env)

    def row(self, event, user=None, limit=lib.STEP):
        def fits(line):
            row = json.loads(line)
            return row.get("event") == event and (user is None or row.get("user_id") == user)
        line = self.wait_line(fits, limit)
        return json.loads(line) if line else None

    def why(self):
        return "\n".join(str(l) for l in self.lines[-10:]) + "\n" + self.error_text()


def near(hz, want):
    return hz is not None and abs(hz - want) < 3


def talk(folder, sshd, room, home):
    """Both sides hear the other; the first Ctrl-C leaves."""
    here, there = folder / "here.wav", folder / "there.wav"
    other = Call(home / "other", room, "--input", "tone:600,-14", "--output", f"file:{there}")
    tap.check(other.row("joined", "@other:localhost"), "another client is in the call",
              other.why())
    us = Call(folder / "nobody", room, "--via", HOST, "--input", "tone:440,-14", "--output",
              f"file:{here}", path=sshd.bin)
    joined = us.row("joined", "@far:localhost")
    tap.check(joined, "muster there joins, and its rows come here", us.why() + sshd.log())
    tap.check(us.row("joined", "@other:localhost") or us.row("speaking", "@other:localhost"),
              "who else is there is told here", us.why())
    tap.check(other.row("speaking", "@far:localhost"), "the other one hears us speak", other.why())
    tap.check(us.row("speaking", "@other:localhost"), "we hear the other one speak", us.why())
    lib.wait_for(lambda: tone(here) and tone(there), every=0.5)
    us.child.send_signal(signal.SIGINT)
    tap.equal(us.child.wait(lib.STEP), -signal.SIGINT, "Ctrl-C has it left, then ends it")
    tap.check(other.row("left", "@far:localhost"), "there it was left", other.why())
    other.child.send_signal(signal.SIGINT)
    tap.equal(other.child.wait(lib.STEP), -signal.SIGINT, "the other one leaves too")
    for path, hz, what in ((here, 600, "here is heard what they say"),
                           (there, 440, "there is heard what we say")):
        got = tone(path)
        tap.check(near(got, hz), what, f"{got} Hz")


def breaks(folder, sshd, room):
    """The connection is gone in the middle."""
    us = Call(folder / "nobody", room, "--via", HOST, "--input", "tone:440", "--output", "null:",
              path=sshd.bin)
    tap.check(us.row("joined", "@far:localhost"), "a second call by way of ssh", us.why())
    for pid in sshd.sessions():
        os.kill(pid, signal.SIGKILL)
    tap.equal(us.child.wait(lib.STEP), 6, "a connection that breaks gives status 6")
    error = [json.loads(l)["error"] for l in us.error_text().splitlines()
             if l.startswith('{"error"')]
    tap.check(len(error) == 1 and HOST in error[0]["message"] and error[0]["retryable"],
              "and one sentence", us.error_text())
    again = Call(folder / "nobody", room, "--via", HOST, "--input", "tone:440", "--output",
                 "null:", "--for", "2s", path=sshd.bin)
    tap.check(again.row("joined", "@far:localhost"), "muster there had left: one may come again",
              again.why())
    tap.equal(again.child.wait(lib.STEP), 0, "--for is counted there")


def refusals(folder, sshd):
    us = Call(folder / "nobody", "!nowhere:localhost", "--via", HOST, "--input", "null:",
              "--output", "null:", path=sshd.bin)
    tap.equal(us.child.wait(lib.STEP), 5, "a room that is not there: status 5, as there")
    tap.check(HOST + ": " in us.error_text(), "and whose words these are", us.error_text())
    us = Call(folder / "nobody", "x", "--via", "elsewhere.invalid", "--input", "null:",
              "--output", "null:", path=sshd.bin)
    tap.equal(us.child.wait(lib.STEP), 6, "a machine that is not there: status 6")
    tap.check("ssh does not get to" in us.error_text(), "ssh's own words are in the sentence",
              us.error_text())


def main():
    if not SSHD or not SSH:
        print("1..0 # skip ssh or sshd is not installed")
        return
    with lib.Folder() as folder:
        server = place.Place(folder, people=("far", "other")).start()
        home = folder / "homes"
        for user in ("far", "other"):
            lib.Client(home / user).login(server.serve.url, user, place.PASSWORD)
            lib.Client(home / user)("room", "list")
        there = lib.clean_env(home / "far")
        there["PATH"] = f"{os.path.dirname(lib.MUSTER)}:{there['PATH']}"
        sshd = Sshd(folder, there)
        try:
            if not tap.check(sshd.start(), "sshd runs on loopback", sshd.log()):
                tap.end()
            talk(folder, sshd, server.room, home)
            breaks(folder, sshd, server.room)
            refusals(folder, sshd)
        finally:
            sshd.stop()
            server.stop()
    tap.end()


if __name__ == "__main__":
    main()
