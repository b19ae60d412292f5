#!/usr/bin/env python3
"""Answer a roll-call with the button of the join page, as a student does with a phone's browser.

    page_answer.py SERVER_URL USER PASSWORD ROOM_ID ROLL_ID

In headless Chromium, by the debugging protocol on a pipe, so that nothing else is needed. Where there is no Chromium,
the request that the button makes is sent without it. Prints which of the two it was: "chromium" or "request".
"""

import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request

STEP = 120  # seconds that all of it may take
RESPONSE = "org.matrix.msc3381.poll.response"

# What a student does: log in, wait for the roll, press, see it said.
PRESS = """(async (user, password, ms) => {
	const shown = (s) => [...document.querySelectorAll(s)].find((n) => n.offsetParent !== null);
	const until = async (what, test) => {
		for (const end = Date.now() + ms; !test(); await new Promise((done) => setTimeout(done, 50)))
			if (Date.now() > end) throw new Error(`the page never shows ${what}: ${document.body.innerText}`);
		return test();
	};
	const fill = (id, text) => {
		const field = document.getElementById(id);
		field.value = text;
		field.dispatchEvent(new Event('input', { bubbles: true }));
	};
	await until('the log-in', () => shown('#view-login, [data-go=login]'));
	if (!shown('#view-login'))
		shown('[data-go=login]').click();
	await until('the log-in', () => shown('#view-login'));
	fill('user', user);
	fill('password', password);
	shown('#form-login button:not(.plain)').click();
	(await until('the roll', () => shown('.roll .here'))).click();
	return (await until('the answer', () => shown('.roll .said'))).textContent;
})(%s, %s, %d)"""


class Chromium:
    """One page; commands go over a pipe, one JSON object up to a NUL."""

    def __init__(self, program, folder):
        there, self.to = os.pipe()
        self.back, here = os.pipe()

        def wire():  # commands on 3, answers on 4
            a, b = os.dup(there), os.dup(here)
            os.dup2(a, 3)
            os.dup2(b, 4)
        self.child = subprocess.Popen(
            [program, "--headless", "--remote-debugging-pipe", "--disable-gpu", "--lang=en-US",
             "--disable-dev-shm-usage", f"--user-data-dir={folder}",
             *(["--no-sandbox"] if os.getuid() == 0 else []), "about:blank"],
            preexec_fn=wire, pass_fds=(3, 4), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(there)
        os.close(here)
        self.rest, self.n, self.session = b"", 0, {}
        # Whatever hangs ends with it: reading the pipe then fails.
        self.limit = threading.Timer(STEP, self.child.kill)
        self.limit.start()

    def ask(self, method, **params):
        self.n += 1
        text = json.dumps({"id": self.n, "method": method, "params": params, **self.session})
        os.write(self.to, text.encode() + b"\0")
        while True:
            while b"\0" not in self.rest:
                piece = os.read(self.back, 65536)
                if not piece:
                    raise RuntimeError("Chromium has ended")
                self.rest += piece
            line, _, self.rest = self.rest.partition(b"\0")
            reply = json.loads(line)
            if reply.get("id") != self.n:
                continue
            if "error" in reply:
                raise RuntimeError(f"{method}: {reply['error']}")
            return reply["result"]

    def open(self, url):
        target = self.ask("Target.createTarget", url=url)["targetId"]
        self.session = {"sessionId": self.ask("Target.attachToTarget", targetId=target,
                                              flatten=True)["sessionId"]}
        # The page is there, not the empty one before it.
        while self.run("location.href + ' ' + document.readyState") != f"{url} complete":
            pass

    def run(self, script):
        reply = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in reply:
            raise RuntimeError(reply["exceptionDetails"].get("exception", {}).get("description", "the page fails"))
        return reply["result"].get("value")

    def end(self):
        self.limit.cancel()
        self.child.kill()
        self.child.wait()
        os.close(self.to)
        os.close(self.back)


def find_browser():
    return next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium"))), None)


def by_button(program, url, user, password):
    # What it leaves behind when it is killed may still be written for a moment.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Chromium(program, pathlib.Path(folder) / "profile")
        try:
            browser.open(f"{url}/join")
            said = browser.run(PRESS % (json.dumps(user), json.dumps(password), STEP * 500))
            if not said:
                raise RuntimeError("the page does not say that one is here")
        finally:
            browser.end()


def call(method, address, body, token=None):
    request = urllib.request.Request(address, json.dumps(body).encode(), method=method,
                                     headers={"Content-Type": "application/json"})
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=STEP) as reply:
        return json.load(reply)


def by_request(url, user, password, room, roll):
    """What server/page/poll.js sends."""
    api = f"{url}/_matrix/client/v3"
    token = call("POST", f"{api}/login", {
        "type": "m.login.password", "identifier": {"type": "m.id.user", "user": user},
        "password": password, "initial_device_display_name": "phone"})["access_token"]
    call("PUT", f"{api}/rooms/{urllib.parse.quote(room)}/send/{RESPONSE}/{secrets.token_hex(8)}",
         {"m.relates_to": {"rel_type": "m.reference", "event_id": roll}, RESPONSE: {"answers": ["here"]}}, token)


def main(url, user, password, room, roll):
    browser = find_browser()
    if browser:
        by_button(browser, url, user, password)
    else:
        by_request(url, user, password, room, roll)
    print("chromium" if browser else "request")


if __name__ == "__main__":
    main(*sys.argv[1:])
