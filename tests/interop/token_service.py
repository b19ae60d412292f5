"""The service between a homeserver and LiveKit, which makes access tokens of Matrix's OpenID tokens:
a few lines that do what lk-jwt-service does; and Synapse's settings for calls by it."""

import base64
import hashlib
import http.server
import json
import threading
import urllib.error
import urllib.parse
import urllib.request

import harness as lib

CONFIG = """
max_event_delay_duration: 24h
rc_delayed_event_mgmt: {per_second: 10000, burst_count: 10000}
experimental_features: {msc4143_enabled: true, msc4140_enabled: true}
matrix_rtc: {transports: [{type: livekit, livekit_service_url: "%s"}]}
"""


class TokenService:
    """/sfu/get, for one homeserver and one SFU."""

    def __init__(self, sfu):
        service, self.asked, self.homeserver = self, [], None

        class Handler(http.server.BaseHTTPRequestHandler):
            def reply(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                for key, value in (("Content-Type", "application/json"),
                                   ("Content-Length", str(len(data))),
                                   ("Access-Control-Allow-Origin", "*"),
                                   ("Access-Control-Allow-Methods", "POST"),
                                   ("Access-Control-Allow-Headers", "Content-Type")):
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(data)

            def do_OPTIONS(self):
                self.reply(200, {})

            def do_POST(self):
                data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path != "/sfu/get":
                    self.reply(404, {"errcode": "M_UNRECOGNIZED", "error": "not here"})
                    return
                body = json.loads(data)
                user = service.who(body["openid_token"]["access_token"])
                if not user:
                    self.reply(401, {"errcode": "M_UNAUTHORIZED", "error": "who is that?"})
                    return
                words = json.dumps([body["room"], "m.call#ROOM"], separators=(",", ":"))
                room = base64.b64encode(hashlib.sha256(words.encode()).digest()).decode()
                identity = f"{user}:{body['device_id']}"
                service.asked.append(identity)
                self.reply(200, {"url": sfu.url, "jwt": sfu.token(room.rstrip("="), identity)})

            def log_message(self, *unused):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def who(self, token):
        """The homeserver's word on an OpenID token."""
        try:
            with urllib.request.urlopen(f"{self.homeserver}/_matrix/federation/v1/openid/userinfo"
                                        f"?access_token={urllib.parse.quote(token)}",
                                        timeout=lib.STEP) as r:
                return json.load(r)["sub"]
        except (urllib.error.URLError, KeyError):
            return None

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
