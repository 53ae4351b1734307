"""Every power cut of a month: the real agent's journal on a real file system, cut at every write. Runs in MicroPython.

    micropython power_cut.py lfs|fat esp32|linux        prints one line of JSON, or fails with the cut point

The month is lived once (the real agent in virtual time) on a file system in memory that logs its writes. Then every
prefix of the log, and every prefix with its next write torn, is a device that lost its power there: it starts with a
fresh file system object, loads, saves, and starts again. Every 40th is cut once more, everywhere in that save.
"""

import json
import sys

from store import ONE, THREE, WALL, Store, address, world
from wanbeacon.decide import Record
from wanbeacon.journal import Journal, decode, encode

SPOILT = b"\xff" * 512, bytes(512)  # what may be left of a whole sector
AGAIN = 40  # every so many cuts there is a second one


class Noted:
    """A slot that notes which writes of the medium belong to which journal image."""

    def __init__(self, slot, log, saves):
        self.slot, self.log, self.saves = slot, log, saves

    def read(self):
        return self.slot.read()

    def write(self, data):
        save = [len(self.log), None, bytes(data)]
        self.saves.append(save)
        self.slot.write(data)
        save[1] = len(self.log)


def month(store):
    """30 days: changes, failures, stops, commands, reboots, edits; one host, then three, then two.
    -> [[first write of a save, first write after it, image]]"""
    log, saves = store.medium.log, []
    device = world(ONE)
    say = device.provider.say

    def boot(off=5):
        device.off(off)
        device.slots = [Noted(slot, log, saves) for slot in store.slots()]
        device.boot()
        device.run(2)

    def change(n, wait=1500, answer=None):
        if answer:
            say["*"] = answer
        device.line[4] = address(n)
        device.run(wait)
        say.clear()

    def command(text):
        device.run(130)
        answer = device.command(text)
        assert answer["ok"], answer
        device.run(1800)

    boot()
    says = [None, "timeout", None, "911", None, "lost", None, "empty", None, "refuse"]
    for day in range(30):
        if day in (10, 16):
            device.cfg = world(THREE if day == 10 else THREE[:1]).cfg
            boot()
        change(day, 1500, says[day % 10])
        if day % 5 == 3:
            boot(3600)
        if day == 6:
            change(200, 1500, "badauth")
            command("retry a.example.org")
        if day in (12, 14):
            say["b.example.org"] = "nohost" if day == 12 else "abuse"
            device.line[4] = address(200 + day)
            device.run(600)
            say.clear()
            command("retry b.example.org")
        if day == 13:
            command("offline c.example.org")
            command("update c.example.org")
        if day == 20:
            command("pause")
            change(250)
            command("resume")
        if day == 22:  # a start without a clock, which comes later
            device.time_server, device.time.offset = False, None
            boot()
            change(251)
            device.time_server = True
        if day == 28:
            device.line[6] = "2600:77::28"
        device.run(7200)
    return saves


def broken(slot):
    """True when there is a slot and it cannot be read as a whole image."""
    try:
        image = slot.read()
    except OSError:
        return True
    return image is not None and not decode(image)


def load(store):
    """(Journal, records, image as it would be written) of a device that starts."""
    journal = Journal(store.slots())
    records = journal.load()
    return journal, records, bytes(encode(records, journal.seq, journal.newest, journal.paused))


class Cuts:
    """Judges devices that lost their power."""

    def __init__(self, kind, board):
        self.kind, self.board = kind, board
        self.count = dict(cuts=0, torn=0, again=0, before=0, after=0, between=0, said=0)
        self.count.update(dict(spoilt=0, gone=0, refused=0, forgot=0))

    def replay(self, data, log, saves, old, where=()):
        """Cut everywhere in `log`, begun on the medium `data`. saves: as month() gives them; old: image before them."""
        medium = Store(self.kind, self.board, data).medium
        todo, first = saves[:], old
        for k in range(len(log) + 1):
            while todo and todo[0][1] <= k:
                old = todo.pop(0)[2]
            begun = todo and todo[0][0] <= k
            new = todo[0][2] if begun else None
            at = where + (k,)
            self.start(bytearray(data), old, new if begun and todo[0][0] < k else None, old == first, at)
            if k < len(log):
                for i, part in enumerate(medium.torn(*log[k])):
                    half = Store(self.kind, self.board, bytearray(data)).medium
                    half.put(log[k][0], part)
                    self.count["torn"] += 1
                    self.start(half.data, old, new, old == first, at + ("torn", i))
                if self.kind == "fat" and self.board == "esp32" and not where:
                    for part in SPOILT:
                        half = Store(self.kind, self.board, bytearray(data)).medium
                        half.put(log[k][0], part)
                        self.spoilt(half.data, (old, new), at)
                medium.put(*log[k])
        return medium.data

    def start(self, data, old, new, virgin, where):
        """A device starts with this medium. It must know the image `old`, or `new` when that was being written (else
        None). virgin: nothing was ever saved (a second cut: by the device that starts)."""
        count = self.count
        count["cuts"] += 1
        store = Store(self.kind, self.board, data)
        again = len(where) == 1 and where[0] % AGAIN == AGAIN // 2
        before = bytearray(data) if again else None
        log = store.medium.log = []
        with store:
            journal, records, image = load(store)
            damaged = bool([1 for slot in journal.slots if broken(slot)])
            assert image in (old, new), (where, "neither the state before nor after", image)
            assert damaged == bool(journal.lost), (where, "a damaged slot must be told", journal.lost)
            assert new or virgin or not damaged, (where, "damaged, though nothing was being written")
            count["said"] += damaged
            count["between" if new is None else "after" if image == new else "before"] += 1
            if not records:
                records = [Record(b"12345678")]
            records[0].word = "cut %d" % len(where)
            first = len(log)
            assert journal.save(records, 0, WALL), where
            wanted = bytes(encode(records, journal.seq, WALL, journal.paused))
            ops = log[:]
        with store:
            assert load(store)[2] == wanted, (where, "the next save is not read")
        if again:
            so_far = count["cuts"]
            self.replay(before, ops, [[first, len(ops), wanted]], image, where + ("again",))
            count["again"] += count["cuts"] - so_far

    def spoilt(self, data, known, where):
        """A disk that loses the whole sector it was writing (flash erased and not yet programmed, a bad card). When that
        is FAT's directory, the files are not there any more, and nobody can tell that from a new device: then nothing
        is known (`gone`), and the journal is written anew or refuses (`refused`: nothing will be sent). When it is the
        table of clusters, even the next save may be written over its own directory (`forgot`). Never a wrong state, and
        never an exception but OSError, which the agent says in words."""
        count = self.count
        count["spoilt"] += 1
        store = Store(self.kind, self.board, data)
        with store:
            try:
                journal, records, image = load(store)
                if image not in known:
                    assert not records, (where, "neither", image)
                    count["gone"] += 1
                    there = [1 for slot in journal.slots if slot.read() is not None]
                    assert bool(journal.lost) == bool(there), (where, journal.lost)
                journal.save([Record(b"12345678")], 0, WALL)
            except OSError:  # also from slots(): then the agent does not start, and says why
                count["refused"] += 1
                return
        with store:
            found = [r.fp for r in load(store)[1]]
            assert found in ([], [b"12345678"]), (where, found)
            count["forgot"] += not found


def main(kind, board):
    store = Store(kind, board)
    base = bytearray(store.medium.data)
    log = store.medium.log = []
    with store:
        saves = month(store)
    cuts = Cuts(kind, board)
    end = cuts.replay(base, log, saves, bytes(encode([], 0, 0, False)))
    assert end == store.medium.data, "the replay does not end where the month did"
    erases = len([1 for _, what in log if what is None])
    cuts.count.update(dict(writes=len(log), erases=erases, saves=len(saves)))
    cuts.count["hosts"] = max([len(image) for _, _, image in saves]) // 104
    print(json.dumps(cuts.count))


main(*sys.argv[1:])
