# SPDX-License-Identifier: MIT
# The portal alone (no agent, no link) on a bare unix MicroPython with a small heap: what its pages need is
# what is weighed. usage: micropython -X heapsize=84k pages.py FOLDER PORT; the folder holds lib, config.json,
# device.json.
import asyncio
import gc
import socket
import sys

folder, port = sys.argv[1], int(sys.argv[2])
import wanbeacon  # noqa: E402
from wanbeacon.app import stage  # noqa: E402
from wanbeacon.app.log import Log  # noqa: E402
from wanbeacon.app.model import Account, Host, Line  # noqa: E402
from wanbeacon.board.esp32 import board as esp32  # noqa: E402
from wanbeacon.core.record import Journal, Record  # noqa: E402
from wanbeacon.net.clock import Clock  # noqa: E402

esp32.CONFIG, esp32.DEVICE, esp32.STATE = folder + "/config.json", folder + "/device.json", folder + "/state"
esp32.Board.home = folder + "/lib"
esp32.Board.sockaddr = lambda self, host, port: socket.getaddrinfo(host, port)[0][-1]
esp32.Board.ip_port = lambda self, addr: ("127.0.0.1", 0)
esp32.Board.lan_address = lambda self: "127.0.0.1"


class Chooser:
    seen = ({"name": "natpmp", "family": 4, "kind": "found", "address": b"QE\x8e\1", "why": ("ok",)},)


class Agent:
    """As much of app/agent.Agent as the pages ask for: one host, which was refused."""

    history, exchange, faults, save_error, mqtt, notices = b"", None, {}, None, None, None
    counters = {"requests": 1}

    def __init__(self, clock):
        self.clock, self.log = clock, Log(clock, lambda line, level: None)
        self.log("a line that is as long as lines are")
        self.journal = Journal(())
        line = Line("line 1", Chooser(), ())
        account = Account({}, {"id": "dyn"}, line, None, "accounts[0]")
        rec = Record(bytes(8))
        rec.cls, rec.word, rec.v4, rec.at = "AUTH", "badauth", b"QE\x8e\1", 1795291700
        account.hosts.append(Host({"name": "demo.dyndns.org"}, account, rec, (True, False), b""))
        account.hosts[0].state = "stopped"
        self.lines, self.accounts = [line], [account]

    def hosts(self):
        return self.accounts[0].hosts

    def agent_name(self):
        return "Wanbeacon"

    def step_aside(self):
        pass

    def command(self, text):
        return {"ok": True, "text": text}


class Device:
    """As much of app/board_main.Device as the portal asks for."""

    door = portal = failed = None
    problems = trial = ()
    safe = False

    def __init__(self):
        self.board, self.clock = esp32.Board(), Clock()
        self.board.label = "Wanbeacon-7F3A"
        self.agent = Agent(self.clock)
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
