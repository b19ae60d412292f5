"""matrix-js-sdk's people in a call of a room on `muster serve`: join, ring, leave, die."""

import signal

import livekit_peers as lk
import livekit_serve

lib = lk.lib
tap = lib.Tap("rtc_session")
RING = "org.matrix.msc4075.rtc.notification"


def are(person, since, *users, limit=20):
    """Wait until these and no others are in the call, as this person sees it; who is, then."""
    want = [f"@{u}:localhost:{u.upper()}" for u in users]
    got = person.event(event="members", since=since, limit=limit,
                       test=lambda e: sorted(m["identity"] for m in e["members"]) == want)
    if got:
        return None
    return person.do("members")


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
    anna.child.send_signal(signal.SIGKILL)
    tap.equal(are(bert, mark, limit=15), None,
              "anna is killed: within 15 s she is not in the call")
    trouble = [l for p in (anna, bert) for l in p.lines if l and '"trouble"' in l]
    tap.equal(trouble, [], "nothing troubled it")


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
    tap.end()


main()
