# SPDX-License-Identifier: MIT
"""The clients that can be graded by name. Each runs with its authors' default settings; only Wanbeacon looks
at its address as often as it can: its waits after errors do not depend on that, those of inadyn and ddclient
do."""

import json
import os
import sys

from .. import ROOT, UserError, interpreters
from .client import REAL_NAMES, Client, Setup, given
from .clients_others import OTHERS

__all__ = ("PROFILES", "REAL_NAMES", "Client", "Setup", "given", "profile", "usable")

# Wanbeacon


def _wanbeacon_config(setup):
    source = {"source": "command", "command": "cat %s" % setup.address_file}
    if setup.page:
        source = {"source": "web", "url": "http://%s:%d/" % (setup.check_host, setup.check_port)}
    account = {
        "provider": setup.service,
        "user": setup.user,
        "password": setup.password,
        "ca": setup.ca_der,
        "server": "%s:%d" % (setup.host, setup.port),
        "hosts": [{"name": name, "ipv6": setup.dual} for name in setup.hosts],
    }
    if setup.dual:
        source["command"] = "[ $WANBEACON_FAMILY = 6 ] && sed -n 2p %s || sed -n 1p %s" % (
            (setup.address_file,) * 2
        )
    intervals = {} if setup.page else {"check": 60}
    # as a user's login at No-IP is: a mail address, which No-IP's form ends with
    device = {"contact": "demo@example.org"}
    return json.dumps(
        {"address": [source], "accounts": [account], "intervals": intervals, "device": device}, indent=1
    )


def _wanbeacon_files(setup):
    return [
        "run",
        "--config",
        str(setup.folder / "config"),
        "--state",
        str(setup.folder / "state"),
        "--status",
        str(setup.folder / "status.json"),
        "--control",
        str(setup.folder / "control"),
    ]


def wanbeacon_micropython():
    try:
        return _on_micropython("wanbeacon-micropython", interpreters.default())
    except UserError as error:
        return Client("wanbeacon-micropython", None, None, why=str(error))


def wanbeacon_elf():
    """Debian's stand-alone program: an older MicroPython, with its own TLS build."""
    one = next(one for one in interpreters.all() if one.name == "micropython-amd64")
    return (
        Client("wanbeacon-elf", None, None, why=one.why) if one.why else _on_micropython("wanbeacon-elf", one)
    )


def _on_micropython(name, one):
    return Client(
        name,
        _wanbeacon_config,
        lambda setup: one.command("-m", "wanbeacon", *_wanbeacon_files(setup)),
        lambda: "%s on MicroPython %d.%d.%d" % (_agent_version(), *interpreters.check_version(one.argv[0])),
        {"MICROPYPATH": "%s:.frozen" % (ROOT / "firmware")},
        speed=60,
        look=60,
    )


def wanbeacon_cpython():
    path = os.pathsep.join(str(ROOT / part) for part in ("firmware/wanbeacon/board/cpython", "firmware"))
    return Client(
        "wanbeacon-cpython",
        _wanbeacon_config,
        lambda setup: [sys.executable, "-m", "wanbeacon_cpython", "wanbeacon", *_wanbeacon_files(setup)],
        lambda: "%s on CPython %d.%d.%d" % (_agent_version(), *sys.version_info[:3]),
        {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        speed=80,
        look=60,
    )


def _agent_version():
    from ..build.version import agent_version

    return agent_version()


PROFILES = {
    "wanbeacon-micropython": wanbeacon_micropython,
    "wanbeacon-cpython": wanbeacon_cpython,
    "wanbeacon-elf": wanbeacon_elf,
    **OTHERS,
}


def profile(name):
    """The Client of a ready profile; UserError when there is none or it cannot run here."""
    if name not in PROFILES:
        raise UserError("there is no profile %r; there are: %s" % (name, ", ".join(PROFILES)))
    client = PROFILES[name]()
    if client.real_names and os.getuid() != 0:
        client.why = client.why or "needs root rights, for an /etc/hosts of its own"
    if client.why:
        raise UserError("%s cannot be graded here: %s" % (name, client.why))
    return client


def usable():
    """(the Clients of all profiles that can run here, why the others cannot: list of sentences)."""
    found, why = [], []
    for name in PROFILES:
        try:
            found.append(profile(name))
        except UserError as error:
            why.append(str(error))
    return found, why
