# SPDX-License-Identifier: MIT
"""The stand-in ubusd against the recorded session of the real one: the same bytes for the same values."""

import json
import struct

import pytest

from host_tests.openwrt import ubusd
from tools import ROOT

SESSION = [
    json.loads(line) for line in (ROOT / "host_tests/netlab/data/ubus-session.jsonl").read_text().splitlines()
]


def messages(stream):
    """One read may bring several messages: each is 8 bytes and a blob that says its own length."""
    found, at = [], 0
    while at < len(stream):
        size = 8 + (struct.unpack_from(">I", stream, at + 8)[0] & 0xFFFFFF)
        found.append(stream[at : at + size])
        at += size
    return found


RECORDED = messages(b"".join(bytes.fromhex(row["hex"]) for row in SESSION if row["from"] == "ubusd"))


def parts(data):
    kind, seq, peer = struct.unpack_from(">xBHI", data)
    return kind, seq, peer, ubusd.split(data[12:])


def decode(data, as_list=False):
    """A blobmsg table, by the format's own description (not by the code under test)."""
    found, at = [], 0
    while at < len(data):
        head, length = struct.unpack_from(">IH", data, at)
        size, kind = head & 0xFFFFFF, head >> 24 & 127
        name = data[at + 6 : at + 6 + length].decode()
        start = at + 4 + (3 + length + 3 & ~3)
        raw = data[start : at + size]
        if kind in (1, 2):
            value = decode(raw, kind == 1)
        else:
            value = (
                raw[:-1].decode() if kind == 3 else struct.unpack(">I", raw)[0] if kind == 5 else bool(raw[0])
            )
        found.append((name, value))
        at += size + -size % 4
    return [value for _, value in found] if as_list else dict(found)


WITH_DATA = [data for data in RECORDED if ubusd.A_DATA in parts(data)[3]]


@pytest.mark.parametrize("recorded", WITH_DATA)
def test_values_are_written_as_netifd_writes_them(recorded):
    data = parts(recorded)[3][ubusd.A_DATA]
    assert ubusd.table(decode(data)) == data


def test_every_recorded_message_is_written_the_same():
    known = 0
    for recorded in RECORDED:
        kind, seq, peer, found = parts(recorded)
        again = ubusd.message(
            kind, seq, peer, *(ubusd.attribute(number, data) for number, data in found.items())
        )
        known += again == recorded
    assert known == len(RECORDED) > 14


def test_the_recorded_changes_are_those_the_tests_replay():
    told = [
        (parts(d)[3][ubusd.A_METHOD][:-1].decode(), decode(parts(d)[3][ubusd.A_DATA]))
        for d in RECORDED
        if parts(d)[0] == 5
    ]
    assert [method for method, _ in told[:3]] == ["interface.update", "interface.down", "interface.down"]
    assert told[0][1]["interface"] == "wan" and told[0][1]["ipv4-address"][0]["address"] == "45.33.7.99"
