"""What matrix-js-sdk's MatrixRTC and lk-jwt-service do, against `muster serve`.

The calls, their order and the errors that are looked at are those of the SDK's
MembershipManager and of lk-jwt-service; signatures and hashes are computed here
by Python's own hmac and hashlib.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import harness as lib  # noqa: E402

tap = lib.Tap("rtc_server")
PASSWORD = "correct horse battery"
V3 = "/_matrix/client/v3"
UNSTABLE = "/_matrix/client/unstable/org.matrix.msc4140/delayed_events"
MEMBER = "org.matrix.msc3401.call.member"


def call(url, method, path, body=None, token=None):
    """Status and JSON (or text) of one request."""
    request = urllib.request.Request(
        url + path, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=lib.STEP) as r:
            status, text, head = r.status, r.read(), r.headers
    except urllib.error.HTTPError as e:
        status, text, head = e.code, e.read(), e.headers
    if head.get("Access-Control-Allow-Origin") != "*":
        tap.check(False, f"{method} {path} can be called by a browser", head)
    if text and not text.startswith((b"{", b"[")):
        return status, {"text": text.decode()}
    return status, json.loads(text) if text else {}


def quote(s):
    return urllib.parse.quote(s, safe="")


def log_in(url, user, device):
    status, reply = call(url, "POST", V3 + "/login", {
        "type": "m.login.password", "identifier": {"type": "m.id.user", "user": user},
        "password": PASSWORD, "device_id": device})
    assert status == 200, reply
    return reply["access_token"]


def hashed(*words):
    text = json.dumps(words, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def part(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def check_jwt(jwt, key, secret, room, identity, what):
    head, claims, signature = jwt.split(".")
    want = hmac.new(secret.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    tap.equal(signature, base64.urlsafe_b64encode(want).decode().rstrip("="), f"{what}: signature")
    tap.equal(part(head)["alg"], "HS256", f"{what}: algorithm")
    got = part(claims)
    tap.equal((got["iss"], got["sub"]), (key, identity), f"{what}: issuer and identity")
    video = got["video"]
    tap.equal({k: video.get(k, False) for k in (
        "room", "roomJoin", "roomCreate", "canPublish", "canSubscribe", "canUpdateOwnMetadata")},
        {"room": room, "roomJoin": True, "roomCreate": False, "canPublish": True,
         "canSubscribe": True, "canUpdateOwnMetadata": True}, f"{what}: rights")
    now = time.time()
    tap.check(got["nbf"] <= now + 1 and abs(got["exp"] - now - 3600) < 60, f"{what}: an hour", got)


def tokens(url, data, anna, bert, room):
    status, reply = call(
        url, "GET", "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports", token=anna)
    tap.equal(status, 200, "transports")
    service = reply["rtc_transports"][0]["livekit_service_url"]
    tap.equal(call(url, "GET", "/.well-known/matrix/client")[1]["org.matrix.msc4143.rtc_foci"],
              reply["rtc_transports"], "well-known says the same")
    key, secret = (data / "rtc.key").read_text().split()
    openid = call(url, "POST", f"{V3}/user/@anna:localhost/openid/request_token", {}, anna)[1]
    status, reply = call(service, "POST", "/sfu/get",
                         {"room": room, "openid_token": openid, "device_id": "ANNA"})
    tap.equal((status, reply.get("url")), (200, url.replace("http", "ws", 1)), "/sfu/get")
    name = hashed(room, "m.call#ROOM")
    check_jwt(reply["jwt"], key, secret, name, "@anna:localhost:ANNA", "/sfu/get")
    status, reply = call(service, "POST", "/get_token", {
        "room_id": room, "slot_id": "m.call#ROOM", "openid_token": openid,
        "member": {"id": "xyz", "claimed_user_id": "@anna:localhost", "claimed_device_id": "ANNA"}})
    tap.equal(status, 200, "/get_token")
    check_jwt(reply["jwt"], key, secret, name, hashed("@anna:localhost", "ANNA", "xyz"),
              "/get_token")
    signalling(reply["url"].replace("ws", "http", 1), reply["jwt"])
    theirs = call(url, "POST", f"{V3}/user/@bert:localhost/openid/request_token", {}, bert)[1]
    status, reply = call(service, "POST", "/get_token", {
        "room_id": room, "slot_id": "m.call#ROOM", "openid_token": theirs,
        "member": {"id": "xyz", "claimed_user_id": "@anna:localhost", "claimed_device_id": "A"}})
    tap.equal((status, reply["errcode"]), (401, "M_UNAUTHORIZED"), "one cannot be somebody else")
    tap.equal(call(service, "GET", "/healthz")[0], 200, "/healthz")
    tap.equal(call(service, "OPTIONS", "/sfu/get")[0] in (200, 204), True, "preflight")


def signalling(base, jwt):
    """What livekit-client asks around the WebSocket, from a page of another origin."""
    for path in ("/rtc/validate", "//rtc/validate"):
        tap.equal(call(base, "GET", f"{path}?access_token={jwt}"), (200, {"text": "success"}), path)
    tap.equal(call(base, "GET", "/rtc/validate", token=jwt)[0], 200, "the token as a header")
    tap.equal(call(base, "GET", "/rtc/validate?access_token=" + jwt[:-4] + "AAAA")[0], 401,
              "a token with another signature")
    status, reply = call(base, "GET", f"/rtc/v1/validate?access_token={jwt}")
    tap.check(status == 404 and "requested room does not exist" not in str(reply),
              "/rtc/v1 is not there: clients step back", (status, reply))
    tap.equal(call(base, "OPTIONS", "/rtc/validate")[0] in (200, 204), True, "preflight")


def rights(url, anna, bert):
    """In a room as it is made, everybody may say that they are in its call, and nobody of others."""
    room = call(url, "POST", V3 + "/createRoom", {"preset": "private_chat", "invite": [
        "@bert:localhost"]}, anna)[1]["room_id"]
    call(url, "POST", f"{V3}/join/{quote(room)}", {}, bert)
    where = f"{V3}/rooms/{quote(room)}/state/{MEMBER}/"
    content = {"application": "m.call", "device_id": "BERT"}
    bert_key, anna_key = (quote(f"_@{u}:localhost_{u.upper()}_m.call") for u in ("bert", "anna"))
    tap.equal(call(url, "PUT", where + bert_key, content, bert)[0], 200, "an ordinary member joins")
    for who, key, name in ((bert, anna_key, "a member"), (anna, bert_key, "not even the teacher")):
        status, reply = call(url, "PUT", where + key, {}, who)
        tap.equal((status, reply.get("errcode")), (403, "M_FORBIDDEN"),
                  f"nobody ends another's call: {name}")
    status, reply = call(url, "PUT", where + anna_key + "?org.matrix.msc4140.delay=300", {}, bert)
    tap.equal(status, 200, "a delayed one is judged when its time comes")
    item = UNSTABLE + "/" + reply["delay_id"]
    told = lib.wait_for(lambda: call(url, "GET", item, token=bert)[1].get("error"))
    tap.equal((told or {}).get("errcode"), "M_FORBIDDEN", "and refused then")
    tap.equal(call(url, "PUT", f"{V3}/rooms/{quote(room)}/send/org.matrix.msc4143.rtc.member/t1",
                   {"slot_id": "m.call#ROOM"}, bert)[0], 200, "the newer form is free, too")


def member(url, token, room, key, how=""):
    return call(url, "GET", f"{V3}/rooms/{quote(room)}/state/{MEMBER}/{quote(key)}{how}",
                token=token)


def await_left(url, token, room, key):
    """Follow /sync until the member event is empty; when that was, by the server's clock."""
    since = ""
    end = time.monotonic() + lib.STEP
    while time.monotonic() < end:
        reply = call(url, "GET", f"{V3}/sync?timeout=2000{since}", token=token)[1]
        since = "&since=" + quote(reply["next_batch"])
        event = member(url, token, room, key, "?format=event")[1]
        if event["content"] == {}:
            return event["origin_server_ts"]
    return None


def membership(url, anna, bert, room):
    """A client joins, keeps itself alive, dies; another leaves in order."""
    key = "_@anna:localhost_ANNA_m.call"
    where = f"{V3}/rooms/{quote(room)}/state/{MEMBER}/{quote(key)}"
    later = where + "?org.matrix.msc4140.delay="
    status, reply = call(url, "PUT", later + "999999999999", {}, anna)
    tap.check(status == 400 and reply["errcode"] == "M_UNKNOWN"
              and reply["org.matrix.msc4140.errcode"] == "M_MAX_DELAY_EXCEEDED"
              and isinstance(reply["org.matrix.msc4140.max_delay"], int),
              "too long a delay tells the longest", reply)
    content = {"application": "m.call", "call_id": "", "scope": "m.room", "device_id": "ANNA",
               "expires": 14400000, "focus_active": {"type": "livekit",
                                                     "focus_selection": "multi_sfu"}}
    leave = None

    def begin(ms):
        nonlocal leave
        if leave:  # of a try that was too slow
            call(url, "POST", f"{UNSTABLE}/{leave}/cancel", {}, anna)
        status, reply = call(url, "PUT", f"{later}{ms}", {}, anna)
        tap.check(status == 200 and isinstance(reply.get("delay_id"), str),
                  "the leave is scheduled", reply)
        leave = reply["delay_id"]
        tap.equal(call(url, "PUT", where, content, anna)[0], 200, "then the join is sent")

    def again():
        return call(url, "POST", f"{UNSTABLE}/{leave}/restart", {}, anna) == (200, {})

    tap.check(lib.keep_alive(begin, again), "restarting keeps it, its own join did not end it")
    tap.equal(member(url, bert, room, key)[1].get("application"), "m.call",
              "after twice the delay they are still there")
    listed = call(url, "GET", UNSTABLE, token=anna)[1]["delayed_events"]
    due = [e["running_since"] + e["delay"] for e in listed if e["delay_id"] == leave]
    left = await_left(url, bert, room, key)
    tap.check(left is not None and due and due[0] <= left,
              "a client that died is gone when it is due", (left, due))
    status, reply = call(url, "POST", f"{UNSTABLE}/{leave}/restart", {}, anna)
    tap.equal((status, reply["errcode"]), (404, "M_NOT_FOUND"), "restarting too late")

    leave = call(url, "PUT", later + "3600000", {}, anna)[1]["delay_id"]
    call(url, "PUT", where, content, anna)
    listed = call(url, "GET", UNSTABLE, token=anna)[1]
    tap.equal([e["delay_id"] for e in listed["delayed_events"]], [leave], "it is listed")
    tap.equal(call(url, "GET", UNSTABLE, token=bert)[1]["delayed_events"], [], "to its owner only")
    tap.equal(call(url, "POST", f"{UNSTABLE}/{leave}", {"action": "restart"})[0], 200,
              "the older form, without a token")
    tap.equal(call(url, "POST", f"{UNSTABLE}/{leave}/send", {})[0], 200, "leaving sends it")
    tap.equal(member(url, bert, room, key)[1], {}, "and they have left")
    tap.equal(call(url, "POST", f"{UNSTABLE}/{leave}/send", {})[0] in (200, 404), True,
              "what lk-jwt-service takes for done")
    status, reply = call(url, "POST", f"{UNSTABLE}/nonsense/cancel", {})
    tap.equal((status, reply["errcode"]), (404, "M_NOT_FOUND"), "an unknown id")


def main():
    with lib.Folder() as folder:
        data = folder / "server"
        server = lib.Serve(data).start()
        server.stop()
        for user in ("anna", "bert"):
            server.admin("user", "add", user, "--password-stdin", stdin=PASSWORD + "\n")
        server.start()
        try:
            flags = call(server.url, "GET", "/_matrix/client/versions")[1]["unstable_features"]
            tap.equal(flags.get("org.matrix.msc4140"), True, "delayed events are advertised")
            anna, bert = (log_in(server.url, u, u.upper()) for u in ("anna", "bert"))
            rights(server.url, anna, bert)
            room = call(server.url, "POST", V3 + "/createRoom", {
                "preset": "public_chat",
                "power_level_content_override": {"events": {MEMBER: 0}}}, anna)[1]["room_id"]
            call(server.url, "POST", f"{V3}/join/{quote(room)}", {}, bert)
            tokens(server.url, data, anna, bert, room)
            membership(server.url, anna, bert, room)
        finally:
            server.stop()
    tap.end()


main()
