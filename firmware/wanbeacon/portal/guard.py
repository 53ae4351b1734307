# SPDX-License-Identifier: MIT
"""Who may do what in the portal: sessions, tokens of forms, locks against guessing. Times are
seconds of a monotonic clock.

Threats it is for: other people and pages in the same network. A page on the internet that makes the browser
send forms (token, Origin, SameSite), guessing the password, filling the memory. Host names that lead here
(DNS rebinding) are judged in server.py.
Not for somebody who reads the network: there is no TLS on a LAN device."""

import hashlib
from binascii import hexlify

from micropython import const

SESSIONS = 4  # logged-in browsers at once; the one idle longest goes
IDLE_S = 1800  # a session ends after so long without a click
FORM_S = 3600  # a log-in form is good for so long
FREE_TRIES = 5  # wrong passwords of one address before its lock
LOCK_S = 15  # the lock, doubled with each further wrong one
LOCK_MAX_S = 900
SOURCES = 32  # addresses whose wrong passwords are counted; the one quiet longest goes
_ROW = const(9)  # of `wrong`: 4 bytes of a hash of the address, wrong passwords, 4 bytes: locked until


def same(a, b):
    """Compares two texts in a time that does not tell where they differ."""
    return hashlib.sha256(a.encode()).digest() == hashlib.sha256(b.encode()).digest()


def use(kept, random, method, args):
    """Call a method of the Guard. A stage: this module is there no longer than that."""
    return getattr(Guard(kept, random), method)(*args)


class Guard:
    """kept: where key, sessions and wrong live from one request to the next (server.Server); random(n) -> n
    bytes.

    kept.sessions: rows [token, time of the last click]; kept.wrong: a bytearray of rows of _ROW bytes."""

    def __init__(self, kept, random):
        self.kept = kept
        self.random = random
        if not kept.key:
            kept.key = random(16)

    def _mac(self, text):
        """32 characters that only this run of this device can make (the hash twice: no text can be
        lengthened)."""
        inner = hashlib.sha256(self.kept.key + text.encode()).digest()
        return hexlify(hashlib.sha256(self.kept.key + inner).digest()[:16]).decode()

    # ---- sessions

    def alive(self, row, now):
        """True for a session's row that still holds; it lives on from now."""
        self.kept.sessions = [one for one in self.kept.sessions if now - one[1] < IDLE_S]
        if row not in self.kept.sessions:
            return False
        row[1] = now
        return True

    def open(self, now):
        """A new session's row."""
        rows = self.kept.sessions
        if len(rows) >= SESSIONS:
            rows.sort(key=lambda row: row[1])
            rows.pop(0)
        rows.append([hexlify(self.random(16)), now])
        return rows[-1]

    def close(self, row):
        """Log out."""
        self.kept.sessions = [one for one in self.kept.sessions if one is not row]

    def enter(self, row, home, source, token, now):
        """Who asks: (session's row or None, the token that forms carry, "" for a visitor, whether `token`, a
        form's, is that).

        Who joined the set-up network (home) needs no session: the address is the proof, and the token keeps
        other sites' forms out."""
        row = row if self.alive(row, now) else None
        who = "home " + source if home else row[0].decode() if row else None
        right = self.csrf(who) if who else ""
        return row, right, bool(who) and same(right, token or "")

    # ---- tokens of forms

    def csrf(self, who):
        """What the forms of a session (its token) or of a browser in the set-up network (its address)
        carry."""
        return self._mac("form " + who)

    def login_form(self, source, now):
        """The same for the log-in form, which has no session: only the address that asked for it can use it,
        for an hour."""
        return "%d.%s" % (now, self._mac("login %d %s" % (now, source)))

    def login_forged(self, token, source, now):
        """True when a log-in form is none of ours, another's, or too old."""
        made = (token or "").partition(".")[0]
        if not made.isdigit() or len(made) > 9 or not now - FORM_S < int(made) <= now:
            return True
        return not same(token, self.login_form(source, int(made)))

    # ---- the cable

    def token(self, now):
        """What the URL carries that goes out over the serial cable: opens a session, for an hour. Who
        holds the cable could read all settings from the flash."""
        return "%d.%s" % (now, self._mac("over the cable %d" % now))

    def admit(self, key, now):
        """A new session's row for such a key, or None."""
        made = key.partition(".")[0]
        if not made.isdigit() or len(made) > 9 or not now - FORM_S < int(made) <= now:
            return None
        return self.open(now) if same(key, self.token(int(made))) else None

    # ---- guessing

    def _find(self, source):
        """(place in kept.wrong or -1, name) of an address."""
        name = hashlib.sha256(self.kept.key + source.encode()).digest()[:4]
        rows = self.kept.wrong
        for at in range(0, len(rows), _ROW):
            if rows[at : at + 4] == name:
                return at, name
        return -1, name

    def lock(self, source, now):
        """Seconds during which this address cannot log in; others can."""
        at, _ = self._find(source)
        if at < 0 or self.kept.wrong[at + 4] < FREE_TRIES:
            return 0
        return max(0, _until(self.kept.wrong, at) - now)

    def login(self, source, password, right, now):
        """A new session's row, or None."""
        if self.lock(source, now):
            return None
        at, name = self._find(source)
        rows = self.kept.wrong
        if same(password, right):
            if at >= 0:
                rows[at + 4] = 0
            return self.open(now)
        if at < 0:
            at = len(rows)
            if at < SOURCES * _ROW:
                rows.extend(bytes(_ROW))
            else:
                at = min([(_until(rows, n), n) for n in range(0, at, _ROW)])[1]
            rows[at : at + 5] = name + b"\0"
        elif now - _until(rows, at) > LOCK_MAX_S:
            rows[at + 4] = 0  # long ago
        wrong = rows[at + 4] = min(rows[at + 4] + 1, 255)
        until = now + (min(LOCK_S << min(wrong - FREE_TRIES, 10), LOCK_MAX_S) if wrong >= FREE_TRIES else 0)
        rows[at + 5 : at + 9] = until.to_bytes(4, "big")
        return None


def _until(rows, at):
    return int.from_bytes(rows[at + 5 : at + 9], "big")
