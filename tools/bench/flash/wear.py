# SPDX-License-Identifier: MIT
# Runs under MicroPython: a year of the real agent with a new address every day, its journal on LittleFS in
# RAM. usage: micropython wear.py HOSTS [days]
# (MICROPYPATH: firmware, tools/bench/flash, tools/simulate, .frozen)
# Prints one line of JSON: hosts, days, journal writes, block erases, programs, and what a week without a
# change cost.
import gc
import json
import sys

import ram_flash
import virtual
from wanbeacon.board.linux import Slot


def main(hosts, days):
    names = ["h%d.example.org" % i for i in range(hosts)]
    world = virtual.World(
        json.dumps({"accounts": [{"provider": "dyn", "user": "u", "password": "secret", "hosts": names}]})
    )
    flash = ram_flash.make("lfs", 4096)
    erases = flash.erases  # of the format
    world.slots = Slot("/f/state/journal.a"), Slot("/f/state/journal.b")
    world.boot()
    for day in range(days):
        world.line[4] = "45.33.%d.%d" % (day // 200, day % 200 + 1)
        world.run(86400)
        world.lines.clear()
        world.provider.heard.clear()
        gc.collect()
    writes = world.agent.journal.writes
    year = {
        "hosts": hosts,
        "days": days,
        "writes": writes,
        "erases": flash.erases - erases,
        "programs": flash.programs,
    }
    operations = flash.ops
    world.run(7 * 86400)
    year["week"] = flash.ops - operations
    print(json.dumps(year))


main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 365)
