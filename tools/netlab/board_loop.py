# SPDX-License-Identifier: MIT
# The agent as a board starts it: no command line, no control socket, no status file. Its own time runs 50
# times as fast (its deadlines and its sleep do not). as_board.py compiles it and lets main.py import it:
#     micropython -X heapsize=76k main.py CONFIG STATE WAKE [stages]
# A file WAKE wakes the agent and goes. After each round two lines on stdout: "heap", bytes in use, requests
# so far; and MicroPython's words about its pool of names. stages: a line "stage NAME BYTES" after each one's
# code was loaded.
import gc
import os
import sys

import micropython
from wanbeacon.app import stage

stage.scarce = True
gc.threshold(8192)  # as board_main.TIDY
with open(sys.argv[1]) as settings:
    cfg = stage.run("app.config", "load", settings.read())

import asyncio  # noqa: E402  (as late as on a board)

from wanbeacon.app.agent import Agent  # noqa: E402
from wanbeacon.board.linux import Board  # noqa: E402
from wanbeacon.net.clock import Clock  # noqa: E402


class _Fast(Clock):
    def mono_ms(self):
        return Clock.mono_ms(self) * 50

    def wall(self):
        return Clock.wall(self) + self.mono_ms() // 1020


def _weigh(agent):
    gc.collect()
    micropython.qstr_info()
    print("heap", gc.mem_alloc(), agent.counters["requests"])


async def _main():
    board = Board(sys.argv[2], sys.argv[0].rpartition("/")[0])
    board.run_stage = stage.run  # as board_main
    agent = Agent(cfg, board, _Fast(), report=_weigh)
    run = asyncio.create_task(agent.run())
    while not run.done():
        await asyncio.sleep_ms(20)
        try:
            os.remove(sys.argv[3])
        except OSError:
            continue
        agent.event.set()


if "stages" in sys.argv:
    _load = stage.load

    def _told(name):
        module = _load(name)
        gc.collect()
        print("stage", name, gc.mem_alloc())
        return module

    stage.load = _told
asyncio.run(_main())
