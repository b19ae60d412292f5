#!/usr/bin/env python3
"""WebSocket servers for the client's test, on free loopback ports.

usage: ws_server.py FOLDER

Makes a throw-away authority and certificates in FOLDER, prints one line
"plain=PORT raw=PORT tls=PORT ..." of all the ports below, and serves until its standard input ends.
"""
import asyncio
import base64
import hashlib
import logging
import pathlib
import socket
import ssl
import struct
import subprocess
import sys
import threading

import websockets

last_close = 0  # the code that the last echo ended with
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificates(folder):
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(folder, "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem",
            "-days", "2", "-subj", "/CN=Test authority")
    openssl(folder, "req", "-x509", *new_key, "-keyout", "self.key", "-out", "self.pem",
            "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    for name, alt in (("good", "DNS:localhost,IP:127.0.0.1"), ("other", "DNS:other.example")):
        (folder / f"{name}.ext").write_text(f"subjectAltName={alt}\n")
        openssl(folder, "req", "-new", *new_key, "-keyout", f"{name}.key", "-out", f"{name}.csr",
                "-subj", "/CN=x")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")


def tls(folder, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def path_of(ws):
    """In old and new versions of the library."""
    return ws.path if hasattr(ws, "path") else ws.request.path


def choose(*args):
    """The protocol that is known, where it is asked for: new versions of the library refuse who
    asks for none. What comes before the offers in args depends on the version, too."""
    offered = next(a for a in args if isinstance(a, (list, tuple)))
    return "chat" if "chat" in offered else None


async def handle(ws):
    global last_close
    path = path_of(ws)
    if path.startswith("/close/"):
        await ws.close(int(path.rsplit("/", 1)[1]), "as asked")
    elif path == "/gone":
        await ws.recv()
        ws.transport.abort()
    elif path == "/fragments":
        await ws.send([b"x" * 1000] * 1048 + [b"y" * 576])
    elif path == "/huge":
        await ws.send(b"h" * (4 * 1024 * 1024 + 1))
        await ws.wait_closed()
    elif path == "/last-close":
        await ws.send(str(last_close))
        await ws.wait_closed()
    else:
        async for message in ws:
            await ws.send(message)
        last_close = ws.close_code


def header_of(head, name):
    for line in head.split("\r\n"):
        if line.lower().startswith(name.lower() + ": "):
            return line[len(name) + 2:]
    return ""


async def raw(reader, writer):
    """Answers by hand: refusals, long addresses, and a WebSocket that never speaks."""
    start = await reader.read(1)
    if start != b"G":  # a TLS client at the wrong port
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        return
    head = (start + await reader.readuntil(b"\r\n\r\n")).decode()
    path = head.split(" ")[1]
    if path == "/mute" or path.startswith("/about"):
        digest = hashlib.sha1((header_of(head, "Sec-WebSocket-Key") + GUID).encode()).digest()
        writer.write(("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Protocol: {header_of(head, 'Sec-WebSocket-Protocol')}\r\n"
                      f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}\r\n\r\n"
                      ).encode())
        if path.startswith("/about"):
            text = "|".join([header_of(head, "Host"), header_of(head, "Authorization"),
                             header_of(head, "Sec-WebSocket-Protocol"), str(len(path))]).encode()
            writer.write(bytes([0x81, len(text)]) + text)
        await reader.read()
    elif path == "/stall":
        await reader.read()
    elif path.startswith("/status/"):
        writer.write(f"HTTP/1.1 {path[8:]} Refused\r\nLocation: /echo\r\n"
                     "Content-Length: 0\r\n\r\n".encode())
        await writer.drain()
    writer.close()


def slam(listener, linger):
    """Hangs up on everybody as soon as they have come, with a reset or without."""
    while True:
        peer, _ = listener.accept()
        if linger:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()


def slam_port(linger):
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=slam, args=(listener, linger), daemon=True).start()
    return listener.getsockname()[1]


def port_of(server):
    return server.sockets[0].getsockname()[1]


async def main():
    logging.disable()
    folder = pathlib.Path(sys.argv[1])
    make_certificates(folder)
    ports = {}
    for name, context in (("plain", None), ("tls", tls(folder, "good")),
                          ("othername", tls(folder, "other")), ("selfsigned", tls(folder, "self"))):
        server = await websockets.serve(handle, "127.0.0.1", 0, ssl=context, max_size=None,
                                        subprotocols=["chat"], select_subprotocol=choose)
        ports[name] = port_of(server)
    raw_server = await asyncio.start_server(raw, "127.0.0.1", 0)
    ports["raw"] = port_of(raw_server)
    ports["reset"] = slam_port(True)
    ports["shut"] = slam_port(False)
    print(" ".join(f"{k}={v}" for k, v in ports.items()), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


try:
    asyncio.run(asyncio.wait_for(main(), 3600))
except asyncio.TimeoutError:
    sys.exit("nobody ended the test")
