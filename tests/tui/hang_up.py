"""Close a terminal under a program, as a window that is closed or a connection that breaks.

hang_up.py WAIT TYPE ECHO PROGRAM ARGS...
Waits until the program has shown WAIT, types TYPE, waits for ECHO, closes the terminal, and waits
for the program's end. Prints "status N", N as a shell would tell it.
"""
import os
import pty
import signal
import sys

LIMIT = int(os.environ.get("STEP", "120"))

wait, text, echo = sys.argv[1:4]
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[4], sys.argv[4:])

signal.alarm(LIMIT)  # ends this program, and the test with it
shown = b""


def until(what):
    global shown
    while what.encode() not in shown:
        piece = os.read(fd, 4096)
        if not piece:
            sys.exit(f"it ended before it showed {what}")
        shown += piece


until(wait)
os.write(fd, text.encode())
until(echo)
os.close(fd)
_, status = os.waitpid(pid, 0)
print("status", os.waitstatus_to_exitcode(status))
