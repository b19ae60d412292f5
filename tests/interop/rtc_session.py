"""matrix-js-sdk's people in a call of a room on `muster serve`: join, ring, leave, die."""

import signal
import time

import livekit_peers as lk
import livekit_serve

lib = lk.lib
tap = lib.Tap("rtc_session")
MEMBER = livekit_serve.MEMBER
CLIENT_INITIATED = 1  # LiveKit's DisconnectReason
SOON = 15  # seconds in which who died has left
RING = "org.matrix.msc4075.rtc.notification"


def are(person, since, *users, limit=lk.LIMIT):
    """Wait until these and no others are in the call, as this person sees it; who is, then."""
    want = [f"@{u}:localhost:{u.upper()}" for u in users]
    got = person.event(event="members", since=since, limit=limit,
                       test=lambda e: sorted(m["identity"] for m in e["members"]) == want)
    if got:
        return None
    return person.do("members")


def end_of(person, since, user):
    """When the user's membership ended after the mark, by the server's clock."""
    leave = person.event(event="event", type=MEMBER, sender=f"@{user}:localhost", since=since,
                         test=lambda e: e["content"] == {})
    return leave["ts"] / 1000 if leave else float("inf")


def start(person, place, user):
    reply = person.do("start", url=place.serve.url, user=f"@{user}:localhost", device=user.upper(),
                      token=place.tokens[user], room=place.room)
    tap.check(reply["ok"], f"{user} syncs", reply)


def sdk_alone(place, anna, bert):
    where = anna.do("transports")
    tap.check(where["ok"] and where["list"], "it finds where calls take place", where)
    service = where["list"][0]["livekit_service_url"]
    mark = bert.mark()
    tap.check(anna.do("join", service=service, ring=True)["ok"], "anna joins")
    tap.equal(are(bert, mark, "anna"), None, "bert sees her in the call")
    tap.equal([m["where"] for m in bert.do("members")["members"]], [service], "and where")
    rang = anna.event(event="rang")
    ring = bert.event(event="event", type=RING, since=mark)
    tap.equal((ring or {}).get("id"), (rang or {"event_id": "none"})["event_id"],
              "bert hears it ring")
    mark = anna.mark()
    tap.check(bert.do("join", service=service)["ok"], "bert joins")
    tap.equal(are(anna, mark, "anna", "bert"), None, "anna sees him")
    mark = anna.mark()
    tap.equal(bert.do("leave").get("left"), True, "bert leaves")
    tap.equal(are(anna, mark, "anna"), None, "anna sees him leave")
    mark = bert.mark()
    killed = time.time()
    anna.child.send_signal(signal.SIGKILL)
    tap.equal(are(bert, mark), None, "anna is killed: she is not in the call any more")
    took = end_of(bert, mark, "anna") - killed
    tap.check(took < SOON, f"within {SOON} s", took)
    trouble = [l for p in (anna, bert) for l in p.lines if l and '"trouble"' in l]
    tap.equal(trouble, [], "nothing troubled it")


def is_row(what, user=None):
    """A test for a row of `muster call join` of that kind, about that person."""
    return lambda e: e["what"] == what and (user is None or e["row"].get("user_id") == user)


def meet(place, anna, voice, bert, service):
    """bert's `muster call join` first; anna joins by the SDK, and speaks by rtc-node."""
    mark = anna.mark()
    reply = bert.do("join", room=place.room, hz=1000)
    tap.check(reply["ok"], "bert joins with muster", reply)
    seen = anna.event(event="members", since=mark, test=lambda e: len(e["members"]) == 1)
    device = reply.get("row", {}).get("device_id")
    tap.equal([(m["identity"], m["where"]) for m in (seen or {}).get("members", [])],
              [(f"@bert:localhost:{device}", service)], "the SDK sees him and where")
    told = anna.event(event="event", type=RING, since=mark)
    tap.equal(((told or {}).get("content", {}).get("notification_type"), (told or {}).get("sender")),
              ("notification", "@bert:localhost"), "the room is told that a call began")
    mark = bert.mark()
    tap.check(anna.do("join", service=service)["ok"], "anna joins with the SDK")
    identity, token = place.entry("anna")
    reply = voice.do("join", url=f"ws://127.0.0.1:{place.port}", token=token, hz=400)
    tap.check(reply["ok"], "and speaks with rtc-node", reply)
    row = bert.event(event="row", since=mark, test=is_row("joined", "@anna:localhost"))
    tap.check(row and row["row"]["device_id"] == "ANNA" and row["row"]["identity"] == identity,
              "muster says who came", row or bert.lines[-6:])
    tap.check(bert.do("hear", hz=400)["ok"], "muster hears her", bert.lines[-4:])
    who = f"@bert:localhost:{device}"
    reply = voice.do("hear", who=who, hz=1000)
    tap.check(reply["ok"], "she hears muster", reply)
    return who


def hands(place, anna, bert, who):
    hand = "\U0001f590\ufe0f"
    mine = anna.do("mine")["event_id"]
    mark = bert.mark()
    sent = anna.do("react", event=mine, key=hand)
    row = bert.event(event="row", since=mark, test=is_row("hand", "@anna:localhost"))
    tap.check(row and row["row"].get("hand") is True, "muster sees her hand", row)
    mark = bert.mark()
    anna.do("redact", event=sent["event_id"])
    row = bert.event(event="row", since=mark, test=is_row("hand", "@anna:localhost"))
    tap.check(row and row["row"].get("hand") is False, "and that she lowers it", row)
    mark = anna.mark()
    tap.equal(bert.do("verb", words=["hand"])["status"], 0, "muster call hand")
    seen = anna.event(event="event", type="m.reaction", sender="@bert:localhost", since=mark)
    theirs = [m for m in anna.do("members")["members"] if m["identity"] == who]
    tap.check(seen and seen["content"]["m.relates_to"]["key"] == hand and theirs,
              "the SDK sees his hand", seen)
    tap.equal(bert.do("verb", words=["hand", "down"])["status"], 0, "muster call hand down")
    gone = anna.event(event="event", type="m.room.redaction", sender="@bert:localhost", since=mark)
    tap.check(gone, "and that he lowers it", anna.lines[-5:])


def steering(voice, bert, who):
    mark = voice.mark()
    tap.equal(bert.do("verb", words=["mute"])["status"], 0, "muster call mute")
    tap.check(voice.event(event="person", who=who, what="muted", since=mark), "is seen")
    tap.check(voice.do("silence", who=who, hz=1000)["ok"], "and heard")
    tap.equal(bert.do("verb", words=["unmute"])["status"], 0, "muster call unmute")
    tap.check(voice.event(event="person", who=who, what="unmuted", since=mark), "is seen")
    tap.check(voice.do("hear", who=who, hz=1000)["ok"], "and heard")
    reply = bert.do("verb", words=["status"])
    tap.check(reply["status"] == 0 and reply["rows"][0].get("people") == 2, "muster call status",
              reply)
    mark = bert.mark()
    voice.do("mute", on=True)
    tap.check(bert.event(event="row", since=mark, test=is_row("muted", "@anna:localhost")),
              "muster sees her muted", bert.lines[-4:])
    voice.do("mute", on=False)
    tap.check(bert.event(event="row", since=mark, test=is_row("unmuted", "@anna:localhost")),
              "and not muted", bert.lines[-4:])


def goes(place, anna, voice, bert, who):
    """Ctrl-C leaves cleanly; SIGKILL is found out."""
    marks = anna.mark(), voice.mark()
    reply = bert.do("signal", name="SIGINT")
    tap.check(reply.get("status") == 130 or reply.get("signal") == "SIGINT", "Ctrl-C ends muster",
              reply)
    gone = time.time()
    tap.equal(are(anna, marks[0], "anna"), None, "and he has left, says the room")
    tap.check(end_of(anna, marks[0], "bert") < gone + 1, "before muster was gone", gone)
    left = voice.event(event="person", who=who, what="left", since=marks[1])
    tap.equal((left or {}).get("reason"), CLIENT_INITIATED, "and the SFU, by his own word")
    bert.end()
    again = lk.muster("bert", place.folder / "bert")
    try:
        marks = anna.mark(), voice.mark()
        tap.check(again.do("join", room=place.room, hz=1000)["ok"], "bert joins again")
        tap.check(voice.do("hear", who=who, hz=1000)["ok"], "she hears him again")
        tap.check(anna.event(event="members", since=marks[0],
                             test=lambda e: len(e["members"]) == 2), "the SDK sees him again")
        marks, killed = (anna.mark(), voice.mark()), time.time()
        again.do("signal", name="SIGKILL")
        tap.equal(are(anna, marks[0], "anna"), None,
                  "muster is killed: he is not in the call any more")
        took = end_of(anna, marks[0], "bert") - killed
        tap.check(took < SOON, f"within {SOON} s", took)
        tap.check(voice.event(event="person", who=who, what="left", since=marks[1]),
                  "and not on the SFU")
    finally:
        again.end()


def ring_and_decline(place, anna, client):
    mark = anna.mark()
    service = anna.do("transports")["list"][0]["livekit_service_url"]
    tap.check(anna.do("join", service=service, ring=True)["ok"], "anna rings")
    rang = anna.event(event="rang", since=mark)
    tap.check(rang, "the ring is sent")
    status, rows, text = client.status("call", "decline", place.room)
    tap.equal(status, 0, f"muster call decline {text.strip()}")
    decline = anna.event(event="event", type="org.matrix.msc4310.rtc.decline", since=mark)
    tap.equal((decline or {"content": {"m.relates_to": {}}})["content"]["m.relates_to"]
              .get("event_id"), (rang or {"event_id": "none"})["event_id"], "she sees it declined")
    anna.do("leave")


def with_muster():
    with lib.Folder() as folder:
        place = livekit_serve.Place(folder, ("anna", "bert")).start()
        client = lib.Client(folder / "bert")
        people = [lk.js_sdk("anna"), lk.rtc_node("anna"), lk.muster("bert", folder / "bert")]
        anna, voice, bert = people
        try:
            client.login(place.serve.url, "bert", livekit_serve.PASSWORD)
            start(anna, place, "anna")
            ring_and_decline(place, anna, client)
            service = anna.do("transports")["list"][0]["livekit_service_url"]
            who = meet(place, anna, voice, bert, service)
            hands(place, anna, bert, who)
            steering(voice, bert, who)
            goes(place, anna, voice, bert, who)
        finally:
            for person in people:
                person.end()
            place.stop()


def main():
    if not lk.node22():
        print("ok - rtc_session # SKIP Node 22 or matrix-js-sdk is missing")
        return
    with lib.Folder() as folder:
        place = livekit_serve.Place(folder, ("anna", "bert")).start()
        people = [lk.js_sdk("anna"), lk.js_sdk("bert")]
        try:
            for user, person in zip(("anna", "bert"), people):
                start(person, place, user)
            sdk_alone(place, *people)
        finally:
            for person in people:
                person.end()
            place.stop()
    if lk.missing():
        print(f"# not tested with muster: {'; '.join(lk.missing())}")
    else:
        with_muster()
    tap.end()


main()
