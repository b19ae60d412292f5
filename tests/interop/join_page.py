#!/usr/bin/env python3
"""The join page of `muster serve` in Chromium, with people at muster's command line as its counterpart.

Makes the server and the people, then runs join_page.mjs, which drives the browser and asks back
for what happens outside of it: a verb of the command line, a restart of the server, a page that
is sent slowly.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import harness  # noqa: E402

PEERS = harness.TOP / "build/peers"
PASSWORD = "correct horse"
HERE = pathlib.Path(__file__).resolve().parent


def find_browser():
    for name in ("chromium-headless-shell", "chromium"):
        if shutil.which(name):
            return shutil.which(name)
    return None


class Stage:
    """The server and the people around the browser."""

    def __init__(self, folder):
        self.folder = folder
        self.serve = harness.Serve(folder / "data")
        self.people = {}

    def open(self):
        self.serve.admin("user", "add", "teacher", "--name", "Ms Weber", "--admin",
                         "--password-stdin", stdin=PASSWORD + "\n")
        self.serve.start()
        room = self.person("teacher")("room", "create", "Class 5b")[0]["room_id"]
        for name, shown in (("ana", "Ana Silva"), ("bo", "Bo")):
            self.add(name, shown, room)
        return {"url": self.serve.url, "password": PASSWORD, "room": room}

    def op(self, name, args):
        """An operation of the administration."""
        return self.http("teacher", "POST", "/_muster/admin/v1/" + name, args)

    def add(self, name, shown, room=None):
        """A person with a password, in the room."""
        self.op("user.add", {"user": name, "name": shown, "password": PASSWORD})
        if room:
            self.op("room.join", {"room_id": room, "users": [name]})
        return name

    def slip(self, name, shown, room, life_ms=3600000):
        """A person without one, who is handed a slip."""
        self.op("user.add", {"user": name, "name": shown, "no_password": True})
        self.person("teacher")("room", "invite", room, f"@{name}:localhost")
        return self.op("link.create",
                       {"user": name, "room_id": room, "expires_in_ms": life_ms})

    def class_slip(self, title, student):
        """A class of one, as a teacher makes it: the row of the student."""
        table = self.folder / "students.csv"
        table.write_text(f"Name\n{student}\n")
        return self.person("teacher")("class", "create", title, "--students", table)[0]

    def person(self, name):
        if name not in self.people:
            self.people[name] = harness.Client(self.folder / name)
            self.people[name].login(self.serve.url, name, PASSWORD)
        return self.people[name]

    def token(self, name):
        """For what no verb does."""
        self.person(name)
        files = list((self.folder / name).rglob("secrets.json"))
        return json.loads(files[0].read_text())["access_token"]

    # ---- what the browser's side asks for ----

    def muster(self, who, args):
        return self.person(who)(*args)

    def http(self, who, method, path, body=None, raw=None, type="application/json"):
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.serve.url + path, data=data, method=method,
            headers={"Authorization": "Bearer " + self.token(who), "Content-Type": type})
        try:
            with urllib.request.urlopen(request, timeout=harness.STEP) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as e:
            raise RuntimeError(f"{method} {path}: {e.code} {e.read().decode()}") from e

    def upload(self, who, type, base64_text):
        return self.http(who, "POST", "/_matrix/media/v3/upload?filename=x", None,
                         base64.b64decode(base64_text), type)

    def forget(self, who):
        """Their devices were logged out: log in anew when they are needed."""
        self.people.pop(who, None)
        shutil.rmtree(self.folder / who, ignore_errors=True)

    def stop(self):
        return self.serve.stop()

    def start(self):
        self.serve.start()
        return self.serve.url


def talk(stage, child):
    """Answer what the browser's side asks; pass on everything else. Its exit status."""
    for line in child.stdout:
        if not line.startswith("{"):
            print(line, end="", flush=True)
            continue
        ask = json.loads(line)
        try:
            answer = {"ok": getattr(stage, ask["do"])(*ask["args"])}
        except Exception as e:  # told to the other side, which fails with it
            answer = {"error": f"{type(e).__name__}: {e}"}
        child.stdin.write(json.dumps(answer) + "\n")
        child.stdin.flush()
    return child.wait(harness.STEP)


def main():
    browser = find_browser()
    folder = PEERS / "page"
    if not browser or not (folder / ".done").exists() or not shutil.which("node"):
        print("ok - join_page # SKIP node, playwright-core, axe-core or a headless Chromium is missing")
        return 0
    with harness.Folder() as place:
        stage = Stage(place)
        try:
            facts = stage.open()
            child = subprocess.Popen(
                ["node", str(HERE / "join_page.mjs"), str(folder), browser, json.dumps(facts)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
                env={**os.environ, "TZ": "UTC"})
            return talk(stage, child)
        finally:
            stage.stop()


if __name__ == "__main__":
    sys.exit(main())
