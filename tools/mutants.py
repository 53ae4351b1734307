# SPDX-License-Identifier: MIT
"""Would the shared tests notice a mistake in what decides: core/policy.py and what belongs to it, the
journal, the reading of replies? mutmut makes thousands of small mistakes in a copy of them and runs the tests
on each.
`make mutants`; host_tests/MUTANTS.md argues the survivors.

mutmut wants the package at the top and tests that know no other: so both are copied into .cache/mutants, and
mutmut lives in a venv of its own there (it brings a terminal user interface that nobody else needs)."""

import re
import shutil
import subprocess
import sys

import typer
from rich.console import Console
from rich.table import Table

from . import CACHE, ROOT, UserError

MUTMUT = "mutmut==3.8.1"
MODULES = (
    "core/policy",
    "core/reasons",
    "core/byhand",
    "core/release",
    "core/journal",
    "dyndns/reply",
    "dyndns/retry_after",
)
TESTS = (
    "test_policy",
    "test_policy_waits",
    "test_policy_others",
    "test_journal",
    "test_journal_time",
    "test_broken_slots",
    "test_reply",
    "test_reply_edges",
    "test_reply_rows",
    "test_hostile",
)
HELPERS = ("replies", "memory_slots", "journal_kit")
NOTES = ROOT / "host_tests" / "MUTANTS.md"
LEAST = 97  # percent that must be killed
_RUN_S = 1800
_SETUP = """[mutmut]
source_paths=
%s
pytest_add_cli_args_test_selection=
    tests
also_copy=
    wanbeacon
    shims
    firmware
    conftest.py
    pytest.ini
"""


def venv():
    """Python of the venv with mutmut and pytest, made when it is missing. UserError when it cannot be."""
    python = CACHE / "mutants" / "venv" / "bin" / "python"
    if python.exists():
        return python
    pytest = subprocess.run(
        [sys.executable, "-m", "pytest", "--version"], capture_output=True, text=True
    ).stdout.split()[-1]
    for command in ([sys.executable, "-m", "venv", python.parent.parent],
                    [python, "-m", "pip", "-q", "install", MUTMUT, "pytest==" + pytest]):  # fmt: skip
        if subprocess.run(command).returncode:
            shutil.rmtree(python.parent.parent, ignore_errors=True)
            raise UserError("cannot install %s; is the package index in reach?" % MUTMUT)
    return python


def lay_out(folder):
    """The modules and their tests, as mutmut wants them."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "firmware" / "wanbeacon", folder / "wanbeacon")
    shutil.copytree(ROOT / "firmware" / "catalogue", folder / "firmware" / "catalogue")
    shutil.copytree(ROOT / "firmware/wanbeacon/board/cpython", folder / "shims")
    (folder / "tests").mkdir()
    for name in TESTS + HELPERS:
        shutil.copy(ROOT / "host_tests" / "shared" / (name + ".py"), folder / "tests")
    (folder / "conftest.py").write_text(
        'import wanbeacon_cpython\nimport wanbeacon\n\nwanbeacon.catalogue = "firmware/catalogue"\n'
    )
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = shims .\n")
    (folder / "setup.cfg").write_text(_SETUP % "\n".join("    wanbeacon/%s.py" % name for name in MODULES))


def app(
    only: str = typer.Option("", help="show the survivors again whose name holds this, without a new run"),
):
    """Make small mistakes in what decides; fail when more than three in a hundred go unnoticed."""
    console = Console(highlight=False)
    python, folder = venv(), CACHE / "mutants" / "work"

    def mutmut(*args, **how):
        return subprocess.run([python, "-m", "mutmut", *args], cwd=folder, text=True, **how)

    if not only:
        lay_out(folder)
        try:
            done = mutmut("run", "--max-children", "1", timeout=_RUN_S)
        except subprocess.TimeoutExpired:
            raise UserError("mutmut took longer than %d s; try again on a quieter machine" % _RUN_S)
        if done.returncode:
            raise UserError("mutmut did not come to its end (exit status %d)" % done.returncode)
    fates = dict(
        re.findall(
            r"^\s*(\S+): (\w[\w ]*)$", mutmut("results", "--all", "true", capture_output=True).stdout, re.M
        )
    )
    if not fates:
        raise UserError("mutmut has no results; run it without --only first")
    alive = [name for name, fate in fates.items() if fate not in ("killed", "timeout", "segfault")]
    told = NOTES.read_text() if NOTES.exists() else ""
    unknown = []
    for name in alive:
        change = _change(mutmut("show", name, capture_output=True).stdout)
        if "\n".join(change) not in told:
            unknown.append(name)
        if (only or (change and name in unknown)) and only in name:
            console.print(name, *change, sep="\n    ", markup=False)
    table = Table("module", "mutants", "killed", "alive", "%", title="mutants", title_justify="left")
    for module in (*MODULES, ""):
        mine = [name for name in fates if name.startswith("wanbeacon." + module.replace("/", "."))]
        left = [name for name in mine if name in alive]
        table.add_row(module or "all", str(len(mine)), str(len(mine) - len(left)), str(len(left)),
                      "%.1f" % (100 - 100 * len(left) / max(1, len(mine))))  # fmt: skip
    console.print(table)
    killed = 100 - 100 * len(alive) / len(fates)
    if killed <= LEAST:
        raise UserError(
            "only %.1f %% of the mutants were killed, should be more than %d %%" % (killed, LEAST)
        )
    if unknown:
        console.print("%d survivors are not argued in host_tests/MUTANTS.md" % len(unknown))


def _change(diff):
    """The lines of a diff that differ, as they stand in the notes."""
    lines = [line for line in diff.split("\n") if line[:1] in "-+" and line[:3] not in ("---", "+++")]
    return [line[:1] + " " + line[1:].strip() for line in lines if line[1:].strip()]
