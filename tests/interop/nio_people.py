"""matrix-nio for tests: the package, or the word that it is missing; and waits that end."""

import asyncio
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import harness as lib  # noqa: E402

try:
    import nio  # noqa: F401
except ImportError:
    print("1..0 # SKIP python3-matrix-nio is not installed (.ci/deps interop)")
    sys.exit(0)

PASSWORD = "correct horse battery"


async def limited(what):
    return await asyncio.wait_for(what, lib.STEP)


async def sync_until(tap, client, test, what):
    """Sync until test() holds; each turn waits for an event, not for time."""
    for _ in range(60):
        if test():
            break
        reply = await limited(client.sync(timeout=2000))
        if not isinstance(reply, nio.SyncResponse):
            return tap.check(False, what, reply)
    return tap.check(test(), what)
