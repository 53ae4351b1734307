"""Bytes of .mpy files: what the agent takes of a machine's flash. Knows the folders, not what is in them."""

from tools.boards import LINUX_ONLY

#: Files that an ESP32 has and a Linux machine does not load.
BOARD_ONLY = ("wanbeacon/board/device.", "wanbeacon/board/esp32.", "wanbeacon/board/link.", "wanbeacon/board/lights.",
              "wanbeacon/board/rare.", "wanbeacon/board/ntp.", "wanbeacon/board/rtc.")
#: Not the agent, and for CPython only.
PARTS = {"portal": ("wanbeacon/portal/",), "openwrt": ("wanbeacon/openwrt/",), "cpython": ("wanbeacon/net/cpython.",)}


def chosen(bench, *without):
    """{module: bytes} of the agent without the portal, the OpenWrt tools and the prefixes `without`."""
    left_out = tuple(prefix for part in PARTS.values() for prefix in part) + without
    return {name[len("wanbeacon/"):-4]: size for name, size in bench.sizes.items()
            if name.endswith(".mpy") and name.startswith("wanbeacon/") and not name.startswith(left_out)}


def agent(bench, machine):
    """The agent with every way to learn the address, on a "board" or a "router"."""
    table = chosen(bench, *(LINUX_ONLY if machine == "board" else BOARD_ONLY))
    largest = sorted(table.items(), key=lambda item: -item[1])
    bench.note("%d modules; largest: %s" % (len(table), ", ".join("%s %d" % item for item in largest[:5])))
    return sum(table.values())


def part(bench, which):
    """One of PARTS, as .mpy."""
    return sum(size for name, size in bench.sizes.items() if name.endswith(".mpy") and name.startswith(PARTS[which]))


def data(bench):
    """Catalogue and CA roots."""
    return sum(size for name, size in bench.sizes.items() if name.startswith("catalogue/"))


def modules(bench):
    """Every module of the tree, for `--modules`: [(name, bytes)], the largest first."""
    table = [(name, size) for name, size in bench.sizes.items() if name.endswith(".mpy")]
    return sorted(table, key=lambda item: -item[1])
