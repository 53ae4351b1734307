# SPDX-License-Identifier: MIT
"""Dynamic-DNS servers from PyPI, each started on the loopback interface with a zone of its own, for
`grade-server --installed NAME`. What each one needs is a row here; how it is started is a file of
tools/grade_server/servers, run by the Python of the folder that the servers are installed in."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from .. import CACHE, HERE, UserError, debian

#: Seconds until a server listens; nsupdate.info writes its database first.
PATIENCE = 60
#: Of a server that does not come up.
_LAST = 10
HOSTS = ("demo.example.net", "two.example.net")
PASSWORD = "demo-key"


@dataclass
class Server:
    """name: of the file that starts it. what: with its version, as PyPI has it. login: the user's name;
    notes: what is replaced. root: it needs root's rights, and named: BIND 9."""

    name: str
    what: str
    get: str
    login: str = "demo"
    hosts: tuple = HOSTS
    notes: str = ""
    root: bool = False


_PIP = "python3 -m venv {0} && {0}/bin/pip install "
SERVERS = {
    one.name: one
    for one in (
        # its login is one host's: a list would be another host's business
        Server(
            "nsupdate",
            "nsupdate.info's own server, nsupdate 0.13.0",
            _PIP + "nsupdate==0.13.0 argon2-cffi",
            HOSTS[0],
            HOSTS[:1],
            "BIND 9 behind it",
            True,
        ),
        Server(
            "hetzner",
            "dyndns-to-hetzner 1.0.2",
            _PIP + "dyndns-to-hetzner==1.0.2",
            notes="Hetzner's API is one zone in memory",
        ),
        Server(
            "xms", "xms-dns 0.2.5", _PIP + "xms-dns==0.2.5", notes="the panel behind it is a zone in memory"
        ),
        Server(
            "sftdyn",
            "sftdyn 0.10",
            _PIP + "aiohttp setuptools && {0}/bin/pip install --no-build-isolation sftdyn==0.10",
            notes="a server of its own kind, asked as its settings allow; nothing behind it",
        ),
    )
}


def _python():
    return CACHE / "servers/bin/python"


def missing(one):
    """Why a server cannot run here, one sentence with what to do; "" when it can."""
    if one.root and os.getuid() != 0:
        return "%s needs root rights: its name server has port 53" % one.name
    if one.root and debian.find("named") is None:
        return "%s needs BIND 9: apt-get install %s" % (one.name, debian.package_of("named"))
    module = {"hetzner": "dyndns_to_hetzner", "xms": "xms_dns"}.get(one.name, one.name)
    if not list((CACHE / "servers").glob("lib/python3*/site-packages/%s" % module)):
        return "%s is not installed: %s" % (one.name, one.get.format(CACHE / "servers"))
    return ""


@contextlib.contextmanager
def running(name):
    """The update URL of a started server, which is ended at the end.
    UserError: there is none of that name, it is not installed, it does not come up."""
    if name not in SERVERS:
        raise UserError("there is no server %r; there are: %s" % (name, ", ".join(SERVERS)))
    why = missing(SERVERS[name])
    if why:
        raise UserError(why)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="grade-server-"))
    starter = HERE / "grade_server/servers" / (name + ".py")
    process = subprocess.Popen(
        [str(_python()), "-P", str(starter), str(port), str(folder)],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "NAMED": str(debian.find("named"))},
        stdin=subprocess.DEVNULL,
        stdout=(folder / "output").open("wb"),
        stderr=subprocess.STDOUT,
        process_group=0,
    )
    try:
        _await(process, port, folder, name)
        yield "http://127.0.0.1:%d/nic/update" % port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _await(process, port, folder, name):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.1)
    said = (folder / "output").read_text(errors="replace").strip().splitlines()[-_LAST:]
    raise UserError("%s did not come up; its last words: %s" % (name, " | ".join(said) or "none"))
