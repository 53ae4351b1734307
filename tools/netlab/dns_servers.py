# SPDX-License-Identifier: MIT
"""BIND, Knot and PowerDNS as a user would run them for DNS UPDATE: one zone, one key that may keep
home.example.test, on loopback and free ports.

    with running("bind", folder) as server:
        server.port, server.published("home.example.test", "A")
"""

import contextlib
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

from dnslib import QTYPE, DNSError, DNSRecord

from .. import UserError, debian

ZONE = "example.test"
KEY, SECRET = "wb-key", "LTOsRR4+doDS1bNqjPumhsagpIInP+GOJDTJIO3fSwo="
#: Keys that the servers know: name -> algorithm. Only `wb-other` may do nothing; BIND and Knot know what
#: belongs to SHA-512 too.
KEYS = {KEY: "hmac-sha256", "wb-long": "hmac-sha512", "wb-other": "hmac-sha256"}
KINDS = ("bind", "knot", "powerdns")
PROGRAMS = {"bind": "named", "knot": "knotd", "powerdns": "pdns_server"}
_SCHEMA = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"
_ZONE_FILE = """$ORIGIN example.test.
$TTL 60
@ IN SOA ns.example.test. root.example.test. 1 3600 600 86400 60
@ IN NS ns.example.test.
ns IN A 127.0.0.1
alias IN CNAME ns.example.test.
mail IN MX 10 ns.example.test.
"""
#: Seconds for a server to answer its first question.
PATIENCE = 15


class Server:
    """A server that runs. `kind`: one of KINDS."""

    def __init__(self, kind, folder, port):
        self.kind, self.folder, self.port = kind, Path(folder), port

    def published(self, name, kind):
        """The addresses of a name, sorted. UserError when nobody answers."""
        try:
            return sorted(str(one.rdata) for one in self._ask(name, kind).rr if QTYPE[one.rtype] == kind)
        except (OSError, DNSError) as error:
            raise UserError("%s does not answer on port %d: %s" % (self.kind, self.port, error)) from None

    def serial(self):
        """The zone's serial number: it goes up with every change."""
        return self._ask(ZONE, "SOA").rr[0].rdata.times[0]

    def _ask(self, name, kind, timeout=2):
        return DNSRecord.parse(DNSRecord.question(name, kind).send("127.0.0.1", self.port, timeout=timeout))

    def wait(self, process):
        """Until it serves the zone."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(OSError, DNSError):
                if self._ask(ZONE, "SOA", 0.2).rr:
                    return
            time.sleep(0.05)
        raise UserError("%s did not start: %s" % (self.kind, (self.folder / "log").read_text()[-500:]))


@contextlib.contextmanager
def running(kind, folder, also=""):
    """A Server of `kind` with its files in `folder`. also: another address that BIND listens on. UserError
    when it is not installed or does not start."""
    program = debian.find(PROGRAMS[kind])
    if not program:
        raise UserError(
            "%s is not installed (apt-get install %s)" % (PROGRAMS[kind], debian.package_of(PROGRAMS[kind]))
        )
    folder = Path(folder)
    (folder / "zone").write_text(_ZONE_FILE)
    server = Server(kind, folder, _free_port())
    command = {"bind": _bind, "knot": _knot, "powerdns": _powerdns}[kind](program, folder, server.port)
    if also:
        conf = folder / "named.conf"
        conf.write_text(conf.read_text().replace("{ 127.0.0.1; }", "{ 127.0.0.1; %s; }" % also))
    with (
        open(folder / "log", "w") as log,
        subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process,
    ):
        try:
            server.wait(process)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def _free_port():
    """A port that is free for UDP and TCP on loopback."""
    while True:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]


def _bind(program, folder, port):
    keys = "".join(
        'key "%s" { algorithm %s; secret "%s"; };\n' % (key, algorithm, SECRET)
        for key, algorithm in KEYS.items()
    )
    (folder / "named.conf").write_text(
        keys
        + """
options { directory "%s"; listen-on port %d { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none;
          session-keyfile none; recursion no; dnssec-validation no; notify no; };
controls { };
zone "%s" { type primary; file "zone"; update-policy {
    grant wb-key name home.example.test. A AAAA; grant wb-key name alias.example.test. A AAAA;
    grant wb-long name home.example.test. A AAAA; }; };
"""
        % (folder, port, ZONE)
    )
    return [program, "-c", str(folder / "named.conf"), "-g", "-n", "1"]


def _knot(program, folder, port):
    for name in ("run", "db"):
        (folder / name).mkdir()
    keys = "".join(
        "  - id: %s.\n    algorithm: %s\n    secret: %s\n" % (key, algorithm, SECRET)
        for key, algorithm in KEYS.items()
    )
    rules = "".join(
        """  - id: %s
    key: %s.
    action: update
    update-type: [A, AAAA]
    update-owner: name
    update-owner-match: equal
    update-owner-name: [home, alias]
"""
        % (key, key)
        for key in (KEY, "wb-long")
    )
    (folder / "knot.conf").write_text(
        """server:
  listen: 127.0.0.1@%d
  rundir: %s/run
  udp-workers: 1
  tcp-workers: 1
database:
  storage: %s/db
key:
%sacl:
%szone:
  - domain: %s
    storage: %s
    file: zone
    acl: [wb-key, wb-long]
"""
        % (port, folder, folder, keys, rules, ZONE, folder)
    )
    return [program, "-c", str(folder / "knot.conf")]


def _powerdns(program, folder, port):
    (folder / "pdns.conf").write_text(
        """launch=gsqlite3
gsqlite3-database=%s/pdns.sqlite3
gsqlite3-dnssec=yes
local-address=127.0.0.1
local-port=%d
socket-dir=%s
dnsupdate=yes
zone-cache-refresh-interval=0
"""
        % (folder, port, folder)
    )
    with contextlib.closing(sqlite3.connect(folder / "pdns.sqlite3")) as database:
        database.executescript(Path(_SCHEMA).read_text())
    steps = [["load-zone", ZONE, str(folder / "zone")]]
    steps += [["import-tsig-key", key, algorithm, SECRET] for key, algorithm in KEYS.items()]
    steps.append(["set-meta", ZONE, "TSIG-ALLOW-DNSUPDATE", KEY, "wb-long"])
    for step in steps:
        done = subprocess.run(
            [debian.find("pdnsutil"), "--config-dir=%s" % folder, *step],
            capture_output=True,
            text=True,
            timeout=30,
        )
        if done.returncode:
            raise UserError("pdnsutil %s: %s" % (step[0], done.stderr.strip()))
    return [program, "--config-dir=%s" % folder, "--daemon=no", "--guardian=no"]
