"""A server that was put back from a backup, seen by matrix-nio and by our own client.

A is said, a backup made, B said and read by both; the backup is put back; C is said. Both must
see C, and nothing twice: a program that acts on what it reads must not act twice.
"""

import asyncio

from nio_people import PASSWORD, lib, limited, nio, sync_until

tap = lib.Tap("restore")


def seen_by(ours, room):
    return [r["body"] for r in ours("read", room, "-n", "50", "--type", "m.room.message")]


async def story(serve, folder):
    ours = lib.Client(folder / "ours")
    ours.login(serve.url, "carl", PASSWORD)
    bot = nio.AsyncClient(serve.url, "@bot:localhost",
                          config=nio.AsyncClientConfig(encryption_enabled=False))
    await limited(bot.login(PASSWORD, device_name="nio"))
    room = ours("room", "create", "Klasse", "--invite", "@bot:localhost")[0]["room_id"]
    heard = []

    async def on_message(_, event):
        heard.append(event.body)
    bot.add_event_callback(on_message, nio.RoomMessageText)
    await limited(bot.sync(timeout=0))
    await limited(bot.join(room))
    ours("send", room, "A")
    await sync_until(tap, bot, lambda: heard == ["A"], "nio hears A")
    made = serve.admin("backup", "-o", folder / "backups")[1][0]
    ours("send", room, "B")
    ours("room", "set", room, "name", "Klasse, umbenannt")
    lost = ours("room", "create", "Verloren", "--invite", "@bot:localhost")[0]["room_id"]
    await sync_until(tap, bot, lambda: heard == ["A", "B"], "nio hears B")
    await sync_until(tap, bot, lambda: lost in bot.invited_rooms, "and is invited to another room")
    tap.equal(seen_by(ours, room), ["A", "B"], "our client reads both")

    serve.stop()
    serve.admin("restore", made["path"], "--replace")
    serve.start()
    ours("send", room, "C")
    await sync_until(tap, bot, lambda: "C" in heard, "nio hears C after the restore")
    tap.equal(heard, ["A", "B", "C"], "and nothing twice")
    tap.equal(bot.rooms[room].name, "Klasse", "the room has its name of then for nio")
    reply = await limited(bot.room_send(room, "m.room.message",
                                        {"msgtype": "m.text", "body": "D"}, tx_id="d"))
    tap.check(isinstance(reply, nio.RoomSendResponse), "nio's log-in is still good", reply)
    tap.equal(seen_by(ours, room), ["A", "C", "D"], "our client has dropped B, and fetched the rest")
    tap.equal([r["name"] for r in ours("room", "list")], ["Klasse"],
              "our client has the old name, and not the lost room")
    await sync_until(tap, bot, lambda: heard[-1] == "D", "nio hears itself")
    tap.equal(heard, ["A", "B", "C", "D"], "still nothing twice")

    # A second time from the same backup: the tokens of the life between are nobody's.
    serve.stop()
    serve.admin("restore", made["path"], "--replace")
    serve.start()
    ours("send", room, "E")
    await sync_until(tap, bot, lambda: "E" in heard, "nio hears E after a second restore")
    tap.equal(seen_by(ours, room), ["A", "E"], "our client knows what is there now")
    tap.check(all(r["ok"] for r in serve_check(serve)), "the server's data are sound")
    await bot.close()


def serve_check(serve):
    return serve.admin("check")[1]


def main(_, folder):
    serve = lib.Serve(folder / "data")
    for user in ("carl", "bot"):
        serve.admin("user", "add", user, "--password-stdin", stdin=PASSWORD + "\n")
    serve.start()
    try:
        asyncio.run(story(serve, folder))
    finally:
        serve.stop()


tap.play(main)
