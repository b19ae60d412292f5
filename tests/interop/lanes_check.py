"""lanes.py itself: what fails, dies or says too little is a `not ok`; what a test says stays together."""

import pathlib
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import harness as lib  # noqa: E402

tap = lib.Tap("lanes")
GOOD = "print('ok 1 - a'); print('ok 2 - b'); print('1..2')"
# name -> (what it does, the one line beside its own that comes of it)
TESTS = {
    "good": (GOOD, None),
    "skipped": ("print('ok - x # SKIP no y')", None),
    "skips_all": ("print('1..0 # SKIP no y')", None),
    "fails": ("print('not ok 1 - a'); print('1..1'); raise SystemExit(1)", None),
    "says_nothing": ("", "it ended with status 0 and without a plan"),
    "dies": ("print('ok 1 - a'); import os; os.kill(os.getpid(), 9)",
             "it ended with status -9 and without a plan"),
    "short": ("print('ok 1 - a'); print('1..2')", "it promised 2 checks and made 1"),
    "status": (GOOD + "; raise SystemExit(3)", "it ended with status 3"),
}
GOOD_ONES = ("good", "skipped", "skips_all")


def lanes(folder, *names):
    done = subprocess.run([sys.executable, HERE / "lanes.py", *(
        " ".join(str(folder / n) if n != "--" else n for n in lane) for lane in names)], capture_output=True, text=True,
        timeout=lib.STEP)
    return done.returncode, done.stdout


def judged(folder):
    for name, (_, why) in TESTS.items():
        status, out = lanes(folder, [name])
        tap.equal(status, 0 if name in GOOD_ONES else 1, f"{name}: the status")
        want = [f"not ok - {folder / name}: {why}"] if why else []
        tap.equal([l for l in out.splitlines() if l.startswith("not ok -")], want, f"{name}: the word on it")


def together(folder):
    """Two that go on at the same time: each waits for the other's first word."""
    for me, other in (("one", "two"), ("two", "one")):
        (folder / f"{me}.py").write_text(
            f"import pathlib, time\nprint('ok 1 - {me}', flush=True)\n"
            f"pathlib.Path('{folder}/{me}.here').touch()\n"
            f"while not pathlib.Path('{folder}/{other}.here').exists(): time.sleep(.01)\n"
            f"print('ok 2 - {me}')\nprint('1..2')\n")
    status, out = lanes(folder, ["one"], ["two"])
    tap.equal(status, 0, "two lanes run side by side")
    lines = [l for l in out.splitlines() if l.startswith("ok")]
    tap.check(lines in (["ok 1 - one", "ok 2 - one", "ok 1 - two", "ok 2 - two"],
                        ["ok 1 - two", "ok 2 - two", "ok 1 - one", "ok 2 - one"]),
              "what each says stays together", out)


def parts(folder):
    """A test gets what stands behind its colon; what stands behind -- comes after all others."""
    (folder / "part.py").write_text(
        f"import pathlib, sys\nprint('ok 1 -', *sys.argv[1:], sorted(p.name for p in "
        f"pathlib.Path('{folder}').glob('*.done')))\nprint('1..1')\n"
        f"pathlib.Path('{folder}', sys.argv[1] + '.done').touch()\n")
    status, out = lanes(folder, ["part:a"], ["part:b", "part:c"], ["--"], ["part:d"])
    said = sorted(l for l in out.splitlines() if l.startswith("ok"))
    tap.check(status == 0 and len(said) == 4 and said[0].startswith("ok 1 - a ["), "parts of a test", out)
    tap.equal(said[-1], "ok 1 - d ['a.done', 'b.done', 'c.done']", "who wants to be alone is, at the end")


def told_to_end(folder):
    """Who ends the lanes ends the tests in them."""
    (folder / "endless.py").write_text(
        f"import os, pathlib, signal\npathlib.Path('{folder}/pid').write_text(str(os.getpid()))\n"
        f"pathlib.Path('{folder}/pid-is-there').touch()\nsignal.pause()\n")
    child = subprocess.Popen([sys.executable, HERE / "lanes.py", str(folder / "endless")])
    tap.check(lib.wait_for((folder / "pid-is-there").exists), "a test goes on")
    pid = int((folder / "pid").read_text())
    child.send_signal(signal.SIGTERM)
    tap.equal(child.wait(lib.STEP), 128 + signal.SIGTERM, "the lanes are ended")
    tap.check(lib.wait_for(lambda: not running(pid)), "and so is the test")


def running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def main():
    with lib.Folder() as folder:
        for name, (code, _) in TESTS.items():
            (folder / f"{name}.py").write_text(code + "\n")
        judged(folder)
        together(folder)
        parts(folder)
        told_to_end(folder)
    tap.end()


main()
