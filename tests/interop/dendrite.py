"""A throw-away Dendrite on SQLite, for tests of our client: the interface of synapse.py's Synapse."""

import base64
import json
import os
import pathlib

import harness as lib
import synapse

PROGRAM = lib.TOP / "build" / "peers" / "dendrite" / "dendrite"
DATABASES = ["app_service_api", "federation_api", "key_server", "media_api", "mscs", "relay_api",
             "room_server", "sync_api", "user_api"]


class Dendrite:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.port = lib.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.folder.mkdir(parents=True, exist_ok=True)
        seed = base64.b64encode(os.urandom(32)).decode()
        (self.folder / "key.pem").write_text(
            "-----BEGIN MATRIX PRIVATE KEY-----\nKey-ID: ed25519:compat\n\n"
            f"{seed}\n-----END MATRIX PRIVATE KEY-----\n")
        (self.folder / "dendrite.yaml").write_text(json.dumps(self.settings()))  # JSON is YAML

    def settings(self):
        def database(name):
            return {"connection_string": f"file:{self.folder}/{name}.db"}
        parts = {name: {"database": database(name)} for name in DATABASES}
        parts["user_api"] = {"account_database": database("user_api")}
        parts["media_api"]["base_path"] = str(self.folder / "media")
        parts["sync_api"]["search"] = {"enabled": False}
        parts["client_api"] = {"registration_disabled": True, "rate_limiting": {"enabled": False},
                               "registration_shared_secret": synapse.SECRET}
        return {"version": 2, **parts, "global": {
            "server_name": "localhost", "private_key": str(self.folder / "key.pem"),
            "disable_federation": True, "trusted_third_party_id_servers": [],
            "jetstream": {"storage_path": str(self.folder / "jetstream"), "in_memory": True},
            "report_stats": {"enabled": False}},
            "logging": [{"type": "std", "level": "error"}]}

    def start(self):
        self.process = lib.Process(
            [str(PROGRAM), "-config", str(self.folder / "dendrite.yaml"),
             "-http-bind-address", f"127.0.0.1:{self.port}",
             "-https-bind-address", f"127.0.0.1:{lib.free_port()}"], cwd=self.folder)
        if not lib.wait_for(self._answers, 120, 0.2):
            raise RuntimeError("Dendrite did not start:\n" + self.process.error_text())
        return self

    _answers = synapse.Synapse._answers
    register = synapse.Synapse.register

    def version(self):
        """As its build tells."""
        import subprocess
        done = subprocess.run(["go", "version", "-m", str(PROGRAM)], capture_output=True, text=True)
        for line in done.stdout.splitlines():
            words = line.split()
            if words[:1] == ["mod"]:
                return words[2]
        return "unknown"

    def stop(self):
        return self.process.stop()
