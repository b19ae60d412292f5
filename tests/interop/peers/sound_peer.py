"""Programs that speak (WHIP) or listen (WHEP) by HTTP, written by others: aiortc, and ffmpeg's
muxer as it comes with PyAV.

sound_peer.py speak|ffmpeg|listen ENDPOINT [HZ | SECTIONS]; the token is in the environment
(SOUND_TOKEN). What happens is told as JSON lines; a line on standard input is a command.
"""

import asyncio
import fractions
import json
import os
import re
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import av
import numpy

RATE = 48000
STEP = 960


def tell(**what):
    print(json.dumps(what), flush=True)


def ask(method, url, body=None, kind=None, **headers):
    """(status, headers, body)"""
    all_headers = {"Authorization": "Bearer " + os.environ["SOUND_TOKEN"], **headers}
    if kind:
        all_headers["Content-Type"] = kind
    request = urllib.request.Request(url, data=body.encode() if body is not None else None,
                                     method=method, headers=all_headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as r:
            return r.status, r.headers, r.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.headers, e.read().decode()


def sine(hz, at, n=STEP):
    """Samples of a tone, `at` the first one's number."""
    t = (numpy.arange(n) + at) / RATE
    return (numpy.sin(2 * numpy.pi * hz * t) * 12000).astype(numpy.int16)


def make_tone(hz):
    from aiortc import MediaStreamTrack

    class Tone(MediaStreamTrack):
        kind = "audio"

        def __init__(self):
            super().__init__()
            self.at = 0
            self.began = None
            self.quiet = False

        async def recv(self):
            if self.began is None:
                self.began = time.monotonic()
            wait = self.began + self.at / RATE - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            wave = sine(hz, self.at) if not self.quiet else numpy.zeros(STEP, numpy.int16)
            frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate = RATE
            frame.pts = self.at
            frame.time_base = fractions.Fraction(1, RATE)
            self.at += STEP
            return frame

    return Tone()


class Ear:
    """What comes in one section: how loud, and how high."""

    def __init__(self, track):
        self.track = track
        self.newest = numpy.zeros(0, numpy.int16)
        self.frames = 0

    async def run(self):
        try:
            while True:
                frame = await self.track.recv()
                wave = frame.to_ndarray().reshape(-1)
                if frame.layout.name == "stereo":
                    wave = wave[::2]
                self.frames += 1
                self.newest = numpy.concatenate([self.newest, wave])[-RATE // 5:]
        except Exception:
            return

    def word(self):
        if not len(self.newest):
            return {"frames": self.frames, "level": 0, "hz": 0}
        wave = self.newest.astype(float)
        power = numpy.abs(numpy.fft.rfft(wave * numpy.hanning(len(wave))))
        return {"frames": self.frames, "level": int(numpy.sqrt(numpy.mean(wave ** 2))),
                "hz": int(round(numpy.argmax(power) * RATE / len(wave)))}


async def exchange(pc, endpoint):
    await pc.setLocalDescription(await pc.createOffer())
    status, headers, text = await asyncio.to_thread(
        ask, "POST", endpoint, pc.localDescription.sdp, "application/sdp")
    if status != 201:
        tell(event="refused", status=status, text=text)
        return None
    from aiortc import RTCSessionDescription
    await pc.setRemoteDescription(RTCSessionDescription(text, "answer"))
    tell(event="answered", location=headers["Location"], etag=headers["ETag"], sdp=text)
    return urllib.parse.urljoin(endpoint, headers["Location"])


def lines(loop, queue):
    for line in sys.stdin:
        loop.call_soon_threadsafe(queue.put_nowait, line.strip())
    loop.call_soon_threadsafe(queue.put_nowait, "end")


async def counts(pc):
    """RTP of all sections: packets that came in, those missing, those sent."""
    packets = lost = sent = 0
    for s in (await pc.getStats()).values():
        if s.type == "inbound-rtp":
            packets += s.packetsReceived
            lost += s.packetsLost
        elif s.type == "outbound-rtp":
            sent += s.packetsSent
    return {"packets": packets, "lost": lost, "sent": sent}


async def peer(role, endpoint, more):
    from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection
    pc = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    ears, tone, tasks = [], None, []

    @pc.on("connectionstatechange")
    def on_state():
        tell(event="state", state=pc.connectionState)

    @pc.on("track")
    def on_track(track):
        ears.append(Ear(track))
        tasks.append(asyncio.ensure_future(ears[-1].run()))

    if role == "speak":
        tone = make_tone(int(more or 440))
        pc.addTransceiver(tone, direction="sendonly")
    else:
        for _ in range(int(more or 1)):
            pc.addTransceiver("audio", direction="recvonly")
    session = await exchange(pc, endpoint)
    if not session:
        return
    queue = asyncio.Queue()
    threading.Thread(target=lines, args=(asyncio.get_running_loop(), queue), daemon=True).start()
    while True:
        word = await queue.get()
        if word == "hear":
            tell(event="heard", sections=[e.word() for e in ears], **await counts(pc))
        elif word in ("quiet", "loud"):
            tone.quiet = word == "quiet"
            tell(event=word)
        elif word == "drop":  # without a word to the server
            os._exit(0)
        elif word == "end":
            break
    status, _, _ = await asyncio.to_thread(ask, "DELETE", session)
    tell(event="ended", status=status)
    await pc.close()


def ffmpeg(endpoint, hz):
    """Twenty-millisecond packets of a tone by ffmpeg's own WHIP muxer."""
    out = av.open(endpoint, "w", format="whip",
                  options={"authorization": os.environ["SOUND_TOKEN"]})
    stream = out.add_stream("libopus", rate=RATE)
    stream.layout = "stereo"
    stream.bit_rate = 64000
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
    at, began = 0, time.monotonic()
    out.start_encoding()
    tell(event="answered")
    while not stop.is_set():
        wave = numpy.repeat(sine(hz, at), 2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, at, fractions.Fraction(1, RATE)
        for packet in stream.encode(frame):
            out.mux(packet)
        at += STEP
        time.sleep(max(0, began + at / RATE - time.monotonic()))
    out.close()
    tell(event="ended", status=200)


def main():
    role, endpoint = sys.argv[1:3]
    more = sys.argv[3] if len(sys.argv) > 3 else ""
    if role == "ffmpeg":
        ffmpeg(endpoint, int(more or 440))
    else:
        asyncio.run(peer(role, endpoint, more))


main()
