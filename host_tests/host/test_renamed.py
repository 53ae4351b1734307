# SPDX-License-Identifier: MIT
"""The shared tests on the agent as a board has it, with short names, from the archive, on the 32-bit
MicroPython: what a wrong new name would break. The tests get the same names: they are compiled with it."""

import ast
import os
import subprocess

import pytest

from host_tests.on_micropython import SHARED, Report, heap_of
from tools import ROOT
from tools.build import boards, mpy

NIGHTLY = bool(os.environ.get("WANBEACON_NIGHTLY"))
#: What the tests import that is no test and no part of the firmware.
HELPERS = (
    ROOT / "host_tests/run_shared.py",
    ROOT / "tools/simulate/virtual.py",
    ROOT / "tools/simulate/virtual_provider.py",
    ROOT / "tools/fleet/device.py",
)
#: In CI: each floor of the house, and what only boards use.
# fmt: off
SAMPLE = (
    "agent_commands", "agent_core", "board_parts", "homehost", "journal", "memory", "notices",
    "observe_choose", "observe_push", "observe_router", "observe_upnp", "policy", "portal_guard", "prefix",
    "reply", "request",
    "rest", "setup", "time", "tsig", "upgrade_bundle", "upgrade_offer",
)
# fmt: on
FILES = sorted(path.stem[5:] for path in SHARED.glob("test_*.py"))
#: file, or file.test -> why it cannot run so. Nothing here may be a fault of the names.
WITHOUT = {
    "import_ddns": "OpenWrt's alone, and with one import more the 32-bit stack is too small for it",
    "journal.test_an_image_brings_back_every_kept_field": "reads fields of a Record by their texts",
}


@pytest.fixture(scope="session")
def renamed():
    return boards.compiled(others=True, scripts=[*HELPERS, *sorted(SHARED.glob("*.py"))])


def run(folder, elf32, path, names):
    """The Report of the tests `names` of a shared file."""
    code = "import sys\nsys.path.insert(0, %r)\nfrom wanbeacon import start\nimport asyncio\n" % str(folder)
    code += mpy.tree().translate("import wanbeacon\nwanbeacon.catalogue = %r" % str(folder / "catalogue"))
    # as flat as it can be: each import in an import takes 5 KB of a 40 KB stack, 4 of them for a path
    argv = elf32.command("-c", code + "\nimport run_shared", path.stem, *names, heap=heap_of(path) or "8M")
    done = subprocess.run(
        argv,
        env=dict(os.environ, MICROPYPATH=".frozen"),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=200,
    )
    return Report(done.stdout.decode("utf-8", "replace"), "exit status %d" % done.returncode)


@pytest.mark.parametrize("stem", FILES if NIGHTLY else SAMPLE)
def test_the_shared_tests_pass_with_a_boards_names(stem, renamed, elf32):
    path = SHARED / ("test_%s.py" % stem)
    tests = [n.name for n in ast.parse(path.read_text()).body if getattr(n, "name", "").startswith("test_")]
    tests = [name for name in tests if "%s.%s" % (stem, name) not in WITHOUT and stem not in WITHOUT]
    report = run(renamed, elf32, path, tests)
    failed = [(name, report.of(name)[1]) for name in tests if not report.of(name)[0]]
    assert not failed, "\n".join("%s\n%s" % (name, mpy.tree().names.readable(text)) for name, text in failed)


def test_what_is_left_out_exists():
    for key in WITHOUT:
        stem, _, name = key.partition(".")
        assert stem in FILES and "def %s" % name in (SHARED / ("test_%s.py" % stem)).read_text(), key
