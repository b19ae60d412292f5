"""Messages for later and quiet hours on a real Synapse: with delayed events, and without."""

import json
import pathlib
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from synapse import MISSING, PASSWORD, Synapse, lib  # noqa: E402

STEP = lib.STEP


def people(folder, server):
    """Ada and Ben, logged in, with a room of theirs and a direct chat."""
    ada, ben = lib.Client(folder / "ada"), lib.Client(folder / "ben")
    for name, client in (("ada", ada), ("ben", ben)):
        server.register(name)
        client.login(server.url, name, PASSWORD)
    room = ada("room", "create", "Physics", "--invite", "@ben:localhost")[0]["room_id"]
    ben("room", "join", room)
    return ada, ben, room


def bodies(client, room):
    return [r.get("body") for r in client("read", room, "-n", "100")]


def comes(client, room, body):
    """Wait until the message is there."""
    return bool(lib.wait_for(lambda: body in bodies(client, room)))


def with_delays(tap, folder):
    server = Synapse(folder / "with", "max_event_delay_duration: 24h").start()
    ada, ben, room = people(folder / "a", server)
    row = ada("send", room, "in a moment", "--at", "now+4s", "--txn-id", "t1")[0]
    tap.equal((row["state"], row["event_id"], row["existing"]), ("scheduled", None, False),
              "Synapse takes it for later")
    again = ada("send", room, "in a moment", "--at", "now+4s", "--txn-id", "t1")[0]
    tap.equal(again["existing"], True, "the same id again schedules nothing")
    tap.check(comes(ben, room, "in a moment"), "it comes at its time")
    tap.equal(ada("queue", "list"), [], "and is in the queue no more")
    row = ada("send", room, "in a moment", "--at", "now+4s", "--txn-id", "t1")[0]
    tap.equal((row["state"], row["existing"]), ("sent", True), "its id is known as sent")

    ada("send", room, "never", "--at", "now+1h", "--txn-id", "t2")
    tap.equal([r["state"] for r in ada("queue", "list")], ["scheduled"], "the queue shows it")
    ada("queue", "drop", "t2")
    waits = api(ada, server, "GET", "/unstable/org.matrix.msc4140/delayed_events")
    tap.equal(waits.get("delayed_events"), [], "queue drop takes it back from Synapse")

    code, out, errors = ada.status("send", room, "in two days", "--at", "now+48h")
    tap.check(code == 8 and out[0]["state"] == "queued" and "later than this server" in errors,
              "longer than Synapse keeps it: it waits here, with the reason", (code, out, errors))
    tap.equal(ada("queue", "run"), [], "nothing is due: queue run is content")
    ada("queue", "drop", "--yes")

    homework = folder / "homework.txt"
    homework.write_text("2 + 2 = 4", encoding="utf-8")
    ada("send", room, "--file", homework, "--at", "now+4s")
    homework.unlink()
    tap.check(comes(ben, room, "homework.txt"), "a file is uploaded now and sent then")

    # What was scheduled before a restart is sent after it.
    ada("send", room, "over the restart", "--at", "now+6s")
    server.stop()
    server.start()
    tap.check(comes(ben, room, "over the restart"), "it survives a restart")
    tap.equal(bodies(ada, room).count("over the restart"), 1, "and comes once")

    quiet(tap, server, ada, ben)
    urgent(tap, ada, ben, room)
    server.stop()


def without_delays(tap, folder):
    server = Synapse(folder / "without").start()
    ada, ben, room = people(folder / "b", server)
    code, out, errors = ada.status("send", room, "from the queue", "--at", "now+3s", "--txn-id", "t1")
    tap.check(code == 8 and out[0]["state"] == "queued" and "muster next runs" in errors,
              "without delayed events it waits here, and says so", (code, out, errors))
    tap.check("from the queue" not in bodies(ben, room), "it is not sent at once")
    sent = lib.wait_for(lambda: ada("queue", "run")) or []
    tap.equal([r["state"] for r in sent], ["sent"], "queue run sends it when it is due")
    tap.check(comes(ben, room, "from the queue"), "it is there")
    tap.equal(ada("queue", "run"), [], "once")
    server.stop()


def quiet(tap, server, ada, ben):
    ada("send", "@ben:localhost", "hello")
    ben("quiet", "off")
    shown = ben("quiet", "set", "--for", "1h", "--all")[0]
    tap.equal((shown["quiet"], shown["published"]), (True, True), "Synapse keeps the profile field")
    code, _, errors = ada.status("send", "@ben:localhost", "are you there?")
    tap.check(code == 0 and "is quiet until" in errors, "the sender is told", errors)
    field = api(ada, server, "GET", "/v3/profile/" + urllib.parse.quote("@ben:localhost"))
    tap.equal(sorted(field.get("org.muster.quiet", {})), ["from_ts", "until_ts"],
              "a span and nothing else is published")
    other = lib.Client(server.folder / "ben2")
    other.login(server.url, "ben", PASSWORD)
    tap.equal(other("quiet", "show")[0]["quiet"], True, "another device of Ben's knows")
    ben("quiet", "set", "--private")
    code, _, errors = ada.status("send", "@ben:localhost", "and now?")
    tap.check(code == 0 and "quiet" not in errors, "in private nobody is told", errors)


def urgent(tap, ada, ben, room):
    row = ada("urgent", room, "room 12 is flooded", "--user", "@ben:localhost", "--reason", "now")[0]
    tap.equal(row["state"], "sent", "an urgent message goes out")
    ben("mark", room, row["event_id"])
    def read():
        return [(r["user_id"], r["read"]) for r in ada("receipts", room, row["event_id"])]
    lib.wait_for(lambda: read() == [("@ben:localhost", True)])
    tap.equal(read(), [("@ben:localhost", True)], "who has read it is told")
    code, _, errors = ada.status("urgent", room, "again", "--user", "@ben:localhost", "--reason",
                                 "now")
    tap.check(code == 6 and "within an hour" in errors, "one an hour to a person", errors)


def api(client, server, method, path):
    secrets = next(client.home.glob(".local/share/muster/accounts/*/secrets.json"))
    token = json.loads(secrets.read_text(encoding="utf-8"))["access_token"]
    rq = urllib.request.Request(server.url + "/_matrix/client" + path, method=method,
                                headers={"Authorization": "Bearer " + token})
    with urllib.request.urlopen(rq, timeout=STEP) as reply:
        return json.load(reply)


if __name__ == "__main__":
    lib.Tap("later on Synapse").play(with_delays, without_delays, skip=MISSING)
