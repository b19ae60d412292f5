"""A homeserver that has no news: answers every request, holds long polls. Prints its port.

quiet_server.py [PUBLIC_ROOMS.json]: a list of rooms for its directory.
quiet_server.py --away: none of the requests succeeds, and only a sync is worth trying again. A screen is offline as
without a server, and what it looks up is at once what it would be after some tries.
"""
import http.server
import json
import sys
import threading
import urllib.parse

HOLD_S = 20
AWAY = sys.argv[1:] == ["--away"]
ROOMS = json.load(open(sys.argv[1], encoding="utf-8")) if len(sys.argv) > 1 and not AWAY else []


def public_rooms(asked):
    term = (asked.get("filter") or {}).get("generic_search_term", "").lower()
    return [r for r in ROOMS if term in (r["name"] + r.get("topic", "")).lower()]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        status, reply = 200, {}
        if AWAY:
            status = 502 if url.path.endswith("/sync") else 404
            reply = {"errcode": "M_NOT_FOUND", "error": "There is nobody"}
        elif url.path.endswith("/sync"):
            if query.get("timeout", ["0"])[0] != "0":
                threading.Event().wait(HOLD_S)
            reply = {"next_batch": query.get("since", ["s1"])[0]}
        elif url.path.endswith("/filter"):
            reply = {"filter_id": "1"}
        elif url.path.endswith("/versions"):
            reply = {"versions": ["v1.11"]}
        elif url.path.endswith("/publicRooms"):
            reply = {"chunk": public_rooms(json.loads(asked))}
        body = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = answer

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
