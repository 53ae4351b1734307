# SPDX-License-Identifier: MIT
"""The tools as an installed program: one package in site-packages, its commands outside any checkout, its
pins on every machine. Host only."""

import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest

from host_tests.host.installed_wheel import install
from host_tests.needs import absent
from tools import ROOT
from tools.build import lock, manifest

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GOOD = {
    "accounts": [
        {"provider": "dyn", "user": "alice", "password": "secret-key", "hosts": ["alice.dyndns.org"]}
    ]
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """run(*words) -> CompletedProcess of the installed command, in a folder of its own; .site is
    site-packages."""
    folder = tmp_path_factory.mktemp("wheel")
    # test_the_pins_exist_for_every_machine looks at what it depends on
    site, built = install(folder)

    def run(*words, **env):
        (folder / "elsewhere").mkdir(exist_ok=True)
        env = {**os.environ, "PYTHONPATH": str(site), "WANBEACON_CACHE": str(folder / "cache"), **env}
        return subprocess.run(
            [sys.executable, site / "bin/wanbeacon-tools", *words],
            cwd=folder / "elsewhere",
            capture_output=True,
            text=True,
            env=env,
        )

    run.site, run.wheel = site, built
    return run


def test_one_package_and_nothing_generic_at_the_top_level(installed):
    with zipfile.ZipFile(installed.wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {re.sub(r"-[0-9].*", "", name) for name in tops} == {"wanbeacon_tools"}


def test_every_folder_of_tools_is_in_the_list_of_packages():
    folders = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "tools").rglob("*.py")}
    named = {
        name.replace("wanbeacon_tools", "tools").replace(".", "/")
        for name in PROJECT["tool"]["setuptools"]["packages"]
    }
    assert named - {"tools/firmware", "tools/boards"} == folders


def test_firmware_and_boards_are_in_it_whole(installed):
    package = installed.site / "wanbeacon_tools"
    for target in manifest.FOLDERS:
        for name in manifest.files(target, str(ROOT / "firmware")):
            assert (package / "firmware" / name).read_bytes() == (ROOT / "firmware" / name).read_bytes()
    for path in (ROOT / "boards").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert (package / path.relative_to(ROOT)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        ["flash", "--help"],
        ["image", "--help"],
        ["providers"],
        ["providers", "dyn"],
        ["version"],
        [],
        ["report", "--help"],
    ],
)
def test_it_works_outside_a_checkout(installed, words):
    done = installed(*words)
    assert done.returncode == 0, done.stderr
    assert "python -m tools" not in done.stdout, "the command has another name here"


def test_check_and_mpy_work_outside_a_checkout(installed):
    elsewhere = installed.wheel.parent / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "my.json").write_text(json.dumps(GOOD))
    (elsewhere / "my.json").chmod(0o600)
    assert installed("check", "my.json").stdout == "my.json: ok, 1 host in 1 account\n"
    done = installed("mpy", "out")
    assert done.returncode == 0 and (elsewhere / "out/wanbeacon/core/policy.mpy").exists(), done.stderr


def test_what_is_not_installed_is_named_by_its_own_names(installed):
    """The name of this project on an index may be anybody's."""
    hidden = installed.wheel.parent / "hidden/zopfli"
    hidden.mkdir(parents=True, exist_ok=True)
    (hidden / "__init__.py").write_text("raise ModuleNotFoundError('no zopfli', name='zopfli')")
    path = os.pathsep.join([str(hidden.parent), str(installed.site)])
    done = installed("package", "--format", "ipk", PYTHONPATH=path)
    assert done.returncode == 1 and "wanbeacon-tools[" not in done.stderr, done.stderr
    assert 'pip install "cryptography>=44" "zopfli<1,>=0.2.3"' in done.stderr


def test_the_pythons_and_systems_it_is_for_are_in_its_metadata(installed):
    with zipfile.ZipFile(installed.wheel) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith("/METADATA")]
        said = archive.read(name).decode()
    for python in ("3.11", "3.12", "3.13", "3.14"):
        assert "Classifier: Programming Language :: Python :: %s\n" % python in said
    assert "Requires-Python: >=3.11\n" in said


def test_a_tool_for_developers_is_named_as_such(installed):
    done = installed("release")
    assert done.returncode == 1 and "it works on a checkout" in done.stderr and done.stderr.count("\n") == 1


def test_the_shell_completes_tools_and_their_options(installed):
    asked = {
        "_WANBEACON_TOOLS_COMPLETE": "complete_bash",
        "COMP_CWORD": "1",
        "COMP_WORDS": "wanbeacon-tools fla",
    }
    assert installed(**asked).stdout.split() == ["flash"]
    asked.update(COMP_CWORD="2", COMP_WORDS="wanbeacon-tools flash --po")
    assert {"--port", "--portal"} <= set(installed(**asked).stdout.split())
    here = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # else it depends on who started the tests
    assert "complete" in installed("--show-completion", "bash", **here).stdout


def test_every_extra_named_in_a_message_exists():
    from tools import __main__

    assert set(__main__.EXTRAS.values()) <= set(PROJECT["project"]["optional-dependencies"])


def test_the_lock_holds_what_the_group_names():
    """Whether it is the resolver's newest word needs the index; that no pin of the group is missing or
    another does not."""
    locked = re.findall(r"^([a-z0-9-]+==[^ ;]+)", lock.OUT.read_text(), re.M)
    for one in lock.group("run"):
        assert lock.plain(one) in locked, "run `python -m tools lock`"
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", lock.OUT.read_text())) > len(locked)


@pytest.mark.parametrize("machine", [*lock.MACHINES, lock.WINDOWS], ids=lambda machine: machine.name)
def test_the_pins_exist_for_every_machine(machine):
    """What `pip install wanbeacon-tools` needs has wheels there, for the oldest and the newest Python. pip
    only looks."""
    from pip._vendor.packaging.requirements import Requirement

    environment = dict(machine.environment("3.11"), extra="")
    wanted = [Requirement(one) for one in PROJECT["project"]["dependencies"]]
    names = [
        one.name + str(one.specifier) for one in wanted if not one.marker or one.marker.evaluate(environment)
    ]

    with concurrent.futures.ThreadPoolExecutor() as pool:
        jobs = [pool.submit(lock.dry_run, names, python, machine.tags) for python in ("3.11", "3.14")]
    for job in jobs:
        try:
            assert len(job.result()) == len(names)
        except lock.UserError as error:
            if "No matching distribution" not in str(error) and "no reason" in str(error):
                absent("the package index cannot be reached")
            raise
