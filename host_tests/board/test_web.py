# SPDX-License-Identifier: MIT
"""The installer's page: built, served, and walked in real Chromium with a board behind a played serial
port, from an empty flash to the first update. Screenshots are kept in out/web; axe-core judges the page.

What is played: the ROM loader that writes the flash (rom.py) and navigator.serial (usb_port.py). ESP Web
Tools with its esptool-js and Improv client, the image, the board's program and its pages are the real
ones."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

from host_tests.board import real_firmware
from host_tests.board.browsing import AXE, FLAGS, at_the_provider
from host_tests.board.conftest import console_interpreter
from host_tests.board.home import ADDRESS, QUICK, Ntp, settings
from host_tests.board.littlefs import read_back
from host_tests.board.usb_port import UsbBoard
from host_tests.board.web import free_port
from host_tests.conftest import absent, program
from tools import ROOT, UserError
from tools.build import boards, version
from tools.build import bundle as upgrades
from tools.device import image
from tools.web import site, sources

SHOTS = ROOT / "out/web"
#: boot.py takes longer with these than a real one, and the page talks already: main.py switches Ctrl-C
#: off only after it.
BOOT = "import micropython\nmicropython.kbd_intr(-1)\n" + QUICK


@pytest.fixture(scope="session")
def bundle():
    """ESP Web Tools, fetched once."""
    try:
        return sources.bundle()
    except UserError as error:
        absent(str(error))


@pytest.fixture(scope="session")
def page(bundle, tmp_path_factory):
    """The page as a vendor builds it. The boards of these tests wait for less than real ones: boot.py
    says so."""
    out = tmp_path_factory.mktemp("web") / "page"
    starting, image.STARTING = image.STARTING, {"/boot.py": BOOT.encode()}
    try:
        site.build(out, [sources.firmware(str(real_firmware.path()))], bundle)
    finally:
        image.STARTING = starting
    return out


# ---- the folder


def test_the_page_loads_nothing_from_elsewhere_and_every_sum_is_right(page):
    names = {path.relative_to(page).as_posix() for path in page.rglob("*") if path.is_file()}
    listed = dict(reversed(line.split("  ")) for line in (page / "SHA256SUMS").read_text().splitlines())
    assert set(listed) == names - {"SHA256SUMS"}
    for name, digest in listed.items():
        assert hashlib.sha256((page / name).read_bytes()).hexdigest() == digest, name
    text = (page / "index.html").read_text()
    assert "src=" in text and not [word for word in ('src="http', 'href="http', "url(", "{") if word in text]
    assert "default-src 'none'" in text and "connect-src 'self'" in text
    bundle = page / ("%s-%s" % (sources.NAME, sources.VERSION))
    assert (bundle / "install-button.js").exists() and "Apache License" in (bundle / "LICENSE").read_text()


def test_the_manifest_names_what_the_board_says_of_itself_and_an_image_per_chip(page):
    release = version.agent_version()
    manifest = json.loads((page / release / "manifest.json").read_text())
    assert (manifest["name"], manifest["version"]) == ("Wanbeacon", release)
    assert manifest["new_install_improv_wait_time"] == 15
    (build,) = manifest["builds"]
    (part,) = build["parts"]
    assert build["chipFamily"] == "ESP32" and part["offset"] == 4096
    made = (page / release / part["path"]).read_bytes()
    original = real_firmware.path().read_bytes()
    assert made[: len(original)] == original and len(made) % 4096 == 0
    files = read_back((made + b"\xff" * (0x400000 - 0x1000 - len(made)))[0x200000 - 0x1000 :], 512)
    assert files == dict(boards.files(boards.read("ESP32_GENERIC")), **{"/boot.py": files["/boot.py"]})
    assert "/config.json" not in files and "/device.json" not in files, "nothing that two boards would share"


def test_an_update_has_every_file_of_every_board(page):
    release = version.agent_version()
    update = json.loads((page / release / "update.json").read_text())
    for name in boards.names():
        listed = dict(update["files"], **update["boards"][name])
        for path, data in boards.files(boards.read(name)).items():
            assert (page / release / "files" / listed[path]).read_bytes() == data


def test_one_folder_serves_the_installer_and_the_boards_that_upgrade_themselves(page, bundle, tmp_path):
    folder, key, release = tmp_path / "page", tmp_path / "vendor.pem", version.agent_version()
    shutil.copytree(page, folder)
    upgrades.app(key=None, out=folder, share=100, new_key=key)
    upgrades.app(key=key, out=folder, share=25, new_key=None)
    for _ in range(2):  # the second time after the page was built again
        manifest = json.loads((folder / "manifest.json").read_text())
        own = json.loads((folder / release / "manifest.json").read_text())
        assert manifest["version"] == release and manifest["wanbeacon"]["share"] == 25
        assert (folder / manifest["wanbeacon"]["bundle"]).read_bytes()[:4] == upgrades.MAGIC
        assert {**manifest, "builds": 0, "wanbeacon": 0} == {**own, "builds": 0, "wanbeacon": 0}
        for build, one in zip(manifest["builds"], own["builds"], strict=True):
            assert build["chipFamily"] == one["chipFamily"] and len(build["parts"]) == len(one["parts"])
            assert all((folder / part["path"]).exists() for part in build["parts"])
        site.build(folder, [sources.firmware(str(real_firmware.path()))], bundle)


def test_another_release_stays_and_the_newest_is_offered_first(page, bundle, tmp_path, monkeypatch):
    firmware = [sources.firmware(str(real_firmware.path()))]
    for release in ("0.9.0", "0.10.0", "0.9.0"):
        monkeypatch.setattr(version, "agent_version", lambda release=release: release)
        site.build(tmp_path / "page", firmware, bundle)
    text = (tmp_path / "page/index.html").read_text()
    assert (
        text.index('value="0.10.0"') < text.index('value="0.9.0"')
        and 'manifest="0.10.0/manifest.json"' in text
    )
    assert json.loads((tmp_path / "page/0.9.0/manifest.json").read_text())["version"] == "0.9.0"


def run(*args):
    """The tool as a user calls it."""
    return subprocess.run(
        [sys.executable, "-m", "tools", "web", *map(str, args)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    "options, words",
    [
        ((), "there is no page"),
        (("--firmware", "https://127.0.0.1/x.bin"), "add #sha256="),
        (("--firmware", "pyproject.toml"), "is no ESP32 firmware"),
        (("--firmware", "none.bin"), "cannot be read"),
        (("--firmware", "ESP32_GENERIC_C3={firmware}"), "the firmware is for ESP32"),
        (
            ("--firmware", "{firmware}", "--firmware", "WT32_ETH01={firmware}"),
            "two firmware files are for ESP32",
        ),
        (("--firmware", "{firmware}", "--bundle", "pyproject.toml"), "is not esp-web-tools"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(tmp_path, options, words):
    done = run("--out", tmp_path / "out", *[one.format(firmware=real_firmware.path()) for one in options])
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and words in done.stderr, done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_somebody_elses_is_left_alone(bundle, tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(UserError, match="holds other files"):
        site.build(tmp_path, [sources.firmware(str(real_firmware.path()))], bundle)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_firmware_by_url_is_taken_with_the_right_sha256_only(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "CACHE", tmp_path)
    with UsbBoard(tmp_path / "board", console_interpreter(), real_firmware.FOLDER) as server:
        url = server.url + real_firmware.path().name
        digest = hashlib.sha256(real_firmware.path().read_bytes()).hexdigest()
        with pytest.raises(UserError, match="is not what it should be: its SHA-256 is " + digest):
            sources.firmware("%s#sha256=%s" % (url, "0" * 64))
        assert not list(tmp_path.glob("firmware/*"))
        assert sources.firmware("%s#sha256=%s" % (url, digest))[0]["name"] == "ESP32_GENERIC"
    assert sources.firmware("%s#sha256=%s" % (url, digest))[1].chip == "ESP32", "from the cache"


def test_the_hosted_workflow_builds_the_page_from_a_list_of_firmware(bundle, tmp_path):
    """Its own shell lines, with the checkout's tools as the installed program."""
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        for action in re.findall(r"uses: (\S+)", path.read_text()):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action), "%s: %s is no fixed commit" % (
                path.name,
                action,
            )
    text = (ROOT / ".github/workflows/release.yml").read_text()
    lines = re.search(r"\n {8}run: \|\n((?: {10}.*\n)+)", text)[1]
    program = tmp_path / "wanbeacon-tools"
    program.write_text('#!/bin/sh\nPYTHONPATH=%s exec %s -m tools "$@"\n' % (ROOT, sys.executable))
    program.chmod(0o755)
    done = subprocess.run(
        ["bash", "-e", "-c", lines],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": "%s:%s" % (tmp_path, os.environ["PATH"]),
            "FIRMWARE": "%s\n\n" % real_firmware.path(),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "page/index.html").exists()


# ---- in a browser


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def chromium(port):
    """A browser for which the home's address of the board is the emulated one's."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program("chromium"),
            args=[*FLAGS, "--host-resolver-rules=MAP 192.168.1.50:80 127.0.0.1:%d" % port],
        )
        yield browser
        browser.close()


class Visitor:
    """A browser with the page open. serial: None: a browser without Web Serial."""

    def __init__(self, chromium, url, serial, width=1280, scheme="light"):
        self.context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.context.add_init_script(serial or "delete Navigator.prototype.serial")
        self.foreign, self.problems = [], []
        self.context.on("request", self._request)
        self.context.on("weberror", self._fault)
        self.page, self.url = self.context.new_page(), url
        self.page.on("console", self._console)
        self.page.goto(url)

    def _request(self, request):
        if not request.url.startswith((self.url, "data:", "blob:", "http://192.168.1.50/")):
            self.foreign.append(request.url)

    def _fault(self, error):
        # the client of a port that was silent says so after 30 s, when nobody waits for it any more
        if "fetching current state" not in str(error.error):
            self.problems.append(str(error.error))

    def _console(self, message):
        if message.type == "error" and "Improv" not in message.text:
            self.problems.append(message.text)

    def look(self, title, page=None, axe=False):
        page = page or self.page
        # a dialog covers the window, not the page
        page.screenshot(
            path=SHOTS / (title + ".png"), full_page=not page.locator("ewt-install-dialog").count()
        )
        if axe:
            wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide <= 0, title
            page.evaluate(AXE.read_text())
            found = page.evaluate("axe.run().then(r => r.violations)")
            assert found == [], (title, [(v["help"], v["nodes"][0]["html"]) for v in found])

    def close(self):
        self.context.close()
        assert self.foreign == [], "the page asks nobody else"
        assert self.problems == []


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("width, scheme", [(360, "light"), (1280, "dark")])
def test_every_browser_is_told_what_it_can_do(chromium, page, tmp_path, width, scheme):
    with UsbBoard(tmp_path / "board", console_interpreter(), page) as usb:
        me = Visitor(chromium, usb.url, usb.script, width, scheme)
        me.page.get_by_role("button", name="Install on a new board").wait_for()
        assert me.page.get_by_role("button", name="Update").is_visible()
        assert not me.page.get_by_text("This browser cannot talk").is_visible()
        me.look("able-%d-%s" % (width, scheme), axe=True)
        me.close()
        me = Visitor(chromium, usb.url, None, width, scheme)
        me.page.get_by_text("This browser cannot talk").wait_for()
        assert "Chrome" in me.page.inner_text("#browser") and "by hand" in me.page.inner_text("#browser")
        assert not me.page.get_by_role("button", name="Install on a new board").is_visible()
        assert not me.page.get_by_role("button", name="Update").is_visible()
        me.look("unable-%d-%s" % (width, scheme), axe=True)
        me.close()


@pytest.mark.needs("chromium")
def test_from_an_empty_board_to_the_first_update(chromium, port, bundle, lab, tmp_path, monkeypatch):
    ntp = Ntp()
    start = time.monotonic()
    world = at_the_provider(lab, ntp)
    monkeypatch.setattr(image, "STARTING", dict(world["files"], **{"/boot.py": BOOT.encode()}))
    monkeypatch.setattr(site, "IMPROV_S", 60)  # a busy machine starts a board slower than a board does
    site.build(tmp_path / "page", [sources.firmware(str(real_firmware.path()))], bundle)
    with UsbBoard(
        tmp_path / "board", console_interpreter(), tmp_path / "page", names=world["names"], ports={"80": port}
    ) as usb:
        me = Visitor(chromium, usb.url, usb.script)
        page = me.page
        page.get_by_role("button", name="Install on a new board").click()
        page.get_by_text("Install Wanbeacon").last.wait_for()
        me.look("walk-1-board")
        page.locator("ew-list-item", has_text="Install Wanbeacon").click()
        page.get_by_text("All data on the device will be erased").wait_for()
        me.look("walk-2-confirm")
        page.locator("ew-text-button", has_text="Install").click()
        page.locator('ewt-page-message[label="Installation complete!"]').wait_for(timeout=90000)
        me.look("walk-3-installed")
        assert usb.loader.erased and [offset for offset, _ in usb.loader.written] == [0x1000]
        page.locator("ew-text-button", has_text="Next").click()
        page.get_by_label("Password").wait_for(timeout=60000)
        page.get_by_label("Password").fill("homehome1")
        page.wait_for_timeout(600)  # the dialog's own animation
        me.look("walk-4-wifi")
        page.locator("ew-text-button", has_text="Connect").click()
        page.locator('ewt-page-message[label^="Device connected"]').wait_for(timeout=45000)
        me.look("walk-5-joined")
        with me.context.expect_page() as opened:
            page.locator("ew-list-item", has_text="Visit Device").click()
        pages = opened.value
        assert "Your device is in your network" in pages.inner_text("h1"), usb.board.log[-2000:]
        me.look("walk-6-welcome", pages, axe=True)
        pages.get_by_role("link", name="Continue").click()
        pages.get_by_label("Search").fill("dyndns")
        pages.get_by_text("Providers that match dyndns").wait_for()
        pages.get_by_label("Dyn (DynDNS, Oracle)").check()
        me.look("walk-7-provider", pages)
        pages.get_by_role("button", name="Continue").click()
        pages.get_by_label("User name").fill("demo")
        pages.get_by_label("Password, update key or token").first.fill("demo-key")
        pages.get_by_label("Host names").fill("demo.dyndns.org")
        pages.get_by_role("button", name="Continue").click()
        pages.get_by_label("Only ask a web page").check()
        pages.get_by_label("Web page to ask").fill("https://checkip.dyndns.org/")
        pages.get_by_role("button", name="Continue").click()
        pages.get_by_label("Your mail address").fill("owner@wanbeacon.org")
        me.look("walk-8-review", pages)
        since = usb.board.mark()
        pages.get_by_role("button", name="Save and start").click()
        assert "http://192.168.1.50/" in pages.inner_text("main")
        me.look("walk-9-saved", pages)
        usb.board.wait_for("demo.dyndns.org: ok", 30, since)
        assert lab.published("demo.dyndns.org")["A"] == ADDRESS and lab.findings() == []
        pages.goto("http://192.168.1.50/")
        assert "Everything is up to date" in pages.inner_text("h1")
        me.look("walk-10-status", pages)
        assert "homehome1" not in usb.board.log and "demo-key" not in usb.board.log
        me.close()
    ntp.close()
    assert time.monotonic() - start < 180


#: The Improv client itself (Apache-2.0), newer than the one in the page.
SDK = (
    "improv-wifi-serial-sdk",
    "2.8.1",
    "sha512-KU2D7bNbdUDUX0JK2nQGTGTuxJNH+loXyMR6DXBIzAh4/2dwiR2cxK0igvl+dLWjf4wRv43iUn/eQuUClw5V3g==",
)
CLIENT = """async () => {
  const { ImprovSerial } = await import("/dist/serial.js");
  const port = await navigator.serial.requestPort();
  await port.open();
  const client = new ImprovSerial(port, { log() {}, debug() {}, error() {} });
  const refused = (promise) => promise.then(() => "taken", (error) => String(error));
  const told = { info: await client.initialize(15000), state: client.state, ssids: await client.scan(),
    name: await client.getDeviceName(), hostname: await client.getHostname(),
    seven: await client.setHostname("seven-7"), bad: await refused(client.setHostname("not good")),
    offline: (await client.requestNetworkState()).online,
    wrong: await refused(client.provision("home", "not this one", 45000)), after: client.state };
  await client.provision("home", "homehome1", 45000);
  return { ...told, joined: client.state, url: client.nextUrl, network: await client.requestNetworkState() };
}"""


@pytest.mark.needs("chromium")
def test_every_command_of_the_newest_improv_client(chromium, code, tmp_path):
    try:
        files = sources.unpacked(sources.archive(*SDK))
    except UserError as error:
        absent(str(error))
    folder = tmp_path / "sdk"
    for name in ("serial", "const", "util/hex-formatter", "util/to-hex"):
        text = files["package/dist/%s.js" % name].decode()
        (folder / "dist" / name).parent.mkdir(parents=True, exist_ok=True)
        # made for bundlers, which need no ending
        (folder / ("dist/%s.js" % name)).write_text(re.sub(r'(from "\./[\w/-]+)"', r'\1.js"', text))
    (folder / "index.html").write_text("<title>client</title>")
    with UsbBoard(tmp_path / "board", console_interpreter(), folder) as usb:
        usb.write(dict(code, **{"/boot.py": BOOT.encode()}))
        me = Visitor(chromium, usb.url, usb.script)
        told = me.page.evaluate(CLIENT)
        me.context.close()
    info = told["info"]
    assert (info["firmware"], info["version"]) == ("Wanbeacon", version.agent_version())
    assert (info["chipFamily"], info["name"]) == ("ESP32", told["name"]) and told["state"] == 2
    assert [one["name"] for one in told["ssids"]] == ["home"] and told["ssids"][0]["secured"]
    assert told["hostname"] == told["name"].lower() and told["seven"] == "seven-7", (
        "7 letters: a data length of 10"
    )
    assert told["bad"] != "taken" and told["wrong"] != "taken" and not told["offline"]
    assert (told["after"], told["joined"]) == (2, 4) and "/login?key=" in told["url"]
    assert told["network"]["online"] and told["network"]["supportsWifi"]
    assert told["network"]["urls"][0].startswith("http://192.168.1.50/")


@pytest.mark.needs("chromium")
def test_an_update_keeps_settings_and_journal(chromium, port, page, code, lab, tmp_path):
    old = dict(code, **{"/lib/wanbeacon/gone.mpy": b"of another version", "/boot.py": BOOT.encode()})
    old["/lib/wanbeacon/app/plan.mpy"] = b"old"
    kept = {
        "/config.json": json.dumps(settings(lab)).encode(),
        "/device.json": b'{"name": "Wanbeacon-7F3A", "ap_password": "kept-label-1"}',
        "/state/journal.a": b"what was published",
        "/mine.txt": b"the user's own",
    }
    with UsbBoard(tmp_path / "board", console_interpreter(), page, ports={"80": port}) as usb:
        usb.write(dict(old, **kept))
        me = Visitor(chromium, usb.url, usb.script)
        me.page.get_by_role("button", name="Update, keep the settings").click()
        me.page.get_by_text("Done: the board runs version").wait_for(timeout=60000)
        me.look("update-done", axe=True)
        me.page.get_by_role("button", name="Update, keep the settings").click()
        me.page.get_by_text("Nothing to do").wait_for(timeout=60000)
        me.close()
        usb.board.cut()
        files = usb.board.files()
        for path, data in dict(code, **kept).items():
            assert path in ("/state/journal.a",) or files[path] == data, path
        assert "/lib/wanbeacon/gone.mpy" not in files and "/state/journal.a" in files


@pytest.mark.needs("chromium")
def test_a_board_without_wanbeacon_is_not_updated_but_told(chromium, page, tmp_path):
    with UsbBoard(tmp_path / "board", console_interpreter(), page) as usb:
        usb.write({"/boot.py": b"", "/mine.txt": b"mine"})
        me = Visitor(chromium, usb.url, usb.script)
        me.page.get_by_role("button", name="Update, keep the settings").click()
        me.page.get_by_text("does not run Wanbeacon yet").wait_for(timeout=30000)
        me.look("update-foreign")
        me.close()
