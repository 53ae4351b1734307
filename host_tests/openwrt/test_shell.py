# SPDX-License-Identifier: MIT
"""Every shell script of the package passes shellcheck in the dialect of OpenWrt's ash."""

import json
import subprocess

import pytest

from tools import ROOT

FILES = ROOT / "boards/openwrt/wanbeacon/files"
SCRIPTS = sorted(
    file
    for file in [*FILES.rglob("*"), FILES.parent / "test-version.sh"]
    if file.is_file() and file.read_text().startswith(("#!/bin/sh", "# shellcheck"))
)


def dialect():
    """busybox where shellcheck knows it (0.10 and later), else dash, the nearest relative."""
    said = subprocess.run(["shellcheck", "--help"], capture_output=True, text=True).stdout
    return "busybox" if "busybox" in said else "dash"


def test_the_scripts_are_found():
    assert [file.name for file in SCRIPTS] == ["50-wanbeacon", "wanbeacon", "wanbeacon", "test-version.sh"]


@pytest.mark.needs("shellcheck")
@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: str(file.relative_to(FILES.parent)))
def test_shellcheck_has_nothing_to_say(file):
    done = subprocess.run(
        ["shellcheck", "--shell=" + dialect(), "--severity=style", str(file)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_acl_grants_reading_and_nothing_more():
    acl = json.loads((FILES / "usr/share/acl.d/wanbeacon_acl.json").read_text())
    assert acl["user"] == "wanbeacon"
    granted = {method for rule in acl["access"].values() for method in rule["methods"]}
    assert granted == {"dump", "status"}
    assert set(acl) == {"user", "access", "subscribe"}
