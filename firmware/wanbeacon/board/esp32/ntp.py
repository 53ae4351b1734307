"""One question to a time server (SNTP, RFC 4330). Knows UDP and time, sets nothing.

NTP is not authenticated: whoever is on the way can lie. The bounds keep a lie between this version's making and 40
years later, never before what the journal remembers; what is won by moving the clock inside them is that an expired
certificate, whose key was stolen, looks valid."""

import socket
import struct
import time

_1900 = 2208988800  # seconds from 1900 to 1970
_ERA = 4294967296  # 2036: the 32-bit count starts anew
WAIT_MS = 1500
_TRIES = 3


def ask(board, host, earliest, latest):
    """Unix seconds from `host` ("name" or "name:port"). Raises OSError (no answer) or ValueError (an answer that will
    not do), both with words for the log."""
    name, _, port = host.partition(":")
    try:
        there = socket.getaddrinfo(name, int(port or 123), 0, socket.SOCK_DGRAM)[0][-1]
    except OSError:
        raise OSError("name not found")
    why = "no answer"
    for _ in range(_TRIES):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            reply = _exchange(board, sock, there)
            if reply:
                return _read(reply, earliest, latest)
        except OSError as e:
            why = str(e)
        finally:
            sock.close()
    raise OSError(why)


def _exchange(board, sock, there):
    """(packet, what we sent as our time) or None."""
    import os
    import select

    # Our "time" is random: only a server that saw the question can repeat it, so an answer from elsewhere is found out.
    nonce = os.urandom(8)
    sock.sendto(b"\x23" + bytes(39) + nonce, there)
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    end = time.ticks_add(time.ticks_ms(), WAIT_MS)
    while True:
        left = time.ticks_diff(end, time.ticks_ms())
        if left <= 0:
            return None
        board.keep_alive()
        if poll.poll(min(left, 200)):
            data = sock.recv(64)
            if len(data) >= 48 and data[24:32] == nonce:
                return data


def _read(data, earliest, latest):
    leap, version, mode, stratum = data[0] >> 6, data[0] >> 3 & 7, data[0] & 7, data[1]
    if mode != 4 or version not in (3, 4):
        raise ValueError("answers no NTP")
    if stratum == 0:
        raise ValueError("refuses (%s)" % "".join([chr(c) for c in data[12:16] if 32 < c < 127]))
    if leap == 3 or stratum > 15:
        raise ValueError("does not know the time itself")
    seconds = struct.unpack(">I", data[40:44])[0]
    wall = seconds - _1900 + (0 if seconds >= 0x80000000 else _ERA)
    if not earliest <= wall <= latest:
        raise ValueError("tells a time that cannot be (%d)" % wall)
    return wall
