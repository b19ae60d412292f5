#!/usr/bin/env python3
"""A lesson heard on the join page in Chromium, by WHEP over plain HTTP, while a program that
others wrote (aiortc) speaks in it by WHIP.

In a network namespace of its own the server has an address as in a LAN, so that the page is no
"secure context" there; where that cannot be made, it is 127.0.0.1.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
sys.path.insert(0, str(HERE))
import harness  # noqa: E402
import join_page  # noqa: E402
from sound import SoundPeer, peers_ready  # noqa: E402

LAN = "192.168.77.1"


class LanServe(harness.Serve):
    """On an address that is not this machine's own alone."""

    def start(self):
        argv = [harness.MUSTER, "serve", "--json", "--data", str(self.data), "--lan",
                "--listen", f"{LAN}:{self.port}", "--udp-port", str(self.udp_port),
                "--server-name", "localhost"]
        self.process = harness.Process(argv, env=harness.clean_env(self.data.parent / "serve-home"))
        line = self.process.wait_line(lambda l: '"listening"' in l)
        if line is None:
            raise RuntimeError("muster serve did not start:\n" + self.process.error_text())
        self.port = urllib.parse.urlsplit(json.loads(line)["url"]).port
        self.url = f"http://{LAN}:{self.port}"
        return self


class Stage(join_page.Stage):
    def __init__(self, folder, lan):
        super().__init__(folder)
        self.speakers = {}
        if lan:
            self.serve = LanServe(folder / "data")

    def open(self):
        facts = super().open()
        self.room = facts["room"]
        return facts

    def speak(self, name, hz):
        """Somebody's program begins to speak in the class room; its device."""
        room = urllib.parse.quote(self.room)
        made = self.http("teacher", "POST", f"/_muster/live/v1/rooms/{room}/tokens",
                         {"name": name})
        peer = SoundPeer("speak", self.serve.url + "/whip", made["token"], hz)
        peer.until("state", state="connected")
        self.speakers[name] = peer
        return made["device_id"]

    def silence(self, name):
        self.speakers.pop(name).end()

    def drop(self, name):
        self.speakers.pop(name).drop()

    def told(self, user):
        """What the room was told of somebody's presence, oldest first."""
        room = urllib.parse.quote(self.room)
        chunk = self.http("teacher", "GET",
                          f"/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=200")["chunk"]
        return [e["content"]["state"] for e in reversed(chunk)
                if e["type"] == "org.muster.presence" and e["content"]["user_id"] == user]

    def end(self):
        for name in list(self.speakers):
            self.drop(name)
        self.stop()


def enter_namespace():
    """Run again with a network of one's own; returns when that is not to be had."""
    if os.environ.get("LISTEN_LAN") or not shutil.which("unshare") or os.getuid() != 0:
        return
    setup = (f"ip link add v0 type veth peer name v1 && ip addr add {LAN}/24 dev v0 && "
             "ip link set v0 up && ip link set v1 up && ip link set lo up")
    if subprocess.run(["unshare", "-n", "sh", "-c", setup], stderr=subprocess.DEVNULL).returncode:
        return
    os.environ["LISTEN_LAN"] = "1"
    os.execvp("unshare", ["unshare", "-n", "sh", "-c", setup + ' && exec "$0" "$@"',
                          sys.executable, *sys.argv])


def main():
    browser = join_page.find_browser()
    folder = join_page.PEERS / "page"
    if not browser or not (folder / ".done").exists() or not shutil.which("node") \
            or not peers_ready():
        print("ok - listen_page # SKIP node, playwright-core, axe-core, aiortc or a headless "
              "Chromium is missing")
        return 0
    enter_namespace()
    lan = bool(os.environ.get("LISTEN_LAN"))
    with harness.Folder() as place:
        stage = Stage(place, lan)
        try:
            facts = dict(stage.open(), lan=lan)
            child = subprocess.Popen(
                ["node", str(HERE / "listen_page.mjs"), str(folder), browser, json.dumps(facts)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
                env={**os.environ, "TZ": "UTC"})
            return join_page.talk(stage, child)
        finally:
            stage.end()


if __name__ == "__main__":
    sys.exit(main())
