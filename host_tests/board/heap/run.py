# SPDX-License-Identifier: MIT
# Starts a board's life on a bare unix MicroPython with a small heap: device.py, agent, portal, no emulated
# chip around. usage: micropython -X heapsize=128k run.py FOLDER PORT [weigh [poke]]; the folder holds
# config.json, device.json. weigh: prints the heap after each round. poke: a hint every second, as a router
# gives one when the address changes, and the button when a file "setup" is in the folder. names: prints all
# names after each round. lock=NAME: no memory for one step, the second time that module is to be loaded.
import asyncio
import gc
import os
import socket
import sys

import micropython

folder, port = sys.argv[1], int(sys.argv[2])
from wanbeacon.app import board_main as device  # noqa: E402
from wanbeacon.app import stage  # noqa: E402
from wanbeacon.board.esp32 import board as esp32  # noqa: E402
from wanbeacon.net import clock  # noqa: E402

esp32.CONFIG, esp32.DEVICE = folder + "/config.json", folder + "/device.json"
esp32.Board.home = folder + "/lib"
esp32.Board.sockaddr = lambda self, host, port: socket.getaddrinfo(host, port)[0][-1]
esp32.Board.ip_port = lambda self, addr: ("%d.%d.%d.%d" % tuple(bytes(addr)[4:8]), 0)
own = clock.Clock
clock.Clock = lambda *args, **more: own()  # a PC's clock is right; there is no time server here


def slots(board):
    """In the folder: STATE itself has a short name in what is compiled for boards."""
    try:
        os.mkdir(folder + "/state")
    except OSError:
        pass
    return esp32.Slot(folder + "/state/journal.a"), esp32.Slot(folder + "/state/journal.b")


esp32.Board.slots = slots


async def poke(agent):
    while True:
        await asyncio.sleep(1)
        agent.event.set()
        if "setup" in os.listdir():
            os.remove("setup")
            device.current.ask("setup")


if "weigh" in sys.argv:
    report, pokes = device.Device.report, []

    def weigh(self, agent):
        report(self, agent)
        if "poke" in sys.argv and not pokes:
            pokes.append(asyncio.create_task(poke(agent)))
        micropython.qstr_info(*([1] if "names" in sys.argv else []))
        before = gc.mem_alloc()
        gc.collect()
        micropython.qstr_info()
        print(
            "heap %d of %d, before collecting %d" % (gc.mem_alloc(), gc.mem_alloc() + gc.mem_free(), before)
        )

    device.Device.report = weigh


def lock_at(border):
    """No memory for one step: when that module is to be loaded for the second time."""
    load, seen = stage.load, []

    def locked(name):
        if name == border:
            seen.append(name)
        if len(seen) != 2 or name != border:
            return load(name)
        print("locked at", name)
        micropython.heap_lock()
        try:
            return load(name)
        finally:
            micropython.heap_unlock()

    stage.load = locked


for word in sys.argv:
    if word.startswith("lock="):
        lock_at(word[5:])
device.main()
