"""Element Call itself, in Chromium, and `muster call join` in one call on `muster serve`."""

import math
import struct
import wave

import livekit_peers as lk
import livekit_serve

lib = lk.lib
tap = lib.Tap("element_call")
ANNA_HZ, BERT_HZ = 700, 1000


def tone(path, hz, seconds=2):
    with wave.open(str(path), "wb") as w:
        w.setparams((1, 2, 48000, 0, "NONE", ""))
        w.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(2 * math.pi * hz * i / 48000)))
                               for i in range(48000 * seconds)))
    return path


def ok(reply, what, detail=""):
    return tap.check(reply.get("ok"), what, f"{str(reply.get('error'))[:600]}\n{detail}")


def short(person):
    """What a driver said last, in a few lines."""
    return "\n".join(str(line)[:400] for line in person.lines[-4:])


def row(bert, mark, what, **like):
    """A row of muster's about anna, since the mark."""
    return bert.event(event="row", since=mark, test=lambda e: e["what"] == what
                      and e["row"].get("user_id") == "@anna:localhost"
                      and all(e["row"].get(k) == v for k, v in like.items()))


def meet(place, anna, bert):
    ok(bert.do("join", room=place.room, hz=BERT_HZ), "bert joins with muster")
    mark = bert.mark()
    ok(anna.do("start", url=place.serve.url, user="@anna:localhost", device="ANNA",
               token=place.tokens["anna"], room=place.room), "anna opens Element Call")
    ok(anna.do("written", words="bert"), "it shows bert", anna.do("text"))
    tap.check(row(bert, mark, "joined"), "muster shows anna", short(bert))
    ok(anna.do("hear", hz=BERT_HZ), "she hears him")
    reply = ok(bert.do("hear", hz=ANNA_HZ), "he hears her", short(bert))
    return reply


def mutes(anna, bert):
    mark = bert.mark()
    ok(anna.do("mute", on=True), "she mutes")
    tap.check(row(bert, mark, "muted"), "muster shows it", short(bert))
    ok(bert.do("silence", hz=ANNA_HZ), "and he hears nothing")
    ok(anna.do("mute", on=False), "she unmutes")
    tap.check(row(bert, mark, "unmuted"), "muster shows it", short(bert))
    ok(bert.do("hear", hz=ANNA_HZ), "and he hears her")


def hands(anna, bert):
    tap.equal(bert.do("verb", words=["hand"])["status"], 0, "muster call hand")
    ok(anna.do("written", words="\u270b"), "Element Call shows his hand", anna.do("text"))
    tap.equal(bert.do("verb", words=["hand", "down"])["status"], 0, "muster call hand down")
    ok(anna.do("written", words="\u270b", **{"not": True}), "and not any more")
    mark = bert.mark()
    ok(anna.do("click", name="Reactions"), "she opens her reactions")
    ok(anna.do("click", name="Raise hand"), "and raises her hand", anna.do("text"))
    tap.check(row(bert, mark, "hand", hand=True), "muster shows it", short(bert))


def video(anna, bert):
    ok(anna.do("click", name="Start video"), "she starts her camera, which cannot be carried")
    ok(anna.do("hear", hz=BERT_HZ), "she still hears him")
    ok(bert.do("hear", hz=ANNA_HZ), "he still hears her", short(bert))


def goes(anna, bert):
    mark = bert.mark()
    ok(anna.do("hangup"), "she hangs up")
    tap.check(row(bert, mark, "left"), "muster shows it", short(bert))


def main():
    if lk.missing() or not lk.has_element_call():
        print("ok - element_call # SKIP Chromium, Element Call or matrix-js-sdk is missing")
        return
    with lib.Folder() as folder:
        place = livekit_serve.Place(folder, ("anna", "bert")).start()
        lib.Client(folder / "bert").login(place.serve.url, "bert", livekit_serve.PASSWORD)
        anna = lk.element_call("anna", tone(folder / "anna.wav", ANNA_HZ))
        bert = lk.muster("bert", folder / "bert")
        try:
            if meet(place, anna, bert):
                mutes(anna, bert)
                video(anna, bert)
                hands(anna, bert)
                goes(anna, bert)
        finally:
            for person in (anna, bert):
                person.end()
            place.stop()
    tap.end()


if __name__ == "__main__":
    main()
