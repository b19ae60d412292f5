"""`muster serve` behind nginx, with the very configuration that docs/SERVER.md gives.

Calls are told https and wss addresses, and signalling passes as a WebSocket.
"""

import base64
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import harness as lib  # noqa: E402

PASSWORD = "correct horse battery"
LONG = 60  # seconds, the longest that our server waits; nginx by itself would give up then
V3 = "/_matrix/client/v3"
PEER = lib.TOP / "build" / "peers" / "nginx" / "usr" / "sbin" / "nginx"


def nginx():
    return str(PEER) if PEER.exists() else shutil.which("nginx", path="/usr/sbin:/usr/bin")


def documented():
    """The server block and the map of docs/SERVER.md."""
    text = (lib.TOP / "docs" / "SERVER.md").read_text()
    block = re.search(r"^nginx:\n\n((?:    .*\n|\n)+)", text, re.M)[1]
    mapping = re.search(r"`(map \$http_upgrade [^`]*)`", text)[1]
    return mapping + "\n" + re.sub(r"^    ", "", block, flags=re.M)


def configure(folder, port, backend):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out",
                    "cert.pem"], cwd=folder, check=True, timeout=lib.STEP,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    text = documented()
    for there, here in (("listen 443", f"listen 127.0.0.1:{port}"),
                        ("chat.school.example", "localhost"),
                        ("/etc/ssl/chat.pem", f"{folder}/cert.pem"),
                        ("/etc/ssl/chat.key", f"{folder}/key.pem"),
                        ("127.0.0.1:8008", f"127.0.0.1:{backend}")):
        if there not in text:
            raise RuntimeError(f"docs/SERVER.md does not say {there}")
        text = text.replace(there, here)
    temp = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in (
        "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temp}\n{text}}}\n")


class Browser:
    """Requests over TLS that trust the throw-away certificate only."""

    def __init__(self, folder, port):
        self.tls = ssl.create_default_context(cafile=str(folder / "cert.pem"))
        self.port = port
        self.url = f"https://localhost:{port}"

    def call(self, method, path, body=None, token=None, base=None):
        request = urllib.request.Request(
            (base or self.url) + path, method=method,
            data=None if body is None else json.dumps(body).encode())
        if token:
            request.add_header("Authorization", "Bearer " + token)
        try:
            with urllib.request.urlopen(request, timeout=lib.STEP, context=self.tls) as r:
                return r.status, json.loads(r.read() or b"{}")
        except urllib.error.HTTPError as e:
            text = e.read().decode(errors="replace")
            return e.code, json.loads(text) if text.startswith("{") else {"text": text}

    def upgrade(self, path):
        """Status of a WebSocket's handshake, and the first bytes that follow it."""
        key = base64.b64encode(os.urandom(16)).decode()
        with socket.create_connection(("127.0.0.1", self.port), lib.STEP) as plain, \
                self.tls.wrap_socket(plain, server_hostname="localhost") as s:
            s.sendall((f"GET {path} HTTP/1.1\r\nHost: localhost:{self.port}\r\n"
                       "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                       f"Sec-WebSocket-Key: {key}\r\n\r\n").encode())
            got = b""
            while b"\r\n\r\n" not in got:
                part = s.recv(4096)
                if not part:
                    break
                got += part
            head, _, rest = got.partition(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            if status == 101 and not rest:
                rest = s.recv(4096)
            return status, rest


def log_in(web):
    status, reply = web.call("POST", V3 + "/login", {
        "type": "m.login.password", "identifier": {"type": "m.id.user", "user": "anna"},
        "password": PASSWORD, "device_id": "ANNA"})
    if status != 200:
        raise RuntimeError(f"login: {status} {reply}")
    return reply["access_token"]


def look(tap, web):
    token = log_in(web)
    room = web.call("POST", V3 + "/createRoom", {"preset": "public_chat"}, token)[1]["room_id"]
    status, reply = web.call(
        "GET", "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports", token=token)
    service = reply["rtc_transports"][0]["livekit_service_url"]
    tap.equal((status, service), (200, web.url + "/livekit/jwt"), "the service is told over https")
    known = web.call("GET", "/.well-known/matrix/client")[1]
    tap.equal((known["m.homeserver"]["base_url"], known["org.matrix.msc4143.rtc_foci"]),
              (web.url, reply["rtc_transports"]), "and so is it by well-known")
    openid = web.call("POST", f"{V3}/user/@anna:localhost/openid/request_token", {}, token)[1]
    status, reply = web.call("POST", "/sfu/get", {
        "room": room, "openid_token": openid, "device_id": "ANNA"}, base=service)
    tap.equal((status, reply.get("url")), (200, web.url.replace("https", "wss", 1)),
              "signalling is told as wss")
    status, first = web.upgrade("/rtc?protocol=16&access_token=" + reply["jwt"])
    # A final binary frame of the server, unmasked: the join response.
    tap.check(status == 101 and first[:1] == b"\x82", "signalling passes the proxy",
              (status, first[:40]))
    tap.equal(web.upgrade("/rtc?access_token=nonsense")[0], 401, "refusals pass, too")
    status, reply = web.call("GET", V3 + "/sync?timeout=1000", token=token)
    tap.check(status == 200 and room in reply["rooms"]["join"], "sync passes", reply)
    # What just happened in the call is told at once; then there is nothing to tell.
    waited = 0
    while status == 200 and waited < LONG - 1:
        since, begin = reply["next_batch"], time.monotonic()
        status, reply = web.call("GET", f"{V3}/sync?timeout={LONG * 1000}&since={since}", token=token)
        waited = time.monotonic() - begin
    tap.equal(status, 200, "and may wait for a minute")


def main(tap, folder):
    port = lib.free_port()
    serve = lib.Serve(folder / "data", port=lib.free_port(),
                      extra=["--public-url", f"https://localhost:{port}"]).start()
    serve.stop()
    serve.admin("user", "add", "anna", "--password-stdin", stdin=PASSWORD + "\n")
    configure(folder, port, serve.port)
    serve.start()
    proxy = lib.Process([nginx(), "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        web = Browser(folder, port)
        if not lib.wait_for(lambda: answers(web)):
            raise RuntimeError("nginx did not start:\n" + proxy.error_text())
        look(tap, web)
    finally:
        proxy.stop()
        serve.stop()


def answers(web):
    try:
        return web.call("GET", "/_matrix/client/versions")[0] == 200
    except OSError:
        return False


if __name__ == "__main__":
    lib.Tap("proxy").play(main, skip=None if nginx() else
                          "nginx is not installed (make interop unpacks it under build/peers)")
