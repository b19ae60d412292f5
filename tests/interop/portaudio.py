#!/usr/bin/env python3
"""Sound through a real PortAudio: PulseAudio with null sinks stands for the card.

A tone goes out through muster's engine to the sink "spk" and is recorded from
its monitor; a tone played into a virtual microphone goes in. Both are
measured with sox. Then PulseAudio is killed and started again under a running
muster, which must come back by itself. Needs pulseaudio, pulseaudio-utils,
libasound2-plugins and sox; skips plainly without them. TAP on stdout.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import wave

from waits import Waits

STEP = 120  # seconds any single step may take
MUSTER = os.path.abspath(os.environ.get("MUSTER", "./muster"))
NEEDED = ["pulseaudio", "pactl", "paplay", "parec", "sox"]
failed = 0
count = 0


def ok(good, what, detail=""):
    global failed, count
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {what}", flush=True)
    if not good:
        failed += 1
        if detail:
            print("# " + str(detail).replace("\n", "\n# "), flush=True)


class Pulse:
    """PulseAudio as this test's own child, on a socket in a throw-away folder."""

    def __init__(self, folder):
        self.socket = f"{folder}/native"
        self.env = dict(
            os.environ,
            HOME=folder,
            XDG_RUNTIME_DIR=folder,
            PULSE_RUNTIME_PATH=f"{folder}/pulse",
            PULSE_SERVER=f"unix:{self.socket}",
        )
        self.env.pop("SSH_CONNECTION", None)
        pathlib.Path(folder, ".asoundrc").write_text(
            "pcm.!default { type pulse }\nctl.!default { type pulse }\n")
        self.process = None

    def start(self):
        null = "module-null-sink sink_name={} rate=48000 norewinds=1"
        self.process = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes",
             "--use-pid-file=no",
             "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}",
             "-L", null.format("spk"), "-L", null.format("mic"),
             "-L", "module-remap-source source_name=micsrc master=mic.monitor"],
            env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + STEP
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            if self.run("pactl", "info").returncode == 0:
                self.run("pactl", "set-default-sink", "spk")
                return self.run("pactl", "set-default-source", "micsrc").returncode == 0
            time.sleep(0.1)
        return False

    def run(self, *argv, timeout=STEP):
        return subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=timeout)

    def popen(self, *argv):
        return subprocess.Popen(argv, env=self.env, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(STEP)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(STEP)


def tone_end(path):
    """Where sound ends in a recording, in seconds."""
    with wave.open(path) as w:
        data = memoryview(w.readframes(w.getnframes())).cast("h")
        return next((i for i in range(len(data), 0, -1) if abs(data[i - 1]) > 300), 0) / w.getframerate()


def measure(path, skip, seconds):
    """Frequency and RMS of so many seconds as sox finds them, after `skip` seconds."""
    out = subprocess.run(["sox", path, "-n", "trim", str(skip), str(seconds), "stat"], capture_output=True,
                         text=True, timeout=STEP).stderr
    hz = re.search(r"Rough\s+frequency:\s+(\d+)", out)
    rms = re.search(r"RMS\s+amplitude:\s+([\d.]+)", out)
    return (int(hz[1]) if hz else 0, float(rms[1]) if rms else 0.0)


def rows(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_devices(pulse):
    r = pulse.run(MUSTER, "audio", "devices", "--json")
    found = [d for d in rows(r.stdout) if d["driver"] == "portaudio"]
    ok(r.returncode == 0 and any(d["default_out"] for d in found), "audio devices lists a default",
       r.stdout + r.stderr)
    ok(r.stderr == "", "ALSA's and JACK's chatter stays off the terminal", r.stderr)
    named = [d["name"] for d in found if d["in_channels"] and d["out_channels"]]
    r = pulse.run(MUSTER, "audio", "test", "--for", "1s", "--input", named[-1], "--output",
                  named[-1], "--json")
    ok(r.returncode == 0 and all(d["ok"] for d in rows(r.stdout) if d["check"] == "output"),
       f"a device is taken by its name ({named[-1]})", r.stdout + r.stderr)
    r = pulse.run(MUSTER, "audio", "test", "--output", "gramophone", "--json")
    ok(r.returncode == 5 and "gramophone" in r.stderr and "audio devices" in r.stderr,
       "one that is not there is named, and how to find others", r.stderr)
    r = pulse.run(MUSTER, "doctor", "--json")
    sound = {d["check"]: d for d in rows(r.stdout)}
    ok(sound["sound-devices"]["ok"], "doctor is content with the sound card", r.stdout)
    r = subprocess.run([MUSTER, "doctor", "--json"], capture_output=True, text=True, timeout=STEP,
                       env={**{k: v for k, v in pulse.env.items() if k != "PULSE_SERVER"},
                            "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"})
    sound = {d["check"]: d for d in rows(r.stdout)}
    ok(not sound["sound-devices"]["ok"] and "SSH" in sound["sound-devices"]["message"] and
       "@192.0.2.2" in sound["sound-devices"]["fix"],
       "doctor says that over SSH the card is elsewhere", r.stdout)


def test_out(pulse, folder):
    """Our tone, as it leaves the loudspeaker."""
    wav = f"{folder}/out.wav"
    rec = pulse.popen("parec", "--device=spk.monitor", "--file-format=wav", "--rate=48000",
                      "--channels=1", wav)
    p = pulse.popen(MUSTER, "audio", "test", "--for", "6s", "--json")
    waits = Waits({"muster": p.pid, "pulse": pulse.process.pid})
    out, err = p.communicate(timeout=STEP)
    waited = sum(waits.stop().values())
    time.sleep(0.3)
    rec.send_signal(signal.SIGINT)
    rec.wait(STEP)
    checks = {d["check"]: d for d in rows(out)}
    ok(p.returncode == 0 and checks["output"]["ok"], "audio test plays", out + err)
    hz, rms = measure(wav, max(0, tone_end(wav) - 1.6), 1.5)
    ok(430 <= hz <= 450, f"the loudspeaker plays 440 Hz (sox: {hz})")
    ok(0.03 < rms < 0.09, f"at -20 dB (sox: RMS {rms})")
    ok(checks["output"]["underruns"] < 4800 + 48 * waited, "without running dry",
       json.dumps(checks["output"]) + f" {waited} ms without a processor")


def test_in(pulse, folder):
    """A tone into the microphone, as we record it and as we measure it."""
    wav = f"{folder}/in.wav"
    subprocess.run(["sox", "-n", "-r", "48000", "-c", "1", "-b", "16", wav, "synth", "20", "sine",
                    "880", "vol", "0.1"], check=True, timeout=STEP)
    play = pulse.popen("paplay", "--device=mic", wav)
    r = pulse.run(MUSTER, "audio", "test", "--for", "4s", "--json")
    checks = {d["check"]: d for d in rows(r.stdout)}
    ok(checks.get("input", {}).get("ok") and -26 <= checks["input"]["level_dbov"] <= -20,
       "the microphone is heard at its level", r.stdout + r.stderr)
    r = pulse.run(MUSTER, "audio", "echo", "--for", "5s", "--delay", "500ms", "--json")
    got = rows(r.stdout)
    ok(r.returncode == 0 and len(got) == 5 and got[-1]["output_delay_ms"] > 0,
       "audio echo reports each second", r.stdout + r.stderr)
    ok(all(g["input_delay_ms"] + g["output_delay_ms"] < 250 for g in got),
       "delay of the card and its buffers is bounded", r.stdout)
    play.kill()
    play.wait(STEP)


def heard(p, test):
    """Rows of a running muster until one holds; all of them."""
    got = []
    for line in p.stdout:
        got += rows(line)
        if got and test(got):
            break
    return got


def test_unplug(pulse):
    """The sound server dies and comes back under a running muster."""
    p = pulse.popen(MUSTER, "audio", "echo", "--for", f"{STEP}s", "--json")
    before = heard(p, lambda got: len(got) == 3)
    pulse.stop(signal.SIGKILL)
    time.sleep(2)
    ok(p.poll() is None, "muster survives the sound server's death")
    ok(pulse.start(), "the sound server is started again")
    wav = f"{pulse.env['HOME']}/again.wav"
    subprocess.run(["sox", "-n", "-r", "48000", "-c", "1", "-b", "16", wav, "synth", str(STEP), "sine",
                    "880", "vol", "0.1"], check=True, timeout=STEP)
    play = pulse.popen("paplay", "--device=mic", wav)
    after = heard(p, lambda got: got[-1]["level_dbov"] > -60)
    p.send_signal(signal.SIGINT)
    rest, err = p.communicate(timeout=STEP)
    # Silence at first; after the restart a tone, which noise suppression takes back by and by.
    ok(max(g["level_dbov"] for g in before) == -127 and after[-1]["level_dbov"] > -60,
       "and hears the microphone again", (before, after, err))
    ok(p.returncode == -signal.SIGINT, "and ends when it is told to", (p.returncode, rest, err))
    ok(err == "", "PortAudio's chatter about it stays off the terminal", err)
    play.kill()
    play.wait(STEP)


def main():
    missing = [n for n in NEEDED if not shutil.which(n)]
    plugin = list(pathlib.Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so"))
    if missing or not plugin:
        print(f"1..0 # skip not installed: {' '.join(missing) or 'libasound2-plugins'}")
        return 0
    folder = tempfile.mkdtemp(prefix="muster-sound-")
    pulse = Pulse(folder)
    try:
        if not pulse.start():
            print("1..0 # skip PulseAudio does not start here")
            return 0
        test_devices(pulse)
        test_out(pulse, folder)
        test_in(pulse, folder)
        test_unplug(pulse)
    finally:
        pulse.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
