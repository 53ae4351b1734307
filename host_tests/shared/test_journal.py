# SPDX-License-Identifier: MIT
import binascii
import struct

from memory_slots import Slot
from wanbeacon.core import journal, policy, record
from wanbeacon.core.address import parse
from wanbeacon.core.record import DAY, NEVER, Limits, Record

WALL = 1800000000
A, A6 = parse("45.33.1.1"), parse("2600:77::1")


class Journal(record.Journal):
    def load(self):
        return journal.load(self)

    def save(self, records, now, wall):
        return journal.save(self, records, now, wall, wall)


def full(fp=b"12345678", offline=0):
    r = Record(fp)
    r.cause, r.v4, r.v6, r.try4, r.try6 = (
        b"causecau",
        parse("45.33.7.7"),
        parse("2600:77::1"),
        parse("45.33.7.8"),
        parse("2600:77::2"),
    )
    r.cls, r.word, r.kind, r.fails, r.same, r.root = "LATER", "911", "trouble", 3, 2, 5
    r.attempt = r.single = True
    r.offline, r.nets, r.odds, r.place, r.retries = offline, 9, 1, b"plac", 4
    r.at, r.hold_for, r.hold_wall, r.force_for, r.force_wall = WALL, 1800, WALL + 1800, 600, WALL + 600
    return r


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


def resumed(hold_for, hold_wall, wall, newest, now=1000):
    r = Record(b"x" * 8)
    r.hold_for, r.hold_wall, r.cls = hold_for, hold_wall, "LATER"
    journal.resume(r, now, wall, newest, Limits())
    return r.hold - now


def test_waits_outlive_a_reboot_by_clock_and_restart_whole_without_one():
    # each clock may be a second late against the other
    assert resumed(1800, WALL + 1800, WALL + 600, WALL) == 1202
    assert resumed(1800, WALL + 1800, WALL + 1801, WALL) == 1
    assert resumed(1800, WALL + 1800, WALL + 1802, WALL) == 0
    assert resumed(1800, WALL + 1800, WALL + 5000, WALL) == 0
    assert resumed(1800, WALL + 9000, WALL, WALL) == 1800  # never more than the whole wait
    assert resumed(1800, WALL + 1800, None, WALL) == 1800
    assert resumed(1800, 0, WALL, WALL) == 1800  # the clock was not set when the wait began


def test_a_clock_that_cannot_be_right_shortens_no_wait():
    year = 365 * DAY
    for step in (-30 * year, -year, -1, 180 * DAY + 1, year, 30 * year):
        assert resumed(1800, WALL + 1800, WALL + step, WALL) == 1800, step
        assert not journal.believed(WALL + step, WALL)
    assert not journal.believed(None, WALL)
    for step in (0, 1, 180 * DAY):
        assert journal.believed(WALL + step, WALL)
    assert resumed(1800, WALL + 1800, WALL + 180 * DAY, WALL) == 0


def test_both_waits_and_the_last_request_come_back():
    r = Record(b"x" * 8)
    r.hold_for, r.hold_wall, r.force_for, r.force_wall = 1800, WALL + 1800, 600, WALL + 600
    journal.resume(r, 1000, WALL + 500, WALL, Limits(seed=9))
    assert (r.hold, r.force, r.left) == (2302, 1102, 502)
    assert r.age == Limits(seed=9).age()


def test_a_clock_that_is_set_late_ends_waits_that_are_over_but_none_of_this_run():
    r = Record(b"x" * 8)
    r.hold_for, r.hold_wall, r.force_for, r.force_wall, r.at = 1800, WALL + 1800, 600, WALL + 600, WALL - DAY
    journal.resume(r, 0, None, WALL, Limits())
    assert (r.hold, r.force, r.refresh) == (1800, 600, 28 * DAY)
    journal.clock_set(r, 30, WALL + 1000, WALL, Limits())
    assert (r.hold, r.force, r.refresh) == (832, 30, 30 + 27 * DAY - 1000)
    # they have a wall time: nothing to write
    assert (r.hold_for, r.hold_wall, r.at) == (1800, WALL + 1800, WALL - DAY)
    r = Record(b"x" * 8)
    policy.hold(r, 100, None, 60)
    r.force, r.force_for, r.v4 = 700, 600, A
    r.age, r.refresh = 28 * DAY, 100 + 28 * DAY
    journal.clock_set(r, 120, WALL, WALL, Limits())
    assert (r.hold, r.hold_for, r.hold_wall) == (161, 41, WALL + 41)
    assert (r.force, r.force_for, r.force_wall) == (700, 580, WALL + 580)
    assert r.at == WALL - 20 and r.refresh == 100 + 28 * DAY  # the success was 20 s ago


def test_a_stepped_clock_restates_running_waits_in_its_own_time():
    year = 365 * DAY
    for step in (-30 * year, -year, 5000, year, 30 * year):
        wall = WALL + step
        a, b = Slot(), Slot()
        j = Journal((a, b))
        r = Record(b"x" * 8)
        policy.hold(r, 0, WALL, 1799)
        r.force, r.force_for, r.force_wall = 600, 600, WALL + 600
        r.at, r.age, r.refresh, r.v4 = WALL, 28 * DAY, 28 * DAY, A
        j.save([r], 0, WALL)
        journal.restate(r, 300, wall)
        assert (r.hold_for, r.hold_wall, r.force_for, r.force_wall, r.at) == (
            1500, wall + 1500, 300, wall + 300, wall - 300,
        )  # fmt: skip
        assert j.save([r], 300, wall)
        k = Journal((a, b))
        r = k.load()[0]
        journal.resume(r, 0, wall + 60, k.newest, Limits())
        assert (r.hold, r.force, r.refresh) == (1442, 242, 28 * DAY - 360)
        journal.restate(r, 5000, wall)
        assert (r.hold_wall, r.force_wall) == (wall + 1500, wall + 300)  # they are over: nothing to state
    r = Record(b"x" * 8)
    journal.restate(r, 300, WALL)
    assert r.at == 0  # never published
    r.hold = r.force = 300
    journal.restate(r, 300, WALL)
    assert (r.hold_wall, r.force_wall) == (0, 0)  # over this very second


def test_a_journal_written_in_another_time_states_all_waits_anew():
    j = Journal((Slot(), Slot()))
    assert not j.strange(WALL) and not j.strange(None)  # it was never written
    r = Record(b"x" * 8)
    policy.hold(r, 0, WALL, 1799)
    j.save([r], 0, WALL)
    for wall, strange in (
        (None, False),
        (WALL, False),
        (WALL + 90 * DAY, False),
        (WALL + 90 * DAY + 1, True),
        (WALL - 1, True),
    ):
        assert j.strange(wall) == strange, wall
    year = 365 * DAY
    assert j.save([r], 600, WALL + year) and r.hold_wall == WALL + year + 1200
    assert j.newest == WALL + year and not j.strange(WALL + year)
    assert j.save([r], 9000, WALL)  # nothing to state any more, but the time of the last write is
    assert j.newest == WALL
    assert not j.save([r], 9000, WALL)


def test_without_a_clock_the_newest_time_stays():
    a = Slot()
    j = Journal((a, Slot()))
    j.save([full()], 0, WALL)
    j.paused = True
    j.save([full()], 0, None)
    assert j.newest == WALL and j.seq == 3
    k = Journal((a, j.slots[1]))
    k.load()
    assert (k.newest, k.seq, k.paused, k.writes) == (WALL, 3, True, 0)


def test_the_refresh_age_counts_from_the_last_success():
    r = Record(b"x" * 8)
    limits = Limits()
    journal.resume(r, 5, WALL, WALL, limits)
    assert r.refresh == NEVER  # nothing was ever published: there is nothing to refresh
    r.at = WALL - 10 * DAY
    journal.resume(r, 5, WALL, WALL - DAY, limits)
    assert r.refresh == 5 + 18 * DAY
    r.at = WALL - 100 * DAY
    journal.resume(r, 5, WALL, WALL - DAY, limits)
    assert r.refresh == 5
    r.at = WALL + DAY
    journal.resume(r, 5, WALL, WALL - DAY, limits)
    assert r.refresh == 5 + 28 * DAY
    journal.resume(r, 5, None, WALL - DAY, limits)
    assert r.refresh == 5 + 28 * DAY
    r.at = 0
    for r.v4, r.v6 in ((A, None), (None, A6)):  # published without a clock
        journal.resume(r, 5, WALL, WALL - DAY, limits)
        assert r.refresh == 5 + 28 * DAY


# ---- what must not be lost


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


# ---- other versions


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
