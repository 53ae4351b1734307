# SPDX-License-Identifier: MIT
"""Which modules a board loads and when, from the sources: imports depth first, and what they load by name, as
stages and sources of addresses (wanbeacon.app.stage, Agent.load)."""

import ast
import re
from functools import cache

from .. import ROOT
from . import manifest

#: A board's default sources of addresses, which it loads by name.
SOURCES = ("observe.natpmp", "observe.upnp")
#: Only for pages, commands, set-up mode and providers that do not speak DynDNS2: not on the way to the first
#: request.
LATER = ("wanbeacon.portal", "wanbeacon.app.commands", "wanbeacon.app.status",
         "wanbeacon.board.esp32.access_point", "wanbeacon.board.esp32.captive_dns",
         "wanbeacon.board.esp32.door", "wanbeacon.board.esp32.nets", "wanbeacon.app.restful",
         "wanbeacon.app.restplan", "wanbeacon.dyndns.dnskey", "wanbeacon.dyndns.tsig",
         "wanbeacon.net.dnsupdate")  # fmt: skip
#: A string that may name a module. A name need not be in the call that loads it: `way = "app.restful" if ...
#: else "app.exchange"`.
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
#: What a board loads and keeps: board_steps's _STAY, its default sources of addresses, and what packages hold
#: themselves.
RESIDENT = ("net", "net.clock", "core.record", "app.log", "app.board_main", "portal.server", "app.agent",
            "app.model", "observe.base", "observe.choose", "observe.announce", "board.esp32.link",
            *SOURCES)  # fmt: skip

#: What an update by a JSON API loads at once: the same keys stand in all of it, and as objects of their own
#: in each module they took 4 KB more than as names (host_tests/host/test_rest_small_heap.py).
TOGETHER = frozenset(
    "wanbeacon." + name
    for name in [
        "app.restful",
        "app.restplan",
        "core.jsonpick",
        "core.xmlpick",
        "dyndns.rest",
        "dyndns.rest_call",
        "dyndns.rest_fill",
        "dyndns.rest_picks",
    ]
)


@cache
def order():
    """Names of the modules ("wanbeacon.core.policy") in the order in which a board loads them up to its first
    request."""
    found, there = [], set(manifest.modules("board", str(ROOT / "firmware")))

    def visit(name):
        path = ROOT / "firmware" / name.replace(".", "/")
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if (
            name in found
            or name.startswith(LATER)
            or file.relative_to(ROOT / "firmware").as_posix() not in there
        ):
            return
        if "." in name:
            visit(name.rpartition(".")[0])
        found.append(name)
        for inner in _loaded(file.read_text(encoding="utf-8")):
            visit(inner)

    visit("wanbeacon.app.board_main")
    for source in SOURCES:
        visit("wanbeacon." + source)
    return found


def _loaded(source):
    """Modules that a source file imports or loads by name, and names of none."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _imported(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
            yield "wanbeacon." + node.value
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "load" and node.args:
            yield "wanbeacon.observe.%s" % getattr(node.args[0], "value", "?")


@cache
def resident():
    """Names of the modules that stay loaded: RESIDENT and all that these import."""
    found, there = set(), set(manifest.modules("board", str(ROOT / "firmware")))

    def visit(name):
        path = name.replace(".", "/")
        file = next((one for one in (path + ".py", path + "/__init__.py") if one in there), None)
        if file and name not in found:
            found.add(name)
            for node in ast.parse((ROOT / "firmware" / file).read_text(encoding="utf-8")).body:
                for inner in _imported(node):
                    visit(inner)

    for name in RESIDENT:
        visit("wanbeacon." + name)
    return found


def _imported(node):
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module
        yield from ("%s.%s" % (node.module, alias.name) for alias in node.names)
