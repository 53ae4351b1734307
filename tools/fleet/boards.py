# SPDX-License-Identifier: MIT
"""Many devices with the agent's own MQTT code at a broker, in one process: to try a broker and the view, and
for the tests. Nothing of a provider or a line is in it."""

import asyncio
import importlib
import random
import time

from ..check import firmware

#: What a few of them say, so that there is something to see: (part of all, state, answer, why).
_TROUBLED = (
    (0.02, "stopped", "badauth", ("stop.AUTH", "badauth")), (0.03, "waiting", "911", ("last.LATER",)),
    (0.01, "stopped", "nohost", ("stop.HOST", "nohost")),
)  # fmt: skip


def _parts():
    """(device.py, the stream of a Linux board), with the firmware importable as a board has it."""
    firmware("core.text")  # puts the firmware on the path
    importlib.import_module("wanbeacon_cpython")
    return importlib.import_module(".device", __package__), firmware("board.linux").Board.stream


def _timed(base, fleet):
    """The agent's Broker, which also notes when it meant to connect."""

    class Timed(base):
        planned = None

        async def pause(self, seconds):
            self.planned = time.monotonic() + seconds
            await super().pause(seconds)
            fleet.lag = max(fleet.lag, time.monotonic() - self.planned)

    return Timed


class Boards:
    """count devices at a broker. settings: keys of `mqtt`, at least host and port. connects: monotonic times
    at which a session came up; planned: when its device meant to begin; lag: seconds by which this process
    was late at worst, which boards of their own are not."""

    def __init__(self, count, settings, seed=1):
        self._kit, stream = _parts()
        self.connects, self.planned, self.lag = [], [], 0.0
        timed = _timed(self._kit.mqtt.Broker, self)
        chance = random.Random(seed)
        self.devices = []
        for number in range(count):
            doc = self._kit.settings(**settings, name="sim-%05d" % number)
            doc["label"] = "%s/%d" % (("north", "south", "east", "west")[number % 4], number)
            one = self._kit.Device(number, doc, lambda sock: stream(None, sock), broker=timed)
            draw = chance.random()
            for part, state, answer, why in _TROUBLED:
                draw -= part
                if draw < 0:
                    one.hosts()[0].rec.cls = "AUTH" if state == "stopped" else "LATER"
                    one.say(state, answer, why)
                    break
            one.log.tell = self._told(one)
            self.devices.append(one)

    def _told(self, one):
        def tell(level, code, *data):
            one.log.told = [(code, *data)]
            if code == "log.mqtt":
                self.connects.append(time.monotonic())
                self.planned.append(one.mqtt.planned)

        return tell

    def up(self):
        """How many are connected."""
        return sum(one.mqtt.up for one in self.devices)

    async def run(self):
        """Until cancelled."""
        tasks = [asyncio.create_task(one.mqtt.run()) for one in self.devices]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()


def plot(fleet, start, path, title):
    """Connects in each second from `start` on, as they came and as they were meant, as an image."""
    import numpy

    from ..simulate import plots

    runs = [
        (name, numpy.array(rate(times, start)), "most in a second: %d" % max(rate(times, start)))
        for name, times in (
            ("as they came", fleet.connects),
            ("as the devices meant to begin", fleet.planned),
        )
    ]
    plots.rates(runs, path, title, unit=1)


def rate(connects, start, width=1.0):
    """Connects in each `width` seconds from `start` on."""
    found = [0] * (int((max(connects, default=start) - start) / width) + 1)
    for when in connects:
        found[max(0, int((when - start) / width))] += 1
    return found
