# SPDX-License-Identifier: MIT
"""Bytes of code: what the agent takes of a machine's flash. manifest.py says what goes onto which machine."""

from ..build import boards, manifest, mpy


def chosen(bench, target):
    """{module: bytes} of the agent's compiled modules on a target, without the pages and OpenWrt's own
    part."""
    names = [
        mpy.target(name)
        for name in manifest.modules(target)
        if not name.startswith(("wanbeacon/portal/", "wanbeacon/openwrt/"))
    ]
    return {
        name[len("wanbeacon/") : -len(".mpy")]: bench.sizes[name] for name in names if name in bench.sizes
    }


def linux(bench):
    """The agent with every way to learn the address, a file for each module."""
    table = chosen(bench, "linux")
    largest = sorted(table.items(), key=lambda item: -item[1])
    bench.note("%d modules; largest: %s" % (len(table), ", ".join("%s %d" % item for item in largest[:5])))
    return sum(table.values())


def board(bench, part):
    """What `tools flash` puts onto a board: its "agent" with every way to learn the address, the "portal", or
    "all"."""
    whole, agent = (boards.files(boards.read("ESP32_GENERIC"), portal) for portal in (True, False))
    size = {path: len(data) for path, data in agent.items() if path.endswith((".mpy", ".py", ".bin", ".z"))}
    found = {
        "all": {path: len(data) for path, data in whole.items()},
        "agent": size,
        "portal": {path: len(whole[path]) - len(agent.get(path, b"")) for path in whole},
    }[part]
    bench.note("%d files" % sum(map(bool, found.values())))
    return sum(found.values())


def data(bench):
    """Catalogue and CA roots."""
    return sum(size for name, size in bench.sizes.items() if name.startswith("catalogue/"))


def modules(bench):
    """Every module of the tree, for `--modules`: [(name, bytes)], the largest first."""
    table = [(name, size) for name, size in bench.sizes.items() if name.endswith(".mpy")]
    return sorted(table, key=lambda item: -item[1])
