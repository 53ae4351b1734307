# SPDX-License-Identifier: MIT
"""The device in the world: its board, its flash, and the real agent that runs on it in virtual time."""

import asyncio
import gc
import importlib
import inspect
import sys
from functools import lru_cache
from pathlib import Path

from wanbeacon.app import agent, config, stage
from wanbeacon.core import address
from wanbeacon.net import believe, clock, cpython, reason

from host_tests.world import net

START = 1800000000  # unix time when a world begins
# Loaded here, so that they are in the world from the start: all that the agent may load while it runs.
_ROOMS = ("core", "dyndns", "net", "observe")
_APP = ("advise", "asked", "exchange", "learn", "plan", "shown", "telling")
# What reads files of the test's own machine, and nothing else with it.
_READS_FILES = ("wanbeacon.net.trust",)


@lru_cache(None)
def _everything():
    folder = Path(agent.__file__).parent.parent
    names = [
        "%s.%s" % (room, one.stem) for room in _ROOMS for one in sorted((folder / room).glob("[a-z]*.py"))
    ]
    names += ["app." + name for name in _APP]
    return ["wanbeacon." + name for name in [*names, "board.esp32.ntp"]] + ["requests"]


def ours():
    """Every module of the product that is loaded, and requests, whose stand-in is part of it; by name."""
    names = [name for name in sorted(sys.modules) if name.split(".")[0] in ("wanbeacon", "requests")]
    return [sys.modules[name] for name in names if name not in _READS_FILES]


class PowerCut(BaseException):
    """The device lost its power."""


class _Gc:
    """For `gc`: a collection of all that a test run holds would take longer than a round."""

    def collect(self):
        pass

    def mem_alloc(self):
        return 0

    def mem_free(self):
        return 1 << 30


class World:
    """with World(network, time, chance): the product's modules use the world's socket, select, time, os and
    gc."""

    def __init__(self, network, time, chance):
        self.stands_in = {"socket": net.SocketModule(network), "select": net.SelectModule(network),
                          "time": time, "os": net.OsModule(chance), "gc": _Gc()}  # fmt: skip

    def __enter__(self):
        self.before = []
        for name in _everything():
            importlib.import_module(name)
        for module in ours():
            for name in self.real(module):
                self.before.append((module.__dict__, name, module.__dict__[name]))
                module.__dict__[name] = self.stands_in[name]
        # wire.py imports it where it is used
        self.before.append((sys.modules, "socket", sys.modules["socket"]))
        sys.modules["socket"] = self.stands_in["socket"]
        for name in ("why_not", "parse", "text"):  # pure, and the most that a round costs
            self.before.append((address.__dict__, name, getattr(address, name)))
            setattr(address, name, lru_cache(999)(getattr(address, name)))
        self.before.append((stage.__dict__, "floor", stage.floor))
        stage.floor = asyncio.Lock()
        return self

    def real(self, module):
        """Names under which a module has something of the machine that the test runs on."""
        names = [name for name in self.stands_in if inspect.ismodule(module.__dict__.get(name))]
        return [name for name in names if module.__name__ != "requests" or name != "socket"]

    def leaks(self):
        """What was loaded meanwhile and sees the machine's own clock, chance or network: [(module, name)]."""
        return [(module.__name__, name) for module in ours() for name in self.real(module)]

    def __exit__(self, *_):
        for place, name, value in reversed(self.before):
            place[name] = value


class Slot:
    """One file in flash. device.flash: "ok", "full" (refuses); device.cut: None, or what the next write
    leaves: "old", "new" or "torn", and the power is gone."""

    def __init__(self, device):
        self.device = device
        self.data = None

    def read(self):
        return self.data

    def write(self, data):
        cut, self.device.cut = self.device.cut, None
        if self.device.flash == "full":
            raise OSError(28)
        if cut == "torn":
            self.data = bytes(data[: len(data) // 2]) + b"\xff" * 5
        elif cut != "old":
            self.data = bytes(data)
        if cut:
            raise PowerCut()


class Board:
    """As an ESP32: its clock is ours to set and what it holds at start is not believed."""

    name, unique = "world", b"world"
    roots, catalogue = "firmware/catalogue/roots", "firmware/catalogue/providers.dat"
    ntp = "pool.ntp.org"

    def __init__(self, device, cause):
        self.device = device
        self.reset_cause = cause
        self.refused = {}

    def slots(self):
        return self.device.slots

    def asked(self):
        return self.device.file

    def random(self):
        return self.device.chance.randrange(256)

    def model(self):
        return None

    def sources(self):
        return ["natpmp", "upnp"]

    def keep_alive(self):
        pass

    exchange_begins = exchange_ends = keep_alive

    def memory_low(self):
        return False

    def short_of_memory(self, where):
        pass

    def set_clock(self, kit):
        """As board/esp32/board.py does."""
        if not kit.clock.ask_due():
            return
        kit.clock.asking()
        try:
            wall, agreed = kit.run_stage("board.esp32.ntp", "consult", self, self.ntp, self.refused)
        except (OSError, ValueError) as e:
            kit.log.tell("warn", "clock.server", self.ntp, reason.why(e))
            return
        if believe.set_unproven(kit.clock, wall, agreed, kit.journal.newest or 0):
            kit.log.tell("info", "clock.set", self.ntp)

    def set_time(self, wall):
        its = self.device.time
        its.offset = wall - its.true()

    def link_up(self):
        return True

    def gateway(self):
        return "192.168.1.1"

    def lan_address(self):
        return net.ME

    def stream(self, sock):
        return cpython.Stream(sock)

    def bind(self, sock, device):
        raise OSError(95)

    def sockaddr(self, host, port):
        return host, port

    def ip_port(self, addr):
        return addr


class Device:
    """text: its settings (JSON). ticked(agent): called after each round; started(): after each boot."""

    def __init__(self, network, time, chance, text, ticked, started):
        self.net = network
        self.time = time
        self.chance = chance
        self.cfg = config.load(text)
        self.ticked = ticked
        self.started = started
        self.slots = (Slot(self), Slot(self))
        self.file = Slot(self)
        self.flash, self.cut = "ok", None
        self.lines = []
        self.boots = 0
        self.agent = self.loop = None
        self.task = None

    def run(self, until_ms):
        """Let the device and the world live until then. Boots after power cuts."""
        while self.net.ms < until_ms:
            if not self.agent:
                try:
                    self._boot("power" if self.boots else "start")
                except PowerCut:
                    self.off(3000)
                    continue
            self.net.at(until_ms, self.loop.stop)
            self.loop.run_forever()
            if self.task.done() and not self.task.cancelled():
                error = self.task.exception()
                if not isinstance(error, PowerCut):
                    raise error
                self.off(3000)

    def off(self, ms):
        """The power goes, for `ms`."""
        self.close()
        self.net.advance(ms)

    def pull(self):
        """The plug is pulled while the device runs: an event of the world may call it."""
        self.task.cancel()
        self.loop.stop()
        self.agent = None

    def close(self):
        """Nothing of the run that was stays."""
        if self.loop:
            self.net.power_off()
            self.net.frozen = True
            for task in sorted(
                asyncio.all_tasks(self.loop), key=lambda task: int(task.get_name().split("-")[1])
            ):
                task.cancel()
            asyncio.set_event_loop(self.loop)
            for _ in range(40):  # cancelled tasks have awaits in their own ends
                self.loop.call_soon(self.loop.stop)
                self.loop.run_forever()
                if not asyncio.all_tasks(self.loop):
                    break
            self.agent = self.task = None
            gc.collect()  # what is only collected later would draw from the chance of the next run
            self.loop.close()
            self.net.frozen = False
        self.agent = self.loop = None

    def _boot(self, cause):
        if self.loop:
            self.close()
        self.boots += 1
        self.loop = net.Loop(self.net)
        stage.floor = asyncio.Lock()
        self.time.tick0 = self.chance.randrange(self.time.WRAP) if self.boots > 1 else self.time.tick0
        self.time.offset = None if cause == "power" else self.time.offset
        board = Board(self, cause)

        async def main():
            self.agent = agent.Agent(
                self.cfg, board, clock.Clock(board.set_time, inherited=False), self._say, self.ticked
            )
            await self.agent.run()

        self.task = self.loop.create_task(main())
        self.task.add_done_callback(lambda task: self.loop.stop())
        self.started()

    def _say(self, line, level):
        self.lines.append("%9.1f %s" % (self.net.ms / 1000, line))
        del self.lines[:-400]
