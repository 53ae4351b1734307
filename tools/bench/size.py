"""Bytes of code: what the agent takes of a machine's flash. Knows the folders, not what is in them."""

import zlib

from tools.build import boards

#: Files that an ESP32 has and a Linux machine does not load.
BOARD_ONLY = ("wanbeacon/board/device.", "wanbeacon/board/esp32.", "wanbeacon/board/link.", "wanbeacon/board/lights.",
              "wanbeacon/board/ntp.", "wanbeacon/board/rtc.")
#: Not the agent, or for CPython only.
OTHERS = ("wanbeacon/portal/", "wanbeacon/openwrt/", "wanbeacon/net/cpython.")


def chosen(bench, *without):
    """{module: bytes} of the agent without the portal, the OpenWrt tools and the prefixes `without`."""
    return {name[len("wanbeacon/"):-4]: size for name, size in bench.sizes.items()
            if name.endswith(".mpy") and name.startswith("wanbeacon/") and not name.startswith(OTHERS + without)}


def router(bench):
    """The agent with every way to learn the address, a file for each module."""
    table = chosen(bench, *BOARD_ONLY)
    largest = sorted(table.items(), key=lambda item: -item[1])
    bench.note("%d modules; largest: %s" % (len(table), ", ".join("%s %d" % item for item in largest[:5])))
    return sum(table.values())


def board(bench, part):
    """What `tools flash` puts onto a board: its "agent" with every way to learn the address, the "portal", or "all"."""
    whole, agent = (boards.files(boards.read("ESP32_GENERIC"), portal) for portal in (True, False))
    found = {"all": whole, "agent": {path: data for path, data in agent.items() if path.endswith((".z", ".mpy", ".py"))},
             "portal": {path: whole[path] for path in set(whole) - set(agent)}}[part]
    inflated = sum(len(zlib.decompress(data[1:], -15) if path.endswith(".z") else data) for path, data in found.items())
    bench.note("%d files; %.1f KB inflated" % (len(found), inflated / 1024))
    return sum(map(len, found.values()))


def data(bench):
    """Catalogue and CA roots."""
    return sum(size for name, size in bench.sizes.items() if name.startswith("catalogue/"))


def modules(bench):
    """Every module of the tree, for `--modules`: [(name, bytes)], the largest first."""
    table = [(name, size) for name, size in bench.sizes.items() if name.endswith(".mpy")]
    return sorted(table, key=lambda item: -item[1])
