# SPDX-License-Identifier: MIT
"""A whole board (device, agent, portal) on the 32-bit MicroPython with a small heap, from .mpy files: with
the lab as its provider and a router that speaks NAT-PMP. Not on the emulated board: its stand-ins would be
weighed too; heap/ has the least of `machine` and `network`."""

import json
import os
import re
import shutil
import socket
import subprocess
import time

from wanbeacon.board.esp32 import settle

from host_tests.board.home import ADDRESS, Datagrams, Ntp
from host_tests.board.web import Browser, free_port
from tools import ROOT
from tools.build import boards

PARTS = ROOT / "host_tests/board/heap"
#: The Python heap of these boards, as in `-X heapsize=`: what a real board has (settle.py). Both count
#: MicroPython's table of the heap, a fortieth of it.
HEAP = "%dk" % ((settle.FROM + settle.GROW) // 1024)
HOSTS = ["demo.dyndns.org", "b.dyndns.org", "c.dyndns.org", "d.dyndns.org", "e.dyndns.org"]
#: Pages of a board that is set up, whose reading changes nothing.
PAGES = ("/", "/settings", "/wifi", "/provider", "/provider?q=no-ip", "/account?n=0", "/address", "/finish")


class Router:
    """Answers NAT-PMP with .address: at .host, an address of its own on the loopback device, where the port
    is the protocol's, so that no other run is met; at 127.0.0.1 with port 0, which is any free one."""

    def __init__(self, port=5351):
        self.address, self.epoch = ADDRESS, int(time.time())
        self.host = "127.%d.%d.%d" % tuple(1 + b % 250 for b in os.urandom(3)) if port else "127.0.0.1"
        server = Datagrams(self._answer, port, self.host)
        self.port, self.close = server.port, server.close

    def _answer(self, data):
        if data[:2] == b"\0\0":
            return (
                b"\0\x80\0\0"
                + (int(time.time()) - self.epoch).to_bytes(4, "big")
                + socket.inet_aton(self.address)
            )
        return None


def compiled(folder, script="run"):
    """The agent as a board has it in folder/lib, started by heap/SCRIPT.py."""
    scripts = [PARTS / (name + ".py") for name in (script, "machine", "network")]
    shutil.copytree(boards.compiled(scripts=scripts), folder / "lib")


class SmallBoard:
    """elf32: the interpreter; heap: as in -X heapsize=; words: more arguments for heap/run.py; settings: more
    keys."""

    def __init__(self, folder, lab, elf32, heap, *words, hosts=HOSTS, **settings):
        self.folder, self.lab = folder, lab
        if not (folder / "lib").exists():
            compiled(folder)
        self.port = free_port()
        self.ntp = Ntp()
        doc = {
            "accounts": [
                {
                    "provider": "dyn",
                    "user": "demo",
                    "password": "demo-key",
                    "hosts": list(hosts),
                    "server": "localhost:%d" % lab.https_port,
                    "ca": str(lab.ca_der),
                }
            ],
            "address": [{"source": "natpmp"}],
            "intervals": {"check": 60, "minimum": 1},
            "wifi": [{"ssid": "home"}],
            "portal": {"port": self.port},
            "ntp": "127.0.0.1:%d" % self.ntp.port,
        }
        doc.update(settings)
        (folder / "config.json").write_text(json.dumps(doc))
        (folder / "device.json").write_text('{"name": "Wanbeacon-7F3A", "ap_password": "kept-label-1"}')
        self.web = Browser(self.port, "127.0.0.1")
        self.log = folder / "log"
        argv = [*elf32.argv, "-X", "heapsize=" + heap, "lib/main.py", ".", str(self.port), "weigh", *words]
        env = dict(os.environ, MICROPYPATH="lib:.frozen")
        with self.log.open("a") as out:
            self.process = subprocess.Popen(argv, env=env, stdout=out, stderr=out, cwd=folder)

    def text(self):
        """What it printed."""
        return self.log.read_text()

    def weights(self):
        """Bytes in use after each round, collected."""
        return [int(found) for found in re.findall(r"heap (\d+) of", self.text())]

    def lives(self):
        """The same without the names, which are for ever: each page brings some the first time."""
        found = re.findall(r"n_total_bytes=(\d+)\s+heap (\d+) of", self.text())
        return [int(used) - int(names) for names, used in found]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.ntp.close()
