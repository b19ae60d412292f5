#!/usr/bin/env python3
"""The join page in the other browsers of Debian: Firefox by WebDriver BiDi, WebKit by WebDriver.

Only what differs between engines is asked: that the page runs, lets a student in by slip, that
a message goes out and another comes in, and that a call is heard, or the page says that it
cannot be.
"""

import asyncio
import itertools
import json
import os
import pathlib
import shutil
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import harness  # noqa: E402
from listen_page import Stage, enter_namespace  # noqa: E402
from sound import peers_ready  # noqa: E402

import websockets  # noqa: E402

LIMIT = 120


class Firefox:
    """W3C WebDriver BiDi over a WebSocket."""

    def __init__(self, program, folder):
        self.port = harness.free_port()
        self.ids = itertools.count(1)
        self.loop = asyncio.new_event_loop()
        env = harness.clean_env(folder / "firefox-home")
        (folder / "profile").mkdir()
        # What a person would press is a script's click here.
        (folder / "profile/user.js").write_text(
            'user_pref("media.autoplay.default", 0);\n'
            'user_pref("media.autoplay.blocking_policy", 0);\n')
        self.process = harness.Process(
            [program, "--headless", "--no-remote", "--profile", str(folder / "profile"),
             f"--remote-debugging-port={self.port}"], env=env)
        self.socket = self.loop.run_until_complete(self._open())
        self.ask("session.new", {"capabilities": {}})
        self.tab = self.ask("browsingContext.getTree", {})["contexts"][0]["context"]
        self.ask("browsingContext.setViewport",
                 {"context": self.tab, "viewport": {"width": 360, "height": 640}})

    async def _open(self):
        end = time.monotonic() + LIMIT
        while True:
            try:
                return await websockets.connect(f"ws://127.0.0.1:{self.port}/session", max_size=None)
            except OSError:
                if time.monotonic() > end or self.process.child.poll() is not None:
                    raise RuntimeError("Firefox did not start: " + self.process.error_text())
                await asyncio.sleep(0.2)

    def ask(self, method, params):
        return self.loop.run_until_complete(asyncio.wait_for(self._ask(method, params), LIMIT))

    async def _ask(self, method, params):
        number = next(self.ids)
        await self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(await self.socket.recv())
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]

    def go(self, url):
        self.ask("browsingContext.navigate", {"context": self.tab, "url": url, "wait": "complete"})

    def run(self, script):
        answer = self.ask("script.evaluate", {"expression": f"JSON.stringify((() => {{ {script} }})())",
                                              "target": {"context": self.tab}, "awaitPromise": False})
        if answer["type"] != "success":
            raise RuntimeError(str(answer.get("exceptionDetails", {}).get("text")))
        return json.loads(answer["result"].get("value") or "null")

    def close(self):
        self.loop.run_until_complete(self.socket.close())
        self.process.stop()


class WebKit:
    """W3C WebDriver over HTTP, with the small browser that WebKitGTK brings."""

    def __init__(self, program, folder):
        self.port = harness.free_port()
        browser = sorted(pathlib.Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))[-1]
        env = harness.clean_env(folder / "webkit-home")
        env.update(WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS="1", LIBGL_ALWAYS_SOFTWARE="1",
                   WEBKIT_DISABLE_COMPOSITING_MODE="1", GDK_BACKEND="x11")
        argv = ["xvfb-run", "-a", program, f"--port={self.port}", "--host=127.0.0.1"]
        self.process = harness.Process(argv, env=env)
        self.session = None
        options = {"binary": str(browser), "args": ["--automation"]}
        capabilities = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        end = time.monotonic() + LIMIT
        while self.session is None:
            try:
                self.session = self.ask("POST", "/session", {"capabilities": capabilities})["sessionId"]
            except urllib.error.HTTPError as e:
                raise RuntimeError("WebKit: " + e.read().decode()) from e
            except OSError:
                if time.monotonic() > end or self.process.child.poll() is not None:
                    raise RuntimeError("WebKitWebDriver did not start: " + self.process.error_text())
                time.sleep(0.2)

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=LIMIT) as reply:
            return json.load(reply)["value"]

    def go(self, url):
        self.ask("POST", f"/session/{self.session}/url", {"url": url})

    def run(self, script):
        return self.ask("POST", f"/session/{self.session}/execute/sync", {"script": script, "args": []})

    def close(self):
        try:
            self.ask("DELETE", f"/session/{self.session}")
        finally:
            self.process.stop()


def wait(browser, script, what):
    value = harness.wait_for(lambda: browser.run(script), limit=LIMIT)
    if not value:
        raise RuntimeError(f"{what}: the page shows: " + str(browser.run("return document.body.innerText")))
    return value


def visible(selector):
    return f"return !!(document.querySelector({json.dumps(selector)}) || {{}}).offsetParent"


def click(browser, selector):
    wait(browser, visible(selector), selector)
    browser.run(f"document.querySelector({json.dumps(selector)}).click(); return true")


def play(tap, stage, facts, browser, name):
    slip = stage.slip(name, name.title(), facts["room"])
    browser.go(slip["link"])
    click(browser, "#it-is-me")
    wait(browser, visible("#new-password"), "the password")
    browser.run(f"document.getElementById('new-password').value = {json.dumps(facts['password'])}; return true")
    click(browser, "#form-password button")
    wait(browser, visible("#view-room"), "the room")
    tap.check("#" not in browser.run("return window.location.href"), f"{name}: the code is gone from the address")
    browser.run(f"document.getElementById('text').value = 'Hello from {name}'; return true")
    click(browser, "#write > button")
    teacher = stage.person("teacher")
    row = harness.wait_for(lambda: [r for r in teacher("read", facts["room"], "-n", "1")
                                    if r["body"] == f"Hello from {name}"], limit=LIMIT)
    tap.check(bool(row), f"{name}: a message goes out")
    teacher("send", facts["room"], f"Good morning {name}")
    wait(browser, f"return document.getElementById('log').textContent.indexOf('Good morning {name}') >= 0", "answer")
    tap.check(True, f"{name}: and one comes in")
    tap.check(browser.run("return document.documentElement.scrollWidth <= window.innerWidth"),
              f"{name}: nothing is cut off at the side")


def listen(tap, stage, browser, name):
    """A call is heard: packets come in, by what the page's own connection says."""
    stage.speak(name, 440)
    browser.run("""
        const Plain = window.RTCPeerConnection;
        window.got = 0;
        if (Plain)
            window.RTCPeerConnection = function (how) {
                const pc = new Plain(how);
                window.last = pc;
                setInterval(() => pc.getStats().then((all) => all.forEach((s) => {
                    if (s.type === 'inbound-rtp' && s.packetsReceived > window.got)
                        window.got = s.packetsReceived;
                })), 200);
                return pc;
            };
        if (Plain)
            window.RTCPeerConnection.prototype = Plain.prototype;
        return true""")
    click(browser, "#listen")
    if browser.run("return !!window.RTCPeerConnection"):
        try:
            wait(browser, "return window.got > 100", "sound")
        except RuntimeError as e:
            raise RuntimeError(str(browser.run(
                "return [last.connectionState, last.iceConnectionState, last.localDescription.sdp,"
                "last.remoteDescription && last.remoteDescription.sdp]"))) from e
        tap.check(browser.run("return document.getElementById('sound-what').textContent")
                  .startswith("You are listening"), f"{name}: a call is heard")
        click(browser, "#unlisten")
    else:
        wait(browser, "return document.getElementById('status').textContent"
                      ".indexOf('cannot play') >= 0", "what is missing")
        tap.check(True, f"{name}: without WebRTC the page says so")
    stage.silence(name)


ENGINES = {
    "firefox": (Firefox, ("firefox-esr", "firefox"), ()),
    "webkit": (WebKit, ("WebKitWebDriver",), ("xvfb-run",)),
}


def main():
    tap = harness.Tap("join_page_engines")
    enter_namespace()
    with harness.Folder() as place:
        stage = Stage(place, bool(os.environ.get("LISTEN_LAN")))
        try:
            facts = stage.open()
            for name, (engine, programs, also) in ENGINES.items():
                program = next(filter(None, map(shutil.which, programs)), None)
                missing = [p for p in also if not shutil.which(p)]
                if not program or missing:
                    tap.check(True, f"{name} # SKIP {' '.join(missing) or programs[0]} is not installed")
                    continue
                browser = engine(shutil.which(program), place)
                try:
                    play(tap, stage, facts, browser, name)
                    # Firefox connects nothing to 127.0.0.1.
                    if peers_ready() and os.environ.get("LISTEN_LAN"):
                        listen(tap, stage, browser, name)
                finally:
                    browser.close()
        finally:
            stage.end()
    tap.end()


if __name__ == "__main__":
    main()
