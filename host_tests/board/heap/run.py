# Starts a board's life on a bare unix MicroPython with a small heap: device.py, agent, portal, no emulated chip around.
# usage: micropython -X heapsize=128k run.py FOLDER PORT [weigh [poke]]; the folder holds config.json, device.json.
# weigh: prints the heap after each round. poke: a hint every second, as a router gives one when the address changes.
import asyncio
import gc
import socket
import sys

folder, port = sys.argv[1], int(sys.argv[2])
from wanbeacon.app import board_main as device  # noqa: E402
from wanbeacon.board.esp32 import board as esp32  # noqa: E402

esp32.CONFIG, esp32.DEVICE, esp32.STATE = folder + "/config.json", folder + "/device.json", folder + "/state"
esp32.Board.home = folder + "/lib"
esp32.Board.sockaddr = lambda self, host, port: socket.getaddrinfo(host, port)[0][-1]
esp32.Board.ip_port = lambda self, addr: ("%d.%d.%d.%d" % tuple(bytes(addr)[4:8]), 0)
clock = device.Clock
device.Clock = lambda *args, **more: clock()  # a PC's clock is right; there is no time server here


async def poke(agent):
    while True:
        await asyncio.sleep(1)
        agent.event.set()


if "weigh" in sys.argv:
    report, pokes = device.Device.report, []

    def weigh(self, agent):
        report(self, agent)
        if "poke" in sys.argv and not pokes:
            pokes.append(asyncio.create_task(poke(agent)))
        before = gc.mem_alloc()
        gc.collect()
        print("heap %d of %d, before collecting %d" % (gc.mem_alloc(), gc.mem_alloc() + gc.mem_free(), before))

    device.Device.report = weigh
device.main()
