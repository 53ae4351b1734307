# SPDX-License-Identifier: MIT
"""Mosquitto as a user would run it: TLS and plain, a password file, an access list, nothing kept on disk;
on loopback and free ports.

    with running(folder) as broker:
        broker.tls_port, broker.plain_port, broker.ca_der, broker.stop(), broker.start()
"""

import contextlib
import os
import socket
import ssl
import subprocess
import time
from pathlib import Path

import trustme

from .. import UserError
from . import parts

USER, PASSWORD = "wan", "br0ker-Pass-w0rd"
#: A second user, who may see and send all: the fleet's view.
ADMIN, ADMIN_PASSWORD = "desk", "d3sk-Pass-w0rd"
PATIENCE = 10
_CONFIG = """per_listener_settings false
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/access
persistence false
max_packet_size 20480
listener {plain} 127.0.0.1
max_connections -1
listener {tls} 127.0.0.1
max_connections -1
certfile {folder}/server.pem
keyfile {folder}/server.key
"""
#: A device may say its own and hear its own commands, no more.
_ACCESS = """user {user}
topic write homeassistant/device/+/config
pattern write wanbeacon/%c/state
pattern write wanbeacon/%c/online
pattern write wanbeacon/%c/answer
pattern read wanbeacon/%c/set
user {admin}
topic readwrite #
"""


def free_ports(count):
    """TCP ports on loopback that nobody has now."""
    socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in socks]
    for sock in socks:
        sock.close()
    return ports


class Mosquitto:
    """A broker in `folder`; the ports stay the same over a restart."""

    def __init__(self, folder, clients=100):
        self.folder = Path(folder)
        self.plain_port, self.tls_port = free_ports(2)
        self._process = None
        self._clients = clients
        authority = trustme.CA()
        self.ca_pem, self.ca_der = self.folder / "ca.pem", self.folder / "ca.der"
        authority.cert_pem.write_to_path(self.ca_pem)
        self.ca_der.write_bytes(ssl.PEM_cert_to_DER_cert(authority.cert_pem.bytes().decode()))
        leaf = authority.issue_cert("localhost", "127.0.0.1")
        leaf.private_key_pem.write_to_path(self.folder / "server.key")
        for number, one in enumerate(leaf.cert_chain_pems):
            one.write_to_path(self.folder / "server.pem", append=bool(number))
        text = _CONFIG.format(folder=self.folder, plain=self.plain_port, tls=self.tls_port)
        if os.getuid() == 0:
            text += "user root\n"
        (self.folder / "conf").write_text(text)
        (self.folder / "access").write_text(_ACCESS.format(user=USER, admin=ADMIN))
        for number, (name, password) in enumerate(((USER, PASSWORD), (ADMIN, ADMIN_PASSWORD))):
            words = [parts.program("mosquitto_passwd"), "-b", *(["-c"] if not number else [])]
            subprocess.run([*words, self.folder / "passwords", name, password], check=True, timeout=PATIENCE)

    def start(self):
        """Until it answers on both ports. UserError when it does not."""
        log = open(self.folder / "log", "ab")  # noqa: SIM115 (the process keeps it)
        limit = "ulimit -n %d; " % (self._clients * 2 + 100)
        program = parts.program("mosquitto")
        self._process = subprocess.Popen(
            ["sh", "-c", '%sexec "$0" -c "$1"' % limit, program, self.folder / "conf"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        log.close()
        end = time.monotonic() + PATIENCE
        for port in (self.plain_port, self.tls_port):
            while True:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                if self._process.poll() is not None or time.monotonic() > end:
                    raise UserError("mosquitto did not start: %s" % (self.folder / "log").read_text()[-500:])
                time.sleep(0.02)

    def stop(self):
        """As a power cut would."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self, on):
        """It is there and says nothing, or goes on."""
        self._process.send_signal(19 if on else 18)  # SIGSTOP, SIGCONT

    @property
    def log(self):
        return (self.folder / "log").read_text(errors="replace")


@contextlib.contextmanager
def running(folder, clients=100):
    """A Mosquitto that runs until the end."""
    broker = Mosquitto(folder, clients)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
