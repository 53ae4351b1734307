# SPDX-License-Identifier: MIT
"""Asks time servers (SNTP, RFC 4330, with the packet tests of RFC 5905) and judges their answers.

NTP is not authenticated: what comes out is *unproven* (net/clock.py), also when two servers agree.
"""

import os
import select
import socket
import struct
import time

from wanbeacon.net import believe, clock
from wanbeacon.net.reason import Why, why

_1900 = 2208988800  # seconds from 1900 to 1970
_ERA = 4294967296  # 2036: the 32-bit count starts again
WAIT_MS = 1500
_TRIES = 3
_SAME_S = 2  # two servers agree within this
_DISTANCE = 5 << 16  # RFC 5905's root distance, in 1/65536 s: what systemd-timesyncd accepts
_DENIED_MS = 86400000  # a server that denies us is not asked again so soon ...
_RATE_MS = 1800000  # ... nor one that finds us too fast (RFC 4330 section 10)


def read(data, nonce):
    """The time in the answer `data` to the question that carried `nonce` (8 bytes): unix seconds when it was
    sent. None when it is not that answer. Raises Why: the server says so itself, or something in it shows,
    that it is of no use."""
    if len(data) < 48 or data[24:32] != nonce or data[0] & 7 != 4:
        return None
    if not 3 <= data[0] >> 3 & 7 <= 4:
        return None
    code = bytes([c for c in data[12:16] if 65 <= c <= 90])
    if data[1] == 0 and len(code) == 4:  # a kiss: nothing else of it is used
        raise Why("ntp.kiss", code.decode())
    if data[0] >> 6 == 3 or not 0 < data[1] < 16:
        raise Why("ntp.unsynchronized")
    delay, dispersion = struct.unpack(">iI", data[4:12])
    if delay < 0 or delay // 2 + dispersion >= _DISTANCE:
        raise Why("ntp.distance")
    reference, received, sent = [struct.unpack(">I", data[at : at + 4])[0] for at in (16, 32, 40)]
    if not any(data[40:48]):  # RFC 4330 section 5; read as a time it would be 2036
        raise Why("ntp.zero")
    # differences on a circle of 32 bits
    if (
        received
        and (sent - received + 1) & 0xFFFFFFFF > 6
        or reference
        and (sent - reference + 1) & 0xFFFFFFFF > 0x80000000
    ):
        raise Why("ntp.order")
    wall = sent - _1900
    while wall < clock.BUILD:
        wall += _ERA
    if wall > clock.LATEST:
        raise Why("ntp.absurd", wall)
    return wall


def names(host):
    """The servers to ask for the setting `host`: names separated by commas.
    Of the NTP pool several, for two to agree."""
    found = [one.strip() for one in host.split(",") if one.strip()]
    if len(found) == 1 and (
        found[0] == "pool.ntp.org" or found[0][-13:] == ".pool.ntp.org" and not found[0][:1].isdigit()
    ):
        found += ["1." + found[0], "2." + found[0]]
    return found[:4]


def consult(board, host, refused):
    """Ask until two servers agree, or all were asked. Returns (unix seconds, agreed). Raises Why.

    refused: {name: ticks until which it is not to be asked}, kept by the caller over calls.
    """
    heard, first = [], None  # (name, wall, ticks); the reason of the first server, which the user named
    for name in names(host):
        until = refused.get(name)
        if until is not None and time.ticks_diff(until, time.ticks_ms()) > 0:
            first = first or ("ntp.refused",)
            continue
        refused.pop(name, None)
        try:
            wall = _ask(board, name, 1 if heard else _TRIES)
        except (OSError, ValueError) as e:
            code = why(e)
            first = first or code
            if code[0] == "ntp.kiss" and code[1] in ("DENY", "RSTR", "RATE"):
                refused[name] = time.ticks_add(time.ticks_ms(), _RATE_MS if code[1] == "RATE" else _DENIED_MS)
            continue
        now = time.ticks_ms()
        for _, other, then in heard:
            if abs(wall - other - time.ticks_diff(now, then) // 1000) <= _SAME_S:
                return wall, True
        heard.append((name, wall, now))
    if not heard:
        raise Why(*(first or ("ntp.silent",)))
    if len(heard) > 1:
        raise Why("ntp.disagree", heard[0][0], heard[1][0])
    return heard[0][1] + time.ticks_diff(time.ticks_ms(), heard[0][2]) // 1000, False


def ask(board, host, earliest, latest):
    """Unix seconds from a server of `host`, unproven. Raises OSError or ValueError (Why)."""
    wall = consult(board, host, {})[0]
    if not earliest <= wall <= latest:
        raise Why("ntp.absurd", wall)
    return wall


def _ask(board, name, tries):
    """Unix seconds now, by one server ("name" or "name:port"). Raises OSError or Why."""
    host, _, port = name.partition(":")
    try:
        there = socket.getaddrinfo(host, int(port or 123), 0, socket.SOCK_DGRAM)[0][-1]
    except OSError:
        raise Why("net.name")
    last = ("ntp.silent",)
    for _ in range(tries):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            # Our "time" is random: only a server that saw the question can repeat it (in the spirit of RFC
            # 9109).
            nonce = os.urandom(8)
            start = time.ticks_ms()
            sock.sendto(b"\x23" + bytes(39) + nonce, there)
            wall = _wait(board, sock, nonce)
            if wall is not None:
                # half the way there and back, at most a second: an answer takes that long at most
                return wall + (time.ticks_diff(time.ticks_ms(), start) + 1000) // 2000
        except OSError as e:
            last = why(e)
        finally:
            sock.close()
    raise Why(*last)


def _wait(board, sock, nonce):
    """The time, or None when no answer came."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    end = time.ticks_add(time.ticks_ms(), WAIT_MS)
    while True:
        left = time.ticks_diff(end, time.ticks_ms())
        if left <= 0:
            return None
        board.keep_alive()
        if poll.poll(min(left, 200)):
            wall = read(sock.recv(512), nonce)  # longer ones have extensions
            if wall is not None:
                return wall


def set_clock(board, agent):
    """Ask the time servers of the settings, and set the clock when they are believed.
    True when it was set."""
    clock = agent.clock
    clock.asking()
    try:
        wall, agreed = consult(board, board.ntp, board.refused)
    except (OSError, ValueError) as e:
        agent.log.tell("warn", "clock.server", board.ntp, why(e))
        return False
    if not believe.set_unproven(clock, wall, agreed, agent.journal.newest or 0):
        agent.log.tell("warn", "clock.server", board.ntp, ("clock.held", wall))
        return False
    agent.log.tell("info", "clock.set", board.ntp)
    return True
