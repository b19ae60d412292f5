"""coturn (Debian's package) for tests of calls: a TURN server by UDP, TCP and TLS."""

import contextlib
import pathlib
import signal
import socket
import subprocess

import harness as lib


class Turn:
    """coturn on the address of this side, with a certificate of its own."""

    SECRET = "a secret between two servers"

    def __init__(self, folder, address):
        folder = pathlib.Path(folder)
        self.cert, key, self.secret = folder / "cert.pem", folder / "key.pem", folder / "secret"
        self.secret.write_text(self.SECRET)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=turn", "-addext", f"subjectAltName=IP:{address}", "-keyout",
                        str(key), "-out", str(self.cert)], check=True, capture_output=True)
        self.uri = f"turns:{address}:5349"
        self.plain = f"turn:{address}:3478?transport=tcp"
        settings = folder / "turn.conf"
        settings.write_text(f"""listening-ip={address}
relay-ip={address}
listening-port=3478
tls-listening-port=5349
cert={self.cert}
pkey={key}
use-auth-secret
static-auth-secret={self.SECRET}
realm=test
no-cli
no-dtls
userdb={folder}/turn.db
pidfile={folder}/turn.pid
log-file=stdout
simple-log
""")
        self.process = lib.Process(["turnserver", "-c", str(settings)], cwd=str(folder))
        if not lib.wait_for(lambda: self.answers(address)):
            raise RuntimeError("coturn does not start")

    @staticmethod
    def answers(address):
        with contextlib.suppress(OSError), socket.create_connection((address, 5349), lib.STEP):
            return True
        return False

    def close(self):
        self.process.stop(signal.SIGKILL)
