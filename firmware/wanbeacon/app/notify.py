# SPDX-License-Identifier: MIT
"""Notices: what became of the hosts, and of a new version, told once to each receiver in the settings. A
stage at the end of a round.

Nobody reports events to this. What a receiver was told last of each host is kept in a file beside the
journal, and so is which version it knows of; an event is the difference between that and how things are. So
a reboot neither loses nor repeats one, and what is over before it could be told is not told.

The file says "told" before a notice leaves, as the journal does for requests, and it is taken back only when
the receiver surely did not take it. Where that is not known the notice is not sent again: at most once.
"""

import binascii
import struct

import wanbeacon
from wanbeacon.app.condition import CGNAT, PUBLISHED, STOPPED, TROUBLE, WELL, look
from wanbeacon.board.words import words_of
from wanbeacon.core import reasons
from wanbeacon.core.record import NEVER
from wanbeacon.core.url import quote, split_url

TRIES = 3  # then it is given up
AGAIN_S, AGAIN_MAX = 60, 3600  # the wait before the second try; it doubles with each
#: Tries while the line itself is down or the name server is missing, which is nobody's fault at the other
#: end: 10 hours.
HOME_TRIES = 15
#: So often in a row a notice is put off because others want the loop: a noisy home must not silence it.
ASIDES = 3
PAUSE_S = 2  # between two notices to one receiver (Slack and Telegram want a second)
CGNAT_S = 300  # a line may show a private address for a moment while it comes up
STEP_S = 900  # how exactly the length of a trouble outlives a reboot: one write to flash for so many seconds
# a notice waits so long for a round in which nothing new happens: a noisy home must not silence it
QUIET_S = 10
CLOCK_S = 30  # between two looks at a clock that is not set: TLS needs it

# as in notices.py
NAMES = ("well", "published", "stopped", "trouble", "cgnat", "upgraded", "reverted", "test")
_UPGRADED, _REVERTED = 5, 6  # of the device: another version runs; one was tried and taken back
_TEST = 7  # what the user asks for with "notice test": told to every receiver, once, and noted nowhere
#: Without `events`; a command gets them all: it can choose itself.
_USUAL = ("stopped", "trouble", "well", "cgnat", "upgraded", "reverted")

# A row per receiver and host: whose it is, told, event and tries of the one that is being sent (4 bits each),
# CRC of the reason and of the addresses that were told, seconds of trouble so far. After them one for the
# device: the CRCs are those of the version that was taken back and of the one that runs.
_ROW = ">4sBBIII"
_SIZE = 18
_MAGIC = b"WBn\x01"
# agent.notices, a list: mono of the next look, the rows, mono of the last look, for each receiver when it may
# be asked, since when one waits for quiet, what became of the last ones (see `begin`), who gets a test, how
# often in a row a notice was put off
AT, _ROWS, _THEN, _READY, _HELD, HEARD, _TESTS, _ASIDE = 0, 1, 2, 3, 4, 5, 6, 7


# ---- at start


def begin(agent):
    """What agent.notices is; a receiver's secrets are starred from now on.
    Raises ValueError for what cannot work here."""
    docs, hosts, now = agent.cfg["notify"], agent.hosts(), agent.clock.mono()
    kept, lost = _read(agent.board)
    rows = bytearray()
    for i in range(len(docs)):
        if docs[i].get("hook") and agent.board.name == "esp32":
            raise ValueError("notify[%d].hook: a board runs no commands; use a webhook" % i)
        agent.log.keep_secrets(_secrets(docs[i], hosts))
        who = str([docs[i].get(key) for key in ("hook", "preset", "url", "topic", "user")]).encode()
        for h in hosts:
            key = struct.pack(">I", binascii.crc32(h.rec.fp + who) & 0xFFFFFFFF)
            row = kept.pop(key, None)
            if not row:  # new here: what is published is no news, but that it is stopped may be
                told = STOPPED if lost and h.rec.stopped() else WELL
                why = _crc(reasons.stop(h.rec)) if told else 0
                row = struct.pack(_ROW, key, told, 0, why, _addresses(h.rec), 0)
            rows.extend(row)
        key = struct.pack(">I", binascii.crc32(b"device" + who) & 0xFFFFFFFF)
        rows.extend(kept.pop(key, None) or struct.pack(_ROW, key, 0, 0, 0, 0, 0))
    # for each receiver: what it is called, (event, wall time) of the last that arrived, and of the last that
    # did not, with its reason
    heard = [[_where(doc), None, None] for doc in docs]
    return [now, rows, now, [now] * len(docs), None, heard, [], 0]


def _where(doc):
    """What a receiver is called: no secret is in that."""
    return doc.get("preset") or ("hook" if doc.get("hook") else split_url(doc["url"])[1])


def test(agent):
    """Send a test notice to every receiver: how many there are; 0 while the last test goes on."""
    state = agent.notices
    if state[_TESTS]:
        return 0
    state[_TESTS] = list(range(len(agent.cfg["notify"])))
    state[AT] = agent.clock.mono()
    agent.event.set()
    return len(state[_TESTS])


def _secrets(doc, hosts):
    found = [doc.get("token"), doc.get("user")] + [
        line.partition(": ")[2] for line in doc.get("header") or ()
    ]
    if doc.get("url"):
        path = split_url(doc["url"])
        found.append(path[3][1:])
        found.append(path[4])
    out = []
    for one in found:
        if one and len(one) >= 6 and not [h for h in hosts if one in h.name]:
            out += [one, quote(one)]
    return out


def _read(board):
    """(rows of the file by their keys, whether a file was there and is damaged)."""
    rows = {}
    try:
        image = board.notices().read()
    except OSError:
        return rows, True
    if image is None:
        return rows, False
    end = len(image) - 4
    if (
        end < 4
        or image[:4] != _MAGIC
        or struct.unpack_from(">I", image, end)[0] != binascii.crc32(image[:end]) & 0xFFFFFFFF
    ):
        return rows, True
    for at in range(4, end - _SIZE + 1, _SIZE):
        rows[bytes(image[at : at + 4])] = bytes(image[at : at + _SIZE])
    return rows, False


def _save(agent):
    """Write the file. False when that cannot be:
    then no notice leaves, or it might leave again after each restart."""
    image = bytearray(_MAGIC)
    image.extend(agent.notices[_ROWS])
    image.extend(struct.pack(">I", binascii.crc32(image) & 0xFFFFFFFF))
    try:
        agent.board.notices().write(image)
        return True
    except OSError as e:
        agent.log.tell("err", "log.notice-file", words_of(e))
        return False


# ---- marks


def _crc(value):
    """Never 0: that stands for nothing."""
    return binascii.crc32(str(value).encode()) & 0xFFFFFFFF or 1


def _addresses(rec):
    """A mark of what is published for sure; 0 while that is not known."""
    if rec.cls not in ("OK", "SAME") or rec.attempt or not (rec.v4 or rec.v6):
        return 0
    return binascii.crc32((rec.v4 or b"") + b"/" + (rec.v6 or b"")) & 0xFFFFFFFF or 1


# ---- each round


def tell(agent):
    """Note how things are. What to send now, noted as told:
    (entry's number, event, [Host], code, rows); None for nothing."""
    state, now = agent.notices, agent.clock.mono()
    if state[_TESTS] and (agent.clock.wall() is not None or _plain(agent.cfg["notify"][state[_TESTS][0]])):
        return state[_TESTS].pop(0), _TEST, agent.hosts(), ("test",), (b"", HOME_TRIES, ())
    passed, state[_THEN] = now - state[_THEN], now
    state[AT] = NEVER
    docs, hosts = agent.cfg["notify"], agent.hosts()
    at, first, group, write = 0, None, [], False
    seen = [look(agent, h) for h in hosts]
    for i in range(len(docs)):
        for j in range(len(hosts) + 1):
            key, told, tried, why, stored, bad = struct.unpack_from(_ROW, state[_ROWS], at)
            before = bad
            if j < len(hosts):
                bad = _lasting(seen[j][0], bad, passed)
                code, mark, place = seen[j][1], _crc(seen[j][1]), _addresses(hosts[j].rec)
                moved = place if place != stored else 0
                event, wait = _due(seen[j][0], told, mark != why, moved, bad, docs[i]["hours"] * 3600)
            else:
                event, mark, code, place, wait = _news(agent, why, stored)
            if event is not None and not _wanted(docs[i], event, stored):
                told, why, stored = after(event, mark, place, told, why, stored)
                event, write = None, True
            if event is None or tried >> 4 != event:
                tried = (event or 0) << 4
            struct.pack_into(_ROW, state[_ROWS], at, key, told, tried, why, stored, bad)
            write = write or bad // STEP_S != before // STEP_S
            if wait:
                state[AT] = min(state[AT], now + min(wait, STEP_S))
            if event is not None:
                like = i, event, place if event <= PUBLISHED else mark
                if first is None and now >= state[_READY][i]:
                    first = like
                if like == first:
                    group.append((at, hosts[j : j + 1], mark, place, code))
                else:
                    state[AT] = min(state[AT], max(now, state[_READY][i]))
            at += _SIZE
    if write and not _save(agent) or not first:
        return None
    if state[_HELD] is None:
        state[_HELD] = now
    if agent.event.is_set() and now - state[_HELD] < QUIET_S:  # something changed: that first
        state[AT] = now
        return None
    state[_HELD] = None
    return _take(agent, first[0], first[1], group)


def _wanted(doc, event, stored):
    """Whether this receiver wants to hear of an event. One that is new here knows which version runs."""
    if not stored and event >= _UPGRADED:
        return False
    return NAMES[event] in (doc.get("events") or (NAMES if doc.get("hook") else _USUAL))


def _lasting(what, bad, passed):
    """Seconds of trouble so far; `passed`: since the last look. It began some time since then."""
    if what is None:
        return bad
    return 0 if what not in (TROUBLE, CGNAT) else bad + passed if bad else 1


def _due(what, told, other, moved, bad, limit):
    """(the event that the receiver was not told of, or None; seconds until there is one if nothing changes,
    or 0).

    other: the reason is another one than it was told; moved: the address is."""
    if what == STOPPED:
        return STOPPED if told != STOPPED or other else None, 0
    if what == CGNAT and told != CGNAT:
        return (CGNAT, 0) if bad >= CGNAT_S else (None, CGNAT_S - bad)
    if what == TROUBLE and told == WELL:
        return (TROUBLE, 0) if bad >= limit else (None, limit - bad)
    if what == WELL:
        return WELL if told else PUBLISHED if moved else None, 0
    return None, 0


def _news(agent, why, stored):
    """(event or None, its mark, its code, mark of the version that was taken back or 0, 0) of the device's
    own row. As long as a version is on trial nothing is certain."""
    failed, runs = agent.failed, _crc(wanbeacon.VERSION)
    back = _crc(failed[:2]) if failed else 0
    if agent.on_trial or runs == stored and back in (0, why):
        return None, 0, (), 0, 0
    if runs != stored:  # what was taken back was tried after that one came
        return _UPGRADED, runs, wanbeacon.VERSION, back, 0
    return _REVERTED, back, ("upgrade.back", failed[0], failed[2]), back, 0


def after(event, mark, place, told, why, stored):
    """(told, why, stored) of a row when its receiver knows of the event."""
    if event <= PUBLISHED:
        return WELL, 0, place or stored
    if event == _UPGRADED:
        return told, why if stored else place, mark
    return told if event == _REVERTED else event, mark, stored


def _plain(doc):
    """Whether it takes no certificate, and so no clock, to tell this receiver."""
    return doc.get("hook") or (doc.get("url") or "")[:5] == "http:"


def _take(agent, i, event, group):
    """Note one notice as told before it leaves; `heard` has what to do if it did not arrive."""
    state, doc, now = agent.notices, agent.cfg["notify"][i], agent.clock.mono()
    if agent.clock.wall() is None and not _plain(doc):
        _wait(state, i, now, CLOCK_S)
        return None
    kept, tries = bytes(state[_ROWS]), 0
    for at, _, mark, place, _ in group:
        key, told, tried, why, stored, bad = struct.unpack_from(_ROW, kept, at)
        tries = max(tries, tried & 15)
        told, why, stored = after(event, mark, place, told, why, stored)
        struct.pack_into(_ROW, state[_ROWS], at, key, told, 0, why, stored, bad)
    if not _save(agent):
        state[_ROWS][:] = kept
        _wait(state, i, now, STEP_S)
        return None
    rows = kept, tries, [row[0] for row in group]
    return i, event, [h for row in group for h in row[1]], group[0][4], rows


def _wait(state, i, now, seconds):
    """Receiver i may be asked again after so many seconds."""
    state[_READY][i] = now + seconds
    state[AT] = min(state[AT], now + seconds)


def _word(said):
    return ("trouble.later",) if said == "later" else said


def polite(agent):
    """Whether the notice that goes now may be put off for others."""
    return agent.notices[_ASIDE] < ASIDES


def heard(agent, due, came):
    """What became of the notice that `tell` said is due. came: see post.deliver."""
    i, event, _, _, (kept, tries, places) = due
    status, said, sure, home, delay = came
    state, doc, name = agent.notices, agent.cfg["notify"][i], NAMES[event]
    where, line = _where(doc), state[HEARD][i]
    state[_ASIDE] = state[_ASIDE] + 1 if said == "later" else 0
    if state[_ASIDE] and sure:  # no try
        wait = delay
    else:
        wait, tries = max(delay, min(AGAIN_MAX, AGAIN_S << tries)), tries + 1
    said = "%s %s" % (status, said) if status else said
    if not 200 <= status < 300 and said != "later":
        line[2] = name, agent.clock.wall(), said
    if 200 <= status < 300:
        agent.log.tell("info", "log.notice", name, where)
        wait = PAUSE_S
        line[1] = name, agent.clock.wall()
    elif not sure:
        agent.log.tell("warn", "log.notice-maybe", name, where, _word(said))
    elif 300 <= status < 500 and status not in (408, 429) or tries >= (HOME_TRIES if home else TRIES):
        agent.log.tell("warn", "log.notice-lost", name, where, said)
    else:
        agent.log.tell("info", "log.notice-later", name, where, _word(said), wait)
        state[_ROWS][:] = kept
        for at in places:
            state[_ROWS][at + 5] = event << 4 | tries
        _save(agent)
    now = agent.clock.mono()
    _wait(state, i, now, PAUSE_S if event == _TEST else wait)
    if state[_TESTS]:
        state[AT] = now
