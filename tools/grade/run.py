# SPDX-License-Identifier: MIT
"""One client in one scene: a lab of its own, a folder of its own, both clocks at the same speed.
What happens in a scene is script.py's business, what it means rules.py's."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

from .. import UserError, lab
from .client import REAL_NAMES, Setup

#: Seconds of real time between two looks at what happened.
_LOOK_S = 0.02
#: A client that does not end at SIGTERM within this time is killed, as a power cut would.
_STOP_S = 1.0
#: Seconds of the client's time from the connection to the lab's answer, and of real time at least: beyond is
#: too slow for a client's deadlines, where no fault is.
_SLOW, _SLOW_REAL = 10.0, 0.05
#: Seconds of the client's time from its start to its first request: a program that starts later has been kept
#: waiting by the machine.
_LATE = 300
#: Seconds of the client's time by which a short sleep of this program may be too long; beyond, the client's
#: are.
_STALL = 120
_LIBRARY = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib*/faketime/libfaketime.so.1")
#: Loopback addresses for labs that must have port 443, one per scene that runs.
_places = itertools.count()
#: Check pages that clients ask when theirs fails: nobody's real server is to be asked, so they lead nowhere.
_FALLBACKS = (
    "checkip.dyndns.com",
    "checkip.dyndns.org",
    "api.ipify.org",
    "ifconfig.me",
    "ip1.dynupdate.no-ip.com",
)
_NOBODY = "127.255.255.1"
#: What a name points to before the scene, for clients that ask the DNS.
_OLD = "45.33.1.1"
#: libfaketime is for the client alone, not for the shell that prepares its files.
_PRELOADED = 'LD_PRELOAD="$1" && shift && export LD_PRELOAD && exec "$@"'
_lock = threading.Lock()
cut_short = threading.Event()  # Ctrl-C: the scenes that are being played come to their end
#: What of a ledger entry is kept.
KEPT = (
    "number",
    "time",
    "kind",
    "method",
    "path",
    "target",
    "hosts",
    "user",
    "agent",
    "listener",
    "tls",
    "status",
    "reply",
    "findings",
    "connection",
    "wanted",
)


class Enough(Exception):
    """Raised by a script: nothing more can be learned."""


def library():
    """Path of libfaketime, or None when it is not installed."""
    for pattern in _LIBRARY:
        for path in sorted(Path("/").glob(pattern[1:])):
            return str(path)
    return None


class Run:
    """What a scene holds in its hands. Times are the lab's seconds since the scene began.

    wire: no compressed time, the set in real seconds. nuisances: faults.FAULTS that a client has to take in
    its stride. lab; marks: {name: time}; exits: [(time, exit status)] of clients that ended by themselves;
    starts: [time]."""

    def __init__(self, client, scene, speed, wire=False, nuisances=()):
        self.client, self.speed, self.wire, self.nuisances = (
            client,
            1.0 if wire else speed,
            wire,
            list(nuisances),
        )
        self.marks, self.exits, self.starts, self.stall = {}, [], [], 0.0
        self.process = None
        self.folder = Path(tempfile.mkdtemp(prefix="grade-"))
        options = scene.options
        hosts = options.get(
            "hosts", ("demo.ddns.net",) if options.get("service") == "noip" else ("demo.dyndns.org",)
        )
        self.setup = Setup(
            self.folder,
            options.get("service", "dyn"),
            hosts=hosts,
            page=options.get("page", False),
            dual=options.get("dual", False),
        )
        where = {"bind": ("127.0.0.1",)}
        if client.real_names:
            with _lock:
                place = "127.77.%d.%d" % (os.getpid() % 250 + 1, next(_places) % 250 + 1)
            where = {"bind": (place,), "https": 443, "names": tuple(REAL_NAMES.values())}
            if client.resolves:
                where["dns"] = 53
            self.setup.host, self.setup.check_host = REAL_NAMES[self.setup.service], place
        self.lab = lab.running(self.setup.service, speed=self.speed, **where)
        # The provider's punishments are off, so that one mistake shows in one rule and not in all that comes
        # after it.
        self.lab.rules.agent_required, self.lab.rules.refusal_limit, self.lab.rules.nochg_limit = False, 0, 0
        self.lab.rules.chunked = "chunked" in self.nuisances
        self._where = where["bind"][0]

    def __enter__(self):
        self.lab.start()
        self.zero = self.lab.world.now()
        setup = self.setup
        setup.ca, setup.ca_der = str(self.lab.ca_pem), str(self.lab.ca_der)
        setup.port, setup.check_port = self.lab.https_port, self.lab.http_port
        setup.dns = "%s:%d" % (self._where, self.lab.dns_port)
        if self.client.resolves:  # a name that a user has set up points somewhere
            for host in filter(None, map(self.lab.world.host, setup.hosts)):
                host.records["A"] = _OLD
        (self.folder / "config").write_text(self.client.config(setup))
        (self.folder / "config").chmod(0o600)
        (self.folder / "hosts").write_text(
            "".join("%s %s\n" % (self._where, name) for name in (*REAL_NAMES.values(), "localhost"))
            + "".join("%s %s\n" % (_NOBODY, name) for name in _FALLBACKS)
        )
        (self.folder / "resolv.conf").write_text("nameserver %s\n" % self._where)
        for name in self.nuisances:
            if name == "slow":
                self.lab.fault(name, seconds=0.5 if self.wire else 1 / self.speed)
            elif name != "chunked":
                self.lab.fault(name)
        return self

    def __exit__(self, *_):
        self.stop()
        self.lab.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # what a scene does

    def now(self):
        return self.lab.world.now() - self.zero

    def mark(self, name):
        self.marks[name] = self.now()

    def plain(self):
        """No nuisances: the scene has a dress of its own."""
        self.lab.clear()
        self.nuisances = []

    def address(self, *addresses):
        """What the line's address is from now on; none: the source fails."""
        if addresses:
            part = self.folder / "address.new"
            part.write_text("\n".join(addresses) + "\n")
            part.replace(self.setup.address_file)
            self.lab.world.check_address = addresses[0]
        else:
            self.setup.address_file.unlink(missing_ok=True)

    def start(self, clock=0):
        """Starts the client, its clock so many seconds ahead."""
        words = {**self.setup.words(), "speed": str(self.speed)}
        argv = [
            words.get(word[1:-1], word) if word[:1] == "{" else word for word in self.client.argv(self.setup)
        ]
        env = {
            **os.environ,
            "HOME": str(self.folder),
            "TZ": "UTC",
            **self.client.environment,
            "GRADE_CLOCK": str(clock),
        }
        if not self.client.own_time and not self.wire:
            when = datetime.fromtimestamp(self.lab.world.now() + clock, timezone.utc)
            env.update(
                LD_PRELOAD=library(),
                FAKETIME=when.strftime("@%Y-%m-%d %H:%M:%S x") + str(self.speed),
                FAKETIME_DONT_RESET="1",
            )
        if self.client.real_names:  # a mount namespace: only this process sees other hosts
            files = ["hosts", "resolv.conf"] if self.client.resolves else ["hosts"]
            mounts = "".join("mount --bind %s /etc/%s && " % (self.folder / one, one) for one in files)
            preload = env.pop("LD_PRELOAD", "")
            argv = ["unshare", "-m", "sh", "-c", mounts + _PRELOADED, "sh", preload, *argv]
        self.starts.append(self.now())
        with open(self.folder / "output", "ab") as out:
            try:
                self.process = subprocess.Popen(
                    argv,
                    env=env,
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    process_group=0,
                )
            except OSError as error:
                raise UserError(
                    "cannot start %s: %s; a script needs a first line such as #!/bin/sh"
                    % (argv[0], error.strerror)
                )

    def stop(self):
        """Ends the client and what it started: a loop of shell leaves a child that would still send."""
        self._ended()
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_STOP_S)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def restart(self, clock=0):
        self.stop()
        self.mark("restart")
        self.start(clock)

    def wait(self, seconds, until=None):
        """Lets the lab's seconds pass; ends early when `until()` is true. Returns whether it was."""
        end = self.now() + seconds
        while self.now() < end:
            if cut_short.is_set():
                raise Enough
            self._ended()
            if until and until():
                return True
            pause, before = min(_LOOK_S, max(0.001, (end - self.now()) / self.speed)), time.monotonic()
            time.sleep(pause)
            self.stall = max(self.stall, (time.monotonic() - before - pause) * self.speed)
        return bool(until and until())

    def _ended(self):
        if self.process is not None and self.process.poll() is not None:
            self.exits.append((self.now(), self.process.returncode))
            self.process = None

    # what it sees

    def answered(self, count):
        """For wait(): that many updates have been answered."""
        return lambda: sum("status" in entry for entry in self.lab.updates) >= count

    def holds(self, address, host=None, kind="A"):
        """For wait(): the name points there."""
        return lambda: self.lab.published(host or self.setup.hosts[0])[kind] == address

    def result(self, scene):
        """The scene's record: plain values only."""
        self._ended()
        self.lab.wait_quiet(0.3)
        answered = {entry["connection"]: entry.get("answered", 0) for entry in self.lab.ledger}
        entries = [
            {
                **{key: entry.get(key) for key in KEPT},
                "time": entry["time"] - self.zero,
                "credentials": "authorization" in entry.get("headers", ()),
            }
            for entry in self.lab.ledger
        ]
        connections = self.lab.connections
        silent = [
            one["number"]
            for one in connections
            if one["listener"] == "https"
            and (one["number"] not in answered or 0 < one["closed"] < answered[one["number"]])
        ]
        slow = [
            one["number"]
            for one in connections
            if one["listener"] == "https"
            and answered.get(one["number"], 0) - one["opened"] > max(_SLOW / self.speed, _SLOW_REAL)
        ]
        late = bool(entries and self.starts) and entries[0]["time"] - self.starts[0] > _LATE
        output = (
            (self.folder / "output").read_text(errors="replace") if (self.folder / "output").exists() else ""
        )
        return {
            "scene": scene.name,
            "client": self.client.name,
            "speed": self.speed,
            "marks": self.marks,
            "starts": self.starts,
            "exits": self.exits,
            "end": self.now(),
            "requests": entries,
            "alive": self.process is not None,
            "silent": silent,
            "slow": slow,
            "late": late or self.stall > _STALL,
            "busy": self.stall > _STALL,
            "output": output[-3000:],
            "nuisances": self.nuisances,
            "published": {host: self.lab.published(host) for host in self.setup.hosts},
            "hosts": list(self.setup.hosts),
        }
