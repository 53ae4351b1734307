# SPDX-License-Identifier: MIT
"""The journal: images, two slots, what must not be lost."""

import binascii
import struct

from journal_kit import WALL, Journal, full
from memory_slots import Slot
from wanbeacon.core import journal
from wanbeacon.core.record import DAY, Limits, Record

KEPT = (
    "fp", "cause", "v4", "v6", "cls", "word", "kind", "fails", "same", "at", "attempt", "try4", "try6",
    "offline", "root", "single", "nets", "odds", "place", "hold_for", "hold_wall", "force_for", "force_wall",
    "retries",
)  # fmt: skip


def test_an_image_brings_back_every_kept_field():
    empty = Record(b"abcdefgh")
    empty.place = bytes(4)
    for r in (full(offline=2), empty):
        seq, newest, paused, rows = journal.decode(journal.encode([r], 7, WALL, True))
        assert (seq, newest, paused, len(rows)) == (7, WALL, True, 1)
        for name in KEPT:
            assert getattr(rows[0], name) == getattr(r, name), name
    empty.offline, empty.word = 1, "MAX"
    seq, newest, paused, rows = journal.decode(journal.encode([empty, full()], 7, WALL))
    assert not paused and (rows[0].offline, rows[0].word, rows[1].word) == (1, "MAX", "911")


def test_every_flipped_bit_and_every_cut_is_noticed():
    image = journal.encode([full()], 7, WALL)
    for i in range(len(image)):
        assert journal.decode(image[:i]) is None
        bad = bytearray(image)
        bad[i] ^= 1 << (i & 7)
        assert journal.decode(bad) is None
    assert journal.decode(bytes(image) + b"rest of a longer image")[0] == 7
    for foreign in (None, b"", b"{}", b"\xff" * 4096, b"\0" * 138, b"WBj" + b"\0" * 400):
        assert journal.decode(foreign) is None


def test_the_size_of_an_image_is_bounded_per_host():
    size = len(journal.encode([], 1, 0))
    assert size == 21
    assert len(journal.encode([full()] * 20, 1, 0)) == size + 20 * 104


def test_slots_are_written_in_turn_and_the_newest_whole_one_wins():
    a, b = Slot(), Slot()
    j = Journal((a, b))
    assert j.load() == [] and j.lost is None
    r = Record(b"abcdefgh")
    for n in range(4):
        r.word = str(n)
        assert j.save([r], 0, WALL + n)
    assert (a.writes, b.writes) == (2, 2)
    assert Journal((a, b)).load()[0].word == "3"
    b.data = b.data[:-1] + b"?"
    k = Journal((a, b))
    assert k.load()[0].word == "2" and k.lost == "journal.slot-lost"
    r.word = "new"
    k.save([r], 0, WALL)
    assert journal.decode(b.data)[3][0].word == "new"  # the damaged slot is the one that is written next
    a.data = b"garbage"
    b.data = b"?"
    k = Journal((a, b))
    assert k.load() == []
    assert k.lost == "journal.lost"


def test_an_empty_slot_is_one_that_was_never_written():
    whole = journal.encode([full()], 7, WALL)
    for a, b, count in ((b"", b"", 0), (b"", None, 0), (whole, b"", 1), (b"", whole, 1)):
        j = Journal((Slot(a), Slot(b)))
        assert len(j.load()) == count and j.lost is None
        assert j.save([full(b"new12345")], 0, WALL)
        assert not count or whole in [s.data for s in j.slots], (
            "the whole one stays until the other is written"
        )


def test_the_newest_image_is_found_in_either_slot_and_the_other_is_written_next():
    old, new = (
        Slot(journal.encode([full()], 7, WALL)),
        Slot(journal.encode([full(b"new12345")], 8, WALL - 9 * DAY)),
    )
    for slots in ((old, new), (new, old), (None, new), (new, None)):
        slots = [s or Slot() for s in slots]
        j = Journal(slots)
        assert j.load()[0].fp == b"new12345" and j.lost is None
        for n in (1, 2):
            assert j.save([full(b"%08d" % n)], 0, WALL)
            assert j.writes == n and [s.writes for s in slots if s not in (old, new)] in ([], [1])
        old.data, new.data = (
            journal.encode([full()], 7, WALL),
            journal.encode([full(b"new12345")], 8, WALL - 9 * DAY),
        )
        old.writes = new.writes = 0


def test_a_slot_that_cannot_be_read_is_a_damaged_one():
    class Broken(Slot):
        def read(self):
            raise OSError(5)

    a = Slot()
    Journal((a, Slot())).save([full()], 0, WALL)
    j = Journal((Broken(), a))
    assert len(j.load()) == 1 and j.lost


def test_nothing_is_written_while_nothing_changes():
    a, b = Slot(), Slot()
    j = Journal((a, b))
    r = full()
    assert j.save([r], 0, WALL)
    for later in (1, 60, DAY):
        r.hold -= later  # deadlines of this run are not content
        assert not j.save([r], later, WALL + later)
    assert j.writes == 1
    j.paused = True
    assert j.save([r], 0, WALL)


def stopped(cls="AUTH"):
    r = Record(b"stopped1")
    r.cls, r.word, r.cause = cls, "word", b"causecau"
    return r


def test_a_stop_a_pause_and_a_name_set_offline_survive_damage_to_either_slot():
    done, going = Record(b"offline2"), Record(b"offline1")
    done.offline, going.offline = 2, 1
    for records, paused in (([stopped()], False), ([full()], True), ([done], False), ([going], False)):
        a, b = Slot(), Slot()
        j = Journal((a, b))
        other = Record(b"another1")
        j.save([other], 0, WALL)
        j.paused = paused
        assert j.save(records + [other], 0, WALL)
        for damaged in (a, b):
            kept, damaged.data = damaged.data, damaged.data[:40] + b"?" + damaged.data[41:]
            k = Journal((a, b))
            rows = k.load()
            assert rows and (rows[0].stopped(), rows[0].offline, k.paused) == (
                records[0].stopped(),
                records[0].offline,
                paused,
            )
            damaged.data = kept


def test_what_is_in_both_slots_is_not_written_twice_again():
    a, b = Slot(), Slot()
    j = Journal((a, b))
    rows = [stopped(), Record(b"another1")]
    j.save(rows, 0, WALL)
    assert (a.writes, b.writes) == (1, 1)
    assert not j.save(rows, 0, WALL)
    rows[1].word = "new"
    j.save(rows, 0, WALL)
    assert a.writes + b.writes == 3
    k = Journal((a, b))
    rows = k.load()
    assert not k.save(rows, 0, WALL), "a start writes nothing"
    rows[0].cls = ""
    k.save(rows, 0, WALL)
    assert a.writes + b.writes == 5, "the end of a stop is in both slots too"


def test_a_version_of_the_future_is_not_known_and_no_crash():
    image = bytearray(journal.encode([full()], 9, WALL))
    for version in (0, 1, 3, 255):
        image[3] = version
        sealed = bytes(image[:-4]) + struct.pack(">I", binascii.crc32(image[:-4]) & 0xFFFFFFFF)
        j = Journal((Slot(sealed), Slot(sealed)))
        assert j.load() == [] and j.lost == "journal.lost"
        assert j.save([full()], 0, WALL) and Journal(j.slots).load()


def test_right_checksums_over_nonsense_are_foreign():
    good = journal.encode([full()], 9, WALL)
    for at, value in ((17 + 57, 11), (17 + 58, 6), (17 + 63, 0xFF), (0, 0), (15, 1), (16, 1), (12, 2)):
        image = bytearray(good)
        image[at] = value
        sealed = bytes(image[:-4]) + struct.pack(">I", binascii.crc32(image[:-4]) & 0xFFFFFFFF)
        assert journal.decode(sealed) is None, at


def test_a_word_that_is_no_ascii_does_not_spoil_the_journal():
    r = full()
    for word, kept in (("\xfc" * 20, "?" * 15), ("abc\u20ac\x7f~", "abc??~"), ("x" * 40, "x" * 15), ("", "")):
        r.word = word
        assert journal.decode(journal.encode([r], 1, WALL))[3][0].word == kept


def test_a_clock_that_was_set_or_stepped_is_put_into_every_record():
    limits = Limits(60, 28 * DAY, 1)
    for first in (True, False):
        j = Journal((Slot(), Slot()))
        j.newest = WALL - DAY
        a, b = full(b"aaaaaaaa"), full(b"bbbbbbbb")
        for rec in (a, b):
            rec.hold, rec.hold_for, rec.hold_wall = 5000, 4000, 0
            rec.force, rec.force_for, rec.force_wall = 900, 900, WALL - 100
        journal.restate_all(j, [(a, limits), (b, limits)], 1000, WALL, first)
        for rec in (a, b):
            assert (rec.hold, rec.hold_for, rec.hold_wall) == (5000, 4000, WALL + 4000), first
            assert rec.force_wall == WALL - 100 and rec.age == limits.age() or not first
    j = Journal((Slot(), Slot()))
    j.newest = WALL - DAY
    rec = full()
    rec.hold, rec.hold_for, rec.hold_wall = 5000, 4000, WALL + 100
    journal.restate_all(j, [(rec, limits)], 1000, WALL, True)
    assert rec.hold == 1000 + 102, "the clock shortens a wait that is older than this run"
    rec.hold, rec.hold_for, rec.hold_wall = 5000, 4000, WALL + 100
    journal.restate_all(j, [(rec, limits)], 1000, WALL, False)
    assert (rec.hold, rec.hold_for, rec.hold_wall) == (5000, 4000, WALL + 4000)


def test_what_is_not_known_is_written_as_zeros():
    rec = Record(b"12345678")
    image = journal.encode([rec], 1, WALL)
    at = image.find(b"12345678") + 16  # behind the fingerprint and the cause
    assert image[at : at + 40] == bytes(40)


def test_a_stop_that_stands_in_the_newest_slot_alone_is_written_to_the_other_too():
    stopped = full()
    stopped.cls, stopped.word = "AUTH", "badauth"
    free = full()
    free.cls = "OK"
    free.offline = 0
    stopped.offline = 0
    for first in (True, False):
        new, old = Slot(journal.encode([stopped], 9, WALL)), Slot(journal.encode([free], 8, WALL))
        j = Journal((new, old) if first else (old, new))
        records = j.load()
        assert j.save(records, 0, WALL)
        assert [journal.decode(s.data)[3][0].cls for s in (new, old)] == ["AUTH", "AUTH"]
        assert not j.save(records, 0, WALL)
