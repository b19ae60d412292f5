"""Inside WeeChat: does what weechat_peer.py asks by the commands a person would type, and tells
which lines weechat-matrix prints."""

import json
import os
import re
import socket

import weechat as W

W.register("compat", "muster", "1", "GPL3", "driven from outside", "", "")
conn = socket.socket(socket.AF_UNIX)
conn.connect(os.environ["COMPAT_SOCKET"])
conn.setblocking(False)
unread = b""
MEDIA = re.compile(r"https?://\S*/_matrix/media/\w+/download/([^/\s]+)/([^/\s)\]>?]+)")


def say(row):
    conn.setblocking(True)
    conn.sendall((json.dumps(row) + "\n").encode())
    conn.setblocking(False)


def answer(number, **more):
    say({"re": number, **more})


def buffer_of(room):
    found, info = "", W.infolist_get("buffer", "", "")
    while W.infolist_next(info):
        pointer = W.infolist_pointer(info, "pointer")
        if W.buffer_get_string(pointer, "localvar_room_id") == room:
            found = pointer
    W.infolist_free(info)
    return found


def when_there(room, done, tries=600):
    """Once the room has a buffer: weechat-matrix tells nobody when it has made one."""
    again[room] = (done, tries)
    W.hook_timer(100, 0, 1, "on_tick", room)


again = {}


def on_tick(room, _left):
    done, tries = again[room]
    pointer = buffer_of(room)
    if pointer or tries == 0:
        done(pointer)
    else:
        when_there(room, done, tries - 1)
    return W.WEECHAT_RC_OK


def server_buffer():
    return W.buffer_search("python", "server.compat")


def login(rq):
    """Done when weechat-matrix says so in its server's buffer."""
    logins.append(rq["n"])
    W.hook_timer(PATIENCE, 0, 1, "on_no_login", "")
    W.hook_print("", "", "Logged in as", 1, "on_logged_in", "")
    for command in rq["commands"]:
        W.command("", command)


logins = []
PATIENCE = 100000  # ms: a little less than compat.py's


def on_no_login(_data, _left):
    """Its own words on what it was busy with."""
    while logins:
        said = " / ".join(message for message, _ in lines_of(server_buffer()))
        answer(logins.pop(), error=f"not logged in; it said: {said or 'nothing'}")
    return W.WEECHAT_RC_OK


def on_logged_in(_data, pointer, *_line):
    if pointer == server_buffer() and logins:
        answer(logins.pop())
    return W.WEECHAT_RC_OK


def join(rq):
    W.command(server_buffer(), "/join " + rq["room"])
    when_there(rq["room"], lambda p: answer(rq["n"], **({} if p else {"error": "no buffer"})))


def lines_of(pointer):
    """The lines of a buffer with their tags, the newest first."""
    if not pointer:
        return
    lines = W.hdata_pointer(W.hdata_get("buffer"), pointer, "own_lines")
    line = W.hdata_pointer(W.hdata_get("lines"), lines, "last_line")
    data_type = W.hdata_get("line_data")
    while line:
        data = W.hdata_pointer(W.hdata_get("line"), line, "data")
        tags = [W.hdata_string(data_type, data, f"{i}|tags_array")
                for i in range(W.hdata_integer(data_type, data, "tags_count"))]
        yield W.string_remove_color(W.hdata_string(data_type, data, "message"), ""), tags
        line = W.hdata_move(W.hdata_get("line"), line, -1)


def own_event(pointer, body):
    """The event id of a line of ours: weechat-matrix adds it once the server has answered."""
    for message, tags in lines_of(pointer):
        if "self_msg" in tags and body in message:
            return next((t[len("matrix_id_"):] for t in tags if t.startswith("matrix_id_")), None)
    return None


def type_line(rq, line, body):
    typed.append({"n": rq["n"], "room": rq["room"], "body": body, "left": 600})
    W.command(buffer_of(rq["room"]), line)
    W.hook_timer(100, 0, 1, "on_typed", "")


typed = []


def on_typed(_data, _left):
    for t in list(typed):
        event_id = own_event(buffer_of(t["room"]), t["body"])
        t["left"] -= 1
        if event_id or t["left"] == 0:
            typed.remove(t)
            answer(t["n"], **({"event_id": event_id} if event_id else {"error": "not sent"}))
    if typed:
        W.hook_timer(100, 0, 1, "on_typed", "")
    return W.WEECHAT_RC_OK


def read(rq):
    """A person looks at the room: its buffer is shown."""
    W.buffer_set(buffer_of(rq["room"]), "display", "1")
    answer(rq["n"])


does = {
    "login": login,
    "join": join,
    "read": read,
    "text": lambda rq: type_line(rq, rq["body"], rq["body"]),
    "reply": lambda rq: type_line(rq, f"/reply-matrix {rq['event_id']} {rq['body']}", rq["body"]),
}


def on_data(_data, _fd):
    global unread
    try:
        got = conn.recv(65536)
    except BlockingIOError:
        return W.WEECHAT_RC_OK
    if not got:
        W.command("", "/quit")
        return W.WEECHAT_RC_OK
    *lines, unread = (unread + got).split(b"\n")
    for line in lines:
        rq = json.loads(line)
        does[rq["do"]](rq)
    return W.WEECHAT_RC_OK


def on_line(_data, pointer, _date, tags, _displayed, _highlight, prefix, message):
    tags = tags.split(",")
    ids = [t[len("matrix_id_"):] for t in tags if t.startswith("matrix_id_")]
    text = W.string_remove_color(message, "")
    room = W.buffer_get_string(pointer, "localvar_room_id")
    if not ids or not room:
        return W.WEECHAT_RC_OK
    row = {"room": room, "event_id": ids[0], "body": text, "own": "self_msg" in tags,
           "sender": W.string_remove_color(prefix, ""), "on": "text"}
    media = MEDIA.search(text)
    if media:
        row.update(on="file", mxc="mxc://%s/%s" % media.groups(), url=media.group(0))
    say(row)
    return W.WEECHAT_RC_OK


W.hook_fd(conn.fileno(), 1, 0, 0, "on_data", "")
W.hook_print("", "matrix_message", "", 0, "on_line", "")
W.hook_print("", "matrix_notice", "", 0, "on_line", "")
