# SPDX-License-Identifier: MIT
# Runs under MicroPython: a scripted month of the agent's records, each journal write cut at each operation of
# the flash. usage: micropython power_cut.py lfs|fat [days] [careless]
# (MICROPYPATH: firmware, tools/bench/flash, .frozen)
# careless: one slot only, written in two goes; this must be found out, or the test is worth nothing.
# Prints one line with the number of writes and of cut points, or the first cut after which the journal was
# neither the state before nor the state after; exit status 1 then.
import gc
import sys

import ram_flash
from wanbeacon.board.linux import Slot  # board/esp32.py's does the same
from wanbeacon.core import byhand, journal, outcome, policy
from wanbeacon.core.record import Journal, Limits, Record

START = 1800000000
BLOCK = {"lfs": 4096, "fat": 512}


class Careless(Slot):
    def write(self, data):
        for mode, part in (("wb", data[:60]), ("ab", data[60:])):
            with open(self.path, mode) as f:
                f.write(part)


def slots():
    if "careless" in sys.argv:
        return Careless("/f/state/journal.a"), Careless("/f/state/journal.a")
    return Slot("/f/state/journal.a"), Slot("/f/state/journal.b")


def month(days):
    """(records, day) of every write that a device with two hosts in two accounts makes: an address a day, and
    on some days trouble, a stop, a retry and a time without a clock."""
    limits = Limits()
    records = []
    for name in (b"host-one", b"host-two"):
        rec = Record(name)
        rec.place = name[4:]
        records.append(rec)
    for day in range(days):
        now, wall = day * 86400, START + day * 86400 if day % 7 != 5 else None
        outs = [outcome.Outcome(outcome.OK, "good")] * 2
        if day % 5 == 3:
            outs[0] = outcome.failed("timeout")
        if day % 11 == 6:
            outs[1] = outcome.Outcome(outcome.LATER, "911", outcome.ACCOUNT, outcome.TROUBLE)
        if day % 13 == 9:
            outs[0] = outcome.Outcome(outcome.AUTH, "badauth", outcome.ACCOUNT)
        for rec, out in zip(records, outs):
            if rec.stopped():
                byhand.retry(rec, now, wall)
                yield records, day
            policy.start(rec, now, wall, limits, (bytes([45, 33, day & 255, len(out.word)]), None))
            yield records, day
            policy.answered(rec, out, now + 1, wall, limits, day * 2111, b"settings")
            yield records, day


def body(records):
    """What the journal keeps of the records, without its sequence number and time."""
    return bytes(journal.encode(records, 0, 0))


def load():
    found = Journal(slots())
    return found, body(journal.load(found))


def main(kind, days):
    block = BLOCK[kind]
    flash = ram_flash.make(kind, block)
    data = bytes(flash.data)
    ram_flash.unmount()
    before, writes, cuts, most = body([]), 0, 0, 0
    for records, day in month(days):
        after = body(records)
        if after == before:
            continue
        wall = START + day * 86400
        number, ops = 0, 1
        while number < ops:  # the number of operations is known after the first, uncut round
            for how in ("none", "before", "torn", "after") if number == 0 else ("before", "torn", "after"):
                flash = ram_flash.make(kind, block, data)
                held, _ = load()
                flash.cut_at(number if how != "none" else -1, how)
                try:
                    journal.save(held, records, 0, wall, wall)
                except OSError:  # LittleFS reads back what it wrote
                    pass
                if flash.dead == (how == "none"):
                    return "%s: write %d, cut %d %s: the test itself is wrong" % (kind, writes, number, how)
                ram_flash.unmount()
                if how == "none":
                    ops, complete = flash.ops, bytes(flash.data)
                    continue
                cuts += 1
                where = "%s: write %d cut %s operation %d of %d" % (kind, writes, how, number + 1, ops)
                ram_flash.make(kind, block, flash.data)
                held, found = load()
                if found not in (before, after):
                    return "%s: the journal is neither the state before nor the one after" % where
                journal.save(held, records, 0, wall, wall)  # and life goes on
                if load()[1] != after:
                    return "%s: the next write was lost" % where
                ram_flash.unmount()
            number += 1
        before, data = after, complete
        writes, most = writes + 1, max(most, ops)
        gc.collect()
    print(
        "%s: %d writes in %d days, %d cut points, at most %d operations in a write"
        % (kind, writes, days, cuts, most)
    )
    return None


if __name__ == "__main__":
    fault = main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 30)
    if fault:
        print(fault)
        sys.exit(1)
