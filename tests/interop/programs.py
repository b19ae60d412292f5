#!/usr/bin/env python3
"""Programs that others wrote speak in a call by WHIP and listen to it by WHEP: ffmpeg (its muxer,
as it comes with PyAV) and aiortc; people of our own client are in the call with them.
"""

import json
import pathlib
import signal
import subprocess
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
from sound import SoundPeer, peers_ready, tone  # noqa: E402

PASSWORD = "correct horse"
MEMBER = "org.matrix.msc3401.call.member"
tap = harness.Tap("programs")


class Place:
    def __init__(self, folder):
        self.folder = folder
        self.serve = harness.Serve(folder / "data")
        self.serve.admin("user", "add", "teacher", "--admin", "--password-stdin",
                         stdin=PASSWORD + "\n")
        self.serve.start()
        self.teacher = harness.Client(folder / "teacher")
        self.teacher.login(self.serve.url, "teacher", PASSWORD)
        self.http("POST", "/_muster/admin/v1/user.add", {"user": "ada", "password": PASSWORD})
        self.ada = harness.Client(folder / "ada")
        self.ada.login(self.serve.url, "ada", PASSWORD)
        self.room = self.teacher("room", "create", "Physics")[0]["room_id"]
        self.http("POST", "/_muster/admin/v1/room.join",
                  {"room_id": self.room, "users": ["ada"]})

    def http(self, method, path, body=None, who="teacher"):
        files = list((self.folder / who).rglob("secrets.json"))
        token = json.loads(files[0].read_text())["access_token"]
        request = urllib.request.Request(
            self.serve.url + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=harness.STEP) as reply:
            return json.load(reply)

    def token(self, listen=False, who=None):
        row = (who or self.teacher)("call", "token", self.room, *(["--listen"] if listen else []))
        return row[0]

    def members(self):
        """Devices of which the room is told that they are in its call."""
        state = self.http("GET", "/_matrix/client/v3/rooms/" +
                          urllib.parse.quote(self.room) + "/state")
        return [e["content"]["device_id"] for e in state
                if e["type"] == MEMBER and e["content"].get("application") == "m.call"]


def heard_tone(ear, hz, section=None):
    """Until the tone is what comes in; the last word."""
    def look():
        word = ear.hear()
        parts = word["sections"] if section is None else [word["sections"][section]]
        return word if any(abs(s["hz"] - hz) <= 10 and s["level"] > 500 for s in parts) else None
    return harness.wait_for(look)


def in_our_client(place, name):
    """The tone in what our own client records and in what it plays, once there is one."""
    played, recorded = (place.folder / f"{name}-{what}.wav" for what in ("played", "recorded"))
    us = harness.Process([harness.MUSTER, "--json", "call", "join", place.room, "--listen-only", "--record",
                          str(recorded), "--output", f"file:{played}"],
                         env=harness.clean_env(place.ada.home))
    harness.wait_for(lambda: tone(played), every=0.5)
    us.stop(signal.SIGINT)
    return tone(played), tone(recorded)


def speaks(place, role, hz):
    """A program of this kind speaks: everybody hears it, and sees whose it is."""
    given = place.token()
    speaker = SoundPeer(role, given["url"], given["token"], hz)
    speaker.until("answered")
    one = SoundPeer("listen", *[place.token(True, place.ada)[k] for k in ("url", "token")], 1)
    one.until("state", state="connected")
    word = heard_tone(one, hz)
    tap.check(word is not None, f"{role} is heard by a player with one section",
              str(one.events[-1:]))
    tap.check(harness.wait_for(lambda: given["device_id"] in place.members()),
              f"{role}: the room is told who speaks")
    for got, what in zip(in_our_client(place, role), ("heard", "recorded")):
        tap.check(got and abs(got - hz) < 3, f"{role} is {what} in muster call join", f"{got} Hz")
    last = one.hear()
    tap.equal(last["lost"], 0, f"{role}: nothing is lost of {last['packets']} packets")
    tap.equal(speaker.end()["status"], 200, f"{role}: it ends with a word")
    tap.check(harness.wait_for(lambda: given["device_id"] not in place.members()),
              f"{role}: the room is told that it has left")
    tap.equal(one.end()["status"], 200, "the player ends with a word")


def listens(place):
    """A player with three sections and one with one, while our own client and a program speak."""
    said = place.folder / "tone.wav"
    subprocess.run([sys.executable, str(harness.TOP / "tests/cli/sound.py"), "make", str(said),
                    "523", "120"], check=True)
    given = place.token()
    three = SoundPeer("listen", *[place.token(True, place.ada)[k] for k in ("url", "token")], 3)
    one = SoundPeer("listen", *[place.token(True, place.ada)[k] for k in ("url", "token")], 1)
    for ear in (three, one):
        ear.until("state", state="connected")
    ours = harness.Process([harness.MUSTER, "--json", "call", "join", place.room, "--play", str(said)],
                           env=harness.clean_env(place.ada.home))
    try:
        tap.check(heard_tone(three, 523), "our own client is heard by three sections",
                  ours.error_text() + str(three.events[-1:]))
        tap.check(heard_tone(one, 523), "our own client is heard by one section")
        speaker = SoundPeer("speak", given["url"], given["token"], 880)
        speaker.until("state", state="connected")
        tap.check(heard_tone(three, 880), "a second voice is heard beside it")
        both = harness.wait_for(lambda: (lambda s: s if sum(x["level"] > 500 for x in s) == 2
                                         else None)(three.hear()["sections"]))
        tap.check(both, "two voices, two sections", str(three.events[-1:]))
        silent = three.hear()
        tap.equal(silent["lost"], 0, f"nothing is lost of {silent['packets']} packets")
        speaker.drop()
        tap.check(harness.wait_for(lambda: given["device_id"] not in place.members()),
                  "a program that died has left")
    finally:
        ours.stop()
    for ear in (three, one):
        ear.end()


def rules(place):
    """In a live lesson a pupil's program is muted, and heard once the pupil has the floor."""
    def live(floor):
        place.http("PUT", "/_matrix/client/v3/rooms/" + urllib.parse.quote(place.room) +
                   "/state/org.muster.call", {"version": 1, "mode": "live", "floor": floor})
    live([])
    given = place.token(who=place.ada)
    ear = SoundPeer("listen", *[place.token(True)[k] for k in ("url", "token")], 1)
    ear.until("state", state="connected")
    pupil = SoundPeer("speak", given["url"], given["token"], 700)
    pupil.until("state", state="connected")
    teacher = place.token()
    loud = SoundPeer("speak", teacher["url"], teacher["token"], 440)
    tap.check(heard_tone(ear, 440), "who leads the lesson is heard")
    loud.end()
    before, sent = ear.hear()["packets"], pupil.hear()["sent"]
    tap.check(harness.wait_for(lambda: pupil.hear()["sent"] > sent + 100), "a pupil's program sends on")
    came = ear.hear()["packets"] - before
    tap.check(came < 10, "and is not heard", f"{came} packets")
    live(["@ada:localhost"])
    tap.check(heard_tone(ear, 700), "with the floor it is heard")
    place.ada("call", "token", place.room, "--remove", given["device_id"])
    tap.check(harness.wait_for(lambda: given["device_id"] not in place.members()),
              "without its token it is out of the call")
    pupil.drop()
    ear.end()


def main():
    if not peers_ready():
        print("ok - programs # SKIP aiortc and PyAV could not be installed by pip")
        return 0
    with harness.Folder() as folder:
        place = Place(folder)
        try:
            for role, hz in (("ffmpeg", 440), ("speak", 660)):
                speaks(place, role, hz)
            listens(place)
            rules(place)
        finally:
            place.serve.stop()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
