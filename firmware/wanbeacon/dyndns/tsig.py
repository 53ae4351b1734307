# SPDX-License-Identifier: MIT
"""DNS UPDATE of one name's addresses (RFC 2136), signed with TSIG (RFC 8945). Bytes in, bytes out: no socket,
no clock.

One message does it all or nothing (RFC 2136 section 3.5): if there is no CNAME at the name, delete its A or
AAAA records, then add one. Without the condition BIND and Knot answer "done" to a name with a CNAME and
change nothing (3.4.2.2).
"""

import hashlib

from micropython import const

from wanbeacon.core import mac
from wanbeacon.dyndns.dnskey import HASHES, known, name, secret, server
from wanbeacon.dyndns.share import labels_of

FUDGE = const(300)  # seconds that the two clocks may differ (RFC 8945 section 10)
TTL = const(60)  # seconds, where the settings say none
BADSIG, BADKEY, BADTIME = const(16), const(17), const(18)

_MD5 = "hmac-md5.sig-alg.reg.int"
_TYPES = (b"\0\x01", b"\0\x1c")  # A, AAAA
# a pointer to the name in the zone section, which always begins at 12 (RFC 1035 section 4.1.4)
_ZONE = b"\xc0\x0c"
_RCODES = "NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE"
_ERRORS = {BADSIG: "BADSIG", BADKEY: "BADKEY", BADTIME: "BADTIME", 22: "BADTRUNC"}


def hmac(algorithm, key, parts):
    """The MAC of the bytes in `parts`."""
    block = 128 if algorithm in ("hmac-sha384", "hmac-sha512") else 64
    return mac.hmac(getattr(hashlib, HASHES[algorithm]), key, parts, block)


def _number(value, size):
    return value.to_bytes(size, "big")


class Update:
    """One update of one name. `host`, `port`: the server, `family` 0 = any.
    host may be a name or an address."""

    def __init__(self, host, port, zone, owner, records, ttl, key, key_secret, algorithm, when, gone=None):
        """zone, owner, key: names as text. records: (A bytes or None, AAAA bytes or None) to add, or True:
        delete only. gone: None, or for each family the addresses (bytes) that go, while all others stay.
        when: Unix seconds. ValueError when a name is none or the interpreter lacks the hash."""
        if not known(algorithm):
            raise ValueError("this MicroPython has no %s: make an hmac-sha256 key" % algorithm)
        self.host = host
        self.port = port
        self.family = 0
        self.when = when
        self.key = name(key)
        self.secret = key_secret
        self.algorithm = algorithm
        self.algorithm_name = name(_MD5 if algorithm == "hmac-md5" else algorithm)
        self.ident = self.fudge = 0
        self.mac = b""
        self._body(name(zone), name(owner), records, ttl, gone)

    def _body(self, zone, owner, records, ttl, gone):
        """Everything between ID and TSIG; the owner's name is compressed against the zone's and then against
        itself."""
        at = len(owner) - len(zone)
        first = owner[:at] + _ZONE if owner[at:] == zone else owner
        again = _number(0xC000 | 12 + len(zone) + 4, 2) if at else first
        owners = [first]

        def record(kind, rest):
            out.append(owners.pop() if owners else again)
            out.append(kind + rest)

        out = [zone + b"\0\x06\0\x01"]  # SOA, IN
        adding = [r for r in records if r and r is not True]
        if adding:  # RFC 2136 section 2.4.3: no CNAME here (class NONE, TTL 0, no data)
            record(b"\0\x05", b"\0\xfe" + bytes(6))
        count = 0
        for kind, data, own in zip(_TYPES, records, gone or (None, None)):
            if not data:
                continue
            if own is None:
                record(kind, b"\0\xff" + bytes(6))  # 2.5.2: delete the RRset (class ANY)
                count += 1
            for old in own or ():  # 2.5.4: delete one of it (class NONE)
                record(kind, b"\0\xfe" + bytes(4) + _number(len(old), 2) + old)
                count += 1
            if data is not True:
                record(kind, b"\0\x01" + _number(ttl, 4) + _number(len(data), 2) + data)
                count += 1
        # opcode 5, one zone
        self.counts = b"\x28\0\0\x01" + _number(1 if adding else 0, 2) + _number(count, 2)
        self.body = b"".join(out)

    def packet(self, ident, when, fudge=FUDGE):
        """The signed message. The answer is checked against what was signed last."""
        self.ident, self.when, self.fudge = ident, when, fudge
        head = _number(ident, 2) + self.counts
        self.mac = hmac(
            self.algorithm, self.secret, (head, b"\0\0", self.body, self._variables(when, fudge, 0, b""))
        )
        data = self._times(when, fudge) + _number(len(self.mac), 2) + self.mac + _number(ident, 2) + bytes(4)
        rdata = self.algorithm_name + data
        return b"".join(
            (head, b"\0\x01", self.body, self.key, b"\0\xfa\0\xff", bytes(4), _number(len(rdata), 2), rdata)
        )

    @staticmethod
    def _times(when, fudge):
        return _number(when, 6) + _number(fudge, 2)

    def _variables(self, when, fudge, error, other):
        """RFC 8945 section 4.3.3."""
        return b"".join((
            self.key, b"\0\xff", bytes(4), self.algorithm_name, self._times(when, fudge), _number(error, 2),
            _number(len(other), 2), other,
        ))  # fmt: skip

    def read(self, data):
        """What a datagram says: (rcode, TSIG error or None, time of the server or None, whether it proved to
        be the server's), or None when it is no answer to what was signed last: stray, damaged, forged,
        replayed. A refusal need not be proven (a server that does not know the key cannot), a success must
        be."""
        try:
            return self._read(data)
        except (IndexError, ValueError):
            return None

    def _read(self, data):
        if data[:2] != _number(self.ident, 2) or data[2] >> 3 != 0x15:  # a response (QR) of opcode 5
            return None
        rcode, counts = data[3] & 15, [_u16(data, at) for at in (4, 6, 8, 10)]
        at = 12
        for _ in range(counts[0]):
            at = _after_name(data, at) + 4
        # Ways out: not ours (another id, no answer); damaged (ValueError); without TSIG: a refusal counts, a
        # success does not; with it: what _signed says
        records, start = counts[1] + counts[2] + counts[3], 0
        for i in range(records):
            start, at = at, _after_name(data, at)
            kind, at = _u16(data, at), at + 10 + _u16(data, at + 8)
            if kind == 250 and (i + 1 < records or not counts[3]):
                raise ValueError("TSIG is not the last record")
        if at != len(data):
            raise ValueError("cut short, or more than it says")
        if not records or kind != 250:
            return (rcode, None, None, False) if rcode else None
        return self._signed(data, start, counts[3], rcode)

    def _signed(self, data, start, additional, rcode):
        # The TSIG record (RFC 8945 section 4.2): name of the key; at `at` type 250, class ANY, TTL 0 and the
        # data's size (10 bytes); name of the algorithm; at `end` time (48 bits), fudge, size of the MAC (10
        # bytes), MAC, then original id, error, size of what else is told (6 bytes), that.
        at = _after_name(data, start)
        end = _after_name(data, at + 10)
        if data[start:at].lower() != self.key or data[at : at + 8] != b"\0\xfa\0\xff\0\0\0\0":
            return None
        if data[at + 10 : end].lower() != self.algorithm_name:
            return None
        when, fudge, size = (
            int.from_bytes(data[end : end + 6], "big"),
            _u16(data, end + 6),
            _u16(data, end + 8),
        )
        mac, at = data[end + 10 : end + 10 + size], end + 10 + size
        error, other = _u16(data, at + 2), data[at + 6 :]
        if data[at : at + 2] != data[:2] or _u16(data, at + 4) != len(other):
            return None
        if not size:  # RFC 8945 section 5.3.2: who has no key to sign with
            return (rcode, error, None, False) if rcode == 9 and error in (BADSIG, BADKEY) else None
        head = data[:10] + _number(additional - 1, 2)
        over = (
            _number(len(self.mac), 2),
            self.mac,
            head,
            data[12:start],
            self._variables(when, fudge, error, other),
        )
        if mac != hmac(self.algorithm, self.secret, over):  # of full length only: section 5.2.2.1
            return None
        if error == BADTIME:
            when = int.from_bytes(other, "big") if len(other) == 6 else None
        elif abs(when - self.when) > self.fudge:
            return None
        return rcode, error, when, True


def _u16(data, at):
    return data[at] << 8 | data[at + 1]


def _after_name(data, at):
    """Where the name at `at` ends; a pointer (RFC 1035 section 4.1.4) is its end and is not followed."""
    while data[at]:
        if data[at] > 63:
            return at + 2
        at += 1 + data[at]
    return at + 1


def word(rcode, error, proven):
    """One word for what the server said, as the catalogue's row has it."""
    if error:
        return _ERRORS.get(error, "TSIG error %d" % error)
    known = _RCODES.split()
    text = known[rcode] if rcode < len(known) else "RCODE %d" % rcode
    return text if proven or text != "REFUSED" else "REFUSED no TSIG"


def build(account, host, sent, offline, when, gone=None):
    """The Update for one host (config dicts). sent: packed addresses or None, IPv4 first. offline: delete
    what there is. gone: as Update takes it."""
    where, port = server(account)
    records = [host.get("ipv4", True), host.get("ipv6", True)] if offline else sent
    return Update(
        where, port, labels_of(host)[1], host["name"], records, account.get("ttl") or TTL,
        account.get("user") or "", secret(account.get("password") or account.get("token") or ""),
        account.get("algorithm") or "hmac-sha256", when, gone,
    )  # fmt: skip
