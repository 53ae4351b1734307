# SPDX-License-Identifier: MIT
"""The two things that `make run` can run: the demo, or the user's own settings. Both offer title, intro,
agent, start(), tick(), picture() and summary()."""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from .. import ROOT, UserError
from ..build.mpy import compile_tree
from ..check import examine
from .agent import Agent
from .story import ACCOUNTS, HOSTS, SCENES, Stage, Story, plural
from .story import config as demo_config
from .view import Picture, headline
from .world import open_world

#: A unix socket's path has 108 bytes on Linux.
LONGEST = 100


class BadSettings(Exception):
    """args[0]: a list of problems, one line each."""


class Own:
    """The agent with the user's settings."""

    def __init__(self, interpreter, title, config):
        path = config.resolve()
        problems, warnings = examine(path)
        if problems:
            raise BadSettings(problems)
        folder = state_folder(path)
        self.agent = Agent(interpreter, path, folder, cwd=path.parent)
        self.title = "%s: %s" % (title, config)
        self.intro = ["settings %s, state in %s" % (path, folder)] + ["warning: " + line for line in warnings]
        self.hints = ["settings %s   state in %s   Ctrl-C ends" % (config, folder)]

    def start(self):
        self.agent.start()

    def tick(self):
        pass

    def picture(self):
        status = self.agent.status()
        return Picture(
            self.title, headline(status), status=status, log=list(self.agent.log), hints=self.hints
        )

    def summary(self):
        return "Stopped. What was published and what was refused is remembered for the next run."


def state_folder(path):
    """Where the journal of this config lives: beside it, else below ~/.local/state. It must outlive the run,
    or a host that the provider refused would be asked for again."""
    mark = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state")
    tried = []
    for folder in (path.with_suffix(".state"), home / "wanbeacon" / ("%s-%s" % (path.stem, mark))):
        try:
            if len(str(folder / "status.json")) <= LONGEST:
                folder.mkdir(parents=True, exist_ok=True)
                if os.access(folder, os.W_OK | os.X_OK):
                    return folder
            tried.append(str(folder))
        except OSError as error:
            tried.append("%s (%s)" % (folder, error.strerror))
    raise UserError(
        "no folder to keep the state in: %s cannot be used; move the config to a short, writable path"
        % " and ".join(tried)
    )


class Demo:
    """The agent in a simulated world."""

    def __init__(self, stack, interpreter, title, dns, pace, simple):
        from ..lab import running

        folder = Path(tempfile.mkdtemp(prefix="wanbeacon-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        lab = stack.enter_context(running("dyn", accounts=ACCOUNTS, dns=dns))
        world = stack.enter_context(open_world(folder, lab.https_port, simple))
        settings = folder / "config.json"
        settings.write_text(json.dumps(demo_config(lab, world.source), indent=1))
        code = ROOT / "firmware"
        if interpreter.kind != "cpython":
            code = folder / "firmware"
            compile_tree(code)
        self.lab, self.world = lab, world
        self.agent = Agent(interpreter, settings, folder / "state", code, world.command)
        (folder / "state").mkdir()
        self.stage = Stage(lab, world, self.agent)
        self.story = Story(self.stage, pace)
        self.title = "%s. Demo: line and provider are simulated" % title
        dig = "dig @127.0.0.1 -p %d %s +short" % (lab.dns_port, HOSTS[0])
        self.intro = [
            "Line and provider are simulated on this machine; nothing leaves it. The line is %s."
            % world.about,
            "ask the provider's name server: " + dig,
        ]
        self.dig = dig

    def start(self):
        self.tick()

    def tick(self):
        self.story.tick()

    def picture(self):
        status = self.agent.status()
        return Picture(
            self.title,
            self.story.words(),
            "scene %d of %d" % (self.story.number + 1, len(SCENES)),
            1 - self.story.left() / self.story.length(),
            self.story.left(),
            status,
            {name: self.lab.published(name)["A"] for name in HOSTS},
            self.seen(),
            list(self.agent.log),
            self.hints(),
        )

    def hints(self):
        """The foot of the screen."""
        return [
            "Ask the provider's name server:  %s   → %s"
            % (self.dig, self.lab.published(HOSTS[0])["A"] or "nothing yet"),
            "Nothing of this leaves your machine.  Ctrl-C ends.",
        ]

    def seen(self):
        """What the provider thinks of us."""
        return [("Provider", "saw %s; %s" % (plural(len(self.lab.updates), "request"), self.judgement()))]

    def judgement(self):
        findings = self.lab.findings()
        return "rules broken: " + ", ".join(findings) if findings else "no rule broken"

    def summary(self):
        return "%s in all, %s. The simulated line and provider are gone." % (
            plural(len(self.lab.updates), "request"),
            self.judgement(),
        )
