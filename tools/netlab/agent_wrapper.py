# SPDX-License-Identifier: MIT
# Starts the agent with switches that only tests need and that are therefore no part of the firmware.
# usage: INTERPRETER agent_wrapper.py [SWITCH=VALUE]... -- ARGUMENTS OF wanbeacon
# (CPython: after -m wanbeacon_cpython)
#   budget=MS      one exchange may take so long          check=S     seconds between two looks at the address
#   speed=N        the agent's own time runs N times as fast (not the deadlines of an exchange, which are
#                  ticks)
#   wall=FILE      FILE holds what is added to the wall clock, or "none": clock not set
#   hide=NAME      `import NAME` fails, as on an interpreter built without it
import sys

at = sys.argv.index("--")
switches = dict([word.split("=", 1) for word in sys.argv[1:at]])
argv = sys.argv[at + 1 :]


def _hide(name):
    import asyncio
    import builtins

    # MicroPython 1.25 resolves relative imports in the wrong place below an override: those of asyncio first
    assert asyncio.run and asyncio.Event and asyncio.wait_for and asyncio.Lock
    before = builtins.__import__

    def guarded(wanted, *more):
        if wanted == name:
            raise ImportError("no module named '%s'" % name)
        return before(wanted, *more)

    builtins.__import__ = guarded


def _clock(speed, path):
    from wanbeacon.net import clock

    real = clock.Clock

    class Clock(real):
        def mono_ms(self):
            return real.mono_ms(self) * speed

        def wall(self):
            now = real.wall(self)
            if speed > 1:
                now += self.mono() - self.mono() // speed
            if path:
                with open(path) as f:
                    step = f.read().strip()
                now = None if step == "none" else now + int(step or "0")
            return now

    clock.Clock = Clock


if "hide" in switches:
    _hide(switches["hide"])
if "budget" in switches:
    from wanbeacon.net import http

    http.BUDGET = int(switches["budget"])
if "speed" in switches or "wall" in switches:
    _clock(int(switches.get("speed", 1)), switches.get("wall"))

from wanbeacon.app import linux_main as start  # noqa: E402  (what was bent above must be bent before)

if "check" in switches:
    run = start.run

    def _run(options, cfg):
        cfg["intervals"]["check"] = int(switches["check"])
        return run(options, cfg)

    start.run = _run

start.main(argv)
