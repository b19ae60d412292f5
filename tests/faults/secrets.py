"""A day of everything with all logging on, at the server and at its clients; then every secret
that was used is looked for in what they wrote.

A secret is what somebody could get in with, or read what is not theirs: passwords, tokens,
one-time links, keys, and the texts of messages.
"""

import json
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import harness as lib  # noqa: E402

tap = lib.Tap("secrets")
V3 = "/_matrix/client/v3"
SECRET_KEYS = {"access_token", "refresh_token", "password", "jwt", "code", "link", "invite",
               "openid", "session_token", "secret", "loginToken"}
secrets = {}  # value -> what it is


def keep(what, value):
    if isinstance(value, str) and len(value) >= 6:
        secrets.setdefault(value, what)
        if "#" in value:
            secrets.setdefault(value.split("#", 1)[1], what)


def harvest(where, value):
    """Whatever stands under a key that means a secret."""
    if isinstance(value, dict):
        for k, v in value.items():
            if k in SECRET_KEYS:
                keep(f"{k} of {where}", v)
            harvest(where, v)
    elif isinstance(value, list):
        for v in value:
            harvest(where, v)


def call(url, method, path, body=None, token=None, want=200, raw=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url + path, method=method, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=lib.STEP) as r:
            status, text = r.status, r.read()
    except urllib.error.HTTPError as e:
        status, text = e.code, e.read()
    if status != want:
        raise RuntimeError(f"{method} {path}: {status}, not {want}: {text[:300]}")
    reply = json.loads(text) if text[:1] == b"{" else {}
    harvest(path, reply)
    return reply


class Loud:
    """Our client with everything it logs kept."""

    def __init__(self, home, log):
        self.home = pathlib.Path(home)
        self.log = log

    def __call__(self, *args, stdin=None, want=(0,)):
        done = subprocess.run([lib.MUSTER, "-v", "-v", "--json", *map(str, args)],
                              env=lib.clean_env(self.home), timeout=lib.STEP, input=stdin,
                              stdin=None if stdin is not None else subprocess.DEVNULL,
                              capture_output=True, text=True, encoding="utf-8")
        self.log.append(done.stderr)
        if done.returncode not in want:
            raise RuntimeError(f"{args}: {done.returncode}\n{done.stdout}{done.stderr}")
        rows = [json.loads(l) for l in done.stdout.splitlines() if l.strip()]
        harvest(" ".join(map(str, args[:3])), rows)
        return rows


def people(url, root, log):
    """Accounts by every way; returns two logged-in clients."""
    ada, eve = Loud(root / "ada", log), Loud(root / "eve", log)
    for secret in ("ada's passw0rd-long", "eve's passw0rd-long", "wr0ng-passw0rd-of-ada",
                   "new-passw0rd-of-eve", "importer's-passw0rd"):
        keep("password", secret)
    ada("login", url, "--user", "admin", "--password-stdin", stdin=INIT["password"] + "\n")
    ada("login", url, "--user", "admin", "--password-stdin", stdin="wr0ng-passw0rd-of-ada\n",
        want=(4,))
    invite = ada("admin", "invite", "--uses", "2")[0]
    keep("invitation", invite["token"])
    (root / "invite").write_text(invite["token"])
    eve("register", url, "--user", "eve", "--password-stdin", "--invite-file", root / "invite",
        stdin="eve's passw0rd-long\n")
    ada("admin", "user", "add", "bob")
    ada("admin", "user", "password", "bob")
    rows = "user,password\ncarl,importer's-passw0rd\n"
    (root / "people.csv").write_text(rows)
    ada("admin", "user", "import", root / "people.csv")
    return ada, eve


def links(url, ada):
    """A class with one-time links, one of them used, one tried twice."""
    (ada.home / "class.csv").write_text("name,email\nDora Day,dora@x.test\nEmil East,e@x.test\n")
    made = ada("class", "create", "Physics", "--students", ada.home / "class.csv", want=(0, 7))
    codes = [r["link"].split("#", 1)[1] for r in made if r.get("link")]
    for c in codes:
        keep("one-time link", c)
    tap.check(len(codes) >= 2, f"{len(codes)} one-time links")
    call(url, "POST", "/_muster/join/v1/look", {"code": codes[0]})
    keep("password", "dora's-passw0rd")
    claim = {"code": codes[0], "password": "dora's-passw0rd"}
    call(url, "POST", "/_muster/join/v1/claim", claim)
    call(url, "POST", "/_muster/join/v1/claim", claim, want=409)
    keep("wrong link", "wrong-link-wrong-link-wrong-link")
    call(url, "POST", "/_muster/join/v1/look", {"code": "wrong-link-wrong-link-wrong-link"},
         want=404)


def raw_client(url):
    """Requests that our client does not make: refresh, OpenID, SFU, tokens in the address."""
    login = call(url, "POST", V3 + "/login", {
        "type": "m.login.password", "identifier": {"type": "m.id.user", "user": "carl"},
        "password": "importer's-passw0rd", "refresh_token": True, "device_id": "RAW"})
    login = {**login, **call(url, "POST", V3 + "/refresh",
                             {"refresh_token": login["refresh_token"]})}
    token, me = login["access_token"], "@carl:localhost"
    call(url, "GET", f"{V3}/account/whoami?access_token={token}")
    call(url, "GET", f"{V3}/sync?timeout=0&access_token={token}")
    keep("token that is none", "mst_" + "x" * 43)
    call(url, "GET", V3 + "/account/whoami?access_token=mst_" + "x" * 43, want=401)
    call(url, "POST", V3 + "/login", {"type": "m.login.password", "password": "wr0ng-passw0rd",
                                      "identifier": {"type": "m.id.user", "user": "carl"}},
         want=403)
    room = call(url, "POST", V3 + "/createRoom", {"preset": "public_chat"}, token)["room_id"]
    keep("text", "a text that is nobody's business")
    call(url, "PUT", f"{V3}/rooms/{room}/send/m.room.message/1",
         {"msgtype": "m.text", "body": "a text that is nobody's business"}, token)
    openid = call(url, "POST", f"{V3}/user/{me}/openid/request_token", {}, token)
    keep("OpenID token", openid["access_token"])
    call(url, "GET", "/_matrix/federation/v1/openid/userinfo?access_token=" +
         openid["access_token"])
    sfu = call(url + "/livekit/jwt", "POST", "/get_token", {
        "room_id": room, "slot_id": "m.call#ROOM", "openid_token": openid,
        "member": {"id": "xyz", "claimed_user_id": me, "claimed_device_id": "RAW"}})
    call(url, "GET", "/rtc/validate?access_token=" + sfu["jwt"])
    call(url, "GET", "/rtc/validate?access_token=" + sfu["jwt"] + "x", want=401)
    keep("key", "one-time-key-of-carl")
    call(url, "POST", V3 + "/keys/upload",
         {"one_time_keys": {"signed_curve25519:A": {"key": "one-time-key-of-carl"}}}, token)
    # What does not parse is not quoted either.
    keep("broken body", "passw0rd-in-a-broken-body")
    call(url, "POST", V3 + "/login", raw=b'{"password":"passw0rd-in-a-broken-body"', want=400)
    keep("new password", "carl's-next-passw0rd")
    call(url, "POST", V3 + "/account/password", {
        "new_password": "carl's-next-passw0rd",
        "auth": {"type": "m.login.password", "password": "importer's-passw0rd",
                 "identifier": {"type": "m.id.user", "user": "carl"}}}, token)
    call(url, "POST", V3 + "/logout", {}, token)


def everyday(ada, eve, root):
    for text in ("text of ada in her room", "changed text of ada"):
        keep("text", text)
    room = ada("room", "create", "Everyday", "--invite", "@eve:localhost")[0]["room_id"]
    eve("room", "join", room)
    event = ada("send", room, "text of ada in her room")[0]["event_id"]
    ada("edit", room, event, "changed text of ada")
    eve("read", room)
    eve("react", room, event, "+")
    (root / "secret.txt").write_text("content of a private file")
    keep("file", "content of a private file")
    ada("send", room, "--file", root / "secret.txt")
    eve("room", "members", room)
    eve("receipts", room, event)
    eve("search", "text")
    ada("room", "export", room)
    ada("admin", "status")
    ada("admin", "backup")
    ada("admin", "check")
    ada("admin", "export")
    ada("doctor", want=(0, 1))
    eve("call", "join", room, "--listen-only", "--output", "null:", "--for", "1s", want=(0, 3))
    eve("logout")


def own_files(root):
    """Tokens that clients keep, the key of calls."""
    for f in root.rglob("secrets.json"):
        harvest(str(f.relative_to(root)), json.loads(f.read_text()))
    for word in (root / "data" / "rtc.key").read_text().split():
        keep("rtc.key", word)


def main():
    with lib.Folder() as root:
        log = []
        global INIT
        INIT = lib.run(["serve", "--init", "--data", root / "data", "--server-name", "localhost"],
                       root / "init")[1][0]
        harvest("serve --init", INIT)
        keep("invitation", INIT["invite"])
        serve = lib.Serve(root / "data", extra=["-v", "-v"]).start()
        try:
            ada, eve = people(serve.url, root, log)
            links(serve.url, ada)
            raw_client(serve.url)
            own_files(root)
            everyday(ada, eve, root)
        finally:
            serve.stop()
        theirs, ours = serve.process.error_text(1 << 30), "".join(log)
        tap.check(theirs.count("\n") > 50, "the server said much", theirs[-500:])
        tap.check(ours.count("\n") > 30, "the clients said much", ours[-500:])
        tap.check(len(secrets) > 30, f"{len(secrets)} secrets were used")
        for name, text in (("server", theirs), ("clients", ours)):
            found = {what: v for v, what in secrets.items() if v in text}
            lines = [f"{what}: {l}" for what, v in found.items()
                     for l in text.splitlines() if v in l][:20]
            tap.check(not found, f"none of them is in what the {name} logged", "\n".join(lines))
    tap.end()


main()
