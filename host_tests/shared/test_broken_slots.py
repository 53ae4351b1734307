# SPDX-License-Identifier: MIT
"""The journal's files on Linux at their largest."""

import os

from wanbeacon.app import config_rows
from wanbeacon.board import linux
from wanbeacon.core import journal


def _most():
    """How many hosts the config allows in all."""
    kinds = {(s, r[0]): r[2] for s in ("", "account") for r in config_rows.rows(s)}
    return int(kinds["", "accounts"].split(":")[1]) * int(kinds["account", "hosts"].split(":")[1])


def test_a_slot_holds_all_the_hosts_that_the_config_allows():
    path = "/tmp/wanbeacon-slot-%d" % int.from_bytes(os.urandom(3), "big")
    slot = linux.Slot(path)
    try:
        record = journal.Record(b"12345678")
        slot.write(journal.encode([record] * _most(), 1, 0))
        got = journal.decode(slot.read())
        assert got and len(got[3]) == _most() == 1000
    finally:
        os.remove(path)
