# SPDX-License-Identifier: MIT
"""A board's heap: eight hosts at home by a FRITZ!Box's IPv6 prefix, over real TLS, with 32-bit objects and
.mpy files."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time

import pytest

from tools import ROOT
from tools.lab import running
from tools.netlab import as_board, parts
from tools.netlab.agent_process import account

sys.path.append(str(ROOT / "host_tests/shared"))
from fritz import Box
from loopback import free_port

#: The least that a board with one name gets along with. 92 KB is enough here, 88 KB is not.
HEAP = "96k"
COUNT = 8  # hosts with their own address: a request and a TLS session each
PREFIXES = ("2003:d6:abe2:1f00", "2003:d6:abe3:4200", "2003:d6:abe4:700")


@pytest.fixture(scope="module")
def compiled():
    return as_board.compile_board()


@pytest.fixture
def box():
    """(the box, its port), served by a thread."""
    one, port, loop = Box(), free_port(), asyncio.new_event_loop()

    def serve():
        asyncio.set_event_loop(loop)
        loop.run_until_complete(asyncio.start_server(one.client, "127.0.0.1", port))
        loop.run_forever()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield one, port
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


def test_a_board_follows_its_fritzbox_with_eight_hosts(elf32, compiled, box, tmp_path):
    names = ["h%02d.dyndns.org" % number for number in range(1, COUNT + 1)]
    out = tmp_path / "out"
    with running("dyn", bind="127.0.0.1") as lab:
        doc = account(lab, *names)
        doc["hosts"] = [
            {"name": name, "suffix": "::1:%d" % (number + 1), "ipv4": False}
            for number, name in enumerate(names)
        ]
        source = {"source": "upnp", "events": False, "location": "http://127.0.0.1:%d/igddesc.xml" % box[1]}
        (tmp_path / "c").write_text(
            json.dumps({"accounts": [doc], "address": [source], "intervals": {"minimum": 1}})
        )
        argv = parts.usable("micropython-i386").command(
            compiled / "main.py", tmp_path / "c", tmp_path / "s", tmp_path / "wake", heap=HEAP
        )
        with out.open("wb") as file:
            process = subprocess.Popen(argv, env=dict(os.environ, MICROPYPATH="%s:.frozen" % compiled),
                                       stdout=file, stdin=subprocess.DEVNULL,
                                       stderr=subprocess.STDOUT)  # fmt: skip
        try:
            for prefix in PREFIXES:
                box[0].prefix = prefix + "::"
                (tmp_path / "wake").write_text("")
                start, want = (
                    time.monotonic(),
                    ["%s::1:%d" % (prefix, number) for number in range(1, COUNT + 1)],
                )
                while [lab.published(name).get("AAAA") for name in names] != want:
                    assert process.poll() is None and time.monotonic() - start < 40, out.read_text(
                        errors="replace"
                    )
                    time.sleep(0.02)
                print("%d hosts: %.2f s" % (COUNT, time.monotonic() - start))
                assert lab.wait_quiet()
                connections = len(lab.connections)
                time.sleep(1.2)  # the least time between two requests here
                assert len(lab.connections) == connections, "idle, and something left the home"
        finally:
            process.kill()
            process.wait()
        assert len(lab.updates) == COUNT * len(PREFIXES) and box[0].wrong == []
        assert "fault" not in out.read_text(errors="replace")
