"""The clients that can be graded: how each is set up and started. Knows no scene and no rule.

A client is a `Client`; docs/grading.md says how to add one. Each runs with its authors' default settings. Only Wanbeacon looks
at its address as often as it can: its waits after errors do not hang on that, those of inadyn and ddclient do."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from .. import ROOT, UserError, debian, interpreters

#: The names of the two services, for clients whose settings have no place for another server.
REAL_NAMES = {"dyn": "members.dyndns.org", "noip": "dynupdate.no-ip.com"}
#: The account's, in every scene: evidence is searched for it.
PASSWORD = "demo-key"
#: Version tables need this long at most.
_PROBE_S = 10


@dataclass
class Setup:
    """What one scene asks of a client's settings. folder: its own, with everything it may write."""

    folder: Path
    service: str = "dyn"          # dyn or noip
    host: str = "localhost"
    port: int = 443
    check_host: str = "localhost"
    check_port: int = 80
    user: str = "demo"
    password: str = PASSWORD
    hosts: tuple = ("demo.dyndns.org",)
    ca: str = ""                  # PEM
    ca_der: str = ""
    page: bool = False            # the address comes from the service's check page, at the client's default interval
    dual: bool = False            # IPv4 and IPv6

    @property
    def address_file(self):
        return self.folder / "address"

    def words(self):
        """The placeholders of a template -> text."""
        return {"host": self.host, "port": str(self.port), "user": self.user, "password": self.password,
                "hostname": self.hosts[0], "hostnames": ",".join(self.hosts), "service": self.service,
                "address_file": str(self.address_file), "address_command": "cat %s" % self.address_file,
                "check_url": "http://%s:%d/" % (self.check_host, self.check_port), "ca": self.ca, "ca_der": self.ca_der,
                "source": "page" if self.page else "file", "dir": str(self.folder), "config": str(self.folder / "config")}


def fill(text, words):
    """`text` with {name} replaced where `words` has the name; other braces stay as they are."""
    return re.sub(r"\{([a-z_]+)\}", lambda match: words.get(match[1], match[0]), text)


@dataclass
class Client:
    """name: on the command line and in the table. config(setup) -> text of the settings file; argv(setup) -> words.

    real_names: it must find the lab under REAL_NAMES on port 443, so it runs where /etc/hosts says so.
    cannot: {"dual" or "page": why} - what it has no settings for; those rules are then not applicable."""

    name: str
    config: object
    argv: object
    version: object = lambda: ""
    environment: dict = field(default_factory=dict)
    real_names: bool = False
    cannot: dict = field(default_factory=dict)
    why: str = ""                 # why it cannot be run here, "" = it can
    own_time: bool = False        # it is told the speed ({speed}) instead of getting libfaketime
    speed: int = 150              # how many times as fast its hours pass: its own deadlines must allow it
    look: int = 300               # seconds between two looks at its address, at most: so long a scene waits for it to see a change


# Wanbeacon

def _wanbeacon_config(setup):
    source = {"source": "command", "command": "cat %s" % setup.address_file}
    if setup.page:
        source = {"source": "web", "url": "http://%s:%d/" % (setup.check_host, setup.check_port)}
    account = {"provider": setup.service, "user": setup.user, "password": setup.password, "ca": setup.ca_der,
               "server": "%s:%d" % (setup.host, setup.port),
               "hosts": [{"name": name, "ipv6": setup.dual} for name in setup.hosts]}
    if setup.dual:
        source["command"] = "[ $WANBEACON_FAMILY = 6 ] && sed -n 2p %s || sed -n 1p %s" % ((setup.address_file,) * 2)
    intervals = {} if setup.page else {"check": 60}
    return json.dumps({"address": [source], "accounts": [account], "intervals": intervals}, indent=1)


def _wanbeacon_files(setup):
    return ["run", "--config", str(setup.folder / "config"), "--state", str(setup.folder / "state"), "--status",
            str(setup.folder / "status.json"), "--control", str(setup.folder / "control")]


def wanbeacon_micropython():
    try:
        one = interpreters.default()
    except UserError as error:
        return Client("wanbeacon-micropython", None, None, why=str(error))
    return Client("wanbeacon-micropython", _wanbeacon_config,
                  lambda setup: one.command("-m", "wanbeacon", *_wanbeacon_files(setup)),
                  lambda: "%s on MicroPython %d.%d.%d" % (_agent_version(), *interpreters.check_version(one.argv[0])),
                  {"MICROPYPATH": "%s:.frozen" % (ROOT / "firmware")}, speed=60, look=60)


def wanbeacon_cpython():
    path = os.pathsep.join(str(ROOT / part) for part in ("firmware/wanbeacon/board/cpython", "firmware"))
    return Client("wanbeacon-cpython", _wanbeacon_config,
                  lambda setup: [sys.executable, "-m", "wanbeacon_cpython", "wanbeacon", *_wanbeacon_files(setup)],
                  lambda: "%s on CPython %d.%d.%d" % (_agent_version(), *sys.version_info[:3]),
                  {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}, speed=80, look=60)


def _agent_version():
    from ..build.version import agent_version
    return agent_version()


# clients in C and Perl

def _inadyn_config(setup):
    source = 'checkip-command = "cat %s"' % setup.address_file
    if setup.page:
        source = 'checkip-server = "%s:%d"\n  checkip-path = "/"\n  checkip-ssl = false' % (setup.check_host, setup.check_port)
    return "ca-trust-file = %s\nprovider %s {\n  %s\n  username = %s\n  password = %s\n  hostname = { %s }\n}\n" % (
        setup.ca, {"dyn": "default@dyndns.org", "noip": "default@no-ip.com"}[setup.service],
        source, setup.user, setup.password, ", ".join('"%s"' % name for name in setup.hosts))


def inadyn():
    program = debian.find("inadyn")
    return Client("inadyn", _inadyn_config,
                  lambda setup: [program, "--foreground", "--config", str(setup.folder / "config"), "--cache-dir",
                                 str(setup.folder), "--pidfile", str(setup.folder / "pid"), "--loglevel", "info"],
                  lambda: _version(r"(\d+\.\S+)", program, "--version"), real_names=True, look=120,
                  cannot={"dual": "keeps one address per provider entry"}, why="" if program else _missing("inadyn"))


def _ddclient_config(setup):
    source = "use=cmd, cmd='cat %s'" % setup.address_file
    if setup.page:
        source = "use=web, web=https://%s/" % setup.host  # its ssl=yes is for check pages too
    return ("cache=%s/cache\npid=%s/pid\n%s\nssl=yes\nssl_ca_file=%s\nprotocol=%s\nserver=%s\nlogin=%s\npassword='%s'\n%s\n"
            % (setup.folder, setup.folder, source, setup.ca, {"dyn": "dyndns2", "noip": "noip"}[setup.service], setup.host,
               setup.user, setup.password, ",".join(setup.hosts)))


def ddclient():
    program = debian.find("ddclient")
    why = "" if program else _missing("ddclient")
    if program and not debian.there(debian.PACKAGES["libio-socket-ssl-perl"][0]):
        why = "ddclient has no TLS without it: apt-get install libio-socket-ssl-perl"
    return Client("ddclient", _ddclient_config,
                  lambda setup: [program, "-foreground", "-daemon", "300", "-file",
                                 str(setup.folder / "config")],
                  lambda: _version(r"ddclient version (\d[^\s,]*)", program, "-help"), why=why, real_names=True,
                  # its time-out is alarm(120), and libfaketime rounds what is left of it down to whole seconds: 0 is none
                  speed=120,
                  cannot={"dual": "version 3.10 sends one address per request with dyndns2"})


def _missing(program):
    return "%s is not installed: apt-get install %s" % (program, debian.package_of(program))


def _version(pattern, *argv):
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_PROBE_S)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1] if found else ""


PROFILES = {"wanbeacon-micropython": wanbeacon_micropython, "wanbeacon-cpython": wanbeacon_cpython, "inadyn": inadyn,
            "ddclient": ddclient}


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


def given(words, template=None, name="", own_time=False, environment=None, cannot=None, look=300):
    """The Client of a command line with placeholders; template: path of its settings file, or None."""
    try:
        text = Path(template).read_text() if template else ""
    except OSError as error:
        raise UserError("cannot read the template %s: %s" % (template, error.strerror))
    program = shutil.which(words[0])
    if program is None:
        raise UserError("there is no program %s; name the client after --" % words[0])
    argv = [str(Path(program).absolute()), *words[1:]]
    return Client(name or Path(words[0]).stem, lambda setup: fill(text, setup.words()),
                  lambda setup: [fill(word, setup.words()) for word in argv], own_time=own_time,
                  environment=environment or {}, cannot=cannot or {}, look=look)
