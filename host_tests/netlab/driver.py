# Runs observers alone, without the agent, under any interpreter: what the netlab's first tests look at.
# usage: driver.py read|watch|choose FILE [FAMILY]      FILE: the sources as JSON (MicroPython takes 255 bytes an argument)
#   read: each source once, one JSON line [name, kind, text, why, ms]     choose: the Chooser over all of them, once
#   watch: for ever; a line ["event", name, text, ms since the start] after each hint and the question that follows it
import asyncio
import json
import sys
import time

from wanbeacon.board import linux
from wanbeacon.net import clock
from wanbeacon.observe import choose


class Kit:
    """What the agent hands to observers."""

    def __init__(self):
        self.board = linux.Board("/nonexistent")
        self.clock = clock.Clock()

    def log(self, text):
        say("log", text)

    def fetch(self, url, family=0, ca=None):
        from wanbeacon.net import http

        return http.get(url, self.board, "Wanbeacon test-driver", family, budget=3000, ca=ca)


def say(*words):
    sys.stdout.write(json.dumps(words) + "\n")
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()


async def main(what, sources, family):
    kit = Kit()
    if what == "choose":
        chooser = choose.Chooser(sources, kit)
        kind, text, source, why = await chooser.read(family)
        say(kind, text, source, why, chooser.seen)
        chooser.close()
        return
    start = time.ticks_ms()
    tasks = []
    for source in sources:
        if "renew" in source:  # s; the firmware's own five minutes are too long for a test
            from wanbeacon.observe import gena

            gena.renew_s = lambda head, s=source["renew"]: s
        one = choose.load(source["source"]).Observer(source, kit)
        if what == "watch":
            tasks.append(asyncio.create_task(watch(source["source"], one, family, start)))
            continue
        before = time.ticks_ms()
        kind, text, why = await one.read(family)
        say(source["source"], kind, text, why, time.ticks_diff(time.ticks_ms(), before))
        one.close()
    if tasks:
        say("ready")
        while True:
            await asyncio.sleep(3600)


async def watch(name, one, family, start):
    while True:
        await one.changed()
        text = (await one.read(family))[1]
        say("event", name, text, time.ticks_diff(time.ticks_ms(), start))


with open(sys.argv[2]) as f:
    given = json.load(f)
asyncio.run(main(sys.argv[1], given, int(sys.argv[3]) if len(sys.argv) > 3 else 4))
