# SPDX-License-Identifier: MIT
"""The tree that the package lays out below /: the modules that manifest.py gives a router, and the catalogue.

The feed's Makefile runs it too (`python3 -m tools.build.openwrt.sources FOLDER`), on what OpenWrt's build
system has: Python 3.9 without any library. Then FOLDER/usr/lib/micropython holds sources, for the build
system's own mpy-cross."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from ... import ROOT
from .. import manifest

LIB = "usr/lib/micropython"
SHARE = "usr/share/wanbeacon"
#: Hexadecimal digits of a root's SHA-256: enough to know one among those of the ca-bundle, which is trusted
#: as a whole.
DIGEST = 16
#: Lists every file of the package with its sum, so that /usr/bin/wanbeacon notices a half-upgraded or foreign
#: set.
SUMS = SHARE + "/files.md5"


def write(folder):
    """Fills `folder`, emptied first: modules as sources, the catalogue's data, the names of the roots."""
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    for name in manifest.modules("router"):
        _copy(ROOT / "firmware" / name, folder / LIB / name)
    for file in sorted((ROOT / "firmware/catalogue").iterdir()):
        if file.is_file() and "catalogue/" + file.name not in manifest.WITHOUT["router"]:
            _copy(file, folder / SHARE / file.name)
    # names and the hashes' beginnings only: the roots themselves are cut out of the ca-bundle
    rows = [row.split() for row in (ROOT / "firmware/catalogue/roots/index.txt").read_text().splitlines()]
    text = "".join("%s %s\n" % (row[0], row[2][:DIGEST]) for row in rows if not row[0].startswith("#"))
    (folder / SHARE / "roots.txt").write_text(text)


def _copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def compile_all(folder, mpy_cross):
    """Turns each .py of write() into .mpy. -s: a traceback names the module alone, not the build's folder."""
    for file in sorted(Path(folder, LIB).rglob("*.py")):
        subprocess.run(
            [str(mpy_cross), "-O3", "-s", file.stem, "-o", str(file.with_suffix(".mpy")), str(file)],
            check=True,
        )
        file.unlink()


def write_sums(folder):
    """Writes SUMS, as `md5sum -c` reads it in the root folder. Last of all."""
    folder = Path(folder)
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    lines = [
        "%s  %s\n" % (hashlib.md5((folder / name).read_bytes()).hexdigest(), name)
        for name in names
        if name != SUMS
    ]
    (folder / SUMS).write_text("".join(lines))


if __name__ == "__main__":
    write(sys.argv[1])
    if len(sys.argv) > 2:
        compile_all(sys.argv[1], sys.argv[2])
        write_sums(sys.argv[1])
