# SPDX-License-Identifier: MIT
"""Every source file names its license in the form that tools read (SPDX), and it is the one of LICENSE."""

import re
import subprocess

from tools import ROOT

LINE = "SPDX-License-Identifier: MIT"
#: What counts as source by its name; scripts without an ending begin with "#!".
SOURCE = re.compile(r"\.(py|js|css|sh|html|yml)$|(^|/)Makefile$")


def sources():
    """Paths of all source files that are kept."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in listed.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file() and (SOURCE.search(name) or path.read_bytes()[:2] == b"#!"):
            yield path


def test_every_source_file_names_its_license_at_its_beginning():
    found = list(sources())
    without = [
        str(path.relative_to(ROOT))
        for path in found
        if not any(line.endswith((LINE, LINE + " */", LINE + " -->")) for line in head(path))
    ]
    assert not without and len(found) > 500


def head(path):
    """The first three lines, or none for a file that is empty."""
    return path.read_text(encoding="utf-8").split("\n")[:3] if path.stat().st_size else [LINE]


def test_it_is_the_license_of_the_project():
    assert (ROOT / "LICENSE").read_text().startswith("MIT License\n")
    assert re.search(r'^license = "MIT"$', (ROOT / "pyproject.toml").read_text(), re.M)
