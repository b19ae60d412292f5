#!/usr/bin/env python3
"""Record a lesson's events as JSON Lines, for replaying: record_lesson.py MUSTER ROOM STAFF_ROOM SINCE UNTIL

The first line says which lesson it is; then one line for each event of the class room and of the staff room, as
the server gave it, with `staff` true for the latter."""
import datetime
import json
import subprocess
import sys


def ms(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def events(muster, room):
    read = [muster, "read", room, "--all-types", "--raw", "--json", "-n", "100000"]
    out = subprocess.run(read, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    for line in out.splitlines():
        row = json.loads(line)
        yield row.get("event") or json.loads(row["raw"])


def main():
    muster, room, staff, since, until = sys.argv[1:]
    lesson = {"room_id": room, "start_ts": ms(since), "end_ts": ms(until)}
    print(json.dumps({"lesson": lesson}, separators=(",", ":")))
    for of, is_staff in ((room, False), (staff, True)):
        for event in events(muster, of):
            event.pop("room_id", None)
            event.get("unsigned", {}).pop("age", None)
            print(json.dumps({"staff": is_staff, "event": event}, separators=(",", ":"), ensure_ascii=False))


if __name__ == "__main__":
    main()
