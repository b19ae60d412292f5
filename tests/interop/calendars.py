"""Meetings through other people's libraries and servers, and back.

muster's calendar file is read by Python's icalendar and vobject, written again by them, imported into another
room, and must yield the same dates; on `muster serve`, and on Synapse. What is not installed is skipped.
"""
import importlib
import io
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from synapse import PASSWORD, VENV, Synapse, lib  # noqa: E402

PEERS = pathlib.Path(__file__).resolve().parents[2] / "build/peers/calendars"
sys.path[:0] = [str(p) for p in PEERS.glob("lib/python3*/site-packages")]

SERIES = [
    ["Waves; part 1, \\two", "--start", "2090-03-01 09:00", "--tz", "Europe/Berlin", "--repeat",
     "FREQ=WEEKLY;BYDAY=WE,FR;COUNT=12", "--description", "first line\nsecond: grün €"],
    ["Month", "--start", "2090-01-31 18:30", "--tz", "America/New_York", "--repeat",
     "FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20901231"],
    ["Once", "--start", "2090-06-01 23:30", "--tz", "Asia/Kathmandu"],
    ["Last", "--start", "2090-09-29 08:00", "--tz", "Australia/Lord_Howe", "--repeat",
     "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1;COUNT=6"],
    ["Yearly", "--start", "2020-03-02 10:00", "--tz", "Europe/Berlin", "--repeat", "FREQ=YEARLY;UNTIL=20920401T000000Z",
     "--past"],
]


def through_icalendar(text):
    icalendar = importlib.import_module("icalendar")
    calendar = icalendar.Calendar.from_ical(text)
    for event in calendar.walk("VEVENT"):
        assert event["DTSTART"].dt.tzinfo is not None, event["SUMMARY"]
        assert event["DTEND"].dt > event["DTSTART"].dt, event["SUMMARY"]
    return calendar.to_ical().decode()


def through_vobject(text):
    vobject = importlib.import_module("vobject")
    return vobject.readOne(io.StringIO(text)).serialize()


THROUGH = {"icalendar": through_icalendar, "vobject": through_vobject}


def rows(client, room):
    keys = ("uid", "title", "recurrence_id", "start", "duration_s", "status", "description", "location")
    found = client("meet", "list", "--room", room, "--since", "2019-01-01", "--until", "2093-01-01", "--all")
    return [tuple(row[k] for k in keys) for row in found]


def schedule(client, room):
    for i, (title, *options) in enumerate(SERIES):
        client("meet", "schedule", title, "--uid", f"m{i}@school", "--room", room, "--duration", "45m", *options)
    client("meet", "change", "m0@school@2090-03-08", "--start", "2090-03-09T11:00:00+01:00")
    client("meet", "cancel", "m0@school@2090-03-10", "--reason", "excursion")
    # Its dates that have begun keep their length, their title and that they had no place.
    client("meet", "change", "m4@school", "--duration", "2h", "--title", "Every year", "--location", "Hall")


def through(tap, client, folder, name, text, want, where):
    try:
        importlib.import_module(name)
    except ImportError:
        print(f"ok - {name} on {where} # SKIP it is not installed under build/peers/calendars")
        return
    other = client("room", "create", f"By {name}")[0]["room_id"]
    path = folder / f"{name}.ics"
    path.write_text(THROUGH[name](text), encoding="utf-8", newline="")
    client("meet", "import", path, "--room", other)
    tap.equal(rows(client, other), want, f"{len(want)} dates through {name} and back, on {where}")
    again = client("meet", "import", path, "--room", other)
    tap.check(all(r["existing"] and not r["changed"] for r in again), f"{name}'s file again changes nothing")


def on(tap, client, folder, where):
    """Everything on one server."""
    room = client("room", "create", "Out")[0]["room_id"]
    schedule(client, room)
    want = rows(client, room)
    tap.equal(len(want), 12 + 12 + 1 + 6 + 73, f"the dates of five meetings, on {where}")
    yearly = [(row[1], row[4], row[7]) for row in want if row[0] == "m4@school"]
    tap.equal((yearly[0], yearly[-1]), (("Yearly", 2700, None), ("Every year", 7200, "Hall")),
              f"dates that have begun stay what they were, on {where}")
    said = client("read", room, "-n", "100")
    tap.equal(sum(r.get("msgtype") == "m.file" for r in said), 8, f"each change posts a calendar file, on {where}")
    tap.check(len(client("room", "pins", room)) == 5, f"five pins, on {where}")
    schedule_again = client("meet", "schedule", "Once", "--uid", "m2@school", "--room", room, "--duration", "45m",
                            "--start", "2090-06-01 23:30")
    tap.check(schedule_again[0]["existing"], f"the same again is there already, on {where}")
    path = folder / "out.ics"
    client("meet", "export", "--room", room, "-o", path)
    for name in THROUGH:
        through(tap, client, folder, name, path.read_text(encoding="utf-8"), want, where)
    return want


def ours(tap, folder):
    folder.mkdir()
    server = lib.Serve(folder / "data", extra=["--open-registration"]).start()
    client = lib.Client(folder / "anna")
    client("register", server.url, "--user", "anna", "--password-stdin", stdin=PASSWORD + "\n")
    want = on(tap, client, folder, "muster serve")
    server.stop()
    return want


def theirs(tap, folder):
    folder.mkdir()
    server = Synapse(folder / "synapse").start()
    server.register("anna")
    client = lib.Client(folder / "anna")
    client.login(server.url, "anna", PASSWORD)
    want = on(tap, client, folder, "Synapse")
    server.stop()
    return want


def main(tap, folder):
    want = ours(tap, folder / "ours")
    if VENV.joinpath("bin/python").exists():
        tap.equal(theirs(tap, folder / "theirs"), want, "the same dates on both servers")
    else:
        print("ok - calendars on Synapse # SKIP it is not installed under build/peers")


if __name__ == "__main__":
    lib.Tap("calendars of others").play(main)
