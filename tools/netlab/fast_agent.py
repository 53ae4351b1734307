# SPDX-License-Identifier: MIT
# The agent with a clock that runs 50 times as fast (its deadlines and its sleep do not), in as little heap as
# can be: for tests in small heaps, compiled and run as `-m fast_agent`. agent_wrapper.py can more and needs
# ten times as much.
import sys

from wanbeacon.net import clock

_C = clock.Clock


class _F(_C):
    def mono_ms(self):
        return _C.mono_ms(self) * 50

    def wall(self):
        return _C.wall(self) + self.mono_ms() // 1020


clock.Clock = _F

from wanbeacon.app.linux_main import main  # noqa: E402  (the clock first)

main(sys.argv[1:])
