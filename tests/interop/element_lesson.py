"""Element Call in a live lesson on `muster serve` that our client leads: it hears who leads, is
heard by nobody while it has not got the floor, and speaks with it.

carl, a student with our client, stands for all the others.
"""

import element_call as ec
import livekit_peers as lk
import livekit_serve

lib = lk.lib
tap = ec.tap = lib.Tap("element_lesson")
ok = ec.ok
ANNA = "@anna:localhost"
LONG = 1500  # ms: a silence for the server, too
SILENT = 0.002  # of full scale


def unheard(listeners, what):
    for p in listeners:
        ok(p.do("silence", hz=ec.ANNA_HZ, ms=LONG), f"{what}: {p.identity} does not hear her",
           ec.short(p))


def live(bert, *words):
    out = bert.do("run", words=["live", *words])
    tap.equal(out.get("status"), 0, f"live {' '.join(words)} {out.get('stderr', '')}".rstrip())


def comes(place, anna, bert, carl):
    """She opens her microphone as always; the server holds her to the lesson's rules."""
    joined = bert.do("join", room=place.room, hz=ec.BERT_HZ, **{"as": ["live", "start"]})
    ok(joined, "bert begins a lesson with muster", bert.error_text())
    tap.check((joined.get("row") or {}).get("host"), "he leads it", joined)
    ok(carl.do("join", room=place.room, **{"as": ["live", "join"]}), "carl listens with muster",
       carl.error_text())
    ok(carl.do("hear", hz=ec.BERT_HZ), "he hears bert")
    mark = bert.mark()
    ok(anna.do("start", url=place.serve.url, user=ANNA, device="ANNA",
               token=place.tokens["anna"], room=place.room), "anna opens Element Call")
    ok(anna.do("written", words="bert"), "it shows bert", anna.do("text"))
    tap.check(ec.row(bert, mark, "joined"), "muster shows anna", ec.short(bert))
    return ok(anna.do("hear", hz=ec.BERT_HZ), "she hears who leads")


def presses(anna):
    """On its button, to be muted and to be not. Whether that is allowed stands at her picture."""
    for on in (True, False):
        ok(anna.do("mute", on=on), "she mutes herself" if on else "and unmutes")


def opens_microphone(anna):
    """Until it is open: Element Call does not show when one may speak, so people press again."""
    for limit in lk.PATIENCE:
        for on in (True, False):
            anna.do("mute", on=on)
        if anna.do("shows", who=ANNA, muted=False, limit=limit)["ok"]:
            return True
    return False


def without_floor(anna, bert, carl):
    ok(anna.do("shows", who=ANNA, muted=True), "Element Call shows that she is muted", anna.do("text"))
    unheard((bert, carl), "she has not got the floor")
    presses(anna)
    unheard((bert, carl), "that is of no use")
    ok(anna.do("shows", who=ANNA, muted=True), "and Element Call shows it", anna.do("text"))
    ok(anna.do("hear", hz=ec.BERT_HZ), "she is still there, and hears who leads")
    # Nobody else speaks: what bert ever heard was hers.
    levels = bert.do("levels").get("levels", [])
    tap.check(len(levels) > 100 and max(levels) < SILENT, "in all this time no sound of hers came to bert",
              (len(levels), max(levels, default=None)))


def with_floor(anna, bert, carl):
    mark = bert.mark()
    live(bert, "floor", "give", ANNA)
    tap.check(opens_microphone(anna), "with the floor Element Call shows her microphone open",
              anna.do("text"))
    tap.check(ec.row(bert, mark, "unmuted"), "and so does muster", ec.short(bert))
    for p in (bert, carl):
        ok(p.do("hear", hz=ec.ANNA_HZ), f"{p.identity} hears her", ec.short(p))
    ok(carl.do("hear", hz=ec.BERT_HZ), "and carl who leads beside her")
    mark = bert.mark()
    live(bert, "floor", "take", ANNA)
    tap.check(ec.row(bert, mark, "muted"), "the floor is taken: muster shows her muted", ec.short(bert))
    unheard((bert, carl), "the floor is taken")
    ok(anna.do("shows", who=ANNA, muted=True), "Element Call shows it", anna.do("text"))
    ok(anna.do("hear", hz=ec.BERT_HZ), "she goes on hearing who leads")


def goes(anna, bert):
    mark = bert.mark()
    ok(anna.do("hangup"), "she hangs up")
    tap.check(ec.row(bert, mark, "left"), "muster shows it", ec.short(bert))


def main():
    if lk.missing() or not lk.has_element_call():
        print("ok - element_lesson # SKIP Chromium, Element Call or matrix-js-sdk is missing")
        return
    with lib.Folder() as folder:
        # Who made the room leads in it.
        place = livekit_serve.Place(folder, ("bert", "anna", "carl")).start()
        for user in ("bert", "carl"):
            lib.Client(folder / user).login(place.serve.url, user, livekit_serve.PASSWORD)
        anna = lk.element_call("anna", ec.tone(folder / "anna.wav", ec.ANNA_HZ))
        bert, carl = (lk.muster(user, folder / user) for user in ("bert", "carl"))
        try:
            if comes(place, anna, bert, carl):
                without_floor(anna, bert, carl)
                with_floor(anna, bert, carl)
                goes(anna, bert)
        finally:
            for person in (anna, bert, carl):
                person.end()
            place.stop()
    tap.end()


if __name__ == "__main__":
    main()
