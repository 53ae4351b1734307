# SPDX-License-Identifier: MIT
"""What the pages need of a board's heap: the portal alone on the 32-bit MicroPython. Short of memory a page
says 503, and the next one comes."""

import json
import os
import re
import subprocess

import pytest
from wanbeacon.core import sealed

from host_tests.board import small_board
from host_tests.board.web import Browser, free_port

#: The portal with as much of an agent as its pages ask for is there with 29 KB; each page, the agent's
#: rules included, comes within this.
ENOUGH = 76
#: The login comes, what needs the most does not.
SHORT = 56
#: A root of RSA 4096 in PEM: as large as they come.
ROOT = "-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" % (("MIIF" + "A" * 60 + "\n") * 30)
PHRASE = "five words that nobody guesses"
#: As many settings as a form has room for.
SEALED = b"".join(
    sealed.seal(
        json.dumps(
            {
                "accounts": [
                    {
                        "provider": "dyn",
                        "user": "demo",
                        "password": "demo-key",
                        "hosts": ["h%02d.dyndns.org" % n for n in range(50)],
                    }
                ],
                "wifi": [{"ssid": "home", "password": "homehome1"}],
                "device": {"contact": "%s@acme.org" % ("x" * 1500)},
            }
        ).encode(),
        PHRASE,
        bytes(16),
    )
).decode()
FORMS = (
    ("/account?n=0", {"user": "demo", "password": "x", "hosts": "a.dyndns.org\nhttps://demo.."}),
    ("/account?n=0", {"user": "demo", "password": "x", "hosts": "a.dyndns.org b.dyndns.org"}),
    ("/finish", {"hostname": "beacon", "contact": "x", "new1": "longenough", "new2": "b"}),
    ("/do", {"action": "retry", "host": "demo.dyndns.org"}),
    ("/broker", {"broker": "broker", "port": "x", "broker_user": "u", "broker_password": "p", "ca": ROOT}),
    ("/broker", {"broker": "192.168.1.10", "broker_user": "u", "broker_password": "p", "plain": "1"}),
    ("/backup", {"phrase": "short", "phrase2": "y"}),
    ("/backup", {"phrase": PHRASE, "phrase2": PHRASE}),
    ("/restore", {"settings": SEALED, "opener": PHRASE}),
    ("/restore", {"settings": SEALED, "opener": PHRASE + "x"}),
)
PAGES = (*small_board.PAGES, "/broker", "/restore", "/backup", "/status.json", "/style.css", "/portal.js")


@pytest.fixture
def pages(tmp_path, elf32):
    """pages(KB of heap) -> (Browser, process, log path) of the portal alone."""
    running = []
    small_board.compiled(tmp_path, "pages")
    hosts = ["%s.dyndns.org" % name for name in "abcde"]
    doc = {
        "accounts": [{"provider": "dyn", "user": "demo", "password": "demo-key", "hosts": hosts}],
        "wifi": [{"ssid": "home"}],
    }
    (tmp_path / "config.json").write_text(json.dumps(doc))
    (tmp_path / "device.json").write_text('{"name": "Wanbeacon-7F3A", "ap_password": "kept-label-1"}')

    def start(heap):
        port, log = free_port(), tmp_path / ("log-%d" % heap)
        argv = [*elf32.argv, "-X", "heapsize=%dk" % heap, "lib/main.py", ".", str(port)]
        with log.open("w") as out:
            running.append(
                subprocess.Popen(
                    argv,
                    env=dict(os.environ, MICROPYPATH="lib:.frozen"),
                    stdout=out,
                    stderr=out,
                    cwd=tmp_path,
                )
            )
        return Browser(port, "127.0.0.1"), running[-1], log

    yield start
    for process in running:
        process.kill()
        process.wait()


def walk(web):
    """{what: status} of every page and form."""
    found = {}
    for path in PAGES:
        found[path] = web.ask(path).status
    for path, form in FORMS:
        web.ask("/account?n=0")
        try:
            status = web.ask(path, form).status
        except ConnectionResetError:  # the 503 came before the form was read: the kernel may drop both
            status = 503
        found[path, str(form)[:20] + str(form)[-20:]] = status
    return found


def test_every_page_comes_within_its_heap(pages):
    web, _, log = pages(ENOUGH)
    assert web.login().status == 303
    for _ in range(3):
        found = walk(web)
        bad = {k: v for k, v in found.items() if v not in (200, 303)}
        assert not bad, (str(bad)[-3000:], log.read_text()[-2000:])


def test_a_page_that_cannot_be_served_for_memory_says_503_and_the_others_come(pages):
    web, process, log = pages(SHORT)
    assert web.login().status == 303, log.read_text()
    found = walk(web)
    assert set(found.values()) <= {200, 303, 403, 503}, found
    assert 503 in found.values() and 200 in found.values(), found
    assert web.ask("/style.css").status == 200 and process.poll() is None
    assert not re.search("Traceback|Error", log.read_text()), log.read_text()
