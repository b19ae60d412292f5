"""Two matrix-nio clients with encryption in a room of `muster serve --allow-encryption`; and what
our own client, which has none, says there."""

import asyncio

from nio_people import PASSWORD, lib, limited, nio
import nio.crypto

tap = lib.Tap("nio_encrypted")
ENCRYPTION = {"type": "m.room.encryption", "state_key": "",
              "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


class Person:
    """A client with a store of its own; what it could read, and what not."""

    def __init__(self, url, user, folder):
        self.url, self.user, self.folder = url, user, folder
        self.read, self.unread = [], []
        folder.mkdir(exist_ok=True)
        self.client = None

    async def log_in(self, device=None):
        config = nio.AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
        self.client = nio.AsyncClient(self.url, f"@{self.user}:localhost", device_id=device,
                                      store_path=str(self.folder), config=config)
        self.client.add_event_callback(self.on_text, nio.RoomMessageText)
        self.client.add_event_callback(self.on_secret, nio.MegolmEvent)
        reply = await limited(self.client.login(PASSWORD, device_name="nio"))
        tap.check(isinstance(reply, nio.LoginResponse), f"{self.user} logs in", reply)

    async def on_text(self, room, event):
        self.read.append((event.sender, event.body, event.decrypted))

    async def on_secret(self, room, event):
        self.unread.append(event.event_id)

    async def turn(self, timeout=0):
        """One sync, and what a client does after it."""
        client = self.client
        reply = await limited(client.sync(timeout=timeout))
        if not isinstance(reply, nio.SyncResponse):
            raise RuntimeError(f"{self.user} cannot sync: {reply}")
        if client.should_upload_keys:
            await limited(client.keys_upload())
        if client.should_query_keys:
            await limited(client.keys_query())
        if client.should_claim_keys:
            await limited(client.keys_claim(client.get_users_for_key_claiming()))
        await limited(client.send_to_device_messages())

    async def until(self, test, what):
        for _ in range(60):
            if test():
                break
            await self.turn(2000)
        return tap.check(test(), what, (self.read, self.unread))

    async def say(self, room, body):
        reply = await limited(self.client.room_send(
            room, "m.room.message", {"msgtype": "m.text", "body": body},
            ignore_unverified_devices=True))
        return tap.check(isinstance(reply, nio.RoomSendResponse), f"{self.user} says {body!r}",
                         reply)


async def talk(anna, bert):
    made = await limited(anna.client.room_create(name="Geheim", preset=nio.RoomPreset.public_chat,
                                                 initial_state=[ENCRYPTION]))
    tap.check(isinstance(made, nio.RoomCreateResponse), "anna creates an encrypted room", made)
    room = made.room_id
    reply = await limited(bert.client.join(room))
    tap.check(isinstance(reply, nio.JoinResponse), "bert joins", reply)
    for p in (anna, bert):
        await p.until(lambda: room in p.client.rooms and len(p.client.rooms[room].users) == 2,
                      f"{p.user} sees both in the room")
    tap.check(anna.client.rooms[room].encrypted, "the room is encrypted")
    await anna.say(room, "guten Morgen")
    await bert.until(lambda: ("@anna:localhost", "guten Morgen", True) in bert.read,
                     "bert reads what anna has encrypted")
    await bert.say(room, "auch so")
    await anna.until(lambda: ("@bert:localhost", "auch so", True) in anna.read,
                     "anna reads what bert has encrypted")
    return room


async def offline(anna, bert, room):
    """bert is not there while anna sends; his keys wait for him, also over a restart."""
    device = bert.client.device_id
    await bert.client.close()
    # A new session, whose key he has not got yet.
    anna.client.invalidate_outbound_session(room)
    for i in range(3):
        await anna.say(room, f"du fehlst {i}")
    return device


async def back(bert, device):
    bert.read.clear()
    await bert.log_in(device)
    await bert.until(lambda: len([r for r in bert.read if r[1].startswith("du fehlst")]) == 3,
                     "bert reads what was sent while he was away")
    tap.equal([r[2] for r in bert.read if r[1].startswith("du fehlst")], [True] * 3,
              "and it was encrypted")


async def removed(anna, bert, room):
    """A device that is gone gets nothing any more."""
    old = bert.client.device_id
    tap.check(old in anna.client.device_store["@bert:localhost"], "anna knows bert's device")
    reply = await limited(bert.client.logout())
    tap.check(isinstance(reply, nio.LogoutResponse), "bert logs out", reply)
    def gone():
        device = anna.client.device_store["@bert:localhost"].get(old)
        return device is None or device.deleted
    await anna.until(gone, "anna hears that bert's device is gone")


def ours_refuses(ours, room):
    ours("room", "join", room)
    status, _, error = ours.status("send", room, "hallo")
    tap.equal(status, 9, "our client does not send into the room")
    tap.check("encrypted" in error, "and says why", error)
    rows = ours("read", room, "-n", "50")
    secrets = [r for r in rows if r["type"] == "m.room.encrypted"]
    tap.equal(len(secrets), 5, "it sees that there are five messages")
    tap.check(not any("guten Morgen" in str(r) for r in rows), "and cannot read them", rows)


async def story(folder):
    serve = lib.Serve(folder / "data", port=lib.free_port(), extra=["--allow-encryption"])
    for user in ("anna", "bert", "carl"):
        serve.admin("user", "add", user, "--password-stdin", stdin=PASSWORD + "\n")
    serve.start()
    ours = lib.Client(folder / "carl")
    ours.login(serve.url, "carl", PASSWORD)
    anna = Person(serve.url, "anna", folder / "anna")
    bert = Person(serve.url, "bert", folder / "bert")
    await anna.log_in()
    await bert.log_in()
    try:
        for p in (anna, bert):
            await p.turn()
        room = await talk(anna, bert)
        device = await offline(anna, bert, room)
        serve.stop()
        serve.start()
        await back(bert, device)
        ours_refuses(ours, room)
        await removed(anna, bert, room)
        tap.equal(anna.unread + bert.unread, [], "nothing was unreadable")
    finally:
        await anna.client.close()
        await bert.client.close()
        tap.equal(serve.stop(), 0, "the server stops cleanly")


def main(_, folder):
    asyncio.run(story(folder))


tap.play(main, skip=None if nio.crypto.ENCRYPTION_ENABLED else
         "matrix-nio with encryption (python3-olm) is not installed (.ci/deps interop)")
