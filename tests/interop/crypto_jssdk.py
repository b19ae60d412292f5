"""matrix-js-sdk's Rust crypto on `muster serve --allow-encryption`: cross-signing, a key backup,
a second device that proves itself by the recovery key and reads what was written before it."""

import livekit_peers as lk
import livekit_serve

lib = lk.lib
tap = lib.Tap("crypto_jssdk")
PASSWORD = livekit_serve.PASSWORD


def device(name):
    return lk.Person(name, [lk.node22(), lk.HERE / "crypto_session.mjs", lk.JS_SDK])


def did(reply, what):
    return tap.check(reply["ok"], what, reply)


def start(person, serve, user, name):
    reply = person.do("start", url=serve.url, user=user, password=PASSWORD, device=name, limit=100000)
    did(reply, f"{user} logs in with encryption, device {name}")


def bodies(reply):
    return [m["body"] for m in reply.get("messages", []) if m["secret"]]


def talk(phone, bert):
    made = phone.do("bootstrap", user="anna", password=PASSWORD, limit=100000)
    did(made, "anna makes cross-signing keys, secret storage and a backup")
    tap.equal((made.get("ready"), made.get("version")), (True, "1"), "they are ready")
    tap.equal(phone.event(event="asked", limit=0), None, "the first keys ask for no password")
    reply = phone.do("create")
    did(reply, "she creates an encrypted room")
    room = reply["room"]
    did(bert.do("join", room=room), "bert joins")
    for p in (phone, bert):
        did(p.do("people", room=room, n=2, limit=100000), f"{p.identity} sees both in it")
    did(phone.do("say", room=room, body="erstes"), "anna writes")
    did(bert.do("read", room=room, body="erstes", limit=100000), "bert reads it")
    did(bert.do("say", room=room, body="zweites"), "bert writes")
    did(phone.do("read", room=room, body="zweites", limit=100000), "anna reads it")
    did(phone.do("backed", n=2, limit=100000), "both keys are in the backup")
    return room, made["recovery"]


def second_device(serve, phone, bert, room, recovery):
    laptop = device("laptop")
    start(laptop, serve, "anna", "LAPTOP")
    try:
        before = laptop.do("messages", room=room)
        tap.equal(bodies(before), [None, None], "the new device cannot read what was before it")
        got = laptop.do("recover", recovery=recovery, limit=100000)
        did(got, "it proves itself by the recovery key")
        tap.equal((got.get("imported"), got.get("ready"), got.get("version")), (2, True, "1"),
                  "and takes the keys from the backup")
        after = laptop.do("read", room=room, body="zweites", limit=100000)
        tap.equal(bodies(after), ["erstes", "zweites"], "it reads the old messages")
        seen = phone.do("verified", user="@anna:localhost", device="LAPTOP", limit=100000)
        tap.equal((seen.get("owner"), seen.get("trusted")), (True, True),
                  "her first device trusts the second")
        seen = bert.do("verified", user="@anna:localhost", device="LAPTOP", limit=100000)
        tap.equal(seen.get("owner"), True, "bert sees that it is hers")
        did(bert.do("say", room=room, body="drittes"), "bert writes")
        for p in (phone, laptop):
            did(p.do("read", room=room, body="drittes", limit=100000), f"her {p.identity} reads it")
        mark = laptop.mark()
        did(laptop.do("reset", user="anna", password=PASSWORD, limit=100000),
            "other cross-signing keys take the password")
        tap.check(laptop.event(event="asked", since=mark), "which is asked for")
    finally:
        laptop.end()


def removed(serve, bert):
    """A removed device's keys are gone."""
    did(bert.do("devices", user="@anna:localhost", are=["LAPTOP", "PHONE"], limit=100000),
        "anna has two devices")
    reply = livekit_serve.call(serve.url, "POST", livekit_serve.V3 + "/login", {
        "type": "m.login.password", "identifier": {"type": "m.id.user", "user": "anna"},
        "password": PASSWORD, "device_id": "LAPTOP"})
    livekit_serve.call(serve.url, "POST", livekit_serve.V3 + "/logout", {}, reply["access_token"])
    did(bert.do("devices", user="@anna:localhost", are=["PHONE"], limit=100000), "after its log-out one")


def ours_refuses(serve, folder, room):
    ours = lib.Client(folder / "carl")
    ours.login(serve.url, "carl", PASSWORD)
    ours("room", "join", room)
    status, _, error = ours.status("send", room, "hallo")
    tap.equal((status, "encrypted" in error), (9, True), "our client sends nothing and says why")


def main(_, folder):
    serve = lib.Serve(folder / "server", port=lib.free_port(), extra=["--allow-encryption"])
    for user in ("anna", "bert", "carl"):
        serve.admin("user", "add", user, "--password-stdin", stdin=PASSWORD + "\n")
    serve.start()
    phone, bert = device("phone"), device("bert")
    try:
        start(phone, serve, "anna", "PHONE")
        start(bert, serve, "bert", "BERT")
        room, recovery = talk(phone, bert)
        second_device(serve, phone, bert, room, recovery)
        removed(serve, bert)
        ours_refuses(serve, folder, room)
    finally:
        phone.end()
        bert.end()
        tap.equal(serve.stop(), 0, "the server stops cleanly")


tap.play(main, skip=None if lk.node22() else "Node 22 or matrix-js-sdk is missing (make interop)")
