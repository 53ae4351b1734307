# Starts a board's life on a bare unix MicroPython with a small heap: device.py, agent, portal, no emulated chip around.
# usage: micropython -X heapsize=128k run.py FOLDER PORT; the folder holds config.json, device.json; prints the heap on "mem".
import gc
import socket
import sys

folder, port = sys.argv[1], int(sys.argv[2])
from wanbeacon.app import board_main as device  # noqa: E402
from wanbeacon.board.esp32 import board as esp32  # noqa: E402

esp32.CONFIG, esp32.DEVICE, esp32.STATE = folder + "/config.json", folder + "/device.json", folder + "/state"
esp32.Board.home = folder + "/lib"
esp32.Board.sockaddr = lambda self, host, port: socket.getaddrinfo(host, port)[0][-1]
esp32.Board.ip_port = lambda self, addr: ("127.0.0.1", 0)
if len(sys.argv) > 3:
    report = device.Device.report

    def weigh(self, agent):
        report(self, agent)
        before = gc.mem_alloc()
        gc.collect()
        print("heap %d of %d, before collecting %d" % (gc.mem_alloc(), gc.mem_alloc() + gc.mem_free(), before))

    device.Device.report = weigh
device.main()
