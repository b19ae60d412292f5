"""A class on a server that is not ours: people with Matrix ids are invited, by a real Synapse."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from synapse import MISSING, PASSWORD, Synapse, lib  # noqa: E402

LIST = """Name;Student ID;Matrix ID
Bert Bauer;1;@bert:localhost
Bert Bauer;2;@carl:localhost
"""


def states(rows):
    return [r["state"] for r in rows]


def main(tap, folder):
    server = Synapse(folder / "synapse").start()
    for user in ("anna", "bert", "carl", "dora", "emil"):
        server.register(user)
    anna, bert, dora = (lib.Client(folder / n) for n in ("anna", "bert", "dora"))
    for name, client in (("anna", anna), ("bert", bert), ("dora", dora)):
        client.login(server.url, name, PASSWORD)

    path = folder / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    rows = anna("class", "create", "Biology", "--students", path, "--teacher", "@dora:localhost")
    tap.equal(states(rows), ["invited", "invited"], "both are invited")
    tap.check(all(r.get("link") is None for r in rows), "no links are promised")
    room = rows[0]["room_id"]
    invited = bert("room", "list", "--invited")
    tap.equal([r["name"] for r in invited if r["membership"] == "invite"], ["Biology"],
              "bert sees the invitation to the class room, and to no other")
    bert("room", "join", room)
    tap.equal(sorted(r["name"] for r in dora("room", "list", "--invited")),
              ["Biology", "Biology (staff)"], "the teacher is invited to both rooms")
    tap.equal(bert.status("room", "invite", room, "@emil:localhost")[0], 4,
              "students cannot invite")
    bert("send", room, "I am here")

    path.write_text(LIST + "Dora;3;dora\n", encoding="utf-8")
    rows = anna("class", "create", "Biology", "--students", path)
    tap.equal(states(rows), ["existing", "invited", "invited"], "again: only what is missing")
    tap.equal(rows[0]["room_id"], room, "it is the same class")
    shown = anna("class", "show", room)
    tap.equal([(r["external_id"], r["membership"], r["link"]) for r in shown],
              [("1", "join", None), ("2", "invite", None), ("3", "invite", None)],
              "the roster and how far each is")

    path.write_text("Name\nEmil\n", encoding="utf-8")
    code, _, errors = anna.status("class", "create", "Biology", "--students", path)
    tap.check(code == 1 and "line 2" in errors and "Matrix id" in errors,
              "who has no Matrix id is told by line", errors)
    code, _, errors = anna.status("class", "slips", room)
    tap.check(code != 0 and "muster" in errors, "slips need muster's own server", errors)
    anna("class", "close", room)
    tap.equal(bert.status("send", room, "?")[0], 4, "in a closed class students cannot write")
    server.stop()


if __name__ == "__main__":
    lib.Tap("class on Synapse").play(main, skip=MISSING)
