# SPDX-License-Identifier: MIT
"""A hundred HTTPS updates of five hosts in the heap of a small board: 32-bit objects, .mpy files, real TLS,
no leak.

The budget is docs/architecture.md's, "memory of a board". test_agent_small_heap.py does the same by the
command line, with netlink, control socket and status file."""

import pytest

from tools.lab import running
from tools.netlab import as_board

UPDATES = 100
HEAP = "86k"
#: Each new name costs its text and 8 bytes for good; the fifth pool of names ends with the 630th.
NAMES = 380
#: Bytes between the twentieth update, when the log is full, and the last: words of different length, nothing
#: more.
BREATH = 1024


@pytest.fixture(scope="module")
def compiled():
    return as_board.compile_board()


def test_a_hundred_updates_as_a_board_starts_the_agent(elf32, compiled):
    with running("dyn", bind="127.0.0.1") as lab:
        heap, names = as_board.updates(lab, compiled, HEAP, UPDATES)
        assert len(lab.updates) == UPDATES and lab.findings() == []
        assert {lab.published(name)["A"] for name in as_board.HOSTS} == {"45.33.7.%d" % UPDATES}
    assert max(heap[19:]) - heap[19] < BREATH, heap
    assert names < NAMES, "each new name in firmware/ costs heap for good"


def test_a_heap_that_is_too_small_is_a_fault_that_is_said(elf32, compiled):
    with running("dyn", bind="127.0.0.1") as lab, pytest.raises(as_board.Failed, match="MemoryError"):
        as_board.updates(lab, compiled, "52k", 3)
