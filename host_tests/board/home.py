# SPDX-License-Identifier: MIT
"""Boards that are installed and live at somebody's home: settings, a time server, a provider, a Wi-Fi. For
the tests of this room; knows the rig, and of the agent only what is on its flash."""

import json
import socket
import struct
import threading
import time

from host_tests.board.rig import BLOCK, BLOCKS, Board
from tools.device import image

ADDRESS = "81.2.69.142"
#: A provider that nobody answers for: for tests that look at the files, not at the first update.
SETTINGS = {
    "accounts": [
        {
            "provider": "custom",
            "user": "anna",
            "password": "geheim-123",
            "hosts": ["a.example.org"],
            "custom": {"url": "https://127.0.0.1:9/?h={hostname}&ip={ip}"},
        }
    ],
    "wifi": [{"ssid": "home", "password": "homehome1"}],
    "address": ["natpmp"],
}
#: boot.py of these tests: the same code with shorter waits, where the waits are not what is tested.
QUICK = """
from wanbeacon.app import board_main as device
from wanbeacon.board.esp32 import link
link.STABLE_MS = 100
link.DROP_MS = 500
link.PAUSES = (0.3,)
device.CRASH_S = 0.2
device.WATCH_S = 0.2
"""


def move_in(folder, code, settings, interpreter, files=None, heap=None, **world):
    """A Board in the new folder with the files `code`, its Wi-Fi "home" in the air, powered on. settings:
    dict, bytes or None."""
    folder.mkdir()
    device = json.dumps({"name": "Wanbeacon-7F3A", "ap_password": "kept-label-1"}).encode()
    every = dict(code, **{"/device.json": device, **(files or {})})
    if settings is not None:
        every["/config.json"] = settings if isinstance(settings, bytes) else json.dumps(settings).encode()
    (folder / "flash.img").write_bytes(image.filesystem(BLOCK * BLOCKS, every))
    board = Board(folder, interpreter, heap=heap)
    board.world(**seen(world))
    board.power_on()
    return board


def seen(world):
    """The facts of a board's world, with what every home has."""
    # the set-up network's name server wants port 53 of an address this machine has not
    names = dict({"192.168.4.1:53": ["127.0.0.1", 0]}, **world.get("names", {}))
    return dict({"wifi": [{"ssid": "home", "password": "homehome1"}]}, **dict(world, names=names))


class Datagrams:
    """Answers datagrams on 127.0.0.1 from a thread: answer(data) -> bytes or None. close() waits for the
    thread: a closed socket's number is given to the next one, and the thread would read that one's data."""

    def __init__(self, answer, port=0, host="127.0.0.1"):
        self.answer = answer
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, port))
        self.sock.settimeout(0.1)
        self.port = self.sock.getsockname()[1]
        self.open = True
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while self.open:
            try:
                data, peer = self.sock.recvfrom(100)
            except TimeoutError:
                continue
            reply = self.answer(data)
            if reply:
                self.sock.sendto(reply, peer)

    def close(self):
        self.open = False
        self.thread.join()
        self.sock.close()


class Ntp:
    """A time server: answers `offset` seconds beside the truth; .silent: not at all."""

    def __init__(self):
        self.silent, self.offset, self.stratum, self.asked = False, 0, 2, 0
        self.server = Datagrams(self._answer)
        self.port, self.close = self.server.port, self.server.close

    def _answer(self, data):
        self.asked += 1
        if self.silent:
            return None
        seconds = int(time.time()) + 2208988800 + self.offset & 0xFFFFFFFF
        head = struct.pack(">BBbb", 0x24, self.stratum, 6, -20)
        return head + bytes(20) + data[40:48] + struct.pack(">II", 0, 0) + struct.pack(">II", seconds, 0)


def settings(lab, **more):
    """Settings as a user writes them, for the lab as provider and as check page."""
    doc = {
        "accounts": [
            {
                "provider": "dyn",
                "user": "demo",
                "password": "demo-key",
                "hosts": ["demo.dyndns.org"],
                "server": "localhost:%d" % lab.https_port,
                "ca": "/ca/ca.der",
            }
        ],
        "address": [{"source": "web", "url": "https://localhost:%d/" % lab.https_port, "ca": "/ca/ca.der"}],
        "wifi": [{"ssid": "home", "password": "homehome1"}],
    }
    doc.update(more)
    return doc


def around(lab, ntp):
    """World and files that connect a board to the lab and the time server."""
    return {
        "files": {"/ca/ca.der": lab.ca_der.read_bytes()},
        "names": {"pool.ntp.org:123": ["127.0.0.1", ntp.port]},
    }
