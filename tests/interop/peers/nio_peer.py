"""matrix-nio as a peer of compat.py: see peers/README.md for the lines it takes and gives."""

import asyncio
import json
import pathlib
import sys

import nio

SHARED = {"m.text": "text", "m.file": "file", "m.image": "file"}


class Peer:
    def __init__(self):
        self.client = None
        self.syncing = None

    async def login(self, url, user, password):
        self.client = nio.AsyncClient(url, user, config=nio.AsyncClientConfig(
            encryption_enabled=False, store_sync_tokens=False))
        good(await self.client.login(password, device_name="compat"))
        self.client.add_event_callback(self.on_event, nio.Event)
        self.client.add_ephemeral_callback(self.on_receipt, nio.ReceiptEvent)
        self.syncing = asyncio.create_task(self.client.sync_forever(timeout=30000))

    async def on_event(self, room, event):
        say_event(room.room_id, event.source)

    async def on_receipt(self, room, event):
        for r in event.receipts:
            say({"on": "receipt", "room": room.room_id, "event_id": r.event_id,
                 "user": r.user_id})

    async def join(self, room):
        good(await self.client.join(room))

    async def send(self, room, content, kind="m.room.message"):
        return {"event_id": good(await self.client.room_send(room, kind, content)).event_id}

    async def text(self, room, body):
        return await self.send(room, {"msgtype": "m.text", "body": body})

    async def reply(self, room, event_id, body):
        return await self.send(room, {"msgtype": "m.text", "body": body, "m.relates_to": {
            "m.in_reply_to": {"event_id": event_id}}})

    async def react(self, room, event_id, key):
        return await self.send(room, {"m.relates_to": {
            "rel_type": "m.annotation", "event_id": event_id, "key": key}}, "m.reaction")

    async def file(self, room, path):
        p = pathlib.Path(path)
        with open(p, "rb") as f:
            up, _ = await self.client.upload(f, content_type="application/octet-stream",
                                             filename=p.name, filesize=p.stat().st_size)
        return await self.send(room, {"msgtype": "m.file", "body": p.name,
                                      "url": good(up).content_uri})

    async def read(self, room, event_id):
        good(await self.client.room_read_markers(room, event_id, event_id))

    async def fetch(self, mxc, path):
        # The nio of Debian 12 asks the address without authentication, which is refused.
        server, media = mxc[len("mxc://"):].split("/")
        reply = await self.client.client_session.get(
            f"{self.client.homeserver}/_matrix/client/v1/media/download/{server}/{media}",
            headers={"Authorization": f"Bearer {self.client.access_token}"})
        reply.raise_for_status()
        pathlib.Path(path).write_bytes(await reply.read())


def good(reply):
    if isinstance(reply, nio.ErrorResponse):
        raise RuntimeError(str(reply))
    return reply


def say(row):
    print(json.dumps(row), flush=True)


def say_event(room, e):
    content, relates = e.get("content", {}), e.get("content", {}).get("m.relates_to", {})
    row = {"room": room, "event_id": e["event_id"], "sender": e["sender"]}
    if e["type"] == "m.reaction":
        say({**row, "on": "reaction", "of": relates.get("event_id"), "key": relates.get("key")})
    elif e["type"] == "m.room.message" and content.get("msgtype") in SHARED:
        say({**row, "on": SHARED[content["msgtype"]], "body": content["body"],
             "of": relates.get("m.in_reply_to", {}).get("event_id"), "mxc": content.get("url")})


async def main():
    peer, loop = Peer(), asyncio.get_running_loop()
    say({"on": "ready", "version": nio_version()})
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            break
        rq = json.loads(line)
        number, do = rq.pop("n"), rq.pop("do")
        try:
            say({"re": number, **(await getattr(peer, do)(**rq) or {})})
        except Exception as e:  # told to whoever asked
            say({"re": number, "error": f"{type(e).__name__}: {e}"})
    if peer.syncing:
        peer.syncing.cancel()
    if peer.client:
        await peer.client.close()


def nio_version():
    import importlib.metadata
    return importlib.metadata.version("matrix-nio")


asyncio.run(main())
