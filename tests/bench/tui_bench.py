"""make bench-tui: terminal clients on one account of 1,000 rooms, on the same server, one after the other.

For each: time from its start to a screen that shows rooms (nothing kept yet, and a second time), memory,
then 50 messages a second in the room that is open: CPU, and bytes written to the terminal for each
message. A client that is not installed is named and left out. Option: --quick.
"""

import fcntl
import http.client
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE.parent / "interop")]
import compat  # noqa: E402
import harness as lib  # noqa: E402

try:
    import pyte
except ImportError:
    print("python3-pyte is not installed (.ci/deps interop): terminal clients are not measured")
    sys.exit(0)

QUICK = "--quick" in sys.argv
ROOMS = 100 if QUICK else 1000
RATE, SECONDS = 50, 5 if QUICK else 20
ROWS, COLUMNS = 40, 120
PASSWORD = compat.PASSWORD
OPEN = "Raum 0007"
IAMB = os.environ.get("IAMB") or shutil.which("iamb") or str(lib.TOP / "build/peers/iamb/bin/iamb")


class Terminal:
    """A program on a pseudo-terminal; what it writes is kept with the time it came."""

    def __init__(self, argv, env):
        self.started = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.clear()
            os.environ.update(env)
            try:
                os.execvp(argv[0], argv)
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.written = 0

    def read(self, limit):
        """One piece of output, drawn; False when nothing came within `limit` seconds."""
        ready, _, _ = select.select([self.fd], [], [], limit)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.written += len(data)
        self.arrived = time.monotonic()
        self.answer(data)
        # Private modes with ">" or "=" in front are beyond pyte and draw nothing.
        self.stream.feed(re.sub(rb"\x1b\[[>=<][0-9;]*[a-z]", b"", data))
        return True

    def answer(self, data):
        """What programs ask of a terminal at their start."""
        if b"\x1b[c" in data or b"\x1b[0c" in data:
            self.type("\x1b[?62;22c")
        if b"\x1b[16t" in data:
            self.type("\x1b[6;20;10t")
        if b"\x1b[5n" in data:
            self.type("\x1b[0n")
        if b"\x1b[6n" in data:
            self.type("\x1b[1;1R")

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def text(self):
        return "\n".join(self.screen.display)

    def until(self, test, limit=120):
        """Seconds from the start until test(screen) held; None: it never did."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self.read(0.5) and test(self.text()):
                return self.arrived - self.started
        return None

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            self.read(0.1)
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                break
        else:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def rooms_shown(text):
    return len(set(re.findall(r"Raum \d{4}", text))) >= 10


class Api:
    """Requests of one person on one kept connection."""

    def __init__(self, url, user):
        self.host = url.split("//")[1]
        self.conn = http.client.HTTPConnection(self.host, timeout=60)
        self.token = None
        self.token = self("POST", "/_matrix/client/v3/login", {
            "type": "m.login.password", "password": PASSWORD,
            "identifier": {"type": "m.id.user", "user": user}})["access_token"]

    def __call__(self, method, path, body):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            reply, text = self.ask(method, path, body, headers)
        except (ConnectionError, http.client.RemoteDisconnected):  # closed while a client took its time to start
            self.conn.close()
            reply, text = self.ask(method, path, body, headers)
        if reply.status != 200:
            raise RuntimeError(f"{method} {path}: {reply.status} {text[:300]}")
        return json.loads(text)

    def ask(self, method, path, body, headers):
        self.conn.request(method, path, json.dumps(body), headers)
        reply = self.conn.getresponse()
        return reply, reply.read()

    def send(self, room, number, body):
        self("PUT", f"/_matrix/client/v3/rooms/{room}/send/m.room.message/b{number}",
             {"msgtype": "m.text", "body": body})


def fill(url):
    """1,000 rooms of two people with a few messages each. Returns bert's side and the open room."""
    anna, bert, opened = Api(url, "anna"), Api(url, "bert"), None
    for i in range(ROOMS):
        name = f"Raum {i:04}"
        room = bert("POST", "/_matrix/client/v3/createRoom", {
            "name": name, "preset": "private_chat", "invite": ["@anna:localhost"],
            "room_alias_name": f"raum{i:04}"})["room_id"]
        anna("POST", f"/_matrix/client/v3/join/{room}", {})
        for n in range(3):
            bert.send(room, f"{i}.{n}", f"message {n} of {name}")
        if name == OPEN:
            opened = room
    return bert, opened


# -- The clients ------------------------------------------------------------------------------


class Client:
    def __init__(self, folder, url, tls_port):
        self.folder, self.url, self.tls_port = folder, url, tls_port
        folder.mkdir()
        self.env = {**lib.clean_env(folder), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}

    first = None  # seconds of a first start that prepare() has already made

    def prepare(self):
        pass

    def open_room(self, t):
        """Have OPEN on the screen, with its last message."""

    def pid(self, t):
        return t.pid


class Muster(Client):
    name = "muster"

    def prepare(self):
        lib.Client(self.folder).login(self.url, "anna", PASSWORD)
        self.argv = [lib.MUSTER]

    def open_room(self, t):
        t.type("\x0b")  # Ctrl-K
        t.until(lambda s: True, 5)
        t.type(OPEN + "\r")


# WeeChat finds buffers by names without blanks only.
OPENER = """
import weechat as W
W.register("opener", "muster", "1", "GPL3", "shows a buffer by its short name", "", "")
def show(data, buffer, name):
    info = W.infolist_get("buffer", "", "")
    while W.infolist_next(info):
        if W.infolist_string(info, "short_name").strip("#+ ") == name:
            W.buffer_set(W.infolist_pointer(info, "pointer"), "display", "1")
    W.infolist_free(info)
    return W.WEECHAT_RC_OK
W.hook_command("opener", "", "", "", "", "show", "")
"""


class WeeChat(Client):
    name = "weechat-matrix"

    def prepare(self):
        (self.folder / "opener.py").write_text(OPENER)
        server = "matrix.server.bench"
        lines = ["/script load /usr/share/weechat/python/matrix.py",
                 f"/script load {self.folder}/opener.py",
                 "/matrix server add bench 127.0.0.1", f"/set {server}.port {self.tls_port}",
                 f"/set {server}.ssl_verify off", f"/set {server}.username anna",
                 f"/set {server}.password {PASSWORD}", "/set matrix.network.max_initial_sync_events 10",
                 "/set matrix.network.max_backlog_sync_events 200",
                 "/set buflist.look.enabled on", "/mouse enable", "/matrix connect bench"]
        self.argv = ["weechat", "-d", str(self.folder / "weechat"), "-r", ";".join(lines)]

    def open_room(self, t):
        t.type(f"/opener {OPEN}\r")


class Iamb(Client):
    name = "iamb"

    def prepare(self):
        conf = self.folder / ".config/iamb"
        conf.mkdir(parents=True)
        (conf / "config.toml").write_text(
            'default_profile = "bench"\n[profiles.bench]\nuser_id = "@anna:localhost"\n' + f'url = "{self.url}"\n'
            '[layout]\nstyle = "config"\n[[layout.tabs]]\nsplit = ['
            '{ "window" = "iamb://rooms" }, { "window" = "#raum0007:localhost" }]\n')
        self.argv = [IAMB]
        t = Terminal(self.argv, self.env)  # its log-in asks on the terminal: how, then what
        if t.until(lambda s: "login type" in s, 30) is None:
            raise RuntimeError("iamb did not ask how to log in:\n" + t.text())
        for _ in range(6):  # what is typed while it still asks the terminal what it can do is lost
            t.type("p\r")
            if t.until(lambda s: "assword:" in s, 5):
                break
        else:
            raise RuntimeError("iamb asked for no password:\n" + t.text())
        begin = time.monotonic() - t.started
        t.type(PASSWORD + "\r")
        shown = t.until(rooms_shown, 180)
        self.first = shown and shown - begin
        settle(t)
        t.stop()


CLIENTS = [
    (Muster, lambda: True),
    (WeeChat, lambda: shutil.which("weechat") and os.path.exists("/usr/share/weechat/python/matrix.py")),
    (Iamb, lambda: os.path.exists(IAMB)),
]


def busy(client, t, bert, room):
    """50 messages a second into the room on the screen."""
    def sender():
        begin = time.monotonic()
        for n in range(RATE * SECONDS):
            bert.send(room, f"{client.name}.{n}", f"line {n} for {client.name} from bert")
            time.sleep(max(0, begin + (n + 1) / RATE - time.monotonic()))
    written, cpu, begin = t.written, lib.cpu_s(client.pid(t)), time.monotonic()
    thread = threading.Thread(target=sender)
    thread.start()
    last = f"line {RATE * SECONDS - 1} for {client.name}"
    seen = t.until(lambda s: last in s, SECONDS + 60)
    thread.join()
    took = time.monotonic() - begin
    return {"CPU at 50 messages a second": f"{100 * (lib.cpu_s(client.pid(t)) - cpu) / took:.1f} % of a core",
            "bytes to the terminal a message": f"{(t.written - written) / (RATE * SECONDS):.0f}",
            "the last one seen after": f"{took - SECONDS:.1f} s" if seen else "never"}


def settle(t, quiet=2.0, limit=60):
    end = time.monotonic() + limit
    while time.monotonic() < end and t.read(quiet):
        pass


def measure(client, bert, room):
    client.prepare()
    figures = {}
    starts = ["first start, rooms on the screen", "second start, rooms on the screen"]
    if client.first is not None:
        figures[starts.pop(0)] = f"{client.first:.2f} s"
    for what in starts:
        t = Terminal(client.argv, client.env)
        took = t.until(rooms_shown)
        figures[what] = f"{took:.2f} s" if took else "never"
        settle(t)
        if what.startswith("first"):
            t.stop()
    figures["bytes to the terminal until then"] = f"{t.written}"
    client.open_room(t)
    settle(t)
    if "message 2 of " + OPEN not in t.text():
        print(f"# {client.name} does not show the room:\n{t.text()}", file=sys.stderr)
    figures["memory, 1,000 rooms"] = f"{lib.rss_mb(client.pid(t)):.0f} MB"
    cpu, begin = lib.cpu_s(client.pid(t)), time.monotonic()
    settle(t, SECONDS, SECONDS)
    figures["CPU while nothing happens"] = (
        f"{100 * (lib.cpu_s(client.pid(t)) - cpu) / (time.monotonic() - begin):.1f} % of a core")
    figures.update(busy(client, t, bert, room))
    figures["memory after that"] = f"{lib.rss_mb(client.pid(t)):.0f} MB"
    t.stop()
    return figures


def tls_front(folder, port):
    """weechat-matrix speaks nothing but TLS: socat in front of the same server."""
    cert, key = compat.certificate(folder)
    pem = folder / "both.pem"
    pem.write_text(cert.read_text() + key.read_text())
    front = lib.free_port()
    child = subprocess.Popen(["socat", f"openssl-listen:{front},bind=127.0.0.1,cert={pem},verify=0,"
                              "fork,reuseaddr", f"tcp:127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
    return front, child


def table(results):
    rows = {k: None for figures in results.values() for k in figures}
    width = max(map(len, rows), default=0) + 2
    print(f"{'':{width}}" + "".join(f"{name:>22}" for name in results))
    for what in rows:
        print(f"{what:{width}}" + "".join(f"{f.get(what, '-'):>22}" for f in results.values()))


def main(folder):
    conf = folder / "serve.conf"
    conf.write_text("events_per_second = 0\n")
    serve = lib.Serve(folder / "data", extra=["--config", conf])
    for user in ("anna", "bert"):
        serve.admin("user", "add", user, "--password-stdin", stdin=PASSWORD + "\n")
    serve.start()
    front, child = tls_front(folder, serve.port)
    try:
        bert, room = fill(serve.url)
        results = {}
        for make, there in CLIENTS:
            if not there():
                print(f"{make.name} is not installed: left out")
                continue
            try:
                results[make.name] = measure(make(folder / make.name, serve.url, front), bert, room)
            except Exception as e:  # one that will not start does not end the others
                print(f"{make.name}: {type(e).__name__}: {e}", file=sys.stderr)
        table(results)
    finally:
        child.terminate()
        child.wait()
        serve.stop()


if __name__ == "__main__":
    with lib.Folder() as where:
        main(where)
