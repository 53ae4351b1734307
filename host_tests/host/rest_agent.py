# SPDX-License-Identifier: MIT
# A whole agent under a test's hand, on MicroPython: for host_tests/host/rest_home.py. Arguments: the folder
# of its state, and a catalogue. Reads commands, a line of JSON each, from stdin: {"config": TEXT, "ahead":
# SECONDS} begins, with a clock that is so far ahead; {"ahead": SECONDS} lets time pass and makes one round.
# Answers with one line of JSON: the hosts, and the bytes of heap in use.
import asyncio
import gc
import json
import sys

from wanbeacon.app import agent, config, stage
from wanbeacon.board import linux
from wanbeacon.net import clock


class Clock(clock.Clock):
    ahead = 0

    def mono_ms(self):
        return super().mono_ms() + self.ahead * 1000

    def wall(self):
        return super().wall() + self.ahead


def told(one):
    rec = one.rec
    return {
        "name": one.name,
        "cls": rec.cls,
        "word": rec.word,
        "state": one.state,
        "stopped": bool(rec.stopped()),
        "hold_for": rec.hold_for,
    }


def main(folder, catalogue):
    stage.scarce = True
    mine, time = None, Clock()
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        order = json.loads(line)
        time.ahead += order["ahead"]
        if "config" in order:
            board = linux.Board(folder)
            board.catalogue = catalogue
            mine = agent.Agent(config.load(order["config"]), board, time, out=lambda *words: None)
        else:
            asyncio.run(mine.round())
        gc.collect()
        print(json.dumps({"hosts": [told(h) for h in mine.hosts()], "heap": gc.mem_alloc()}))


main(sys.argv[1], sys.argv[2])
