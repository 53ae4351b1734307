"""What users get on a board: modules merged by when they are needed, deflated, inflated as they are imported. It behaves as
the sources do, keeps its places in memory small, and fits."""

import shutil
import subprocess

import pytest

from host_tests.host.test_shrink import BEHAVIOUR
from host_tests.on_micropython import run_compiled
from host_tests.openwrt.test_merged import FAKING, hand_on
from tools import ROOT, boards, merge, mpy, packed

#: Files that a round of the agent loads and drops.
STEPS = ("answer", "exchange", "journal", "request", "round", "words")
SCRIPTS = {"main.py": "from wanbeacon.board import device\n"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("packed")
    packed.compile_tree(path, boards.modules(), scripts=SCRIPTS)
    stand_in(path)
    return path


def stand_in(folder):
    """What an ESP32 has and this machine has not."""
    for name in ("machine.py", "network.py"):
        shutil.copyfile(ROOT / "host_tests/board/heap" / name, folder / name)


def run(interpreter, folder, code, tmp_path):
    done = subprocess.run([*interpreter.argv, "-c", "import unpack\n" + code], env={"MICROPYPATH": "%s:.frozen" % folder},
                          cwd=tmp_path, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def test_shared_tests_pass_on_the_merged_modules(tmp_path):
    program, tree = packed.build(boards.modules(linux=True))
    for path in tree.trees:
        (tmp_path / "sources" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sources" / path).write_text(tree.shrink(path))
    mpy.compile_tree(tmp_path / "mpy", tmp_path / "sources")
    hand_on(tmp_path / "mpy", program)
    stand_in(tmp_path / "mpy")
    assert run_compiled(sorted(set(BEHAVIOUR) - set(FAKING)), tmp_path / "mpy") > 80


def test_modules_are_imported_from_what_is_packed_and_not_from_what_lies_about(elf32, folder, tmp_path):
    stale = folder / "wanbeacon/observe/pcp.py"
    stale.write_text("raise SystemExit('stale')\n")
    said = run(elf32, folder, "from wanbeacon.observe import pcp\nprint(pcp.Observer, pcp.__file__)\n", tmp_path)
    stale.unlink()
    assert "<class 'Observer'> /packed/wanbeacon/observe/pcp.mpy" in said


@pytest.mark.parametrize("size", [0, 1, 2, 100, -1])
def test_a_file_that_was_cut_off_is_an_error_and_no_hang(elf32, folder, tmp_path, size):
    file = folder / "wanbeacon/observe/pcp.z"
    whole = file.read_bytes()
    file.write_bytes(whole[:size])
    said = run(elf32, folder, "from wanbeacon.observe import pcp\n", tmp_path)
    file.write_bytes(whole)
    assert "Error" in said.splitlines()[-1]


def test_what_is_loaded_again_and_again_needs_a_kilobyte_in_one_piece(folder):
    windows = {path.stem: 1 << path.read_bytes()[0] for path in folder.rglob("*.z")}
    assert windows.pop("core") <= 8192
    assert not {name for name, size in windows.items() if size > 1024} & {*STEPS, "asking", "provider"}
    assert {name for name, size in windows.items() if size > 2048} == {"setup"}


def test_every_file_that_comes_and_goes_is_dropped(elf32, folder, tmp_path):
    """A file that lean.py does not name would stay for good, and with it up to a quarter of the heap."""
    program, _ = packed.build(boards.modules(), SCRIPTS)
    name = {old: program.names["wanbeacon.lean", old] for old in ("spare", "drop", "STEPS", "WIRE")}
    code = "import sys\nfrom wanbeacon import core, %s\n" % ", ".join(STEPS)
    code += "core.{spare}(8192)\ncore.{drop}(*core.{STEPS} + core.{WIRE})\n".format(**name)
    assert run(elf32, folder, code + "print([m for m in sys.modules if m[:10] == 'wanbeacon.'])", tmp_path) == "['wanbeacon.core']\n"


def test_short_names_can_be_read_again():
    rows = dict(line.split(": ") for line in merge.names(*packed.build(boards.modules())).splitlines())
    assert "wanbeacon.decide.SCHEDULE" in rows.values() and "wanbeacon.board.device.Device" in rows.values()
    assert all(key.split()[0] in packed.GROUPS for key, name in rows.items() if name.startswith("wanbeacon."))


def test_the_agent_is_below_56_kb_and_all_of_it_below_200():
    sizes = {portal: {path: len(data) for path, data in boards.files(boards.read("ESP32_GENERIC"), portal).items()}
             for portal in (True, False)}
    code = sum(size for path, size in sizes[False].items() if path.endswith((".z", ".mpy", ".py")))
    print("agent %d bytes; installed with the portal %d" % (code, sum(sizes[True].values())))
    assert code < 56 * 1024 and sum(sizes[True].values()) < 200 * 1024
