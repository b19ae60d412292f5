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
waiting = []  # (number, test of a line's row): what was asked and shows by a line of ours
MEDIA = re.compile(r"https?://\S*/_matrix/media/\w+/download/([^/\s]+)/([^/\s)>?]+)")


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


def login(rq):
    for command in rq["commands"]:
        W.command("", command)
    done = lambda p: answer(rq["n"], **({} if p else {"error": "it did not log in"}))
    again["server"] = (done, 600)
    W.hook_timer(100, 0, 1, "on_login_tick", "")


def on_login_tick(_data, _left):
    done, tries = again["server"]
    bar = W.buffer_search("python", "compat")
    if (bar and W.buffer_get_string(bar, "localvar_nick")) or tries == 0:
        done(bar)
    else:
        again["server"] = (done, tries - 1)
        W.hook_timer(100, 0, 1, "on_login_tick", "")
    return W.WEECHAT_RC_OK


def join(rq):
    W.command(W.buffer_search("python", "compat"), "/join " + rq["room"])
    when_there(rq["room"], lambda p: answer(rq["n"], **({} if p else {"error": "no buffer"})))


def type_line(rq, line, body):
    """Type it in the room; the answer is the line that our own event prints."""
    waiting.append((rq["n"], lambda row: row["own"] and body in row["body"]))
    W.command(buffer_of(rq["room"]), line)


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
    "react": lambda rq: answer(rq["n"], unsupported="it has no reactions"),
    "file": lambda rq: answer(rq["n"], unsupported="its uploader takes no port"),
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
        does.get(rq["do"], lambda r: answer(r["n"], unsupported="it has no way to do it"))(rq)
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
    for number, test in list(waiting):
        if test(row):
            waiting.remove((number, test))
            answer(number, event_id=row["event_id"])
    return W.WEECHAT_RC_OK


W.hook_fd(conn.fileno(), 1, 0, 0, "on_data", "")
W.hook_print("", "matrix_message", "", 0, "on_line", "")
W.hook_print("", "matrix_notice", "", 0, "on_line", "")
