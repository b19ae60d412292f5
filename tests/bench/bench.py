"""make bench: what muster costs, beside a peer in the same run.

Prints one table. Absolute figures belong to the machine they were taken on;
the ratios are what to look at. Options: --quick, --no-synapse.
"""

import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "interop"), str(HERE.parent / "lib")]
import harness as lib  # noqa: E402
import synapse  # noqa: E402

PASSWORD = "correct horse battery"
LOAD = os.environ.get("LOAD", str(lib.TOP / "build" / "release" / "tests" / "bench" / "load"))
QUICK = "--quick" in sys.argv
PEOPLE = 60 if QUICK else 300
SENDS = 2000 if QUICK else 20000
ROUNDS = 5 if QUICK else 30
READS = 2 if QUICK else 5
ONE_SHOTS = 10 if QUICK else 60


def call(url, method, path, token, body=None):
    request = urllib.request.Request(url + path, method=method,
                                     data=json.dumps(body).encode() if body is not None else None,
                                     headers={"Authorization": f"Bearer {token}",
                                              "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as r:
        return json.load(r)


def load(port, *args, tokens=None, save=None):
    """Run the generator; returns its report."""
    stdin = "\n".join(tokens) + "\n" if tokens else None
    if save is None:
        done = subprocess.run([LOAD, str(port), *map(str, args)], input=stdin, text=True,
                              capture_output=True, timeout=1800)
    else:
        with open(save, "w") as f:
            done = subprocess.run(["sh", "-c", 'exec "$0" "$@" 3>&4', LOAD, str(port),
                                   *map(str, args)], text=True, capture_output=True, timeout=1800,
                                  pass_fds=[pass_as(f, 4)])
    if done.stderr:
        print(done.stderr, file=sys.stderr)
    return json.loads(done.stdout)


def pass_as(f, number):
    os.dup2(f.fileno(), number)
    return number


def measure(name, url, port, pid, folder):
    """One server: log-ins, sends, fan-out, memory."""
    figures = {"memory, just started": f"{lib.rss_mb(pid):.0f} MB"}
    tokens_file = folder / f"{name}.tokens"
    r = load(port, "login", PEOPLE, 8, save=tokens_file)
    figures[f"{PEOPLE} log-ins, 8 at a time"] = f"{r['seconds']:.1f} s"
    tokens = tokens_file.read_text().split()
    room = call(url, "POST", "/_matrix/client/v3/createRoom", tokens[0],
                {"preset": "public_chat", "name": "bench"})["room_id"]
    for t in tokens[1:]:
        call(url, "POST", f"/_matrix/client/v3/rooms/{room}/join", t, {})
    sends = SENDS if name == "muster" else max(SENDS // 20, 200)
    for conns in (1, 64):
        before = lib.cpu_s(pid)
        r = load(port, "send", room, sends if conns > 1 else max(sends // 10, 100), conns,
                 tokens=tokens[:64])
        cpu = (lib.cpu_s(pid) - before) / r["done"] * 1e6
        figures[f"messages a second, {conns} at a time"] = (
            f"{r['per_second']:.0f} (p99 {r['p99_ms']:.1f} ms, {cpu:.0f} us of CPU each)")
    r = load(port, "fanout", room, ROUNDS if name == "muster" else max(ROUNDS // 3, 3),
             tokens=tokens)
    figures[f"message to {PEOPLE - 1} waiting syncs"] = (
        f"p50 {r['p50_ms']:.1f} ms, p99 {r['p99_ms']:.1f} ms")
    before = lib.cpu_s(pid)
    r = load(port, "receipts", room, READS if name == "muster" else 1, tokens=tokens)
    cpu = (lib.cpu_s(pid) - before) / r["done"]
    figures[f"message read by {PEOPLE} waiting people"] = (
        f"{r['replies'] / r['done'] / PEOPLE:.1f} replies each, "
        f"{r['bytes'] / r['done'] / 1e6:.1f} MB, {cpu * 1000:.0f} ms of CPU "
        f"({1 / max(cpu, 0.001):.1f}/s)")
    figures[f"memory with {PEOPLE} syncing"] = f"{lib.rss_mb(pid):.0f} MB"
    return figures, tokens, room


def timed(argv, env):
    """Wall and CPU milliseconds of one whole process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"{argv[:3]}: {done.stderr.decode()}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall * 1000, cpu * 1000


def one_shot(url, folder):
    """`muster send` and the same request by curl(1), in turn."""
    ours = lib.Client(folder / "oneshot")
    who = ours.login(url, "u0", PASSWORD)
    room = ours("room", "create", "one-shot")[0]["room_id"]
    login = urllib.request.Request(
        url + "/_matrix/client/v3/login", method="POST",
        data=json.dumps({"type": "m.login.password", "password": PASSWORD,
                         "identifier": {"type": "m.id.user", "user": "u0"}}).encode())
    with urllib.request.urlopen(login, timeout=30) as r:
        token = json.load(r)["access_token"]
    env = lib.clean_env(folder / "oneshot")
    secret = folder / "header"
    secret.write_text(f"Authorization: Bearer {token}\n")
    both = {"muster": [], "curl": []}
    for i in range(ONE_SHOTS + 3):
        for name in both:
            argv = ([lib.MUSTER, "send", room, f"message {i}"] if name == "muster" else
                    ["curl", "-sS", "-f", "-X", "PUT", "-H", f"@{secret}",
                     "-H", "Content-Type: application/json",
                     "-d", json.dumps({"msgtype": "m.text", "body": f"message {i}"}),
                     f"{url}/_matrix/client/v3/rooms/{room}/send/m.room.message/curl{i}"])
            figure = timed(argv, env)
            if i >= 3:
                both[name].append(figure)
    del who
    ratios = [m[0] / c[0] for m, c in zip(both["muster"], both["curl"])]
    row = {k: (statistics.median(w for w, _ in v), statistics.median(c for _, c in v))
           for k, v in both.items()}
    return row, statistics.median(ratios)


def table(title, left, right):
    width = max(map(len, left))
    print(f"\n{title}\n{'':{width}}  {'muster serve':48}{'Synapse' if right else ''}")
    for key in left:
        print(f"{key:{width}}  {left[key]:48}{right.get(key, '') if right else ''}")


def bench_muster(folder):
    serve = lib.Serve(folder / "data")
    people = folder / "people.csv"
    people.write_text("user,name,password\n" +
                      "".join(f"u{i},Person {i},{PASSWORD}\n" for i in range(PEOPLE)))
    serve.admin("user", "import", people, limit=300)
    (serve.data / "muster.conf").write_text("events_per_second = 0\n")
    serve.start()
    try:
        pid = serve.process.child.pid
        figures, _, _ = measure("muster", serve.url, serve.port, pid, folder)
        return figures, one_shot(serve.url, folder)
    finally:
        serve.stop()


def bench_synapse(folder):
    server = synapse.Synapse(folder / "synapse").start()
    try:
        for i in range(PEOPLE):
            server.register(f"u{i}")
        figures, _, _ = measure("synapse", server.url, server.port, server.process.child.pid,
                                folder)
        return figures
    finally:
        server.stop()


def main():
    with lib.Folder() as folder:
        ours, (row, ratio) = bench_muster(folder)
        peer = None
        if "--no-synapse" in sys.argv:
            print("Synapse is left out, as asked")
        elif not (synapse.VENV / "bin" / "python").exists():
            print("Synapse is left out: it is not installed under build/peers")
        else:
            peer = bench_synapse(folder)
    table(f"server, {PEOPLE} people, {os.cpu_count()} cores shared with the load", ours, peer)
    print("\none-shot send, cold process, median     wall        CPU")
    for name, (wall, cpu) in row.items():
        print(f"{name:36}{wall:8.1f} ms {cpu:8.1f} ms")
    print(f"{'ratio of wall times, pair by pair':36}{ratio:8.2f}")


main()
