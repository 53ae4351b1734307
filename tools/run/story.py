# SPDX-License-Identifier: MIT
"""The demo's story: what happens to the line, the provider and the agent, and how a viewer is told.

A result is worked out from what the lab has seen, never from what the agent claims."""

import time
from collections.abc import Callable
from dataclasses import dataclass

USER, PASSWORD = "demo", "demo-password"
HOME, OFFICE, CAMERA = HOSTS = ("home.dyndns.org", "office.dyndns.org", "camera.dyndns.org")
ACCOUNTS = {"zones": ["dyndns.org"], "accounts": [{"user": USER, "password": PASSWORD, "hosts": list(HOSTS)}]}
#: Publishable addresses, used inside the demo's own network only.
ADDRESSES = ["45.33.7.%d" % last for last in (20, 61, 7, 112, 38, 201, 149, 84)]
CGNAT = "100.72.16.9"
#: Least seconds between two requests in the demo; the agent's own default is 60, which nobody wants to wait
#: for.
MINIMUM = 3
#: After this time without a request there will be none.
SURE_S = 3


def config(lab, source):
    """The agent's settings for the demo."""
    return {
        "accounts": [
            {
                "provider": "dyn",
                "user": USER,
                "password": PASSWORD,
                "server": "localhost:%d" % lab.https_port,
                "ca": str(lab.ca_der),
                "hosts": [{"name": name, "ipv6": False} for name in HOSTS],
            }
        ],
        "address": [source],
        "intervals": {"minimum": MINIMUM},
    }


class Stage:
    """What a scene may do, and what has happened since it began."""

    def __init__(self, lab, world, agent):
        self.lab, self.world, self.agent = lab, world, agent
        self._next = 0
        self.begin()

    def begin(self):
        """A scene begins: everything counts from here."""
        self.began = time.monotonic()
        self.changed_at = self.lab.world.now()
        self.requests_before = len(self.lab.updates)
        self.connections_before = len(self.lab.connections)
        self.writes_before = self.writes()

    def seconds(self):
        return time.monotonic() - self.began

    def updates(self):
        """The requests of this scene that were answered."""
        return [entry for entry in self.lab.updates[self.requests_before :] if "reply" in entry]

    def writes(self):
        """How often the agent's journal was written in all, or None while it does not say."""
        status = self.agent.status()
        return status["journal"]["sequence"] if status else None

    # what a scene does

    def address(self, text=None):
        """The line gets this address, or the next of the list."""
        if text is None:
            text = ADDRESSES[self._next % len(ADDRESSES)]
            self._next += 1
        self.changed_at = self.lab.world.now()
        self.world.change(text)
        if self.world.nudge and self.agent.process:
            self.agent.tell("check")

    def command(self, line):
        """What a user types."""
        self.agent.note("(the user) wanbeacon " + line)
        self.agent.tell(line)


def start(stage):
    stage.address()
    stage.agent.start()


def power_cut(stage):
    stage.agent.kill()
    stage.agent.note("(killed with kill -9, started again)")
    stage.agent.start()


def impostor(stage):
    stage.lab.fault("certificate", kind="self-signed")
    stage.address()


def impostor_leaves(stage):
    stage.lab.clear()
    stage.address()


def block(stage):
    stage.lab.world.host(CAMERA).state = "blocked"
    stage.address()


def unblock(stage):
    stage.lab.world.host(CAMERA).state = ""
    stage.lab.forgive()
    stage.command("retry " + CAMERA)


def stored(stage):
    """One request, answered with good."""
    for entry in stage.updates():
        words = entry["reply"].split()
        if "good" in words:
            took = max(entry["time"] - stage.changed_at, 0)
            when = "%.0f ms" % (took * 1000) if took < 1 else "%.1f s" % took
            count = len(entry["hosts"])
            return "The provider had it %s later: one request for %s." % (when, plural(count, "host"))
    return ""


def refused(stage):
    for entry in stage.updates():
        if "abuse" in entry["reply"]:
            return "The answer was “%s”: only %s is stopped, the other two names follow." % (
                " / ".join(entry["reply"].split("\n")).strip(" /"),
                CAMERA,
            )
    return ""


def nothing(stage):
    if stage.seconds() < SURE_S:
        return ""
    return "%s sent, the names keep the last address that worked." % plural(len(stage.updates()), "request")


def not_fooled(stage):
    """The newest connection that the impostor got, and what could be read there."""
    for entry in stage.lab.connections[stage.connections_before :]:
        if entry["tls"].startswith("failed") and entry["closed"]:
            return (
                "%d bytes of user name or password reached it: its certificate is not the provider's."
                % len(entry["plain"])
            )
    return ""


def remembered(stage):
    status = stage.agent.status()
    if not status or stage.seconds() < SURE_S:
        return ""
    stopped = sum(host["state"] == "stopped" for host in status["hosts"])
    return "%s after the restart; it remembers what it published and that %s %s stopped." % (
        plural(len(stage.updates()), "request"),
        plural(stopped, "host"),
        "is" if stopped == 1 else "are",
    )


def quiet(stage):
    writes = (stage.writes() or 0) - (stage.writes_before or 0)
    return "%d s: %s, %s to flash." % (
        stage.seconds(),
        plural(len(stage.updates()), "request"),
        plural(writes, "write"),
    )


def again(stage):
    for entry in stage.updates():
        return "%s for %s, answered with %s." % (
            plural(len(stage.updates()), "request"),
            ", ".join(entry["hosts"]),
            entry["reply"].strip(),
        )
    return ""


def plural(count, noun):
    return "%d %s%s" % (count, noun, "" if count == 1 else "s")


@dataclass
class Scene:
    """seconds: how long; title, text: what the viewer reads ({address}, {how} are filled in); act: what it
    does to the stage; result: what came of it, "" while that is open."""

    seconds: float
    title: str
    text: str
    act: Callable | None
    result: Callable


SCENES = [
    Scene(
        10,
        "The agent starts for the first time",
        "It reads the line's address {address} and publishes it for three names.",
        start,
        stored,
    ),
    Scene(
        10,
        "The line got a new address: {address}",
        "{how}; it reads the address and tells the provider.",
        Stage.address,
        stored,
    ),
    Scene(
        9,
        "Carrier-grade NAT: the line got {address}",
        "Nobody outside could reach that address, so it must not be published.",
        lambda stage: stage.address(CGNAT),
        nothing,
    ),
    Scene(8, "A public address is back: {address}", "The names follow at once.", Stage.address, stored),
    Scene(
        10,
        "An impostor answers in the provider's place",
        "The line changes again, but the server's certificate is forged.",
        impostor,
        not_fooled,
    ),
    Scene(
        9,
        "The real provider is back, and a new address: {address}",
        "A new address need not wait for the retry that was planned.",
        impostor_leaves,
        stored,
    ),
    Scene(
        12,
        "The provider blocks one host, and the line changes: {address}",
        "A program that goes on asking after a refusal gets its user blocked for good.",
        block,
        refused,
    ),
    Scene(9, "One more change: {address}", "The stopped host is left out.", Stage.address, stored),
    Scene(
        11,
        "Power cut: the agent is killed and starts again",
        "Others update after every start, and forget that they were refused.",
        power_cut,
        remembered,
    ),
    Scene(
        60, "A minute of quiet", "Nothing changes, so nothing is sent and nothing is written.", None, quiet
    ),
    Scene(
        11, "The user had the host unblocked, and says: retry", "wanbeacon retry " + CAMERA, unblock, again
    ),
]
#: After the last scene the story goes on here: the first start happens once.
AGAIN = 1


class Story:
    """Plays the scenes. pace: how much faster; MINIMUM sets a limit to it."""

    def __init__(self, stage, pace=1.0):
        self.stage, self.pace = stage, pace
        self.number = -1
        self.played = 0

    def tick(self):
        """Goes on to the next scene when it is time; True when one began."""
        if self.number >= 0 and self.stage.seconds() < self.length():
            return False
        self.number = AGAIN if self.number == len(SCENES) - 1 else self.number + 1
        self.played += 1
        self.stage.begin()
        if self.scene.act:
            self.scene.act(self.stage)
        return True

    @property
    def scene(self):
        return SCENES[self.number]

    def length(self):
        """Seconds of this scene."""
        return max(self.scene.seconds / self.pace, MINIMUM + 1)

    def left(self):
        return max(0, self.length() - self.stage.seconds())

    def words(self):
        """(title, text, result or "")"""
        fill = {"address": self.stage.world.address, "how": self.stage.world.how}
        return self.scene.title.format(**fill), self.scene.text.format(**fill), self.scene.result(self.stage)
