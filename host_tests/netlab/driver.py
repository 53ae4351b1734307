# SPDX-License-Identifier: MIT
# Runs observers alone, without the agent, under any interpreter: what the netlab's first tests look at.
# usage: driver.py read|watch|choose FILE [FAMILY]
#   FILE: the sources as JSON (MicroPython takes 255 bytes an argument)
#   read: each source once, one JSON line [name, kind, text, why, ms]
#   choose: the Chooser over all of them, once
#   watch: for ever; a line ["event", name, text, ms since the start] after each hint and the question that
#   follows it
import asyncio
import json
import sys
import time

from wanbeacon.app import stage, words
from wanbeacon.board import linux
from wanbeacon.core import address
from wanbeacon.net import clock, get
from wanbeacon.observe import base, choose


def say(*words):
    sys.stdout.write(json.dumps(words) + "\n")
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()


def shown(packed):
    return packed and address.text(packed)


def kit_of(board):
    """What the agent hands to observers."""

    def fetch(url, family=0, ca=None, bind=None):
        return get.get(url, board, "Wanbeacon test-driver", family, budget=3000, ca=ca, device=bind)

    def log(*why):
        say("log", words.say(*why))

    return base.Kit(
        board, clock.Clock(), log, fetch, lambda name: stage.load("observe." + name), stage.run_async
    )


async def main(what, sources, family):
    kit = kit_of(linux.Board("/nonexistent"))
    if what == "choose":
        chooser = choose.Chooser(sources, kit)
        kind, packed, source, why = await chooser.read(family)
        seen = [dict(row, address=shown(row["address"]), why=words.say(*row["why"])) for row in chooser.seen]
        say(kind, shown(packed), source, words.say(*why), seen)
        chooser.close()
        return
    start = time.ticks_ms()
    tasks = []
    for source in sources:
        if "renew" in source:  # s; the firmware's own five minutes are too long for a test
            from wanbeacon.observe import gena

            gena.renew_s = lambda head, s=source["renew"]: s
        one = kit.load(source["source"]).Observer(source, kit)
        if "known" in source:
            one.known = address.parse(source["known"])
        if what == "watch":
            tasks.append(asyncio.create_task(watch(source["source"], one, family, start)))
            continue
        before = time.ticks_ms()
        kind, packed, why = await one.read(family)
        say(source["source"], kind, shown(packed), words.say(*why), time.ticks_diff(time.ticks_ms(), before))
        one.close()
    if tasks:
        say("ready")
        while True:
            await asyncio.sleep(3600)


async def watch(name, one, family, start):
    while True:
        await one.changed()
        _, packed, why = await one.read(family)
        if packed and hasattr(one, "known"):
            one.known = packed  # as if it had been published
        say("event", name, shown(packed), time.ticks_diff(time.ticks_ms(), start), words.say(*why))


with open(sys.argv[2]) as f:
    given = json.load(f)
asyncio.run(main(sys.argv[1], given, int(sys.argv[3]) if len(sys.argv) > 3 else 4))
