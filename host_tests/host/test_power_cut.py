"""Power cuts: the journal on MicroPython's real LittleFS and FAT, cut at every write of a month (power_cut.py).

What holds on LittleFS (flash that is cut before, in the middle of and after every program and erase), and on FAT (disk
whose sectors may be half written): a device that starts reads the state before the write or the one after it, says a
damaged slot, and its next save works, even when that is cut too. While nothing is being written both slots are whole.

What FAT does not give: when a whole sector is lost in the write (raw flash, bad cards) it may be the one with FAT's
directory or table. Then both slots can be gone without a trace. The device still starts, with nothing known or with
"cannot be written"; it never reads a wrong state. Boards use LittleFS for that reason.
"""

import json
import subprocess

import pytest

from host_tests.needs import usable
from tools import ROOT, interpreters

pytestmark = pytest.mark.timeout(420)  # about 25 s on an idle machine with two processors
PATHS = ("firmware", "tools/simulate", "tools/flash_wear")
CASES = [
    ("lfs", "esp32", "micropython-wheel"), ("lfs", "esp32", "micropython-amd64"),
    ("fat", "esp32", "micropython-wheel"), ("fat", "linux", "micropython-amd64"),
]  # fmt: skip


@pytest.fixture(scope="module")
def counts():
    """(file system, board, interpreter) -> what power_cut.py counted; two run at a time."""
    found, waiting, running = {}, list(CASES), []
    while waiting or running:
        while waiting and len(running) < 2:
            case = waiting.pop(0)
            argv = usable(case[2]).command(ROOT / "host_tests/host/power_cut.py", *case[:2], heap="16M")
            running.append((case, subprocess.Popen(argv, cwd=ROOT, env=interpreters.environment(*PATHS), text=True,
                                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)))
        case, process = running.pop(0)
        found[case] = process.communicate(timeout=200)[0], process.returncode
    return found


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_at_every_cut_of_a_month_the_journal_is_the_one_before_or_after(case, counts):
    said, status = counts[case]
    assert status == 0, said
    count = json.loads(said)
    print("%s: %d writes to the medium, %d cut points, %d of them torn, %d cut twice" % (
        "-".join(case), count["writes"], count["cuts"], count["torn"], count["again"]))  # fmt: skip
    assert count["saves"] > 200 and count["hosts"] == 3
    assert count["writes"] > 3 * count["saves"] and count["cuts"] > 1800 and count["again"] > 180
    assert count["before"] + count["after"] + count["between"] == count["cuts"] and count["between"] > count["saves"]
    if case[0] == "lfs":
        assert count["erases"] > 120 and count["torn"] > 900
        assert count["said"] < 20  # the first save of all makes empty files; a later one is atomic
    else:
        assert count["said"] > 1000 and count["after"] > 200  # FAT leaves half a slot: there are two
        assert count["spoilt"] == (2 * count["writes"] if case[1] == "esp32" else 0)
        assert count["gone"] <= count["spoilt"] / 2 and count["refused"] <= count["spoilt"] / 4


def test_a_journal_with_one_slot_is_convicted():
    script = """import store, sys
slots = store.Store.slots
store.Store.slots = lambda self: (slots(self)[0],) * 2
sys.argv[1:] = "fat", "linux"
sys.path.append("host_tests/host")
import power_cut
"""
    argv = usable("micropython-wheel").command("-c", script, heap="16M")
    done = subprocess.run(argv, cwd=ROOT, env=interpreters.environment(*PATHS), text=True, capture_output=True)
    said = done.stdout + done.stderr
    assert done.returncode and "neither the state before nor after" in said, said
