"""What a year costs the flash: the real agent, journal and LittleFS (64 KB), erases counted. Runs in MicroPython.

    micropython year.py ACCOUNTS        1 = one host, 3 = three hosts of two accounts; prints one line of JSON
"""

import json
import sys

from store import DAY, ONE, THREE, Store, address, world

DAYS = 365
REBOOTS = 5  # in the week without a change


def main(hosts):
    """A change a day for a year, then a week without one; there too the device is restarted."""
    store = Store("lfs", "esp32")
    flash = store.medium
    with store:
        device = world(ONE if hosts == 1 else THREE)
        device.slots = store.slots()
        device.boot()
        flash.blocks.clear()
        first = flash.erases
        heard, lines = device.provider.heard, device.lines
        for day in range(DAYS):
            device.line[4] = address(day)
            device.run(DAY)
            assert len(heard) == hosts, day
            heard.clear()
            lines.clear()  # or else the heap is full of small pieces in the end
        counts = dict(hosts=hosts, days=DAYS, requests=device.agent.counters["requests"], erases=flash.erases - first)
        counts["writes"] = device.agent.journal.writes
        counts["most_in_one_block"] = max(list(flash.blocks.values()) + [0])
        before = flash.erases, flash.programs
        for _ in range(REBOOTS + 1):
            device.run(7 * DAY // (REBOOTS + 1))
            device.off(60)
            device.slots = store.slots()
            device.boot()
        counts["week_erases"] = flash.erases - before[0]
        counts["week_programs"] = flash.programs - before[1]
        counts["week_requests"] = len(heard)
    print(json.dumps(counts))


main(int(sys.argv[1]))
