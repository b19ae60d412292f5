"""matrix-nio against `muster serve`, and beside our own client in one room."""

import asyncio

from nio_people import PASSWORD, lib, limited, nio, sync_until

tap = lib.Tap("nio")


async def log_in(url, user):
    client = nio.AsyncClient(url, f"@{user}:localhost",
                             config=nio.AsyncClientConfig(encryption_enabled=False,
                                                          store_sync_tokens=False))
    reply = await limited(client.login(PASSWORD, device_name="nio"))
    tap.check(isinstance(reply, nio.LoginResponse), f"{user} logs in", reply)
    return client


def bodies(client, room_id, seen):
    """A callback that keeps what nio is told about messages."""
    async def on_message(room, event):
        if room.room_id == room_id:
            seen.append((event.sender, event.body))
    client.add_event_callback(on_message, nio.RoomMessageText)


async def rooms_and_messages(anna, bert, ours):
    made = await limited(anna.room_create(name="Klasse 5b", topic="Mathe",
                                          preset=nio.RoomPreset.private_chat))
    tap.check(isinstance(made, nio.RoomCreateResponse), "anna creates a room", made)
    room_id = made.room_id
    for user in ("@bert:localhost", "@carl:localhost"):
        reply = await limited(anna.room_invite(room_id, user))
        tap.check(isinstance(reply, nio.RoomInviteResponse), f"anna invites {user}", reply)
    await sync_until(tap, bert, lambda: room_id in bert.invited_rooms, "bert sees the invitation")
    reply = await limited(bert.join(room_id))
    tap.check(isinstance(reply, nio.JoinResponse), "bert joins", reply)
    ours("room", "join", room_id)

    seen = []
    bodies(bert, room_id, seen)
    reply = await limited(anna.room_send(room_id, "m.room.message",
                                         {"msgtype": "m.text", "body": "guten Morgen"}, tx_id="t1"))
    tap.check(isinstance(reply, nio.RoomSendResponse), "anna sends", reply)
    again = await limited(anna.room_send(room_id, "m.room.message",
                                         {"msgtype": "m.text", "body": "guten Morgen"}, tx_id="t1"))
    tap.equal(again.event_id, reply.event_id, "the same transaction id gives the same event")
    await sync_until(tap, bert, lambda: ("@anna:localhost", "guten Morgen") in seen, "bert reads it")
    tap.equal([r["body"] for r in ours("read", room_id, "-n", "10", "--type", "m.room.message")],
              ["guten Morgen"], "our client reads it, once")

    sent = ours("send", room_id, "hier bin ich 你好")
    tap.check(sent and sent[0]["event_id"].startswith("$"), "our client sends", sent)
    await sync_until(tap, bert, lambda: ("@carl:localhost", "hier bin ich 你好") in seen,
                     "bert reads what our client sent")
    ours("react", room_id, reply.event_id, "👍")
    ours("send", room_id, "--reply", reply.event_id, "auch guten Morgen")
    got = await limited(bert.room_messages(room_id, start="", limit=30,
                                           direction=nio.MessageDirection.back))
    tap.check(isinstance(got, nio.RoomMessagesResponse), "bert pages back", got)
    raw = [e.source for e in got.chunk]
    tap.check(any(e["type"] == "m.reaction" and e["content"]["m.relates_to"]["key"] == "👍"
                  for e in raw), "the reaction is there")
    tap.check(any(e["content"].get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")
                  == reply.event_id for e in raw), "the reply is there")
    return room_id, reply.event_id


async def media(anna, bert, ours, room_id, folder):
    path = folder / "plan.bin"
    path.write_bytes(bytes(range(256)) * 4096)
    with open(path, "rb") as f:
        up, _ = await limited(anna.upload(f, content_type="application/octet-stream",
                                          filename="plan.bin", filesize=path.stat().st_size))
    tap.check(isinstance(up, nio.UploadResponse), "anna uploads", up)
    ours("file", "get", up.content_uri, "-o", folder / "got.bin")
    tap.equal((folder / "got.bin").read_bytes(), path.read_bytes(), "our client downloads it whole")
    (folder / "blatt.txt").write_text("Aufgabe 1\n", encoding="utf-8")
    sent = ours("send", room_id, "--file", folder / "blatt.txt")
    tap.check(bool(sent), "our client sends a file", sent)
    found = []

    async def on_file(room, event):
        found.append(event)
    bert.add_event_callback(on_file, nio.RoomMessageFile)
    await sync_until(tap, bert, lambda: found, "bert sees the file")
    if found:
        server, media_id = found[0].url[len("mxc://"):].split("/")
        down = await limited(bert.download(server_name=server, media_id=media_id))
        body = getattr(down, "body", None)
        if body is None:  # older nio asks the path without authentication, which is refused
            down = await limited(authenticated_download(bert, server, media_id))
            body = down
        tap.equal(body, b"Aufgabe 1\n", "bert downloads it")


async def authenticated_download(client, server, media_id):
    headers = {"Authorization": f"Bearer {client.access_token}"}
    path = f"/_matrix/client/v1/media/download/{server}/{media_id}"
    reply = await client.client_session.get(client.homeserver + path, headers=headers)
    return await reply.read()


async def small_things(anna, bert, ours, room_id, event_id):
    reply = await limited(bert.room_read_markers(room_id, event_id, event_id))
    tap.check(isinstance(reply, nio.RoomReadMarkersResponse), "bert sends a receipt", reply)
    rows = ours("receipts", room_id, event_id)
    tap.check(any(r["user_id"] == "@bert:localhost" and r["read"] for r in rows),
              "our client sees that bert has read", rows)
    reply = await limited(bert.room_typing(room_id, True, timeout=5000))
    tap.check(isinstance(reply, nio.RoomTypingResponse), "bert types", reply)
    reply = await limited(anna.set_displayname("Frau Ärger"))
    tap.check(isinstance(reply, nio.ProfileSetDisplayNameResponse), "anna changes her name", reply)
    shown = ours("profile", "show", "@anna:localhost")
    tap.equal(shown[0]["name"], "Frau Ärger", "our client sees it")
    reply = await limited(anna.room_put_state(room_id, "m.room.topic", {"topic": "Physik"}))
    tap.check(isinstance(reply, nio.RoomPutStateResponse), "anna sets a topic", reply)
    reply = await limited(bert.room_put_state(room_id, "m.room.topic", {"topic": "Chemie"}))
    tap.check(getattr(reply, "status_code", "") == "M_FORBIDDEN", "bert may not", reply)
    reply = await limited(anna.room_redact(room_id, event_id, reason="weg"))
    tap.check(isinstance(reply, nio.RoomRedactResponse), "anna redacts", reply)
    got = await limited(bert.room_get_event(room_id, event_id))
    tap.check(isinstance(got, nio.RoomGetEventResponse) and
              got.event.source["content"] == {}, "the text is gone", got)
    reply = await limited(anna.room_kick(room_id, "@bert:localhost", "Pause"))
    tap.check(isinstance(reply, nio.RoomKickResponse), "anna removes bert", reply)
    reply = await limited(bert.room_send(room_id, "m.room.message",
                                         {"msgtype": "m.text", "body": "?"}))
    tap.check(getattr(reply, "status_code", "") == "M_FORBIDDEN", "bert is out", reply)


async def story(folder):
    serve = lib.Serve(folder / "data")
    for user in ("anna", "bert", "carl"):
        serve.admin("user", "add", user, "--password-stdin", stdin=PASSWORD + "\n")
    serve.start()
    ours = lib.Client(folder / "carl")
    ours.login(serve.url, "carl", PASSWORD)
    anna, bert = await log_in(serve.url, "anna"), await log_in(serve.url, "bert")
    try:
        room_id, event_id = await rooms_and_messages(anna, bert, ours)
        await media(anna, bert, ours, room_id, folder)
        await small_things(anna, bert, ours, room_id, event_id)
        reply = await limited(anna.logout())
        tap.check(isinstance(reply, nio.LogoutResponse), "anna logs out", reply)
    finally:
        await anna.close()
        await bert.close()
        tap.equal(serve.stop(), 0, "the server stops cleanly")


def main(_, folder):
    asyncio.run(story(folder))


tap.play(main)
