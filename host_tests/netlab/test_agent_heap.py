# SPDX-License-Identifier: MIT
"""The agent as on Linux beside a real router in 128 to 160 KB of heap, 32-bit objects, .mpy files, real TLS:
the sources that a box behind a router uses, and the kernel's events of one that is the router."""

import time

import pytest

from host_tests.netlab.agent_rig import arrival
from tools.netlab import as_board
from tools.netlab.agent_process import Agent
from tools.netlab.lab import PROVIDER, WAN

CHANGES = 12
#: The command line of Linux is loaded too; what a board needs: host_tests/board/test_heap.py.
CASES = [
    ("160k", "natpmp", "upnp"),
    ("144k", "netlink"),
    ("144k", "auto"),
    ("144k", "natpmp", "upnp"),
    ("128k", "upnp"),
    ("160k", "netlink"),
]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    return as_board.compile_all(tmp_path_factory.mktemp("mpy"), "fast_agent")


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_five_hosts_follow_the_router_in_a_small_heap(net, lab, elf32, compiled, case):
    heap, sources = case[0], case[1:]
    net.change(WAN)
    lab.reset()
    config = {
        "accounts": [
            {
                "provider": "dyn",
                "user": "demo",
                "password": "demo-key",
                "hosts": as_board.HOSTS,
                "server": "%s:%d" % (PROVIDER, lab.https_port),
                "ca": str(lab.ca_der),
            }
        ],
        "address": list(sources),
        "intervals": {"minimum": 1},
    }
    space = net.rtr if sources == ("netlink",) else net.dev
    with Agent(
        elf32.name, config, firmware=compiled, heap=heap, before=net.exec(space), module="fast_agent"
    ) as agent:
        agent.start()
        agent.wait(lambda s: all(h["ipv4"] == WAN and h["state"] == "ok" for h in s["hosts"]))
        for number in range(1, CHANGES + 1):
            address = "45.33.7.%d" % (100 + number)
            time.sleep(0.3)
            net.change(address)
            assert arrival(lab, address, 8), agent.output
        agent.wait(lambda s, address=address: all(h["ipv4"] == address for h in s["hosts"]))
        assert "fault:" not in agent.output, agent.output
