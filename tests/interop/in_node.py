"""Comparisons that need no server: what LiveKit's own library makes of our signalling, and
matrix-js-sdk of our events of calls; each a program for Node beside a small one of ours.

  in_node.py livekit_proto|rtc_jssdk
"""

import os
import shutil
import subprocess
import sys

import livekit_peers as lk

TOOLS = lk.lib.TOP / "build" / "release" / "tests" / "interop"
# name -> (package, Node, the variable that names our program, its name)
PARTS = {
    "livekit_proto": (lk.PEERS / "livekit", lambda: shutil.which("node"), "LK_PROTO", "lk_proto"),
    "rtc_jssdk": (lk.JS_SDK, lk.node22, "RTC_MEMBER", "rtc_member"),
}


def main():
    name = sys.argv[1]
    package, node, variable, tool = PARTS[name]
    if not node() or not (package / ".done").exists():
        print(f"1..0 # SKIP {name}: Node or {package.name} is missing (make interop)")
        return 0
    tool = os.path.abspath(os.environ.get(variable, TOOLS / tool))
    return subprocess.run([node(), lk.HERE / f"{name}.mjs", package, tool], check=False).returncode


sys.exit(main())
