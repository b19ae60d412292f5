"""Many people at once over real HTTP: one connection each, kept alive, on one thread (asyncio)."""

import asyncio
import json
import time
import urllib.parse

PATIENCE = 600  # seconds that one reply may take on a slow, loaded machine


class HttpError(Exception):
    def __init__(self, status, reply):
        super().__init__(f"{status} {reply}")
        self.status = status
        self.errcode = reply.get("errcode") if isinstance(reply, dict) else None


class Person:
    """One client: a connection, a token, and how often it was asked to wait."""

    def __init__(self, url, name):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname, parts.port
        self.name = name
        self.token = None
        self.user_id = None
        self.waits = 0
        self.reader = self.writer = None

    async def _connect(self):
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port,
                                                                 limit=1 << 20)

    async def _once(self, method, path, body):
        if self.writer is None:
            await self._connect()
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
        if self.token:
            head += f"Authorization: Bearer {self.token}\r\n"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        self.writer.write(head.encode() + b"\r\n" + data)
        await self.writer.drain()
        return await asyncio.wait_for(self._reply(), PATIENCE)

    async def _reply(self):
        status = int((await self.reader.readline()).split()[1])
        headers = {}
        while (line := (await self.reader.readline()).decode().strip()):
            key, _, value = line.partition(":")
            headers[key.lower()] = value.strip()
        if headers.get("transfer-encoding") == "chunked":
            text = b""
            while (n := int((await self.reader.readline()).split(b";")[0], 16)):
                text += await self.reader.readexactly(n)
                await self.reader.readline()
            await self.reader.readline()
        else:
            text = await self.reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return status, json.loads(text) if text else {}

    async def call(self, method, path, body=None):
        """The reply's JSON; waits as often as the server asks to."""
        while True:
            status, reply = await self._once(method, path, body)
            if status == 429:
                self.waits += 1
                await asyncio.sleep(reply.get("retry_after_ms", 1000) / 1000)
                continue
            if status >= 300:
                raise HttpError(status, reply)
            return reply

    def close(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None

    def logged_in(self, reply):
        self.token, self.user_id = reply["access_token"], reply["user_id"]
        return reply

    async def claim(self, code, password):
        await self.call("POST", "/_muster/join/v1/look", {"code": code})
        return self.logged_in(await self.call(
            "POST", "/_muster/join/v1/claim",
            {"code": code, "password": password, "device_name": "phone"}))

    async def register(self, password):
        return self.logged_in(await self.call(
            "POST", "/_matrix/client/v3/register",
            {"username": self.name, "password": password, "auth": {"type": "m.login.dummy"}}))

    async def login(self, password):
        self.token = None
        return self.logged_in(await self.call(
            "POST", "/_matrix/client/v3/login",
            {"type": "m.login.password", "user": self.name, "password": password}))

    async def sync(self, since=None, wait_ms=0):
        query = {"timeout": wait_ms, "filter": json.dumps(
            {"room": {"timeline": {"limit": 5}, "state": {"lazy_load_members": True}},
             "presence": {"types": []}})}
        if since:
            query["since"] = since
        return await self.call("GET", "/_matrix/client/v3/sync?" + urllib.parse.urlencode(query))

    async def await_event(self, room, since, wanted):
        """Long polls until an event of the room fits; (event, seconds since the epoch)."""
        while True:
            news = await self.sync(since, 30000)
            since = news["next_batch"]
            room_news = news.get("rooms", {}).get("join", {}).get(room, {})
            for event in room_news.get("timeline", {}).get("events", []):
                if wanted(event):
                    return event, time.time()

    async def read(self, room, event_id):
        await self.call("POST", "/_matrix/client/v3/rooms/{}/receipt/m.read/{}".format(
            urllib.parse.quote(room), urllib.parse.quote(event_id)), {})


async def together(people, act):
    """act(person) for all at once: their results, and seconds until the last."""
    begin = time.monotonic()
    results = await asyncio.gather(*(act(p) for p in people))
    return results, time.monotonic() - begin
