# SPDX-License-Identifier: MIT
"""Asks a name server that answers with the address the question came from. RFC 1035, one UDP packet each way.

Three known services ("form") and any of your own. An answer counts when it comes from the server asked and
repeats our random id and our question.
"""

import os

from wanbeacon.core import address
from wanbeacon.net import asking, reason, udp
from wanbeacon.observe.base import FOUND, UNKNOWN

#: form -> (server, name, record type). The server must be asked itself:
#: another resolver would be told its own address.
_FORMS = {
    "opendns": ("resolver1.opendns.com", "myip.opendns.com", None),
    "akamai": ("ns1-1.akamaitech.net", "whoami.akamai.net", None),
    "noip": ("ipcast1.dynupdate.no-ip.com:8253", "xip", "A"),
}
_TYPES = {"A": 1, "AAAA": 28, "TXT": 16}
_WAITS = (1000, 2000)


def query(id_, name, kind):
    """Return the question for `name`, record type number `kind`; `id_`: two random bytes."""
    labels = b"".join(bytes((len(one),)) + one.encode() for one in name.split(".") if one)
    return id_ + b"\1\0\0\1\0\0\0\0\0\0" + labels + bytes((0, 0, kind, 0, 1))


def _after_name(data, at):
    while data[at]:
        if data[at] >= 192:
            return at + 2
        at += 1 + data[at]
    return at + 1


def parse(data, asked):
    """Return the list of packed addresses in the answer to the question `asked`, or None when it is not its
    answer.

    An empty list: the server answered, but not with one. TXT records count when their text is an address.
    """
    end = len(asked)
    if data[:2] != asked[:2] or len(data) < end or not data[2] & 128 or data[4:6] != b"\0\1":
        return None
    if data[12:end].lower() != asked[12:].lower():
        return None
    found = []
    if data[3] & 15:
        return found
    at = end
    try:
        for _ in range(min(data[6] << 8 | data[7], 16)):
            at = _after_name(data, at)
            kind, size = data[at : at + 2], data[at + 8] << 8 | data[at + 9]
            value = data[at + 10 : at + 10 + size]
            at += 10 + size
            if kind != asked[-4:-2] or len(value) != size:
                continue
            if kind == b"\0\x10":
                value = address.parse(value[1 : 1 + value[0]].decode())
            elif size not in (4, 16):
                continue
            found.append(bytes(value))
    except (IndexError, ValueError):
        return []
    return found


class Observer:
    """Options: `form` ("opendns", "akamai" or "noip"), or `server` ("host" or "host:port"), `name`,
    `type`."""

    OUTSIDE = True
    FAMILIES = (4, 6)

    def __init__(self, options, kit):
        server, name, kind = _FORMS.get(options.get("form"), (None, None, None))
        self.server = options.get("server") or server
        self.name = options.get("name") or name
        self.kind = options.get("type") or kind
        self.bind = options.get("bind")
        self.board = kit and kit.board
        if self.kind in ("A", "AAAA"):
            self.FAMILIES = (4,) if self.kind == "A" else (6,)
        self.asked = False  # False: the last read() reached nobody, so it may be tried again soon

    async def read(self, family):
        """See observe/base.py."""
        host, port = asking.host_port(self.server, 53)
        kind = _TYPES[self.kind or ("A" if family == 4 else "AAAA")]
        asked = query(os.urandom(2), self.name, kind)
        self.asked = False
        sock = found = None
        try:
            # the family of the packet decides which address of ours the server sees
            where = asking.resolve(host, port, family)
            sock = udp.open_udp(self.board, family=family, device=self.bind)
            sock.connect(where)
            self.asked = True
            found = await asking.ask(sock, asked, lambda data: parse(data, asked), _WAITS)
        except OSError as e:
            return UNKNOWN, None, ("outside.failed", host, reason.why(e))
        finally:
            if sock:
                sock.close()
        if found is None:
            return UNKNOWN, None, ("outside.silent", host)
        found = set(one for one in found if len(one) == (4 if family == 4 else 16))
        if len(found) != 1:
            return UNKNOWN, None, ("whoami.several" if found else "whoami.no_address", host)
        return FOUND, found.pop(), ("outside.found", host)

    def close(self):
        """Nothing is kept open."""
