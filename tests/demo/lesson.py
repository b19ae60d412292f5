#!/usr/bin/env python3
"""A lesson by voice, part of the demo: one teacher speaks, some listen, one answers, one records.

    lesson.py SERVER_URL ROOM_ID FOLDER

Everybody is a muster process of an account that is logged in (HOME tells
where): `teacher`, and the students named below. Where node, livekit-client and
Chromium are there, one more student listens in a browser. What was seen is
printed as one JSON object; FOLDER keeps the sounds.
"""

import datetime
import json
import pathlib
import signal
import subprocess
import sys
import urllib.parse
import wave

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests" / "interop"), str(TOP / "tests" / "lib"),
                str(TOP / "tests" / "demo")]
import harness as lib  # noqa: E402
import heard  # noqa: E402
import livekit_peers as lk  # noqa: E402
import livekit_serve as place  # noqa: E402

LISTENERS = ["s01", "s02", "s03", "s04"]
CRASHES = "s04"
ANSWERS, RECORDS, BROWSES = "s05", "s06", "s07"
QUESTION = ("Good morning, class. Today we measure the half-life of radium. "
            "Who can tell me what half of a half is?")
ANSWER = "A quarter of what there was, Madame. And then an eighth."
STEP = 20
SERVER_NAME = "school.example"


def user_id(name):
    return f"@{'curie' if name == 'teacher' else name}:{SERVER_NAME}"


def speak(words, voice, path):
    subprocess.run(["espeak-ng", "-v", voice, "-w", str(path), words], check=True, timeout=STEP)


class Person(lib.Process):
    """Somebody in the call: what happens comes as rows."""

    def __init__(self, account, room, *options, **how):
        self.account = account
        super().__init__([lib.MUSTER, "--json", "--no-input", "--account", account, "call",
                          "join", room, *map(str, options)], **how)

    def wait(self, event, who=None):
        """The row of the first such event."""
        def is_it(line):
            row = json.loads(line)
            return row["event"] == event and (who is None or row.get("user_id") == who)
        line = self.wait_line(is_it, STEP)
        if line is None:
            raise RuntimeError(f"{self.account} did not see {event} of {who}:\n" +
                               "\n".join(l for l in self.lines[-20:] if l) + self.error_text())
        return json.loads(line)

    def saw(self, event, who):
        return any(r["event"] == event and r.get("user_id") == who for r in self.json_lines())


def browser(url, room):
    """A student who listens by livekit-client in Chromium; or why there is none."""
    if not lk.has_browser():
        return None, "Chromium, node or livekit-client is not installed (make interop brings them)"
    login = place.call(url, "POST", place.V3 + "/login", {
        "type": "m.login.password", "identifier": {"type": "m.id.user", "user": BROWSES},
        "password": f"a-long-pass-phrase-{BROWSES[1:]}", "device_id": "BROWSER"})
    token, me = login["access_token"], urllib.parse.quote(user_id(BROWSES))
    found = place.call(url, "GET", "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports",
                       None, token)
    openid = place.call(url, "POST", f"{place.V3}/user/{me}/openid/request_token", {}, token)
    entry = place.call(found["rtc_transports"][0]["livekit_service_url"], "POST", "/sfu/get", {
        "room": room, "openid_token": openid, "device_id": "BROWSER"})
    page = lk.Person("browser", ["node", lk.HERE / "livekit_chromium.mjs", lk.BROWSER,
                                 lk.CHROMIUM[0]])
    page.do("join", url=entry["url"], token=entry["jwt"])
    return page, None


def raw(path):
    with wave.open(str(path)) as w:
        assert w.getsampwidth() == 2 and w.getnchannels() == 1
        return f"s16le:{w.getframerate()}:1", w.readframes(w.getnframes())


def seconds(ts):
    return datetime.datetime.fromisoformat(ts).timestamp()


def where(speech, recording):
    at, like = heard.find(speech, recording)
    return {"at_s": at, "like": like, "heard": like >= heard.LIKE}


def in_browser(page, question, answer):
    """Everybody's sound apart, found by what it is most like."""
    out = {}
    for name, speech in (("question", question), ("answer", answer)):
        who = user_id("teacher" if name == "question" else ANSWERS)
        came = {e["who"] for e in page.json_lines() if e.get("what") == "subscribed"}
        best = {"heard": False, "like": 0}
        for identity in sorted(p for p in came if p.startswith(who + ":")):
            levels = page.do("levels", who=identity)["levels"]
            if len(levels) > len(speech):
                found = where(speech, levels)
                best = max(best, found, key=lambda f: f["like"])
        out[name] = best
    return out


def lesson(url, room, folder):
    question, answer = folder / "question.wav", folder / "answer.wav"
    speak(QUESTION, "en+f2", question)
    speak(ANSWER, "en+m3", answer)
    pcm, sound = raw(answer)
    recording = folder / "lesson.wav"

    listeners = [Person(s, room, "--listen-only") for s in LISTENERS]
    records = Person(RECORDS, room, "--listen-only", "--record", recording)
    answers = Person(ANSWERS, room, "--in", "-", "--pcm", pcm, stdin=subprocess.PIPE)
    page, why_not = browser(url, room)
    students = [*listeners, records, answers]
    for p in students:
        p.wait("joined", user_id(p.account))
    begun = records.wait("joined", user_id(RECORDS))

    teacher = Person("teacher", room, "--play", question)
    asked = records.wait("speaking", user_id("teacher"))
    answers.wait("speaking", user_id("teacher"))
    # One student's client dies, and is started again.
    crashed = listeners[LISTENERS.index(CRASHES)]
    crashed.child.kill()
    crashed.child.wait(STEP)
    again = Person(CRASHES, room, "--listen-only")
    again.wait("joined", user_id(CRASHES))
    teacher.child.wait(STEP)
    answers.wait("left", user_id("teacher"))
    answers.child.stdin.buffer.write(sound)
    answers.child.stdin.close()
    answered = records.wait("speaking", user_id(ANSWERS))
    answers.child.wait(STEP)
    records.wait("left", user_id(ANSWERS))
    speeches = heard.envelope(question), heard.envelope(answer)
    web = in_browser(page, *speeches) if page else {"skipped": why_not}
    staying = [p for p in listeners if p is not crashed] + [again, records]
    for p in staying:
        p.child.send_signal(signal.SIGINT)
    ends = [p.child.wait(STEP) for p in [*staying, teacher, answers]]
    if page:
        page.end()

    whole = heard.envelope(recording)
    found = [where(speech, whole) for speech in speeches]
    # Recording begins when the one who records is in; speakers are told of a moment after.
    told = [seconds(row["ts"]) - seconds(begun["ts"]) for row in (asked, answered)]
    # A busy machine tells late: each is nearer to when it was told itself than to the other.
    in_time = [f["heard"] and abs(f["at_s"] - mine) < abs(f["at_s"] - other)
               for f, mine, other in zip(found, told, reversed(told))]
    return {
        "people": len(ends), "listeners": len(listeners),
        "listeners_heard_teacher": sum(p.saw("speaking", user_id("teacher")) for p in listeners),
        "listeners_heard_answer": sum(p.saw("speaking", user_id(ANSWERS)) for p in staying[:-1]),
        "recorded_s": round(len(whole) * heard.STEP_S, 2),
        "question": found[0], "question_in_time": in_time[0], "asked_s": round(told[0], 2),
        "answer": found[1], "answer_in_time": in_time[1], "answered_s": round(told[1], 2),
        "browser": web,
        "left_cleanly": sum(e in (0, -signal.SIGINT) for e in ends),
    }


def main(argv):
    print(json.dumps(lesson(argv[0], argv[1], pathlib.Path(argv[2]))))


if __name__ == "__main__":
    main(sys.argv[1:])
