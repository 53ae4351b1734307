# SPDX-License-Identifier: MIT
"""How much flash each way to learn the address costs: its .mpy, printed and bounded. Pytest only."""

import pytest

from tools.build.mpy import compile_tree

LIMIT = 3072
#: upnp and the file that it loads to hear events
EVENTS = 6144
#: no source: the home's neighbor table, loaded only for hosts that are found by it
NEIGHBORS = 4608


@pytest.fixture(scope="module")
def sizes(tmp_path_factory):
    names = compile_tree(tmp_path_factory.mktemp("mpy"))
    return {name.split("/")[-1][:-4]: size for name, size in names.items() if "/observe/" in name}


def test_each_observer_is_small(sizes):
    for name in sorted(sizes):
        print("%6d %s" % (sizes[name], name))
    print("%6d upnp + gena" % (sizes["upnp"] + sizes["gena"]))
    observers = set(sizes) - {"__init__", "choose", "upnp", "gena", "neighbors"}
    assert {"natpmp", "pcp", "stun", "whoami", "web", "ubus", "interface", "netlink", "command"} <= observers
    assert {name: sizes[name] for name in observers if sizes[name] >= LIMIT} == {}
    assert sizes["upnp"] + sizes["gena"] < EVENTS and sizes["neighbors"] < NEIGHBORS
