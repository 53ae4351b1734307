# SPDX-License-Identifier: MIT
"""A home with an agent in this process and one of the lab's JSON APIs: address, clock and restarts in the
test's hands."""

import asyncio
import gc
import json
import subprocess
from types import SimpleNamespace

from wanbeacon.app import agent, config
from wanbeacon.board import linux
from wanbeacon.net import clock, kept

from tools.lab import running
from tools.lab.providers import json_zone

V4, V4B, V6, V6B = "45.33.7.9", "45.33.7.10", "2600:3c00::9", "2600:3c00::a"
SIGNED = ["route53", "tencent", "aliyun", "huawei", "ovh-rest"]
ALL = [
    "cloudflare",
    "hetzner",
    "gandi",
    "porkbun",
    "digitalocean",
    "netcup",
    "powerdns",
    "spaceship",
    *SIGNED,
]
#: Those that tell a rate limit by words only: no status, no Retry-After.
WORDS_ONLY = ("netcup", "route53", "tencent", "aliyun")
DEMO = [("demo.example.net", "A"), ("demo.example.net", "AAAA")]
#: Requests of a change of one family with ids remembered: netcup has to log in, Spaceship has to take the old
#: value away, OVH publishes by a call of its own.
ONE_CHANGE = {"netcup": 2, "spaceship": 2, "ovh-rest": 2}
HOUR, DAY = 3600, 86400
KEYS = {
    "porkbun": {"user": "pk1_demo", "password": "sk1_demo"},
    "netcup": {"user": "12345", "password": "demo-secret", "token": "demo-token"},
    "spaceship": {"user": "key-demo", "password": "secret-demo"},
    "route53": {"user": "AKIADEMO", "password": "demo-secret"},
    "tencent": {"user": "AKIDdemo", "password": "demo-secret"},
    "aliyun": {"user": "LTAIdemo", "password": "demo-secret"},
    "huawei": {"user": "AKDEMO", "password": "demo-secret"},
    "ovh-rest": {"user": "demo-app", "password": "demo-secret", "token": "demo-token"},
}


class Labs:
    """One lab for each personality, started when it is first asked for."""

    def __init__(self):
        self.made = {}

    def get(self, name):
        if name not in self.made:
            self.made[name] = running(provider=name, bind="127.0.0.1").start()
            gc.freeze()  # the agent collects garbage in each round: none of it is a lab's
        return self.made[name]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for lab in self.made.values():
            lab.stop()


def renew(lab):
    """A lab as it was at its start."""
    lab.world.restore()
    for name in ("zone_records", "noise", "loose", "unpublished"):
        if hasattr(lab.world, name):
            delattr(lab.world, name)
    lab.ledger_book.clear()
    lab.switchboard.clear()
    lab.rules.burst = ()
    json_zone.records(lab.world)


def ours(home):
    return home.content(), home.content(kind="AAAA")


def foreign(lab, *mine):
    """All that is not ours, and of ours all but the content. Who adds and removes values makes a new record
    each time."""
    rows = json_zone.foreign(lab.world, *mine)
    return [r for r in rows if r["content"] is not None] if lab.provider == "spaceship" else rows


class Clock(clock.Clock):
    """The real one, and what the test adds to it."""

    ahead = 0

    def mono_ms(self):
        return super().mono_ms() + self.ahead * 1000

    def wall(self):
        return super().wall() + self.ahead


class Home:
    """lab: a running Lab; folder: a pathlib folder. more: keys of the account."""

    def __init__(self, lab, folder, hosts=("demo.example.net",), **more):
        self.lab, self.folder = lab, folder
        self.log = []
        self.clock = Clock()
        self.more, self.hosts = more, [h if isinstance(h, dict) else {"name": h} for h in hosts]
        self.line(V4, V6)
        self.agent = None

    def line(self, v4=None, v6=None):
        """What the line's addresses are from now on."""
        (self.folder / "line").write_text("%s\n%s\n" % (v4 or "", v6 or ""))

    def settings(self):
        account = {
            "provider": self.lab.provider,
            "server": "localhost:%d" % self.lab.https_port,
            "ca": str(self.lab.ca_der),
            "hosts": self.hosts,
            **KEYS.get(self.lab.provider, {"token": "demo-token"}),
            **self.more,
        }
        return {
            "accounts": [account],
            "address": [{"source": "command", "command": "cat %s/line" % self.folder}],
            "intervals": {"check": 60},
        }

    def start(self):
        """The agent begins, as after a reboot."""
        cfg = config.load(json.dumps(self.settings()))
        self.agent = agent.Agent(
            cfg,
            linux.Board(str(self.folder / "state")),
            self.clock,
            out=lambda *words: self.log.append(words),
        )
        for account in self.agent.accounts:  # as app/linux_main.py
            account.keep = kept.Kept()
        return self

    def restart(self):
        return self.start()

    def round(self, after=0):
        """One cycle, `after` seconds later. Returns the requests (method, path) that it made."""
        self.clock.ahead += after
        before = len(self.lab.ledger)
        self.lab.world.client_clock = self.clock.wall()  # by which signatures are judged
        asyncio.run(self.agent.round())
        return [(r["method"], r["path"]) for r in self.lab.ledger[before:]]

    def host(self, name="demo.example.net"):
        return next(h for h in self.agent.hosts() if h.name == name)

    def content(self, name="demo.example.net", kind="A"):
        """What the zone holds: a list of texts."""
        return [r["content"] for r in self.lab.world.zone_records if (r["name"], r["type"]) == (name, kind)]


class BoardHome(Home):
    """The same with the agent in a MicroPython of its own (rest_agent.py), as .mpy files in a heap of a given
    size. argv, environment: how that is started, with the folder of the state and a catalogue as last
    arguments."""

    def __init__(self, lab, folder, argv, environment, catalogue, **more):
        super().__init__(lab, folder, **more)
        (self.folder / "state").mkdir(exist_ok=True)
        self.argv, self.environment = [*argv, folder / "state", catalogue], environment
        self.process, self.told, self.heap = None, [], 0

    def start(self):
        self.end()
        self.process = subprocess.Popen(
            self.argv,
            env=self.environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.order(config=json.dumps(self.settings()), ahead=self.clock.ahead)
        return self

    def order(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line.startswith("{"), line + self.process.communicate()[0]
        answer = json.loads(line)
        self.told = [SimpleNamespace(**one) for one in answer["hosts"]]
        self.heap = max(self.heap, answer["heap"])

    def round(self, after=0):
        self.clock.ahead += after
        self.lab.world.client_clock = self.clock.wall()
        before = len(self.lab.ledger)
        self.order(ahead=after)
        return [(r["method"], r["path"]) for r in self.lab.ledger[before:]]

    def host(self, name="demo.example.net"):
        return next(one for one in self.told if one.name == name)

    def end(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait(10)
            self.process.stdout.close()
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.end()
