"""A homeserver that has no news: answers every request, holds long polls. Prints its port."""
import http.server
import json
import threading
import urllib.parse

HOLD_S = 20


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        reply = {}
        if url.path.endswith("/sync"):
            if query.get("timeout", ["0"])[0] != "0":
                threading.Event().wait(HOLD_S)
            reply = {"next_batch": query.get("since", ["s1"])[0]}
        elif url.path.endswith("/filter"):
            reply = {"filter_id": "1"}
        elif url.path.endswith("/versions"):
            reply = {"versions": ["v1.11"]}
        body = json.dumps(reply).encode()
        self.send_response(200)
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
