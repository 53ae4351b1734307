# SPDX-License-Identifier: MIT
"""A request of the portal, from its first byte to its last, and who may send what. Loaded while somebody is
at the door.

A stranger's request costs in this order, cheapest first: a place at the door (server.py), a bounded head,
Host and Origin, the length of the body and who may send one, the body.
Only then it waits for the floor (app/stage.py)."""

import time

from micropython import const

from wanbeacon.app import stage
from wanbeacon.core.text import name_of
from wanbeacon.net import waits
from wanbeacon.portal.server import say

BODY_MS = 4000  # for a body
_HEAD_MAX = const(4096)  # all lines of a head together
_LINE_MAX = const(1024)
_LINES_MAX = const(48)  # browsers send 10 to 20
BODY_MAX = 4608  # the largest form: settings that are restored, 4,096 bytes of JSON and a token
# body of somebody who is not logged in: a password of 63 characters, percent-encoded, and a token
STRANGER_MAX = 512
_KEEP = {
    b"host": "host",
    b"origin": "origin",
    b"content-type": "kind",
    b"content-length": "length",
    b"cookie": "cookie",
    b"authorization": "login",
    b"referer": "browser",
    b"sec-fetch-site": "browser",
}


async def _some(guest, size):
    """Some bytes. Raises OSError at the end, and when the time is over."""
    await guest.ready()
    data = waits.receive(guest.conn, size)
    if data == b"":
        raise OSError(104)
    return data or b""


async def _read_head(guest):
    """Raises ValueError for what is no HTTP or too much of it, OSError."""
    data, lines, total = b"", 0, 0
    while True:
        start, end = 0, data.find(b"\n")
        while end >= 0:
            line = data[start:end].strip()
            start, lines = end + 1, lines + 1
            if lines == 1:
                guest.method, guest.path, _ = line.decode().split(" ")
            elif not line:
                guest.body = data[start:]
                return
            elif lines > _LINES_MAX:
                raise ValueError
            else:
                name, _, value = line.partition(b":")
                name = _KEEP.get(name.lower())
                if name:
                    setattr(guest, name, value.strip())
            end = data.find(b"\n", start)
        data = data[start:]
        total += start
        if len(data) > _LINE_MAX or total > _HEAD_MAX:
            raise ValueError
        data += await _some(guest, 256)


async def _read_body(guest):
    """Raises OSError."""
    body, at = bytearray(guest.length), len(guest.body)
    body[:at] = guest.body
    guest.body = body
    guest.until = time.ticks_add(time.ticks_ms(), BODY_MS)
    while at < len(body):
        data = await _some(guest, min(len(body) - at, 512))
        body[at : at + len(data)] = data
        at += len(data)


def host_of(header):
    """The Host header's (bytes) name without port, lower case; "" when there is none or it is odd."""
    name, colon, port = header.lower().partition(b":")
    if colon and not port.isdigit():
        return ""
    for c in name:
        if not (97 <= c <= 122 or 48 <= c <= 57 or c in b".-"):
            return ""
    return name.decode().rstrip(".")


def names(device, cfg=None):
    """The names this device answers to: the label's, and that of the settings (cfg: those, default: the ones
    in use)."""
    own = device.board.own_name()
    cfg = (cfg or device.cfg or {}).get("device") or {}
    return name_of(own).lower(), name_of(cfg.get("hostname") or own).lower()


def known(server, host):
    """True when the browser asked for this device by one of its own names or addresses (DNS rebinding does
    not)."""
    name, device = host_of(host), server.device
    if not name:
        return False
    if name == device.board.lan_address() or device.door and name == device.door.address:
        return True
    first, _, rest = name.partition(".")
    return first in names(device) and rest in ("", "local", "lan", "home", "fritz.box")


def at_home(server, guest):
    """True for a browser in the set-up network: its password, from the label, was the proof."""
    door = server.device.door
    return bool(door and door.inside(guest.ip))


def session(server, guest):
    """The row of sessions of a request's cookie, or None. Whether it still holds is guard.py's to say."""
    cookie = b"; " + guest.cookie
    at = cookie.find(b"; wb=")
    token = cookie[at + 5 : at + 37] if at >= 0 else b""
    for row in server.sessions:
        if row[0] == token:
            return row
    return None


async def read(server, guest):
    """Head and body. Returns the status of a refusal, None for what deserves a page.
    Raises OSError, MemoryError."""
    try:
        await _read_head(guest)
        length = guest.length = int(guest.length or 0)
    except ValueError:
        return 400
    post = guest.method == "POST"
    if not post and guest.method not in ("GET", "HEAD"):
        return 405
    guest.home = home = at_home(server, guest)
    guest.session = session(server, guest)
    # every name leads to this device in its own network: site.py leads the browser on to the right one
    guest.lost = home and host_of(guest.host) != server.device.door.address
    if guest.lost and post or not home and not known(server, guest.host):
        return 421
    if guest.path.startswith("/nic/update"):  # a router pushes its address
        async with stage.floor:
            return await stage.run_async("portal.pushes", "answer", server, guest)
    if post:
        if (
            guest.origin
            and guest.origin != b"http://" + guest.host
            or not guest.kind.startswith(b"application/x-www-form-")
        ):
            return 403
        if (
            not 0 <= length <= (BODY_MAX if home or guest.session else STRANGER_MAX)
            or len(guest.body) > length
        ):
            return 413
        await _read_body(guest)
    try:
        guest.path, _, query = guest.path.partition("?")
        body, guest.body = bytes(guest.body), b""
        guest.args, guest.form = fields(query.encode()), fields(body)
    except ValueError:
        return 400
    guest.cookie = guest.origin = guest.kind = b""
    return None


async def refuse(guest, status):
    """A bare answer. What was sent along is read for a moment:
    closing on unread data would reset the connection."""
    text = (
        "HTTP/1.0 %d No\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
        "This device does not answer that.\n" % status
    )
    if not guest.sent:
        say(guest.conn, text.encode())
    guest.until = time.ticks_add(time.ticks_ms(), 300)
    for _ in range(16):
        await _some(guest, 512)


def fields(text):
    """A query or a form (bytes) as a dict of texts. Raises ValueError. In few copies: restored settings are
    4 KB."""
    out, at = {}, 0
    for _ in range(40):
        end = text.find(b"&", at)
        stop = end if end >= 0 else len(text)
        cut = text.find(b"=", at, stop)
        cut = cut if cut >= 0 else stop
        if cut > at:
            out[_plain(text, at, cut)] = _plain(text, cut + 1, stop)
        if end < 0:
            break
        at = end + 1
    return out


def _plain(text, at, end):
    """text[at:end] without its + and %."""
    out, size = bytearray(max(0, end - at)), 0
    while at < end:
        cut = text.find(b"%", at, end)
        part = text[at : cut if cut >= 0 else end].replace(b"+", b" ")
        out[size : size + len(part)] = part
        size += len(part)
        if cut < 0:
            break
        out[size] = int(text[cut + 1 : min(cut + 3, end)].decode(), 16)
        size, at = size + 1, cut + 3
    return str(memoryview(out)[:size], "utf-8")
