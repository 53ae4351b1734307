# SPDX-License-Identifier: MIT
"""A router's log and its talk with ubusd about devices, on every interpreter: what goes wrong beside them is
never the agent's end."""

import os
import socket
import struct

from wanbeacon.app.log import Log
from wanbeacon.net import bus, unix
from wanbeacon.net.clock import Clock
from wanbeacon.openwrt import netifd, syslog


def place():
    return "/tmp/wanbeacon-log-%d" % int.from_bytes(os.urandom(4), "big")


def lines(path):
    with open(path) as f:
        return f.read().split("\n")[:-1]


def test_the_newest_lines_are_kept_and_the_file_does_not_grow():
    path = place()
    try:
        log = syslog.Syslog(path, "/nonexistent/log")
        log._send = lambda text: True
        for i in range(syslog.KEEP * 3 - 1):
            log("00:00:00 line %d" % i)
            assert len(lines(path)) < 2 * syslog.KEEP
        again = syslog.Syslog(path, "/nonexistent/log")  # the next run of the agent
        again._send = log._send
        again("00:00:00 last")
        kept = lines(path)
        assert syslog.KEEP <= len(kept) < 2 * syslog.KEEP
        assert kept[-1].endswith("last") and kept[-2].endswith("line %d" % (syslog.KEEP * 3 - 2))
    finally:
        os.remove(path)


def test_each_line_has_its_level_and_a_log_that_is_gone_ends_nothing():
    path, door = place(), place()
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        server.bind(unix.unix_address(door))
        log = syslog.Syslog(path, door)
        for level, number in (("err", 27), ("warn", 28), ("info", 30), ("what", 30)):
            log("a line of any length: " + "x" * 300, level)
            said = server.recv(1000).decode()
            assert said == "<%d>wanbeacon: a line of any length: %s" % (number, "x" * 300)
        server.close()
        os.remove(door)
        assert not log._send("nobody is there")
        server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        server.bind(unix.unix_address(door))
        assert log._send("logd is back") and server.recv(1000) == b"logd is back"
        log.close()
    finally:
        server.close()
        os.remove(door)
        os.remove(path)
    syslog.Syslog("/nonexistent/kept", "/nonexistent/log")("printed instead")


def test_no_line_is_cut_in_the_status_of_a_router():
    """Its status shows the newest lines too; a board has the memory for the beginning of each."""
    clock, said = Clock(), []
    for plenty, kept in ((True, 300), (False, 140)):
        log = Log(clock, lambda line, level: said.append(line), plenty)
        log("x" * 290)
        assert len(log.lines[0]) == min(kept, len(said[-1])) and said[-1].endswith("x" * 290)


def status(payload):
    return struct.pack(">BBHII", 0, 1, 1, 0, 4 + len(payload)) + payload


class Answer:
    """Stands for the socket of netifd's line: hands out these bytes."""

    def __init__(self, data):
        self.data = data

    def send(self, data):
        return len(data)

    def recv(self, size):
        out, self.data = self.data[:size], self.data[size:]
        return out

    def poll(self, ms):
        return True


def line(data):
    return netifd.Line(Answer(data), Answer(b""))


def test_whatever_ubusd_sends_ends_in_an_answer_or_an_oserror():
    good = status(bus.attribute(1, 0))
    seed = 7
    for _ in range(400):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        data = bytearray(struct.pack(">BBHII", 0, 2, 1, 0, 16) + bus.attribute(3, b"\x01") + good)
        for _ in range(seed >> 8 & 3):
            seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
            data[(seed >> 8) % len(data)] = seed >> 16 & 255
        data = bytes(data[: len(data) - (seed >> 20 & 7)])
        try:
            line(data + good * 3).status("network.interface.wan")
        except OSError:
            pass
