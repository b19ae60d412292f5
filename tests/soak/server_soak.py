"""make soak-server: a server of 100,000 events and 300 people who sync, for an hour.

Somebody writes three times a second, all others wait in /sync and get it; in between people
log in anew and fetch everything, files are uploaded and backups are made. What is looked at:
memory stays flat, nothing fails, how long a message takes to 299 waiting syncs.

SOAK_S: seconds (3600); SOAK_EVENTS, SOAK_PEOPLE: for a smaller one.
"""

import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib")]
import harness as lib  # noqa: E402

SECONDS = int(os.environ.get("SOAK_S", 3600))
EVENTS = int(os.environ.get("SOAK_EVENTS", 100_000))
PEOPLE = int(os.environ.get("SOAK_PEOPLE", 300))
PASSWORD = "correct horse battery"
LOAD = os.environ.get("LOAD", str(lib.TOP / "build" / "release" / "tests" / "bench" / "load"))
SLACK_MB = 8  # that memory may grow after its first third
EACH_S = min(5, SECONDS / 60)  # between two looks

tap = lib.Tap("soak-server")


def call(url, method, path, token, body=None, raw=None):
    data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url + path, method=method, data=data,
                                     headers={"Authorization": f"Bearer {token}",
                                              "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as r:
        return json.load(r)


def load(port, *args, tokens=None, save=None):
    stdin = "\n".join(tokens) + "\n" if tokens else None
    argv = [LOAD, str(port), *map(str, args)]
    if save:
        argv = ["sh", "-c", 'out=$1; shift; exec "$@" 3>"$out"', "sh", str(save), *argv]
    done = subprocess.run(argv, input=stdin, text=True, capture_output=True,
                          timeout=SECONDS + 3600)
    if done.returncode or done.stderr:
        raise RuntimeError(f"{args}: {done.returncode} {done.stderr[-500:]}")
    return json.loads(done.stdout)


def metrics(url):
    with urllib.request.urlopen(url, timeout=120) as r:
        lines = [l.rsplit(" ", 1) for l in r.read().decode().splitlines() if l[:1] != "#"]
    return {name: float(value) for name, value in lines}


def percentile_of(before, after, name, share):
    """Upper bound of the histogram's bucket that holds this share of what came in between."""
    buckets = [(k[len(name) + 12:-2], v - before.get(k, 0)) for k, v in after.items()
               if k.startswith(name + "_bucket")]
    total = buckets[-1][1]
    return next(le for le, n in buckets if n >= share * total)


class Bystanders(threading.Thread):
    """What else happens on such a day, one thing every few seconds, until told to stop."""

    def __init__(self, url, room, tokens):
        super().__init__(daemon=True)
        self.url, self.room, self.tokens = url, room, tokens
        self.over = threading.Event()
        self.done, self.failed = {}, []

    def one(self, what, turn):
        token = self.tokens[turn % len(self.tokens)]
        if what == "whole sync":
            call(self.url, "GET", "/_matrix/client/v3/sync?timeout=0", token)
        elif what == "page":
            call(self.url, "GET", f"/_matrix/client/v3/rooms/{self.room}/messages?dir=b&limit=100",
                 token)
        elif what == "file":
            call(self.url, "POST", "/_matrix/media/v3/upload", token, raw=os.urandom(200_000))
        elif what == "log-in":
            me = call(self.url, "POST", "/_matrix/client/v3/login", token, {
                "type": "m.login.password", "password": PASSWORD,
                "identifier": {"type": "m.id.user", "user": f"u{turn % PEOPLE}"}})
            call(self.url, "POST", "/_matrix/client/v3/logout", me["access_token"], {})
        elif what == "backup" and turn % 50 == 0:
            call(self.url, "POST", "/_muster/admin/v1/backup", self.admin, {"to": "soak.tar"})
            os.unlink(self.shelf / "soak.tar")

    def run(self):
        turn = 0
        while not self.over.wait(1):
            turn += 1
            for what in ("whole sync", "page", "file", "log-in", "backup"):
                if self.over.is_set():
                    return
                try:
                    self.one(what, turn)
                    self.done[what] = self.done.get(what, 0) + 1
                except OSError as e:
                    self.failed.append(f"{what}: {e}")


def set_up(folder):
    data = folder / "data"
    data.mkdir(mode=0o700)
    (data / "muster.conf").write_text("metrics_listen = 127.0.0.1:0\nevents_per_second = 0\nbackup_keep = 0\n")
    serve = lib.Serve(data)
    (folder / "people.csv").write_text(
        "user,name,password,admin\n" +
        "".join(f"u{i},Person {i},{PASSWORD}\n" for i in range(PEOPLE)))
    serve.admin("user", "import", folder / "people.csv", limit=600)
    serve.admin("user", "role", "u0", "admin")
    serve.start()
    return serve


def fill(serve, folder):
    tokens_file = folder / "tokens"
    load(serve.port, "login", PEOPLE, 8, save=tokens_file)
    tokens = tokens_file.read_text().split()
    room = call(serve.url, "POST", "/_matrix/client/v3/createRoom", tokens[0],
                {"preset": "public_chat", "name": "soak"})["room_id"]
    for t in tokens[1:]:
        call(serve.url, "POST", f"/_matrix/client/v3/rooms/{room}/join", t, {})
    r = load(serve.port, "send", room, EVENTS, 64, tokens=tokens[:64])
    print(f"# {EVENTS} events: {r['per_second']:.0f} a second", flush=True)
    return tokens, room


def watch(serve, page, samples, over):
    while not over.wait(EACH_S):
        m = metrics(page)
        samples.append((time.monotonic(), m))


def judge_memory(samples):
    rss = [m["muster_resident_memory_bytes"] / 2**20 for _, m in samples]
    third = max(len(rss) // 3, 1)
    early, late = sorted(rss[third:2 * third] or rss), sorted(rss[2 * third:] or rss)
    # Not the median: a password that is being hashed takes 19 MB for a moment.
    a, b = early[len(early) // 4], late[len(late) // 4]
    step = max(len(rss) // 12, 1)
    print("# memory, MB: " + " ".join(f"{v:.0f}" for v in rss[::step]), flush=True)
    tap.check(b <= a + SLACK_MB, f"memory is flat: {a:.1f} MB in the second third, {b:.1f} MB in "
              f"the last, {max(rss):.1f} MB at most")


def main():
    with lib.Folder() as folder:
        serve = set_up(folder)
        try:
            tokens, room = fill(serve, folder)
            page = f"http://127.0.0.1:{serve.process.json_lines()[0]['metrics_port']}/metrics"
            over, samples = threading.Event(), []
            others = Bystanders(serve.url, room, tokens[1:])
            others.admin, others.shelf = find_admin(serve, tokens), serve.data / "backups"
            watcher = threading.Thread(target=watch, args=(serve, page, samples, over), daemon=True)
            before = metrics(page)
            others.start()
            watcher.start()
            r = load(serve.port, "fanout", room, f"{SECONDS}s", tokens=tokens)
            others.over.set()
            over.set()
            others.join(120)
            watcher.join(120)
            after = metrics(page)
            judge(r, others, samples, before, after)
        finally:
            tap.equal(serve.stop(), 0, "the server ends as it should")
        log = serve.process.error_text()
        tap.check("error" not in log, "it logged no error", log)
    tap.end()


def find_admin(serve, tokens):
    for t in tokens:
        who = call(serve.url, "GET", "/_matrix/client/v3/account/whoami", t)["user_id"]
        if who.startswith("@u0:"):
            return t
    raise RuntimeError("u0 is not there")


def judge(r, others, samples, before, after):
    tap.check(r["failed"] == 0 and r["done"] > 0,
              f"{r['done']} messages reached who waited, in {r['seconds']:.0f} s", r)
    print(f"# a message to {PEOPLE - 1} waiting syncs, at the clients: p50 {r['p50_ms']:.1f} ms, "
          f"p99 {r['p99_ms']:.1f} ms, max {r['max_ms']:.1f} ms")
    name = "muster_sync_fanout_seconds"
    print("# from the commit to the reply, at the server: p50 at most "
          f"{percentile_of(before, after, name, .5)} s, p99 at most "
          f"{percentile_of(before, after, name, .99)} s")
    print(f"# beside that: {others.done}")
    tap.check(not others.failed, "and everything else worked", "\n".join(others.failed[:20]))
    judge_memory(samples)
    bad = {k: v - before.get(k, 0) for k, v in after.items()
           if k.startswith('muster_http_responses_total{code="5') and v > before.get(k, 0)}
    tap.check(not bad, "no reply was an error of the server", bad)
    print(f"# database {after['muster_database_bytes'] / 2**20:.0f} MB, log "
          f"{after['muster_database_log_bytes'] / 2**20:.0f} MB, "
          f"{after['muster_events_total']:.0f} events", flush=True)


main()
