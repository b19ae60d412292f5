"""A call where nothing but the client is ours: Synapse, livekit-server, Element Call.

The service between them is token_service.py.
"""

import time

import element_call as ec
import livekit_peers as lk
import livekit_serve
import synapse as syn
from token_service import CONFIG, TokenService

lib = lk.lib
tap = ec.tap = lib.Tap("synapse_call")
SOON = 15  # seconds in which who died has left


class Place:
    """What element_call's checks want to know."""

    def __init__(self, folder, server):
        self.folder, self.serve = folder, server
        self.tokens = {u: livekit_serve.call(server.url, "POST", livekit_serve.V3 + "/login", {
            "type": "m.login.password", "identifier": {"type": "m.id.user", "user": u},
            "password": syn.PASSWORD, "device_id": u.upper()})["access_token"]
            for u in ("anna", "bert")}
        self.room = livekit_serve.call(server.url, "POST", livekit_serve.V3 + "/createRoom", {
            "preset": "public_chat", "name": "a room",
            "power_level_content_override": {"events": {livekit_serve.MEMBER: 0}}},
            self.tokens["anna"])["room_id"]


    def left(self, user):
        """When Synapse sent the user's last leave of the call."""
        state = livekit_serve.call(
            self.serve.url, "GET",
            f"{livekit_serve.V3}/rooms/{livekit_serve.quote(self.room)}/state", None,
            self.tokens["anna"])
        return max((e["origin_server_ts"] / 1000 for e in state
                    if e["type"] == livekit_serve.MEMBER and not e["content"]
                    and e["sender"] == f"@{user}:localhost"), default=float("inf"))


def killed(place, anna):
    """muster is killed: what it had scheduled on Synapse tells so."""
    bert = lk.muster("bert", place.folder / "bert")
    try:
        ec.ok(bert.do("join", room=place.room, hz=ec.BERT_HZ), "bert joins again")
        ec.ok(anna.do("written", words="bert"), "she sees him again")
        ec.ok(anna.do("hear", hz=ec.BERT_HZ), "and hears him")
        killed = time.time()
        bert.do("signal", name="SIGKILL")
        ec.ok(anna.do("written", words="bert", **{"not": True}),
              "muster is killed: Element Call shows him no more", anna.do("text"))
        took = place.left("bert") - killed
        tap.check(took < SOON, f"within {SOON} s", took)
    finally:
        bert.end()


def together(place, service):
    livekit_serve.call(place.serve.url, "POST",
                       f"{livekit_serve.V3}/join/{livekit_serve.quote(place.room)}", {},
                       place.tokens["bert"])
    lib.Client(place.folder / "bert").login(place.serve.url, "bert", syn.PASSWORD)
    anna = lk.element_call("anna", ec.tone(place.folder / "anna.wav", ec.ANNA_HZ))
    bert = lk.muster("bert", place.folder / "bert")
    try:
        if ec.meet(place, anna, bert):
            tap.equal(len(set(service.asked)), 2, "both came through the service")
            ec.mutes(anna, bert)
            ec.hands(anna, bert)
            reply = bert.do("signal", name="SIGINT")
            tap.check(reply["ok"], "bert leaves", reply)
            ec.ok(anna.do("written", words="bert", **{"not": True}),
                  "Element Call shows it", anna.do("text"))
            killed(place, anna)
    finally:
        for person in (anna, bert):
            person.end()


def main():
    if lk.missing() or not (lk.has_element_call() and lk.has_livekit()
                            and (syn.VENV / ".done").exists()):
        print("ok - synapse_call # SKIP Synapse, livekit-server, Chromium or Element Call "
              "is missing")
        return
    with lib.Folder() as folder:
        sfu = lk.LiveKit(folder).start()
        service = TokenService(sfu)
        server = syn.Synapse(folder / "synapse", CONFIG % service.url, ("client", "federation"))
        service.homeserver = server.url
        try:
            server.start()
            for user in ("anna", "bert"):
                server.register(user)
            together(Place(folder, server), service)
        finally:
            server.stop()
            service.stop()
            sfu.stop()
    tap.end()


if __name__ == "__main__":
    main()
