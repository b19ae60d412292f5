"""`muster serve` as a place for LiveKit's people: accounts, a room, access tokens by /sfu/get."""

import json
import urllib.error
import urllib.parse
import urllib.request

import livekit_peers as lk

lib = lk.lib
PASSWORD = "correct horse battery"
V3 = "/_matrix/client/v3"
MEMBER = "org.matrix.msc3401.call.member"
PEOPLE = ("node", "chromium", "ours", "other", "dead")


def call(url, method, path, body=None, token=None):
    """The JSON of a reply; an error gives its JSON too."""
    request = urllib.request.Request(
        url + path, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=lib.STEP) as r:
            return json.loads(r.read() or b"{}")
    except urllib.error.HTTPError as e:
        text = e.read()
        try:
            return json.loads(text)
        except ValueError:
            return {"errcode": str(e.code), "error": text.decode(errors="replace")}


def quote(s):
    return urllib.parse.quote(s, safe="")


class Place:
    """A server with some people in a room, that is asked for tokens like Element Call asks."""

    name, keeps = "muster serve", True

    def __init__(self, folder, people=PEOPLE):
        self.folder = folder
        self.people = people
        self.serve = lib.Serve(folder / "server", port=lib.free_port())
        self.tokens = {}
        self.room = None

    @property
    def port(self):
        return self.serve.port

    @property
    def pid(self):
        return self.serve.process.child.pid

    def start(self):
        for user in self.people:
            self.serve.admin("user", "add", user, "--password-stdin", stdin=PASSWORD + "\n")
        with open(self.serve.data / "muster.conf", "a") as f:
            f.write("calls = true\n")
        self.serve.start()
        for user in self.people:
            self.tokens[user] = self.log_in(user)
        first = self.tokens[self.people[0]]
        self.room = call(self.serve.url, "POST", V3 + "/createRoom", {
            "preset": "public_chat", "name": "a room",
            "power_level_content_override": {"events": {MEMBER: 0}}}, first)["room_id"]
        for user in self.people[1:]:
            call(self.serve.url, "POST", f"{V3}/join/{quote(self.room)}", {}, self.tokens[user])
        return self

    def log_in(self, user):
        reply = call(self.serve.url, "POST", V3 + "/login", {
            "type": "m.login.password", "identifier": {"type": "m.id.user", "user": user},
            "password": PASSWORD, "device_id": user.upper()})
        return reply["access_token"]

    def entry(self, user):
        """LiveKit's identity and token of one of the people."""
        url, token = self.serve.url, self.tokens[user]
        transports = call(url, "GET",
                          "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports", None, token)
        service = transports["rtc_transports"][0]["livekit_service_url"]
        openid = call(url, "POST", f"{V3}/user/@{user}:localhost/openid/request_token", {}, token)
        reply = call(service, "POST", "/sfu/get", {
            "room": self.room, "openid_token": openid, "device_id": user.upper()})
        return f"@{user}:localhost:{user.upper()}", reply["jwt"]

    def tail(self):
        return self.serve.process.error_text()

    def stop(self):
        self.serve.stop()
