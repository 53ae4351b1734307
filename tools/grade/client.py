# SPDX-License-Identifier: MIT
"""What a client is to the grader: its settings, how it is started, and what it can take. docs/grading.md says
how to add one."""

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from .. import UserError

#: The names of the two services, for clients whose settings have no place for another server.
REAL_NAMES = {"dyn": "members.dyndns.org", "noip": "dynupdate.no-ip.com"}
#: The account's, in every scene: evidence is searched for it.
PASSWORD = "demo-key"


@dataclass
class Setup:
    """What one scene asks of a client's settings. folder: its own, with everything it may write."""

    folder: Path
    service: str = "dyn"  # dyn or noip
    host: str = "localhost"
    port: int = 443
    check_host: str = "localhost"
    check_port: int = 80
    dns: str = ""  # the provider's name server, ADDRESS:PORT
    user: str = "demo"
    password: str = PASSWORD
    hosts: tuple = ("demo.dyndns.org",)
    ca: str = ""  # PEM
    ca_der: str = ""
    # the address comes from the service's check page, at the client's default interval
    page: bool = False
    dual: bool = False  # IPv4 and IPv6

    @property
    def address_file(self):
        return self.folder / "address"

    def words(self):
        """The placeholders of a template -> text."""
        return {
            "host": self.host,
            "port": str(self.port),
            "user": self.user,
            "password": self.password,
            "hostname": self.hosts[0],
            "hostnames": ",".join(self.hosts),
            "service": self.service,
            "address_file": str(self.address_file),
            "address_command": "cat %s" % self.address_file,
            "check_url": "http://%s:%d/" % (self.check_host, self.check_port),
            "dns": self.dns,
            "ca": self.ca,
            "ca_der": self.ca_der,
            "source": "page" if self.page else "file",
            "dir": str(self.folder),
            "config": str(self.folder / "config"),
        }


def fill(text, words):
    """`text` with {name} replaced where `words` has the name; other braces stay as they are."""
    return re.sub(r"\{([a-z_]+)\}", lambda match: words.get(match[1], match[0]), text)


@dataclass
class Client:
    """name: on the command line and in the table. config(setup) -> text of the settings file; argv(setup) ->
    words.

    real_names: it must find the lab under REAL_NAMES on port 443, so it runs where /etc/hosts says so.
    cannot: {"dual" or "page": why} - what it has no settings for; those rules are then not applicable."""

    name: str
    config: object
    argv: object
    version: object = lambda: ""
    environment: dict = field(default_factory=dict)
    real_names: bool = False
    cannot: dict = field(default_factory=dict)
    why: str = ""  # why it cannot be run here, "" = it can
    own_time: bool = False  # it is told the speed ({speed}) instead of getting libfaketime
    speed: int = 150  # how many times as fast its hours pass: its own deadlines must allow it
    # seconds between two looks at its address, at most: so long a scene waits for it to see a change
    look: int = 300
    # it asks the DNS what it has published: it finds the provider's name server, and an old address there
    resolves: bool = False


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
    return Client(
        name or Path(words[0]).stem,
        lambda setup: fill(text, setup.words()),
        lambda setup: [fill(word, setup.words()) for word in argv],
        own_time=own_time,
        environment=environment or {},
        cannot=cannot or {},
        look=look,
    )
