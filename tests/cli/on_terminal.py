"""Run a program on a new terminal and answer its questions.

on_terminal.py PROGRAM 'PROMPT=ANSWER'... -- ARGS...
An ANSWER of <INT> is Ctrl-C, one that begins with <SLOW> comes $SLOW seconds late. Prints what the terminal showed,
whether echo is on at the end, and "status N" as a shell would tell it.
"""
import fcntl
import os
import pty
import struct
import sys
import termios
import time

program = sys.argv[1]
split = sys.argv.index("--")
answers = [a.split("=", 1) for a in sys.argv[2:split]]

pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execv(program, [program] + sys.argv[split + 1:])

shown = b""
seen = 0
echo = "?"
while True:
    try:
        piece = os.read(fd, 4096)
    except OSError:
        break
    if not piece:
        break
    shown += piece
    if answers and answers[0][0].encode() in shown[seen:] and shown.rstrip(b" ")[-1:] in b":]":
        prompt, answer = answers.pop(0)
        seen = len(shown)
        if answer.startswith("<SLOW>"):
            answer = answer[6:]
            time.sleep(int(os.environ["SLOW"]))
        os.write(fd, b"\x03" if answer == "<INT>" else answer.encode() + b"\n")
    echo = "on" if termios.tcgetattr(fd)[3] & termios.ECHO else "off"
_, code = os.waitpid(pid, 0)
try:
    echo = "on" if termios.tcgetattr(fd)[3] & termios.ECHO else "off"
except termios.error:
    pass
sys.stdout.buffer.write(shown)
print("\necho " + echo)
print("status %d" % (os.WEXITSTATUS(code) if os.WIFEXITED(code) else 128 + os.WTERMSIG(code)))
