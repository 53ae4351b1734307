# SPDX-License-Identifier: MIT
"""10,000 journals, each damaged in one of its two slots: whoever was stopped stays stopped, a pause stays a
pause, and what a reader is given is what was written before, never anything else."""

from memory_slots import Slot
from noise import COUNT, Noise
from wanbeacon.core import journal
from wanbeacon.core.record import Journal, Record

WALL = 1800000000
STOPS = (("AUTH", "badauth"), ("BLOCK", "abuse"), ("HOST", "nohost"), ("AGENT", "badagent"),
         ("FEATURE", "!donator"), ("FAIL", "no"))  # fmt: skip


def records(noise):
    """Up to six hosts, each in some state."""
    out = []
    for i in range(1 + noise(6)):
        rec = Record(b"host%04d" % i)
        rec.cause, rec.at = bytes([noise(256) for _ in range(8)]), WALL - noise(9999999)
        rec.v4 = bytes([45, 33, noise(256), noise(256)]) if noise(4) else None
        rec.v6 = bytes([0x26] + [noise(256) for _ in range(15)]) if noise(2) else None
        rec.cls, rec.word = (("OK", "good"), ("LATER", "911"), ("", ""))[noise(3)]
        rec.fails, rec.hold_for, rec.attempt = noise(9), noise(9999), noise(5) == 0
        out.append(rec)
    return out


def state(rows):
    return [(rec.fp, rec.cls, rec.word, rec.v4, rec.v6, rec.offline) for rec in rows]


def damaged(noise, slot, old):
    """What may become of the bytes in flash."""
    data, how = slot.data, noise(8)
    if how == 0:
        return (b"", b"\xff" * len(data), bytes(len(data)), None)[noise(4)]
    if how == 1:  # a page of it erased
        at = noise(len(data))
        return data[:at] + b"\xff" * 32 + data[at + 32 :]
    if how == 2:  # what lay there before
        return old
    if how == 3:  # half of it new, half old
        at = noise(len(data))
        return data[:at] + old[at:]
    return noise.spoil(data)


def test_a_stop_survives_every_single_damage():
    noise = Noise(20261129)
    for life in range(max(COUNT // 10, 10000)):
        slots = Slot(), Slot()
        writer, rows = Journal(slots), records(noise)
        for _ in range(2 + noise(3)):  # a life before the stop
            rows[noise(len(rows))].at += 1 + noise(99999)
            journal.save(writer, rows, 0, WALL, WALL)
        before = [slot.data for slot in slots]
        who = rows[noise(len(rows))]
        who.cls, who.word = STOPS[noise(len(STOPS))]
        writer.paused = noise(4) == 0
        journal.save(writer, rows, 0, WALL, WALL)
        for _ in range(noise(3)):  # and one after it, of the others
            rows[noise(len(rows))].at += 1 + noise(99999)
            journal.save(writer, rows, 0, WALL, WALL)
        which = noise(2)
        slots[which].data = damaged(noise, slots[which], before[which] or b"")
        reader = Journal(slots)
        found = journal.load(reader)
        assert found and reader.paused == writer.paused, life
        stopped = [rec for rec in found if rec.fp == who.fp]
        assert stopped and stopped[0].stopped() and stopped[0].word == who.word, life
        assert state(found) == state(rows), life
