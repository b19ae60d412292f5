"""Run a program under what a systemd unit forbids, as far as that goes without systemd: no
powers, everything read-only but one folder, no memory that can be written and executed, only the
unit's address families and system calls.

Usage: sandboxed.py UNIT DATA PROGRAM...    (the program sees DATA as /var/lib/muster)
"""

import ctypes
import errno
import os
import shlex
import socket
import subprocess
import sys

INSIDE = "--inside"


def settings_of(unit):
    """[Service] as {name: [values]}."""
    found, section = {}, None
    for line in open(unit, encoding="utf-8"):
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def expand(name):
    """System calls of a set of systemd's, or the call itself."""
    if not name.startswith("@"):
        return {name}
    text = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True,
                          capture_output=True, text=True).stdout
    inner = [l.strip() for l in text.splitlines()[1:]]
    return set().union(*(expand(n) for n in inner if n and not n.startswith("#")))


def allowed_calls(settings):
    allowed = set()
    for value in settings["SystemCallFilter"]:
        names = set().union(*(expand(n) for n in value.lstrip("~").split()))
        allowed = allowed - names if value.startswith("~") else allowed | names
    return allowed | expand("@default")


def restrict(settings):
    import seccomp
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(65, 1, 0, 0, 0):  # PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN
        print("sandboxed: this kernel has no MDWE", file=sys.stderr)
    refuse = seccomp.ERRNO(errno.EPERM)
    rules = seccomp.SyscallFilter(defaction=refuse)
    families = [getattr(socket, f) for v in settings["RestrictAddressFamilies"] for f in v.split()]
    for name in sorted(allowed_calls(settings)):
        if name == "socket":
            for f in families:
                rules.add_rule(seccomp.ALLOW, name, seccomp.Arg(0, seccomp.EQ, int(f)))
            continue
        try:
            rules.add_rule(seccomp.ALLOW, name)
        except (RuntimeError, OSError):
            pass  # of another architecture
    rules.load()


def main():
    if sys.argv[1] == INSIDE:
        unit, program = sys.argv[2], sys.argv[3:]
        restrict(settings_of(unit))
        os.execvp(program[0], program)
    unit, data, program = sys.argv[1], sys.argv[2], sys.argv[3:]
    box = ["bwrap", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev",
           "--tmpfs", "/var/tmp", "--tmpfs", "/var/lib", "--dir", "/var/lib/muster",
           "--bind", data, "/var/lib/muster", "--unshare-user", "--uid", "990", "--gid", "990",
           "--unshare-ipc", "--unshare-uts", "--cap-drop", "ALL", "--die-with-parent",
           "--chdir", "/", "--clearenv", "--setenv", "PATH", "/usr/bin:/bin"]
    argv = box + ["--", sys.executable, os.path.abspath(__file__), INSIDE, unit, *program]
    if os.environ.get("SANDBOX_SHOW"):
        print(shlex.join(argv), file=sys.stderr)
    os.execvp("bwrap", argv)


main()
