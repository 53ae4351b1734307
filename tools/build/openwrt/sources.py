"""The router's modules, ready to compile: which package holds which, and what is one file. Knows no package format.

The feed's Makefile runs it too (`python3 -m tools.build.openwrt.sources FOLDER`), on what OpenWrt's build system has: Python 3.9
without any library. FOLDER/NAME/ is what the package wanbeacon-NAME puts below /usr/lib/micropython, main the package wanbeacon."""

import functools
import shutil
import sys
from pathlib import Path

from ... import ROOT
from .. import merge, shrink

#: A router has megabytes of heap and loads these together, so they are one file: 8 KB less of the package.
ONE_FILE = "merged"
_TOGETHER = (
    "address", "agent", "board/__init__", "board/control", "board/linux", "cli", "commands", "config", "decide", "dyndns/advice",
    "dyndns/catalog", "dyndns/outcome", "dyndns/reply", "dyndns/request", "dyndns/share", "dyndns/url", "journal", "lean", "learn",
    "model", "net/__init__", "net/bus", "net/clock", "net/http", "net/kernel", "net/route", "net/trust", "net/unix", "net/waits", "net/wire",
    "observe/__init__", "observe/asking", "observe/choose", "observe/scan", "openwrt/ddns", "openwrt/options", "openwrt/render",
    "openwrt/roots", "openwrt/router", "openwrt/settings", "openwrt/uci", "plan", "ranges", "reasons", "setup", "start", "status",
)
#: What each package holds as files of their own: what is loaded by its name, or not by every router.
PACKAGES = {
    "main": ("__init__", "openwrt/__init__", "openwrt/__main__", "observe/command", "observe/interface", "observe/netlink",
             "observe/ubus", "observe/web"),
    "nat": ("net/lan", "net/udp", "observe/announce", "observe/gena", "observe/natpmp", "observe/pcp", "observe/stun",
            "observe/upnp", "observe/whoami"),
    "import-ddns": ("openwrt/import_ddns", "openwrt/importer"),
}


def modules(package=None):
    """Names ("net/wire") of the modules that a package is made of, of all without one."""
    if package is None:
        return [name for one in PACKAGES for name in modules(one)]
    return (list(_TOGETHER) if package == "main" else []) + list(PACKAGES[package])


@functools.cache
def _build():
    firmware = ROOT / "firmware"
    texts = {_path(name): (firmware / _path(name)).read_text() for name in modules()}
    program = merge.Program(texts, {_path(ONE_FILE): [_path(name) for name in _TOGETHER]})
    tree = shrink.Tree(program.build())
    return program, tree


def _path(name):
    return "wanbeacon/%s.py" % name


def names():
    """What the short names of a router's traceback mean, see merge.names."""
    return merge.names(*_build())


def write(folder):
    """Fills `folder`, emptied first, with a folder per package."""
    _, tree = _build()
    shutil.rmtree(folder, ignore_errors=True)
    for package, members in PACKAGES.items():
        for name in (*members, *([ONE_FILE] if package == "main" else [])):
            file = Path(folder, package, _path(name))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(tree.shrink(_path(name)) + "\n")


if __name__ == "__main__":
    write(sys.argv[1])
