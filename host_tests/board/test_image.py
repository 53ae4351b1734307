# SPDX-License-Identifier: MIT
"""`python -m tools image` with a real ESP32 firmware file: read back by two other programs, and booted."""

import json
import os
import subprocess
import sys

import pytest

from host_tests.board import real_firmware
from host_tests.board.home import SETTINGS
from host_tests.board.littlefs import read_back
from tools import ROOT, UserError
from tools.build import boards
from tools.device import esp_firmware, image


@pytest.fixture(scope="session")
def firmware():
    return real_firmware.path()


def tools_image(firmware, folder, *options):
    """`tools image` for a usual ESP32, started in a folder: its process, ended."""
    argv = [sys.executable, "-m", "tools", "image", "--firmware", firmware, "--board", "ESP32_GENERIC"]
    return subprocess.run(
        [*argv, *options],
        cwd=folder,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(scope="session")
def made(firmware, tmp_path_factory):
    """(image's path, identity) as a user makes it."""
    folder = tmp_path_factory.mktemp("image")
    (folder / "my.json").write_text(json.dumps(SETTINGS))
    out = folder / "wanbeacon.bin"
    done = tools_image(
        firmware, folder, "--config", folder / "my.json", "-o", out, "--label", folder / "label.svg"
    )
    assert done.returncode == 0, done.stderr
    assert "esptool --chip esp32 write-flash 0x1000" in done.stderr
    assert "geheim-123" not in done.stderr
    assert out.stat().st_mode & 0o777 == 0o600, "passwords are in it"
    return out, json.loads((folder / "wanbeacon.device.json").read_text())


@pytest.mark.parametrize(
    "options, words",
    [
        (("-o", "none/x.bin"), "there is no folder"),
        (("-o", "."), "is a folder"),
        (("-o", "x.bin", "--device", "none/d.json"), "there is no folder"),
        (("-o", "x.bin", "--label", "none/l.svg"), "there is no folder"),
        (("-o", "x.bin", "--config", "my.json"), "accounts[0].user: missing"),
        (("-o", "x.bin", "--config", "air.json"), "wifi: missing"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(firmware, tmp_path, options, words):
    (tmp_path / "my.json").write_text(
        json.dumps(dict(SETTINGS, accounts=[{"provider": "dyn", "password": "p", "hosts": ["a.dyndns.org"]}]))
    )
    (tmp_path / "air.json").write_text(json.dumps({key: SETTINGS[key] for key in ("accounts", "address")}))
    before = set(tmp_path.rglob("*"))
    done = tools_image(firmware, tmp_path, *options)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and words in done.stderr, done.stderr
    assert set(tmp_path.rglob("*")) == before


def test_an_old_image_of_that_name_becomes_readable_by_its_owner_only(tmp_path):
    out = tmp_path / "x.bin"
    out.write_bytes(b"old")
    out.chmod(0o644)
    image.save(out, b"new")
    assert out.read_bytes() == b"new" and out.stat().st_mode & 0o777 == 0o600


def expected(identity):
    return dict(
        boards.files(boards.read("ESP32_GENERIC")),
        **{
            "/boot.py": image._BOOT,
            "/device.json": json.dumps(identity).encode(),
            "/config.json": json.dumps(SETTINGS, separators=(",", ":")).encode(),
        },
    )


def image_tool(*args):
    """mp-image-tool-esp32, as its authors made it."""
    code = "import sys; from mp_image_tool_esp32 import main; sys.argv[0] = 'x'; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=60,
        env=dict(os.environ, PYTHONPATH=str(real_firmware.FOLDER / "site"), COLUMNS="200"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_image_is_the_firmware_then_the_files_then_the_end_of_a_4_mb_flash(firmware, made):
    data, original = made[0].read_bytes(), firmware.read_bytes()
    assert len(data) == 0x400000 - 0x1000
    assert data[: len(original)] == original
    assert set(data[len(original) : 0x200000 - 0x1000]) == {0xFF}


def test_littlefs_python_reads_every_file_byte_for_byte(made):
    data = made[0].read_bytes()
    assert read_back(data[0x200000 - 0x1000 :], 512) == expected(made[1])


def test_mp_image_tool_reads_partitions_and_files_byte_for_byte(firmware, made, tmp_path):
    listing = image_tool(made[0], "--check-app")
    assert "Hash confirmed" in listing and "mismatch" not in listing.lower()
    image_tool(made[0], "--read", "vfs=%s" % (tmp_path / "vfs.bin"))
    assert read_back((tmp_path / "vfs.bin").read_bytes(), 512) == expected(made[1])
    image_tool(made[0], "--fs", "get", "/", tmp_path / "out")
    found = {
        "/" + str(p.relative_to(tmp_path / "out")): p.read_bytes()
        for p in (tmp_path / "out").rglob("*")
        if p.is_file()
    }
    assert found == expected(made[1])


def test_the_partition_table_is_the_firmwares_own(firmware):
    parsed = esp_firmware.parse(firmware.read_bytes())
    assert (parsed.chip, parsed.base, parsed.flash, parsed.version) == ("ESP32", 0x1000, 4 << 20, (1, 23, 0))
    assert [(p.name, p.offset, p.size) for p in parsed.partitions] == [
        ("nvs", 0x9000, 0x6000),
        ("phy_init", 0xF000, 0x1000),
        ("factory", 0x10000, 0x1F0000),
        ("vfs", 0x200000, 0x200000),
    ]


def test_the_board_boots_the_image_into_the_agent(made, board):
    board.cut()
    board.image.write_bytes(made[0].read_bytes()[0x200000 - 0x1000 :])
    board.world(wifi=[{"ssid": "home", "password": "homehome1"}])
    board.power_on()
    board.wait_for("Wanbeacon on Generic ESP32")
    board.wait_for("Wi-Fi home, address 192.168.1.50")
    assert "Traceback" not in board.log


def test_the_board_boots_a_releases_image_and_makes_itself_a_name(board):
    board.cut()
    data = image.without_firmware(boards.read("ESP32_GENERIC"))
    board.image.write_bytes(data + bytes(0x200000 - len(data)))
    board.power_on()
    board.wait_for("Wanbeacon on Generic ESP32")
    board.wait_for("password")
    assert "Traceback" not in board.log


def test_the_same_input_gives_the_same_bytes(firmware):
    parsed = esp_firmware.parse(firmware.read_bytes())
    files = boards.files(boards.read("ESP32_GENERIC"))
    assert image.build(parsed, 4 << 20, files) == image.build(parsed, 4 << 20, dict(reversed(files.items())))


def without_vfs_row(data):
    """The firmware as later versions of MicroPython are: no row for the files."""
    import hashlib

    at = 0x8000 - 0x1000
    table = data[at : at + 96]
    return (
        data[:at]
        + table
        + b"\xeb\xeb"
        + b"\xff" * 14
        + hashlib.md5(table).digest()
        + b"\xff" * 32
        + data[at + 160 :]
    )


def test_a_table_without_a_row_for_files_uses_what_is_left_of_the_flash(firmware):
    parsed = esp_firmware.parse(without_vfs_row(firmware.read_bytes()))
    assert parsed.filesystem(4 << 20) == (0x200000, 0x200000)
    assert parsed.filesystem(16 << 20) == (0x200000, 0xE00000)
    assert len(image.build(parsed, 8 << 20, {"/main.py": b"1"})) == (8 << 20) - 0x1000


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda d: b"UF2\n" + d[4:], "UF2"),
        (lambda d: b"\0" + d[1:], "no ESP32 firmware"),
        (lambda d: d[:0x7000] + b"\xff" * 32 + d[0x7020:], "no partition table"),
        (lambda d: d[: 0x7000 + 5] + b"\0" + d[0x7000 + 6 :], "damaged partition table"),
        (lambda d: d[:0xF000] + b"\xff" + d[0xF001:], "incomplete"),
        (lambda d: d.replace(b" on 2024-06-02", b" in 2024-06-02"), "holds no MicroPython"),
    ],
)
def test_what_is_no_firmware_is_refused_in_words(firmware, change, words):
    with pytest.raises(UserError, match=words):
        esp_firmware.parse(change(firmware.read_bytes()))


def test_another_chip_too_little_flash_and_too_many_files_are_refused(firmware):
    parsed = esp_firmware.parse(firmware.read_bytes())
    with pytest.raises(UserError, match="firmware is for ESP32, ESP32_GENERIC_C3 has ESP32-C3"):
        image.check(parsed, boards.read("ESP32_GENERIC_C3"))
    with pytest.raises(UserError, match="made for 4 MB of flash, the board has 2 MB"):
        parsed.filesystem(2 << 20)
    with pytest.raises(UserError, match="file system has 2048 KB"):
        image.build(parsed, 4 << 20, {"/big": bytes(3 << 20)})
    old = esp_firmware.parse(firmware.read_bytes().replace(b"v1.23.0 on", b"v1.22.0 on"))
    with pytest.raises(UserError, match=r"1\.22\.0; the agent needs 1\.23"):
        image.check(old, boards.read("ESP32_GENERIC"))


class Chip:
    """esptool's library as esp_port.py uses it, with a chip that is not there. What it cannot show: that a
    real one answers."""

    CHIP_NAME = "ESP32"

    def __init__(self, size="4MB"):
        self.size, self.written = size, []

    def run_stub(self, chip):
        return chip

    def detect_chip(self, port):
        if port == "silent":
            import esptool

            raise esptool.FatalError(
                "Failed to connect to Espressif device: No serial data received.\nFor troubleshooting..."
            )
        return self

    def attach_flash(self, chip):
        pass

    def detect_flash_size(self, chip):
        return self.size

    def write_flash(self, chip, rows, compress):
        self.written += rows

    def reset_chip(self, chip, mode):
        self.written.append(mode)


def test_esptool_has_what_the_port_uses():
    import inspect

    from esptool import cmds

    for name in ("run_stub", "detect_chip", "attach_flash", "detect_flash_size", "write_flash", "reset_chip"):
        assert callable(getattr(cmds, name)), name
    assert list(inspect.signature(cmds.write_flash).parameters)[:2] == ["esp", "addr_data"]


def test_writing_checks_chip_and_flash_first(firmware, monkeypatch, tmp_path):
    import esptool

    from tools.device import esp_port

    def port(chip, name="/dev/x", wanted="ESP32"):
        monkeypatch.setattr(esptool, "cmds", chip)
        return esp_port.Port(name, wanted)

    with pytest.raises(UserError, match="hold BOOT while you press RESET"):
        port(Chip(), "silent")
    with pytest.raises(UserError, match="has the chip ESP32, the firmware is for ESP32-C3"):
        port(Chip(), wanted="ESP32-C3")
    with pytest.raises(UserError, match="say it with --flash"):
        port(Chip("unknown"))
    chip = Chip("8MB")
    one = port(chip)
    assert one.flash_mb == 8
    one.write(0x1000, b"image", None)
    assert chip.written == [(0x1000, b"image"), "hard-reset"]


def test_the_label_holds_name_password_and_a_code_to_join(made, tmp_path):
    from tools.build import label

    svg = (made[0].parent / "label.svg").read_text()
    assert (
        made[1]["name"] in svg and made[1]["ap_password"] in svg and "<path" in svg and svg.startswith("<svg")
    )
    assert label.wifi_qr({"name": "a;b", "ap_password": 'x"\\:y'}) == 'WIFI:T:WPA;S:a\\;b;P:x\\"\\\\\\:y;;'
    (tmp_path / "d.json").write_text('{"name": "N", "ap_password": "short"}')
    with pytest.raises(UserError, match="8 to 63 characters"):
        label.identity(tmp_path / "d.json")
    assert label.new()["ap_password"] != label.new()["ap_password"]
    fresh = tmp_path / "new.json"
    assert label.identity(fresh) == label.identity(fresh)
    assert fresh.stat().st_mode & 0o077 == 0
