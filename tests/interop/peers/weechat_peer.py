"""weechat-matrix as a peer of compat.py: see peers/README.md.

Starts a WeeChat without a screen and speaks with weechat_script.py inside it. weechat-matrix
takes its server by TLS alone; the certificate is not checked here.
"""

import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.request
from urllib.parse import urlparse

HERE = pathlib.Path(__file__).resolve().parent
# The Debian package carries the plugin beside WeeChat's own folders.
PLUGIN = "/usr/share/weechat/python/matrix.py"


CANNOT = {
    "replies_there": "it shows replies as quotes",
    "reactions_there": "it has no reactions",
    "reactions_back": "it has no reactions",
    "media_back": "it uploads to port 443 alone",
    "receipts_there": "it shows no receipts of others",
}


def say(row):
    print(json.dumps(row), flush=True)


def version():
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "weechat-matrix"],
                          capture_output=True, text=True)
    return done.stdout.split("-")[0]


def settings(url, user, password):
    where = urlparse(url)
    server = "matrix.server.compat"
    return [
        "/matrix server add compat " + where.hostname,
        f"/set {server}.port {where.port}",
        f"/set {server}.ssl_verify off",
        f"/set {server}.username {user}",
        f"/set {server}.password {password}",
        f"/set {server}.device_name compat",
        "/matrix connect compat",
    ]


def start(folder, listener):
    env = {**os.environ, "COMPAT_SOCKET": listener.getsockname(), "HOME": folder,
           "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    child = subprocess.Popen(
        ["weechat-headless", "-d", folder, "--stdout", "-r",
         f"/script load {PLUGIN};/script load {HERE / 'weechat_script.py'}"],
        env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    listener.settimeout(60)
    return child, listener.accept()[0]


def relay(conn, addresses):
    for line in conn.makefile("r", encoding="utf-8"):
        row = json.loads(line)
        if "url" in row:
            addresses[row["mxc"]] = row["url"]
        print(line, end="", flush=True)


def fetch(url, path):
    """What a browser does with the address that the person sees."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(url, timeout=60, context=trusting) as r:
        pathlib.Path(path).write_bytes(r.read())


def main(folder):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(pathlib.Path(folder) / "compat"))
    listener.listen(1)
    child, conn = start(folder, listener)
    say({"on": "ready", "version": version(), "cannot": CANNOT})
    addresses = {}
    threading.Thread(target=relay, args=(conn, addresses), daemon=True).start()
    for line in sys.stdin:
        rq = json.loads(line)
        if rq["do"] == "fetch":
            try:
                fetch(addresses[rq["mxc"]], rq["path"])
                say({"re": rq["n"]})
            except OSError as e:
                say({"re": rq["n"], "error": str(e)})
            continue
        if rq["do"] == "login":
            rq["commands"] = settings(rq.pop("url"), rq.pop("user"), rq.pop("password"))
        conn.sendall((json.dumps(rq) + "\n").encode())
    conn.close()
    child.terminate()
    child.wait(30)


with tempfile.TemporaryDirectory(prefix="muster-weechat-") as where:
    main(where)
