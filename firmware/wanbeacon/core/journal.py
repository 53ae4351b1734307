# SPDX-License-Identifier: MIT
"""The journal: what was last sent and why we wait, two slots in flash.

One slot holds one whole image: HEAD, then a row per host, then CRC-32. The image with the higher sequence
number whose CRC is right wins; the other slot is the one written next. So a power cut at any byte leaves the
state before or the state after, on any file system, whatever it promises about rename. A stop, a pause and a
name set offline are written to both slots: damage to either of them forgets none.

Size: 21 bytes + 104 per host. One host stays within 128 bytes: LittleFS then keeps the file inside its
directory block and a year of daily changes costs 30 block erases instead of 800 (`python -m tools bench`).
Written only when something changed.
"""

import binascii
import hashlib
import struct

from wanbeacon.core.record import BELIEVE, NEVER, Record

_MAGIC = b"WBj"
# Every head: magic, version, sequence, newest wall time seen, hosts, flags (1 = paused), row size.
_HEAD = ">3sBIIHBH"
# fp, cause, v4, v6, try4, try6, flags, class, kind, fails, same, root, word, at, hold_for, hold_wall,
# force_for, force_wall, nets, odds, place, retries (0.1.0 left that byte 0)
_ROW = ">8s8s4s16s4s16sBBBBBB15sIIIIIBB4sB"
VERSION = 2
# by number: append only
_CLASSES = ("", "OK", "SAME", "AUTH", "FEATURE", "HOST", "BLOCK", "AGENT", "LATER", "ODD", "FAIL")
_KINDS = (None, "net", "server", "trouble", "home", "refused")  # likewise
_ATTEMPT, _OFFLINE, _V4, _V6, _T4, _T6, _SINGLE, _DONE = 1, 2, 4, 8, 16, 32, 64, 128


def _word(text):
    """At most 15 bytes, ASCII: a letter cut in half would make the row unreadable."""
    return bytes([ord(c) if c < "\x7f" else 63 for c in text[:15]])


def encode(records, seq, newest, paused=False):
    """Records to one image (bytes)."""
    at, size = struct.calcsize(_HEAD), struct.calcsize(_ROW)
    out = bytearray(at + size * len(records) + 4)
    struct.pack_into(_HEAD, out, 0, _MAGIC, VERSION, seq, newest, len(records), 1 if paused else 0, size)
    for r in records:
        flags = (
            (_ATTEMPT if r.attempt else 0)
            | (_OFFLINE if r.offline else 0)
            | (_V4 if r.v4 else 0)
            | (_V6 if r.v6 else 0)
            | (_T4 if r.try4 else 0)
            | (_T6 if r.try6 else 0)
            | (_SINGLE if r.single else 0)
            | (_DONE if r.offline == 2 else 0)
        )
        struct.pack_into(
            _ROW, out, at, r.fp, r.cause, r.v4 or b"", r.v6 or b"", r.try4 or b"", r.try6 or b"", flags,
            _CLASSES.index(r.cls), _KINDS.index(r.kind), r.fails, r.same, r.root, _word(r.word), r.at,
            r.hold_for, r.hold_wall, r.force_for, r.force_wall, r.nets, r.odds, r.place, r.retries,
        )  # fmt: skip
        at += size
    struct.pack_into(">I", out, at, binascii.crc32(memoryview(out)[:at]) & 0xFFFFFFFF)
    return out


def decode(image):
    """An image to (sequence, newest wall time, paused, [Record]), or None when it is damaged, foreign or of a
    version this program does not know. What follows a whole image is a longer one's rest and counts for
    nothing."""
    head = struct.calcsize(_HEAD)
    if not image or len(image) < head:
        return None
    magic, version, seq, newest, count, flags, size = struct.unpack_from(_HEAD, image, 0)
    if magic != _MAGIC or version != VERSION:
        return None
    end = head + size * count
    if size != struct.calcsize(_ROW) or len(image) < end + 4:
        return None
    if struct.unpack_from(">I", image, end)[0] != binascii.crc32(memoryview(image)[:end]) & 0xFFFFFFFF:
        return None
    try:
        return seq, newest, bool(flags & 1), [_row(image, at) for at in range(head, end, size)]
    except (IndexError, UnicodeError):  # right CRC, wrong content: written by something else
        return None


def _row(image, at):
    f = struct.unpack_from(_ROW, image, at)
    r = Record(f[0])
    flags = f[6]
    r.cause = f[1] if f[1] != bytes(8) else b""
    r.v4 = f[2] if flags & _V4 else None
    r.v6 = f[3] if flags & _V6 else None
    r.try4 = f[4] if flags & _T4 else None
    r.try6 = f[5] if flags & _T6 else None
    r.attempt, r.single = bool(flags & _ATTEMPT), bool(flags & _SINGLE)
    r.offline = 2 if flags & _DONE else 1 if flags & _OFFLINE else 0
    r.cls, r.kind = _CLASSES[f[7]], _KINDS[f[8]]
    r.fails, r.same, r.root = f[9], f[10], f[11]
    r.word = f[12].rstrip(b"\0").decode()
    r.at, r.hold_for, r.hold_wall, r.force_for, r.force_wall = f[13:18]
    r.nets, r.odds, r.place, r.retries = f[18:]
    return r


def _left(kept, deadline, wall, newest):
    """Seconds of a wait still to go after a reboot: by the wall clock when it can be believed, never more
    than the whole wait, and the whole wait when there is no clock. Both clocks are read in whole seconds that
    begin at different moments: one second may be lost when the deadline is noted, and one now."""
    if not deadline or not believed(wall, newest):
        return kept
    return min(kept, max(0, deadline + 2 - wall))


def believed(wall, newest):
    """True when wall time may shorten a wait:
    it has not gone back, nor leapt further than a device stays unplugged."""
    return wall is not None and newest <= wall <= newest + BELIEVE


def resume(rec, now, wall, newest, limits):
    """Turn what the journal kept into deadlines of this run: at start, and again when the clock was set."""
    rec.hold = now + _left(rec.hold_for, rec.hold_wall, wall, newest)
    rec.left = rec.hold - rec.hold_for
    rec.force = now + _left(rec.force_for, rec.force_wall, wall, newest)
    age = rec.age = limits.age()
    if rec.at and believed(wall, newest):
        age = max(0, min(age, rec.at + age - wall))
    rec.refresh = now + age if rec.at or rec.v4 or rec.v6 else NEVER


def clock_set(rec, now, wall, newest, limits):
    """The clock was not set at start and is now: waits that are older than this run may be shorter than
    feared, and those that were begun without a clock get their place in its time."""
    hold, force, refresh = rec.hold, rec.force, rec.refresh
    resume(rec, now, wall, newest, limits)
    rec.hold, rec.force, rec.refresh = min(hold, rec.hold), min(force, rec.force), min(refresh, rec.refresh)
    restate(rec, now, wall, False)


def restate(rec, now, wall, known=True):
    """State what is still running in the time of a wall clock that was stepped or is not believed, so that
    the next boot takes nothing for old. known: also what has a wall time already."""
    if rec.hold > now and (known or not rec.hold_wall):
        rec.hold_for, rec.hold_wall = rec.hold - now, wall + rec.hold - now
    if rec.force > now and (known or not rec.force_wall):
        rec.force_for, rec.force_wall = rec.force - now, wall + rec.force - now
    if rec.refresh != NEVER and (known or not rec.at):
        rec.at = wall + rec.refresh - now - rec.age


def _lasting(records, paused):
    """What must be in both slots: stops, names set offline, the pause."""
    return [(r.fp, r.cause, r.cls, r.odds, r.offline) for r in records if r.stopped() or r.offline], paused


def load(journal):
    """The newest whole image's records, [] when there is none.
    Never raises: a damaged slot is said in `lost`."""
    best, bad, kept = None, 0, []
    for i in range(2):
        try:
            image = journal.slots[i].read()
        except OSError:
            image = b"?"
        # there is none, or the power went before its first byte was there: nothing that was told is lost
        if not image:
            continue
        got = decode(image)
        if not got:
            bad += 1
            continue
        kept.append(_lasting(got[3], got[2]))
        if best is None or got[0] > best[0]:
            best, journal.turn = got, 1 - i
    if bad:
        journal.lost = "journal.slot-lost" if best else "journal.lost"
    if best is None:
        return []
    journal.seq, journal.newest, journal.paused, records = best
    journal.last = _body(journal, records)
    if len(kept) == 2 and kept[0] == kept[1]:
        journal.kept = kept[0]
    return records


def save(journal, records, now, wall, seen):
    """Write the records if anything in them changed. True when written. Raises OSError when flash refuses.

    now: mono; wall: unix seconds or None; seen: the same where they may be kept as the newest time there was:
    nothing unproven becomes a floor (Clock.record).
    """
    strange = journal.strange(seen)
    if strange:
        for r in records:
            restate(r, now, wall)
    body = _body(journal, records)
    kept = _lasting(records, journal.paused)
    both = kept != (journal.kept or ([], False))
    if body == journal.last and not strange and not both:
        return False
    for _ in range(2 if both else 1):
        journal.slots[journal.turn].write(
            encode(records, journal.seq + 1, seen or journal.newest, journal.paused)
        )
        journal.turn = 1 - journal.turn
        journal.seq += 1
        journal.writes += 1
    journal.newest = seen or journal.newest
    journal.last, journal.kept = body, kept
    return True


def _body(journal, records):
    """A fingerprint of the image but its number and time."""
    return hashlib.sha256(encode(records, 0, 0, journal.paused)).digest()


def restate_all(journal, rows, now, wall, first):
    """Put all waits into the time of a clock that was set for the first time in this run (`first`), or
    stepped. rows: (record, limits) of every host."""
    for rec, limits in rows:
        if first:
            clock_set(rec, now, wall, journal.newest, limits)
        else:
            restate(rec, now, wall)
