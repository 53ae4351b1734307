# SPDX-License-Identifier: MIT
"""boards/: every folder is complete and possible, the manifests freeze what they should, sources run too."""

import json
import os
from pathlib import Path

import pytest

from host_tests.board.web import free_port
from tools import ROOT
from tools.build import boards, manifest
from tools.device import image

#: GPIOs a module has; input only; taken by the flash. From the chips' datasheets.
CHIPS = {
    "ESP32": (set(range(0, 40)) - {20, 24, 28, 29, 30, 31}, {34, 35, 36, 37, 38, 39}, {6, 7, 8, 9, 10, 11}),
    "ESP32-C3": (set(range(0, 22)), set(), {12, 13, 14, 15, 16, 17}),
    "ESP32-S3": (set(range(0, 22)) | set(range(26, 49)), set(), {26, 27, 28, 29, 30, 31, 32}),
}
PHYS = ("LAN8710", "LAN8720", "IP101", "RTL8201", "DP83848", "KSZ8041", "KSZ8081", "W5500")
NAMES = boards.names()


def test_the_boards_of_the_issue_are_there():
    assert set(NAMES) >= {
        "ESP32_GENERIC",
        "ESP32_GENERIC_C3",
        "ESP32_GENERIC_S3",
        "WT32_ETH01",
        "OLIMEX_ESP32_POE",
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_board_is_described_with_pins_its_chip_has(name):
    board = boards.read(name)
    assert set(board) == {"name", "product", "firmware", "chip", "flash", "device"}
    pins, inputs, taken = CHIPS[board["chip"]]
    device = board["device"]
    assert set(device) <= {"led", "button", "lan"}
    lan = device.get("lan", {})
    out = [device[key]["pin"] for key in ("led",) if key in device] + [
        lan[key] for key in ("mdc", "mdio", "power", "reset") if key in lan
    ]
    used = (
        out
        + [lan[key] for key in ("ref_clk", "cs", "int") if key in lan]
        + ([device["button"]["pin"]] if "button" in device else [])
    )
    assert len(set(used)) == len(used), "a pin is used twice"
    assert set(used) <= pins - taken and not set(out) & inputs
    if "button" in device and device["button"]["pin"] in inputs:
        assert device["button"]["pull"] is False, "this pin has no pull-up inside"
    if lan:
        assert lan["phy"] in PHYS and (lan.get("ref_clk_mode") in ("in", "out") or lan["phy"] == "W5500")


@pytest.mark.parametrize("name", NAMES)
def test_the_manifest_freezes_the_agent_and_nothing_for_linux(name):
    frozen, before = [], os.getcwd()

    def include(path):
        if path.startswith("$("):
            frozen.append(path)
            return
        full, back = os.path.abspath(path), os.getcwd()
        os.chdir(os.path.dirname(full))  # as MicroPython's manifestfile.py does
        try:
            exec(
                Path(full).read_text(),
                {"include": include, "package": package, "module": lambda *a, **k: None},
            )
        finally:
            os.chdir(back)

    def package(name, files, base_path, opt):
        frozen.extend(
            os.path.join(name, file) for file in files if os.path.isfile(os.path.join(base_path, name, file))
        )
        assert all(os.path.isfile(os.path.join(base_path, name, file)) for file in files)

    try:
        include(str(ROOT / "boards" / name / "manifest.py"))
    finally:
        os.chdir(before)
    assert frozen[0] == "$(PORT_DIR)/boards/manifest.py"
    assert frozen[1:] == manifest.modules("board", str(ROOT / "firmware")), (
        "the same modules as `tools flash` copies"
    )


def test_sources_run_on_a_board_with_a_cable(board):
    """What a developer copies by hand: the files as a checkout has them, none of them compiled; without what
    does not fit into 2 MB beside them: the authorities, and the broker, which is not configured here."""
    kind = boards.read("WT32_ETH01")
    names = manifest.files("board", str(ROOT / "firmware"))
    names = [one for one in names if not any(part in one for part in ("/roots/", "/mqtt"))]
    files = {"/lib/" + name: (ROOT / "firmware" / name).read_bytes() for name in names if name != "main.py"}
    files["/lib/board.json"] = json.dumps(kind["device"]).encode()
    files["/main.py"] = (ROOT / "firmware/main.py").read_bytes()
    board.cut()
    board.image.write_bytes(image.filesystem(board.image.stat().st_size, files))
    board.world(cable=True, names={"192.168.4.1:53": ["127.0.0.1", 0]}, ports={"80": free_port()})
    since = board.mark()
    board.power_on()
    board.wait_for("this device has no settings yet", since=since)
    board.wait_for("set-up mode: Wi-Fi Wanbeacon-0001", since=since)
    board.wait_event("lan .*phy_addr=1.*")
    board.wait_for("cable, address 192.168.1.50", since=since)
