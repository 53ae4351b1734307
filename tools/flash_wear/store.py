"""A board's journal slots on a real file system in memory, and a life for the agent that writes them. MicroPython only.

Used by year.py (wear) and by host_tests/host/power_cut.py and brown_out.py. Knows how boards make their slots, and
nothing of what is measured or proven with them.
"""

import asyncio
import json
import os

from ram import Disk, Flash
from virtual import World
from wanbeacon import agent
from wanbeacon.board import esp32, linux

try:
    import vfs
except ImportError:  # MicroPython 1.22 and older
    vfs = os

AT = "/medium"
SIZE = {"lfs": 65536, "fat": 131072}  # FAT needs 128 sectors and more
DAY = 86400
WALL = 1900000000
ONE = [("dyn", "ann", ["a.example.org"])]
THREE = [("dyn", "ann", ["a.example.org", "b.example.org"]), ("noip", "bob", ["c.example.org"])]


class Idle:
    """Stands in for the module gc in the agent: collecting a heap with a test's data in every round takes too long."""

    @staticmethod
    def collect():
        pass


class Alone:
    """Stands in for asyncio in the agent: virtual time has no event loop, and MicroPython's sleep needs one."""

    Event = asyncio.Event

    @staticmethod
    async def sleep(seconds):
        pass


agent.gc, agent.asyncio = Idle, Alone


def world(accounts, **more):
    """A World of virtual time with these accounts: [(provider, user, [host names])]."""
    return World(settings(accounts), **more)


def settings(accounts):
    """A config document."""
    doc = [{"provider": p, "user": u, "password": "x", "hosts": h} for p, u, h in accounts]
    return json.dumps({"accounts": doc})


class Store:
    """A medium ("lfs" on flash or "fat" on a disk) with the slots of a board ("esp32" or "linux") on it; data: bytes of
    a medium to go on with (used, not copied), None = format a new one. `with store:` mounts it, freshly each time."""

    def __init__(self, kind, board, data=None):
        self.fs = vfs.VfsLfs2 if kind == "lfs" else vfs.VfsFat
        self.medium = (Flash if kind == "lfs" else Disk)(SIZE[kind], data)
        self.board = board
        self.state = AT + "/state"
        if data is None:
            self.fs.mkfs(self.medium)

    def __enter__(self):
        vfs.mount(self.fs(self.medium), AT)
        return self

    def __exit__(self, *_):
        vfs.umount(AT)

    def slots(self):
        """As the board makes them: its folder, its probes."""
        if self.board == "esp32":
            esp32.STATE = self.state
            return esp32.Board.slots(None)
        return linux.Board.slots(self)


def address(n):
    """The n-th address of the line."""
    return "45.33.%d.%d" % (n // 200 + 1, n % 200 + 1)
