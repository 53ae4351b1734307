# SPDX-License-Identifier: MIT
"""Improv over serial: the frames of host_tests/data/improv-frames.txt, each way, byte by byte."""

import asyncio
import os
import sys

if sys.implementation.name == "micropython":
    sys.path.append("host_tests/shims")  # `machine` and `network` of an ESP32; CPython has them on its path

import network  # noqa: E402
from wanbeacon.app import improv_serial as improv
from wanbeacon.app import improv_steps  # noqa: E402
from wanbeacon.board.esp32 import board as esp32  # noqa: E402
from wanbeacon.board.esp32 import files  # noqa: E402

FRAMES = {}
with open("host_tests/data/improv-frames.txt") as rows:
    for row in rows:
        if row[:1] != "#":
            what, _, data = row.strip().partition(" = ")
            FRAMES[what] = bytes([int(data[i : i + 2], 16) for i in range(0, len(data), 2)])
URL = b"http://192.168.1.50"


class Link:
    """A link that joins what it is told to when the password is right."""

    def __init__(self):
        self.networks, self.word, self.nic, self.ip = (), "no link", self, None

    def disconnect(self):
        self.ip = None

    def change(self, networks):
        self.networks = networks
        right = [one for one in networks if one.get("password", "") in ("", "secret12")]
        self.ip, self.word = (b"192.168.1.50", "no link") if right else (None, "wrong password")

    def address(self):
        return self.ip


class Device:
    """As much of app/board_main.Device and its Board as Improv asks for."""

    cfg = portal = None
    problems = ()

    def __init__(self):
        self.board, self.link, self.pins, self.said = self, Link(), {}, []

    def own_name(self):
        return "wanbeacon-1"

    def lan_address(self):
        return self.link.address()

    def connect(self, cfg):
        self.link.change(cfg["wifi"])
        return self.link

    def say(self, text):
        self.said.append(text)


def read(data, reader=None):
    """What a reader takes `data` for."""
    reader = reader or improv.Reader()
    return [found for found in [reader.take(byte) for byte in data] if found is not None]


def talk(device, *frames):
    """What a device answers, each frame without the line ends around it."""
    out = []
    client = improv.Improv(device, out.append)

    async def all_of_them():
        for one in frames:
            for kind, data in read(one):
                await client.answer(kind, data)

    asyncio.run(all_of_them())
    frames, data = [], b"".join(out)
    while data:
        size = 12 + data[9]
        assert data[:1] == b"\n" and data[size - 1 : size] == b"\n"
        frames.append(data[1 : size - 1])
        data = data[size:]
    return frames


def clean():
    try:
        os.remove(esp32.CONFIG)
    except OSError:
        pass


esp32.CONFIG = "/tmp/wanbeacon-improv-%s.json" % "".join(["%02x" % b for b in os.urandom(6)])


def test_all_28_frames_are_there():
    assert len(FRAMES) == 28


def test_every_frame_of_a_device_is_made_as_it_was_recorded():
    state = improv.NOW
    error = improv.ERROR
    made = {
        "ready": improv.frame(state, b"\2"),
        "provisioning": improv.frame(state, b"\3"),
        "provisioned": improv.frame(state, b"\4"),
        "stopped": improv.frame(state, b"\0"),
        "res state URL": improv.result(2, [URL]),
        "res state none": improv.result(2, []),
        "res info": improv.result(3, [b"Wanbeacon", b"0.2.0", b"ESP32-C3", b"wanbeacon-1"]),
        "res net 1": improv.result(4, [b"MyAP", b"-52", b"YES"]),
        "res net 2": improv.result(4, [b"Cafe", b"-71", b"NO"]),
        "res end": improv.result(4, []),
        "res wifi URL": improv.result(1, [URL]),
        "err no connect": improv.frame(error, b"\3"),
        "err unknown": improv.frame(error, b"\2"),
        "err invalid": improv.frame(error, b"\1"),
        "err none": improv.frame(error, b"\0"),
        "res hostname": improv.result(5, [b"wanbeacon-1"]),
        "err hostname": improv.frame(error, b"\5"),
        "res name": improv.result(6, [b"Wanbeacon"]),
        "res net state": improv.result(7, [b"3", URL]),
    }
    for name in made:
        assert made[name] == b"\n" + FRAMES["D " + name] + b"\n", name
    assert len(made) == len([name for name in FRAMES if name[0] == "D"])


def test_every_frame_of_a_client_is_read_whole_and_in_a_row():
    reader = improv.Reader()
    for name in FRAMES:
        if name[0] == "C":
            data = FRAMES[name]
            assert read(data + b"\n", reader) == [(3, data[9:-1])], name
    both = FRAMES["C scan"] + FRAMES["C get info"]
    assert [data[0] for _, data in read(both)] == [4, 3]


def test_no_result_has_a_length_of_ten_which_the_client_takes_for_a_line_end():
    for n in range(40):
        assert improv.result(5, [b"x" * n])[9] != 10


def test_what_is_damaged_is_said_and_the_next_frame_is_read():
    data = FRAMES["C scan"]
    reader = improv.Reader()
    assert read(data[:-1] + b"\0\n", reader) == [(None, b"\4\0")]
    assert read(data + b"\n", reader) == [(3, b"\4\0")]
    assert read(data[:8] + b"\xff" + b"x" * 300 + b"\n", reader) == [(None, b"")]
    assert read(data, reader) == [(3, b"\4\0")]
    assert read(b"IMPR", reader) == []
    reader.gap()
    assert read(b"\n\0\xff" + data, reader) == [(3, b"\4\0")]
    assert read(b"IMPROW and more\n", reader) == []
    assert read(data, reader) == [(3, b"\4\0")]


def test_a_command_that_lost_its_ctrl_c_at_the_start_is_passed_over():
    """The SDK takes an error for the end; what it hears no answer to it sends again."""
    for name in FRAMES:
        if name[0] == "C":
            whole = FRAMES[name]
            lost = bytes([byte for byte in whole if byte != 3])
            assert read(lost + b"\n" + whole) == [(3, whole[9:-1])], name


def test_a_first_byte_that_is_not_improvs_gives_the_console_back():
    for data in (b"\r", b"\x03", b"x", b"\x01", b"\x04", b" "):
        assert read(data) == [False], data
    assert read(b"I\r") == [False]


def test_answers_of_a_board_without_wifi():
    clean()
    network._radio.networks = {"MyAP": "secret12"}
    device = Device()
    assert talk(device, FRAMES["C get state"]) == [FRAMES["D ready"]]
    (info,) = talk(device, FRAMES["C get info"])
    assert b"\x09Wanbeacon" in info and info[:7] == b"IMPROV\1"
    first, *_, last = talk(device, FRAMES["C scan"])
    assert b"\4MyAP" in first and b"\3YES" in first and last == FRAMES["D res end"]
    assert talk(device, FRAMES["C hostname get"]) == [FRAMES["D res hostname"]]
    assert talk(device, FRAMES["C net state"]) == [improv.result(7, [b"0"])[1:-1]]
    strange = improv.frame(3, b"\x63\0")[1:-1]
    assert talk(device, strange) == [FRAMES["D err unknown"]]
    assert talk(device, improv.frame(3, b"\4\5")[1:-1]) == [FRAMES["D err invalid"]]


def test_a_network_is_tried_and_kept_or_forgotten():
    clean()
    device = Device()
    wrong = improv.frame(3, b"\1\x0e\4MyAP\x08wrong123")[1:-1]
    start = [FRAMES["D err none"], FRAMES["D provisioning"]]
    assert talk(device, wrong) == start + [FRAMES["D err no connect"], FRAMES["D ready"]]
    assert not device.link.networks and files.read_json(esp32.CONFIG) == {}
    done = talk(device, FRAMES["C wifi"])
    assert done[:3] == start + [FRAMES["D provisioned"]] and done[3][9:11] == b"\1\0"
    assert files.read_json(esp32.CONFIG) == {"wifi": [{"ssid": "MyAP", "password": "secret12"}]}
    talk(device, FRAMES["C wifi open"])
    assert [row["ssid"] for row in files.read_json(esp32.CONFIG)["wifi"]] == ["Cafe", "MyAP"]
    for nonsense in (
        b"",
        b"\0\0",
        b"\4MyAP",
        b"\4MyAP\x09secret12",
        b"\x21" + b"x" * 33 + b"\0",
        b"\2\xff\xfe\0",
    ):
        data = bytes((1, len(nonsense))) + nonsense
        assert FRAMES["D err no connect"] in talk(device, improv.frame(3, data)[1:-1]), nonsense
    assert len(files.read_json(esp32.CONFIG)["wifi"]) == 2
    clean()


def test_a_host_name_is_set_and_a_bad_one_refused():
    clean()
    device = Device()
    assert talk(device, FRAMES["C hostname set"]) == [FRAMES["D res hostname"]]
    assert files.read_json(esp32.CONFIG) == {"device": {"hostname": "wanbeacon-1"}}
    bad = improv.frame(3, b"\5\3a_b")[1:-1]
    assert talk(device, bad) == [FRAMES["D err hostname"]]
    clean()


def test_the_chip_is_named_as_the_installers_page_names_it():
    for machine, chip in (
        ("Generic ESP32 module with ESP32", "ESP32"),
        ("ESP32C3 module with ESP32C3", "ESP32-C3"),
        ("Generic ESP32S3 module with ESP32S3", "ESP32-S3"),
        ("ESP32", "ESP32"),
    ):
        assert improv_steps.chip(machine) == chip
