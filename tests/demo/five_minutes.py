#!/usr/bin/env python3
"""The five minutes: from an empty folder and a class list to a class that has read a message.

`muster serve` and `muster class create` do what a teacher would; every student comes in by the
one-time link of a slip, over real HTTP from one address, waits for the teacher's message as a
client does, and says that it was read. Then as many strangers register and log in at once.

PEOPLE=300 python3 tests/demo/five_minutes.py
"""

import asyncio
import csv
import os
import pathlib
import resource
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from harness import Client, Folder, Serve, Tap, rss_mb, run, wait_for  # noqa: E402
from people import Person, together  # noqa: E402

PEOPLE = int(os.environ.get("PEOPLE", "300"))
CLASS = "Physics 10b"
FIRST = ["Anna", "Ben", "Chloé", "Dario", "Emil", "伟", "さくら", "Łukasz", "Zoë", "O’Neil"]
LAST = ["Meier", "Müller", "Nowak", "García", "张", "田中", "Öztürk", "Smith"]
TEXT = "Good morning. Please read chapter three."


class Clock:
    """How long each step took, and when it was done."""

    def __init__(self):
        self.begin = self.last = time.monotonic()
        self.rows = []

    def step(self, what, note=""):
        now = time.monotonic()
        self.rows.append((what, now - self.last, now - self.begin, note))
        self.last = now

    def show(self):
        for what, took, at, note in self.rows:
            print(f"# {what:<44} {took:7.2f} s   at {at:7.2f} s  {note}")
        return self.rows[-1][2]


def write_list(path):
    """As a school's program exports it: semicolons, UTF-16, people of the same name."""
    with open(path, "w", encoding="utf-16", newline="") as f:
        rows = csv.writer(f, delimiter=";")
        rows.writerow(["Student ID", "Name"])
        for i in range(PEOPLE):
            rows.writerow([f"2026{i:04}", f"{FIRST[i % len(FIRST)]} {LAST[i % len(LAST)]}"])


async def students(tap, clock, server, teacher, rows):
    people = [Person(server.url, f"s{i}") for i in range(len(rows))]
    codes = dict(zip(people, (r["code"] for r in rows)))
    room = rows[0]["room_id"]

    replies, took = await together(people, lambda p: p.claim(codes[p], f"a password {p.name}"))
    tap.check(all(r.get("room_id") == room for r in replies), "every link lets its student in")
    tap.equal(len({r["user_id"] for r in replies}), len(rows), "nobody is two people")
    clock.step(f"{len(people)} come in by their links", f"{len(people) / took:.0f} a second, "
               f"asked to wait {sum(p.waits for p in people)} times")

    syncs, _ = await together(people, lambda p: p.sync())
    tap.check(all(room in s["rooms"]["join"] for s in syncs), "all see the class room")
    clock.step("all have synced")

    waiting = [asyncio.create_task(p.await_event(
        room, s["next_batch"], lambda e: e.get("content", {}).get("body") == TEXT))
        for p, s in zip(people, syncs)]
    loop = asyncio.get_running_loop()
    sent = (await loop.run_in_executor(None, lambda: teacher("send", CLASS, TEXT)))[0]
    seen = await asyncio.gather(*waiting)
    tap.check(all(e["event_id"] == sent["event_id"] for e, _ in seen), "all get the message")
    spread = (max(at for _, at in seen) * 1000 - seen[0][0]["origin_server_ts"])
    clock.step("all have the message", f"the last {spread:.0f} ms after it was sent")

    await together(people, lambda p: p.read(room, sent["event_id"]))
    clock.step("all have said that they read it")
    return people, sent["event_id"]


async def strangers(clock, server):
    """As many registrations, each followed by a log-in, all at once and from one address."""
    people = [Person(server.url, f"stranger{i}") for i in range(PEOPLE)]

    async def arrive(p):
        await p.register(f"password of {p.name}")
        return await p.login(f"password of {p.name}")

    replies, took = await together(people, arrive)
    clock.step(f"{PEOPLE} register and log in", f"{2 * PEOPLE / took:.0f} passwords a second, "
               f"asked to wait {sum(p.waits for p in people)} times")
    return len({r["user_id"] for r in replies}), took, people


def is_read(teacher, event_id):
    rows = teacher("receipts", CLASS, event_id)
    readers = [r for r in rows if r["read"]]
    return len(readers) if len(readers) >= PEOPLE else None


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    tap, clock = Tap("five minutes"), Clock()
    with Folder() as work:
        write_list(work / "class.csv")
        clock.last = clock.begin = time.monotonic()

        made = run(["serve", "--init", "--data", work / "data", "--server-name", "localhost"],
                   work / "serve-home")[1][0]
        server = Serve(work / "data", extra=["--open-registration"]).start()
        clock.step("the server runs")

        teacher = Client(work / "teacher")
        teacher.login(server.url, "admin", made["password"])
        rows = teacher("class", "create", CLASS, "--students", work / "class.csv",
                       "--slips", work / "slips.html")
        tap.equal(len([r for r in rows if r["state"] == "added"]), PEOPLE, "all are in the class")
        tap.check((work / "slips.html").stat().st_size > 1000, "there is a page of slips")
        clock.step("class, accounts, members and slips")

        async def morning():
            people, event_id = await students(tap, clock, server, teacher, rows)
            loop = asyncio.get_running_loop()
            readers = await loop.run_in_executor(
                None, lambda: wait_for(lambda: is_read(teacher, event_id)))
            tap.equal(readers, PEOPLE, "the teacher sees who has read it: all")
            clock.step("the teacher sees that all have read it")
            total = clock.show()
            print(f"# from an empty folder to {PEOPLE} readers: {total:.1f} s; "
                  f"server's memory {rss_mb(server.process.child.pid):.0f} MB")

            rush = Clock()
            arrived, took, more = await strangers(rush, server)
            tap.equal(arrived, PEOPLE, "strangers from the same address can register and log in")
            rush.show()
            for p in people + more:
                p.close()
            return total, took

        total, took = asyncio.run(morning())
        if os.environ.get("TIMED"):
            tap.check(total < 300, "in five minutes", f"{total:.0f} s")
            tap.check(took < 60, "registrations and log-ins within a minute", f"{took:.0f} s")
        tap.equal(server.stop(), 0, "the server ends in order")
    tap.end()


if __name__ == "__main__":
    main()
