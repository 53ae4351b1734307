"""What finding its modules costs a board: the model of tools/bench/lookups.py, on the real LittleFS."""

import pytest

from tools import ROOT
from tools.bench import lookups
from tools.bench.measure import Bench
from tools.build import boards, manifest
from tools.device import image


def test_the_order_is_what_a_board_loads_and_nothing_for_pages_or_linux():
    order = lookups.order()
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


def test_short_logs_save_a_third_of_the_reads(monkeypatch):
    files, order = dict(boards.files(boards.read("ESP32_GENERIC")), **image.STARTING), lookups.order()
    short = sum(lookups.reads(image.filesystem(2 << 20, files), order))
    monkeypatch.setattr(image, "_SHORT", 0)
    assert short < 0.8 * sum(lookups.reads(image.filesystem(2 << 20, files), order))
    assert short < 180 * len(order), "a module costs as much as it did"


@pytest.mark.parametrize("part", ["start", "widest"])
def test_bench_has_the_numbers(part):
    bench = Bench(True)
    assert lookups.measure(bench, part) > 100 and bench.notes
