# The portal alone (no agent, no link) on a bare unix MicroPython with a small heap: what its pages need is
# what is weighed. usage: micropython -X heapsize=84k pages.py FOLDER PORT; the folder holds lib, config.json,
# device.json.
import asyncio
import gc
import json
import socket
import sys

folder, port = sys.argv[1], int(sys.argv[2])
import wanbeacon  # noqa: E402
from wanbeacon.app import stage  # noqa: E402
from wanbeacon.board.esp32 import board as esp32  # noqa: E402
from wanbeacon.net.clock import Clock  # noqa: E402

STATUS = """{"version": "0.1.0", "now": 1795291800, "paused": false, "clock": "ok",
"lines": [{"name": "line 1",
"sources": [{"name": "natpmp", "address": "81.2.69.142", "why": "x"}],
"ipv4": {"address": "81.2.69.142", "source": "natpmp", "since": 1795291700, "why": "x"},
"ipv6": {"address": null, "source": null, "since": null, "why": "not needed"}}],
"hosts": [{"name": "demo.dyndns.org", "provider": "dyn", "account": 0, "ipv4": "81.2.69.142", "ipv6": null,
"since": 1795291700, "state": "stopped", "result": "badauth", "class": "AUTH", "text": "refused",
"next": "nothing", "next_in": null, "next_at": null, "why": "refused", "offline": false}],
"exchange": null, "history": [], "log": ["07:00:00 a line that is as long as lines are"]}"""

esp32.CONFIG, esp32.DEVICE = folder + "/config.json", folder + "/device.json"
esp32.Board.home = folder + "/lib"
esp32.Board.sockaddr = lambda self, host, port: socket.getaddrinfo(host, port)[0][-1]
esp32.Board.ip_port = lambda self, addr: ("127.0.0.1", 0)
esp32.Board.lan_address = lambda self: "127.0.0.1"


class Agent:
    def status(self):
        return json.loads(STATUS)

    def step_aside(self):
        pass

    def command(self, text):
        return {"ok": True, "text": text}


class Device:
    """As much of app/board_main.Device as the portal asks for."""

    door = portal = None
    problems = ()
    safe = False

    def __init__(self):
        self.board, self.clock, self.agent = esp32.Board(), Clock(), Agent()
        self.board.link = None
        self.cfg = {"portal": {"port": port}}

    def state(self):
        return "stopped"

    def say(self, text):
        print(text)

    def ask(self, wish):
        print("wish", wish)

    def save(self, data):
        print("saved", len(data))


stage.scarce = True
gc.threshold(8192)
device = Device()
wanbeacon.catalogue = folder + "/lib/catalogue"
server = stage.resident("portal.server")
gc.collect()
print("heap before the first page", gc.mem_alloc())
asyncio.run(server.serve(device, "0.0.0.0", port))
