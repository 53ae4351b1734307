# SPDX-License-Identifier: MIT
"""A device in virtual time and the receivers of its notices."""

import json

from agent_world import cfg, virtual
from wanbeacon.net import Answer, Trouble

SECRET, TOKEN = "sEcret-0f-ann", "t0ken-0f-the-receiver"
HOOK = {"url": "https://notice.example.org/in/%s" % TOKEN}


class Receiver:
    """What a webhook hears; `say`: HTTP status, or a Trouble."""

    def __init__(self, world):
        self.say, self.heard, self.tries, self.after = 200, [], 0, None
        self.world, self.at = world, []
        world.receive = self.answer

    def answer(self, req):
        self.tries += 1
        self.at.append(self.world.time.now())
        self.world.time.ms += 200
        if isinstance(self.say, Trouble):
            raise self.say
        if 200 <= self.say < 300:
            self.heard.append(json.loads(req.body))
        return Answer(self.say, b"", self.after, 200, 0)

    def events(self):
        """What was heard since the last look: [(event, host)]."""
        rows = [(doc["event"], doc["host"]) for doc in self.heard]
        self.heard.clear()
        return rows


def device(*docs, **more):
    """A running device whose two names are published, and its receiver."""
    docs = docs or (HOOK,)
    text = cfg(("ann", SECRET, ["a.example.org", "b.example.org"], {}), notify=list(docs), **more)
    world = virtual.World(text)
    receiver = Receiver(world)
    world.boot()
    world.run(200)
    return world, receiver
