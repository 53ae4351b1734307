# SPDX-License-Identifier: MIT
"""What finding its modules costs a board: the model of tools/bench/lookups.py, on the real LittleFS."""

import pytest

from tools import ROOT
from tools.bench import lookups
from tools.bench.measure import Bench
from tools.build import archive, boards, loads, manifest, mpy


def test_the_order_is_what_a_board_loads_and_nothing_for_pages_or_linux():
    order = loads.order()
    assert order[:3] == ["wanbeacon", "wanbeacon.app", "wanbeacon.app.board_main"] and len(set(order)) == len(
        order
    )
    loaded = {
        "core.policy",
        "net.wire",
        "board.esp32.ntp",
        "observe.choose",
        "observe.upnp",
        "app.exchange",
        "app.learn",
        "dyndns.reply",
    }
    assert {"wanbeacon." + name for name in loaded} <= set(order)
    board = {
        path[:-3].replace("/__init__", "").replace("/", ".")
        for path in manifest.modules("board", str(ROOT / "firmware"))
    }
    assert set(order) <= board and not [name for name in order if ".portal" in name]


def test_a_module_is_found_without_a_look_up():
    """The first reads find the file that holds them all; a module costs its own bytes and a few hops."""
    start, modules = lookups.reads(lookups._board(), loads.order())
    assert start < 300 and modules < 14 * len(loads.order()), "a module costs as much as it did"
    held = archive.unpack(boards.files(boards.read("ESP32_GENERIC"))["/lib/" + mpy.MODULES])
    names = mpy.tree().names.modules
    assert sum(len(held.get(names[name], b"")) for name in loads.order()) > 128 * modules / 3


@pytest.mark.parametrize("part", ["start", "widest"])
def test_bench_has_the_numbers(part):
    bench = Bench(True)
    assert lookups.measure(bench, part) > 10 and bench.notes
