# SPDX-License-Identifier: MIT
"""Answers of the set-up network's name server: every name is this device (RFC 1035). Pure: packet in, packet
out.

Phones look a known name up after joining; when it leads here, they show the set-up page by themselves."""

_A, _ANY = 1, 255
_TTL = 10  # short: the phone goes back to the real internet soon


def answer(packet, address):
    """The reply to a query with address (4 bytes) as A record; no record for other types, so that a phone
    does not wait; None for what is no plain query."""
    if len(packet) < 17 or packet[2] & 0xF8 or packet[4:6] != b"\0\1":
        return None
    end = 12
    while end < len(packet) and packet[end]:
        if packet[end] > 63:
            return None
        end += packet[end] + 1
    end += 5
    if end > len(packet) or end > 12 + 255 + 5:
        return None
    kind = packet[end - 4] << 8 | packet[end - 3]
    found = kind in (_A, _ANY) and packet[end - 2 : end] == b"\0\1"
    head = (
        packet[:2]
        + bytes([0x84 | packet[2] & 1, 0x80])
        + b"\0\1"
        + bytes([0, 1 if found else 0])
        + b"\0\0\0\0"
    )
    record = b"\xc0\x0c\0\1\0\1" + _TTL.to_bytes(4, "big") + b"\0\4" + address if found else b""
    return head + packet[12:end] + record
