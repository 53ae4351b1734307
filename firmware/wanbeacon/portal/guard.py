"""Who may do what in the portal: sessions, CSRF tokens, login throttle, Host header. Knows no page, no socket, no clock
(times come in as seconds of a monotonic clock).

Threats it is for: other people and pages in the same network. A page on the internet that makes the browser send forms
(CSRF token, SameSite), or that renames itself to this device's address (DNS rebinding: Host header); guessing the
password; filling the memory with sessions. Not for somebody who reads the network: there is no TLS on a LAN device."""

import hashlib
from binascii import hexlify

SESSIONS = 4  # logged-in browsers at once; the one idle longest goes
VISITORS = 4  # sessions of those who only see the login page: they must not push out the others
IDLE_S = 1800  # a session ends after so long without a click
FREE_TRIES = 5  # wrong passwords before the lock
LOCK_S = 15  # the lock, doubled with each further wrong one
LOCK_MAX_S = 900


class Session:
    """token: the cookie; csrf: what forms carry; admin: may change things."""

    def __init__(self, token, now, admin):
        self.token = token
        self.csrf = hexlify(hashlib.sha256(b"csrf" + token.encode()).digest()[:16]).decode()
        self.used = now
        self.admin = admin


def same(a, b):
    """Compares two texts in a time that does not tell where they differ."""
    return hashlib.sha256(a.encode()).digest() == hashlib.sha256(b.encode()).digest()


class Guard:
    """random(n) -> n unpredictable bytes; password: text."""

    def __init__(self, random, password):
        self.random = random
        self.password = password
        self.sessions = []
        self.wrong = 0
        self.locked = 0  # until this time nobody can log in

    def session(self, token, now):
        """The session of a cookie, or None."""
        self.sessions = [s for s in self.sessions if now - s.used < IDLE_S]
        if token:
            for s in self.sessions:
                if same(s.token, token):
                    s.used = now
                    return s
        return None

    def open(self, now, admin=False):
        """A new session."""
        new = Session(hexlify(self.random(16)).decode(), now, admin)
        kind = [s for s in self.sessions if s.admin == admin]
        if len(kind) >= (SESSIONS if admin else VISITORS):
            kind.sort(key=lambda s: s.used)
            self.sessions.remove(kind[0])
        self.sessions.append(new)
        return new

    def close(self, session):
        """Log out."""
        self.sessions = [s for s in self.sessions if s is not session]

    def forged(self, session, token):
        """True when a form does not come from a page this session was given."""
        return not session or not token or not same(session.csrf, token)

    def lock(self, now):
        """Seconds during which nobody can log in, 0 when the door is free."""
        return max(0, self.locked - now)

    def login(self, session, password, now):
        """A new admin session (never the visitor's own: whoever planted that cookie would be logged in too), or None."""
        if self.lock(now):
            return None
        if not same(password, self.password):
            self.wrong += 1
            if self.wrong >= FREE_TRIES:
                self.locked = now + min(LOCK_S << min(self.wrong - FREE_TRIES, 10), LOCK_MAX_S)
            return None
        self.wrong = 0
        self.close(session)
        return self.open(now, True)


def host_of(header):
    """The Host header's name without port, lower case; "" when there is none or it is odd."""
    name = (header or "").strip().lower()
    if ":" in name:
        name, _, port = name.partition(":")
        if not port.isdigit():
            return ""
    for c in name:
        if not (c.isalpha() or c.isdigit() or c in ".-"):
            return ""
    return name[:-1] if name.endswith(".") else name


def known_host(header, names, addresses):
    """True when the browser asked for this device by one of its own names or addresses."""
    name = host_of(header)
    if name in addresses:
        return True
    for own in names:
        if name in (own, own + ".local", own + ".lan", own + ".home", own + ".fritz.box"):
            return True
    return False
