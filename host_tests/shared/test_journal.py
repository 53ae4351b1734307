from wanbeacon import decide, journal
from wanbeacon.decide import DAY, NEVER, Limits, Record
from wanbeacon.dyndns import outcome

WALL = 1800000000


class Slot:
    def __init__(self, data=None):
        self.data = data
        self.writes = 0

    def read(self):
        return self.data

    def write(self, data):
        self.data = bytes(data)
        self.writes += 1


def full(fp=b"12345678"):
    r = Record(fp)
    r.cause, r.v4, r.v6, r.try4, r.try6 = b"causecau", "45.33.7.7", "2600:77::1", "45.33.7.8", "2600:77::2"
    r.cls, r.word, r.kind, r.fails, r.same, r.root = "LATER", "911", "trouble", 3, 2, 5
    r.attempt = r.single = True
    r.offline, r.nets, r.odds, r.place = 2, 9, 1, b"plac"
    r.at, r.hold_for, r.hold_wall, r.force_for, r.force_wall = WALL, 1800, WALL + 1800, 600, WALL + 600
    return r


KEPT = (
    "fp", "cause", "v4", "v6", "cls", "word", "kind", "fails", "same", "at", "attempt", "try4", "try6", "offline", "root",
    "single", "nets", "odds", "place", "hold_for", "hold_wall", "force_for", "force_wall",
)  # fmt: skip


def test_an_image_brings_back_every_kept_field():
    empty = Record(b"abcdefgh")
    empty.place = bytes(4)
    for r in (full(), empty):
        seq, newest, paused, rows = journal.decode(journal.encode([r], 7, WALL, True))
        assert (seq, newest, paused, len(rows)) == (7, WALL, True, 1)
        for name in KEPT:
            assert getattr(rows[0], name) == getattr(r, name), name


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
    j = journal.Journal((a, b))
    assert j.load() == [] and j.lost is None
    r = Record(b"abcdefgh")
    for n in range(4):
        r.word = str(n)
        assert j.save([r], 0, WALL + n)
    assert (a.writes, b.writes) == (2, 2)
    assert journal.Journal((a, b)).load()[0].word == "3"
    b.data = b.data[:-1] + b"?"
    k = journal.Journal((a, b))
    assert k.load()[0].word == "2" and "damaged" in k.lost
    r.word = "new"
    k.save([r], 0, WALL)
    assert journal.decode(b.data)[3][0].word == "new"  # the damaged slot is the one that is written next
    a.data = b"garbage"
    b.data = b""
    k = journal.Journal((a, b))
    assert k.load() == [] and "not known" in k.lost


def test_a_slot_that_cannot_be_read_is_a_damaged_one():
    class Broken(Slot):
        def read(self):
            raise OSError(5)

    a = Slot()
    journal.Journal((a, Slot())).save([full()], 0, WALL)
    j = journal.Journal((Broken(), a))
    assert len(j.load()) == 1 and j.lost


def test_nothing_is_written_while_nothing_changes():
    a, b = Slot(), Slot()
    j = journal.Journal((a, b))
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
    assert resumed(1800, WALL + 1800, WALL + 600, WALL) == 1200
    assert resumed(1800, WALL + 1800, WALL + 5000, WALL) == 0
    assert resumed(1800, WALL + 1800, None, WALL) == 1800
    assert resumed(1800, 0, WALL, WALL) == 1800  # the clock was not set when the wait began
    year = 365 * DAY
    for step in (-30 * year, -year, -1, year, 30 * year):
        assert resumed(1800, WALL + 1800, WALL + step, WALL) == 1800, step


def test_a_stepped_clock_restates_running_waits_in_its_own_time():
    a, b = Slot(), Slot()
    j = journal.Journal((a, b))
    r = Record(b"x" * 8)
    decide.hold(r, 0, WALL, 1800)
    j.save([r], 0, WALL)
    r.word = "changed"
    year = 365 * DAY
    assert j.save([r], 600, WALL + year)  # the clock leapt a year while the device ran
    k = journal.Journal((a, b))
    r = k.load()[0]
    journal.resume(r, 0, WALL + year + 60, k.newest, Limits())
    assert r.hold == 1140
    r = Record(b"x" * 8)
    decide.hold(r, 0, WALL, 1800)
    journal.restate(r, 300, WALL + 5000)
    assert (r.hold_for, r.hold_wall) == (1500, WALL + 6500)
    journal.restate(r, 1800, WALL)
    assert (r.hold_for, r.hold_wall) == (1500, WALL + 6500)  # it is over: nothing to state


def test_the_refresh_age_counts_from_the_last_success():
    r = Record(b"x" * 8)
    limits = Limits()
    journal.resume(r, 5, WALL, WALL, limits)
    assert r.refresh == NEVER  # nothing was ever published: there is nothing to refresh
    r.cls, r.at = outcome.OK, WALL - 10 * DAY
    journal.resume(r, 5, WALL, WALL - DAY, limits)
    assert r.refresh == 5 + 18 * DAY
    r.at = WALL - 100 * DAY
    journal.resume(r, 5, WALL, WALL - DAY, limits)
    assert r.refresh == 5
    journal.resume(r, 5, None, WALL - DAY, limits)
    assert r.refresh == 5 + 28 * DAY
