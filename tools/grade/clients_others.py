"""The clients of others, as they come from Debian and PyPI, with the settings that their pages tell a user to
make."""

import os
import re
import subprocess
import sys
from pathlib import Path

from .. import CACHE, debian
from .client import Client

#: A program that does not print its version in this time has none.
_PROBE_S = 10


def _inadyn_config(setup):
    source = 'checkip-command = "cat %s"' % setup.address_file
    if setup.page:
        source = 'checkip-server = "%s:%d"\n  checkip-path = "/"\n  checkip-ssl = false' % (
            setup.check_host,
            setup.check_port,
        )
    return (
        "ca-trust-file = %s\nprovider %s {\n  %s\n  username = %s\n  password = %s\n  hostname = { %s }\n}\n"
        % (
            setup.ca,
            {"dyn": "default@dyndns.org", "noip": "default@no-ip.com"}[setup.service],
            source,
            setup.user,
            setup.password,
            ", ".join('"%s"' % name for name in setup.hosts),
        )
    )


def inadyn():
    program = debian.find("inadyn")
    return Client(
        "inadyn",
        _inadyn_config,
        lambda setup: [
            program,
            "--foreground",
            "--config",
            str(setup.folder / "config"),
            "--cache-dir",
            str(setup.folder),
            "--pidfile",
            str(setup.folder / "pid"),
            "--loglevel",
            "info",
        ],
        lambda: _version(r"(\d+\.\S+)", program, "--version"),
        real_names=True,
        look=120,
        cannot={"dual": "keeps one address per provider entry"},
        why="" if program else _missing("inadyn"),
    )


def _ddclient_config(setup):
    source = "use=cmd, cmd='cat %s'" % setup.address_file
    if setup.page:
        source = "use=web, web=https://%s/" % setup.host  # its ssl=yes is for check pages too
    return (
        "cache=%s/cache\npid=%s/pid\n%s\nssl=yes\nssl_ca_file=%s\nprotocol=%s\nserver=%s\nlogin=%s\npassword='%s'\n%s\n"
        % (
            setup.folder,
            setup.folder,
            source,
            setup.ca,
            {"dyn": "dyndns2", "noip": "noip"}[setup.service],
            setup.host,
            setup.user,
            setup.password,
            ",".join(setup.hosts),
        )
    )


def ddclient():
    program = debian.find("ddclient")
    why = "" if program else _missing("ddclient")
    if program and not debian.there(debian.PACKAGES["libio-socket-ssl-perl"][0]):
        why = "ddclient has no TLS without it: apt-get install libio-socket-ssl-perl"
    return Client(
        "ddclient",
        _ddclient_config,
        lambda setup: [program, "-foreground", "-daemon", "300", "-file", str(setup.folder / "config")],
        lambda: _version(r"ddclient version (\d[^\s,]*)", program, "-help"),
        why=why,
        real_names=True,
        # its time-out is alarm(120), and libfaketime rounds what is left of it down to whole
        # seconds: 0 is none
        speed=120,
        cannot={"dual": "version 3.10 sends one address per request with dyndns2"},
    )


def _missing(program):
    return "%s is not installed: apt-get install %s" % (program, debian.package_of(program))


def _version(pattern, *argv):
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_PROBE_S)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1] if found else ""


# clients in Python


def _python_program(name):
    """Beside this Python, on the PATH, or in the folder that docs/grading.md names."""
    for folder in (Path(sys.executable).parent, CACHE / "clients/bin"):
        if os.access(folder / name, os.X_OK):
            return str(folder / name)
    return debian.find(name)


def _absent(package):
    return "%s is not installed: python -m venv %s && %s/bin/pip install %s" % (
        package,
        *[CACHE / "clients"] * 2,
        package,
    )


def _dyndnsc_config(setup):
    rows = ["[dyndnsc]", "configs = " + ", ".join("host%d" % n for n in range(len(setup.hosts)))]
    for number, name in enumerate(setup.hosts):
        rows += [
            "[host%d]" % number,
            "updater = dyndns2",
            "updater-url = https://%s:%d/nic/update" % (setup.host, setup.port),
            "updater-userid = " + setup.user,
            "updater-password = " + setup.password,
            "updater-hostname = " + name,
            "detector = command",
            "detector-command = cat %s" % setup.address_file,
        ]
    return "\n".join(rows) + "\n"


def dyndnsc():
    program = _python_program("dyndnsc")
    return Client(
        "dyndnsc",
        _dyndnsc_config,
        lambda setup: [
            "env",
            "REQUESTS_CA_BUNDLE=" + setup.ca,
            program,
            "--loop",
            "-v",
            "-c",
            str(setup.folder / "config"),
        ],
        lambda: _version(r"(\d+\.\d\S*)", program, "--version"),
        why="" if program else _absent("dyndnsc"),
        speed=60,
        cannot={"dual": "one address for each entry", "page": "its detectors for pages name their services"},
    )


#: ddns 4.2 (PyPI) and ddupdate (Debian) send their login only when a server asks for it with 401, as No-IP
#: does and Dyn does not: nearly every scene would say no more than that.
OTHERS = {"inadyn": inadyn, "ddclient": ddclient, "dyndnsc": dyndnsc}
