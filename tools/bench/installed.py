# SPDX-License-Identifier: MIT
"""Bytes of what each client puts on a machine, what it depends on included.

Counted are files, without documentation and translations; not counted are the C library and what every Debian
system has (priority required or important)."""

import os
import re
import subprocess

from .. import CACHE
from . import size
from .measure import Missing, usable

#: ddclient only recommends it, but has no TLS without it.
PACKAGES = {"inadyn": ("inadyn",), "ddclient": ("ddclient", "libio-socket-ssl-perl")}
LIBC = ("libc6", "libgcc-s1", "gcc-12-base", "gcc-14-base")
_NO_PROGRAM = re.compile(r"/usr/share/(doc|man|info|locale|lintian|bug)/")
_FORMAT = "${Package}\t${db:Status-Abbrev}\t${Priority}\t${Provides}\t${Pre-Depends}, ${Depends}\n"


def measure(bench, name):
    """Bytes of Wanbeacon with its interpreter, or of a client of PACKAGES, as installed here."""
    if name == "wanbeacon":
        parts = {
            "MicroPython and Mbed TLS": _interpreter(),
            "agent": sum(size.chosen(bench, "linux").values()),
            "catalogue and CA roots": size.data(bench),
        }
        bench.note(", ".join("%s %d KB" % (part, count / 1024) for part, count in parts.items()))
        return sum(parts.values())
    wanted = _closure(PACKAGES[name])
    bench.note(", ".join(sorted(wanted)))
    return sum(_bytes(line) for package in wanted for line in _run("dpkg", "-L", package).splitlines())


def _bytes(path):
    counts = os.path.isfile(path) and not os.path.islink(path) and not _NO_PROGRAM.match(path)
    return os.path.getsize(path) if counts else 0


def _interpreter():
    """Debian's MicroPython and what it needs beside the C library."""
    usable("micropython-amd64")
    root = CACHE / "micropython-amd64" / "root"
    of_libc = {os.path.basename(path) for path in _run("dpkg", "-L", "libc6").splitlines()}
    return sum(
        path.stat().st_size
        for path in root.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and path.name not in of_libc
        and not _NO_PROGRAM.match("/" + str(path.relative_to(root)))
    )


def _closure(names):
    """The installed packages that these need, themselves included; of alternatives the first that is
    installed."""
    known, given = {}, {}
    for line in _run("dpkg-query", "-W", "-f", _FORMAT).splitlines():
        name, status, priority, provides, needs = line.split("\t")
        if status.startswith("ii"):
            known[name] = priority in ("required", "important") or name in LIBC, needs
            for word in provides.split(","):
                given.setdefault(word.split("(")[0].strip(), name)
    found, left = set(), list(names)
    for name in names:
        if name not in known:
            raise Missing("%s is not installed: apt-get install %s" % (name, name))
    while left:
        name = left.pop()
        basic, needs = known[name]
        if basic or name in found:
            continue
        found.add(name)
        for group in needs.split(","):
            words = [re.split(r"[ (:]", word.strip())[0] for word in group.split("|")]
            left += [
                word if word in known else given[word] for word in words if word in known or word in given
            ][:1]
    return found


def _run(*argv):
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise Missing("needs Debian's %s (%s)" % (argv[0], error))
