"""Calls on `muster serve` as it is: people of LiveKit's and our own in a room's call, their
memberships with leaves that the server sends for them, and what the room is told of them.

Who dies has left within fifteen seconds, who is removed from the room is out of the call, and
a server that was killed makes up for what it could not say.
"""

import concurrent.futures
import os
import pathlib
import signal
import sys
import time
import urllib.parse

import livekit_peers as lk
from livekit_people import Someone, kinds
import livekit_serve
from livekit_serve import MEMBER, V3, call

lib = lk.lib
tap = lib.Tap("presence")
SOON = 15  # seconds in which who died has left
OWN = "@_muster:localhost"
LATER = "?org.matrix.msc4140.delay=3600000"


def quote(s):
    return urllib.parse.quote(s, safe="")


class Place(livekit_serve.Place):
    """Whose people hand their leaves over when they ask for a token."""

    def key(self, user):
        return f"_@{user}:localhost_{user.upper()}_m.call"

    def where(self, user):
        return f"{V3}/rooms/{quote(self.room)}/state/{MEMBER}/{quote(self.key(user))}"

    def entry(self, user):
        url, token = self.serve.url, self.tokens[user]
        leave = call(url, "PUT", self.where(user) + LATER, {}, token)["delay_id"]
        openid = call(url, "POST", f"{V3}/user/@{user}:localhost/openid/request_token", {}, token)
        reply = call(url, "POST", "/livekit/jwt/sfu/get", {
            "room": self.room, "openid_token": openid, "device_id": user.upper(),
            "delay_id": leave, "delay_timeout": 3600000})
        call(url, "PUT", self.where(user), {"application": "m.call", "device_id": user.upper()},
             token)
        return f"@{user}:localhost:{user.upper()}", reply["jwt"]

    def membership(self, user):
        return call(self.serve.url, "GET", self.where(user) + "?format=event",
                    token=self.tokens["watcher"])

    def is_member(self, user):
        return self.membership(user).get("content", {}).get("application") == "m.call"

    def await_end(self, user):
        """When the membership ended, by the server's clock; None when it never does."""
        if not lib.wait_for(lambda: not self.is_member(user)):
            return None
        return self.membership(user)["origin_server_ts"] / 1000

    def told(self, user=None):
        """What the server's user said in the room, of everybody or of one, oldest first."""
        reply = call(self.serve.url, "GET",
                     f"{V3}/rooms/{quote(self.room)}/messages?dir=f&limit=100&filter="
                     + quote('{"types":["org.muster.presence"]}'), token=self.tokens["watcher"])
        return [e["content"] for e in reply["chunk"] if e["sender"] == OWN
                and user in (None, e["content"]["device_id"].lower())]

    def await_told(self, user, n, limit=lib.STEP):
        lib.wait_for(lambda: len(self.told(user)) >= n, limit)
        return self.told(user)


def states(list):
    return [(c["state"], c.get("reason")) for c in list]


def come(place, kind, user):
    person = Someone(place, kind, user)
    reply = person.join()
    tap.check(reply.get("ok"), f"{user} ({kind}) joins", (reply, person.driver.error_text()))
    tap.equal(states(place.await_told(user, 1)[-1:]), [("joined", None)], f"{user} is told as there")
    tap.check(place.is_member(user), f"{user} is a member of the call")
    return person


def leaves(place, kind):
    user = f"{kind}1"
    person = come(place, kind, user)
    person.end()
    tap.equal(states(place.await_told(user, 2)), [("joined", None), ("left", "left")],
              f"{user} leaves, and is told so")
    tap.check(place.await_end(user), f"{user}'s leave is sent by the server")


def dies(place, kind, other):
    """`other` stays and is heard of no more than before."""
    user = f"{kind}2"
    person = come(place, kind, user)
    tap.check(person.hears(other).get("ok"), f"{user} hears {other.name}")
    before = len(place.told(other.name))
    killed = time.time()
    kill(person)
    took = (place.await_end(user) or float("inf")) - killed
    tap.check(took < SOON, f"{user} is killed: the membership ends within {SOON} s", took)
    print(f"# {user}: {took:.1f} s after the kill", flush=True)
    told = place.await_told(user, 2)
    tap.equal(states(told), [("joined", None), ("left", "lost")], f"{user} is told as lost")
    tap.check(abs(told[-1]["at"] / 1000 - killed) < 6, f"{user}: at the last sign of life",
              told[-1]["at"] / 1000 - killed)
    tap.equal(len(place.told(other.name)), before, f"nothing is told of {other.name}")
    person.proxy.close()


def kill(person):
    """The whole of them: a driver may have a child that is the client."""
    pid = person.driver.child.pid
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)
    person.driver.child.kill()
    person.driver.child.wait(lib.STEP)


def removed(place, kind):
    user = f"{kind}3"
    person = come(place, kind, user)
    mark = person.driver.mark()
    call(place.serve.url, "POST", f"{V3}/rooms/{quote(place.room)}/kick",
         {"user_id": f"@{user}:localhost"}, place.tokens["watcher"])
    tap.check(person.driver.event(since=mark, event="ended"), f"{user} is removed: the call ends",
              person.driver.lines[-6:])
    tap.equal(states(place.await_told(user, 2)), [("joined", None), ("left", "removed")],
              f"{user} is told as removed")
    again = lk.KINDS[kind](person.identity)
    reply = again.do("join", url=place.serve.url.replace("http", "ws"), token=person.token)
    tap.check(not reply.get("ok"), f"{user} does not get in again with the same token", reply)
    again.end()
    person.end()
    tap.equal(len(place.told(user)), 2, f"{user}: and nothing more is told")


def ended_server(place, here, how, reason):
    """A server that is stopped or killed: who comes back has two times, and nobody is a ghost."""
    n = {"closed": 4, "restarted": 6}[reason]
    couples = [(come(place, kind, f"{kind}{n}"), come(place, kind, f"{kind}{n + 1}")) for kind in here]
    begin = time.time()
    place.serve.stop(how)
    stopped = time.time()
    for _, away in couples:
        kill(away)
    place.serve.start()
    for back, away in couples:
        was_there(place, back, away, stopped, reason)
    for back, away in couples:
        comes_back(place, back, reason)
        end = place.await_end(away.name)
        tap.check(end, f"{away.name} does not come back: its leave is sent")
        print(f"# {away.name}: {(end or 0) - begin:.1f} s after the server's end", flush=True)
        tap.check(place.is_member(back.name), f"{back.name} is still a member of the call")
    for back, away in couples:
        back.end()
        place.await_told(back.name, 4)
        away.proxy.close()


def was_there(place, back, away, stopped, reason):
    for p in (back, away):
        told = place.await_told(p.name, 2)
        tap.equal(states(told[:2]), [("joined", None), ("left", reason)],
                  f"{p.name}: the server's end is said, at the latest when it is back")
        tap.check(told[0]["at"] <= told[1]["at"] < stopped * 1000 + 1000,
                  f"{p.name}: when it was there last", told)


def comes_back(place, back, reason):
    told = place.await_told(back.name, 3, 20)
    if len(told) < 3:
        print(f"# {back.name} does not come back by itself after {reason}", flush=True)
        back.driver.end()
        back.driver = lk.KINDS[back.kind](back.identity)
        tap.check(back.join().get("ok"), f"{back.name} joins anew, with the same token")
        told = place.await_told(back.name, 3)
    tap.equal(states(told[2:]), [("joined", None)], f"{back.name} is back")
    tap.check(told[2]["session_id"] != told[0]["session_id"], "it is another session of the call")


def each_way_out(place, kind, stays):
    leaves(place, kind)
    dies(place, kind, stays)
    removed(place, kind)


def main():
    why = lk.missing()
    if why:
        print(f"ok - presence # SKIP {'; '.join(why)}")
        return
    here = [k for k in kinds() if k != "chromium"]
    people = ["watcher", "stays"] + [f"{k}{i}" for k in here for i in range(1, 8)]
    with lib.Folder() as folder:
        place = Place(folder, people).start()
        try:
            stays = come(place, here[0], "stays")
            # Side by side: most of it is waiting until the dead are taken for dead.
            with concurrent.futures.ThreadPoolExecutor() as pool:
                list(pool.map(lambda kind: each_way_out(place, kind, stays), here))
            tap.equal(states(place.told("stays")), [("joined", None)], "who stays is told once")
            sessions = {c["session_id"] for c in place.told()}
            tap.equal(len(sessions), 1, "as long as somebody is there it is one session")
            stays.end()
            tap.equal(states(place.await_told("stays", 2)[-1:]), [("left", "left")], "the last leaves")
            ended_server(place, here, signal.SIGTERM, "closed")
            ended_server(place, here, signal.SIGKILL, "restarted")
        finally:
            place.stop()
    tap.end()


sys.exit(main())
