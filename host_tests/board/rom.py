# SPDX-License-Identifier: MIT
"""As much of an ESP32's ROM loader and flasher stub as esptool-js asks for: SLIP packets in and out,
flash as a bytearray.

Commands and answers as in Espressif's "Serial Protocol" (esptool documentation)."""

import hashlib
import struct
import zlib

FLASH = 4 << 20
SYNC, MEM_BEGIN, MEM_END, MEM_DATA, WRITE_REG, READ_REG = 0x08, 0x05, 0x06, 0x07, 0x09, 0x0A
DEFL_BEGIN, DEFL_DATA, DEFL_END, MD5, ERASE = 0x10, 0x11, 0x12, 0x13, 0xD0
#: What is read before the stub runs: the chip's magic number, a 40 MHz crystal at 115200 baud, "the SPI
#: command is done", and what a 4 MB flash calls itself.
REGISTERS = {0x40001000: 0x00F01D83, 0x3FF40014: 347, 0x3FF42000: 0, 0x3FF42080: 0x1640C8}


def slip(data):
    return b"\xc0" + data.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


class Loader:
    """The loader after a reset into download mode. flash: bytearray of FLASH bytes; erased, written: what
    was done to it."""

    def __init__(self, flash):
        self.flash, self.got, self.erased, self.written = flash, b"", False, []
        self.stream = None  # (inflater, where it writes next)

    def take(self, data):
        """Bytes from the computer; returns the answer's bytes."""
        self.got += data
        out = b""
        while self.got.count(b"\xc0") >= 2:
            packet, _, self.got = self.got.partition(b"\xc0")[2].partition(b"\xc0")
            packet = packet.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
            if len(packet) >= 8 and packet[0] == 0:
                out += self._command(packet[1], packet[8:])
        return out

    def _command(self, op, data):
        value, body, after, times = 0, b"", b"", 1
        if op == SYNC:
            value, times = 0x20120707, 8  # not 0: that would be a stub that runs already
        elif op == READ_REG:
            value = REGISTERS.get(struct.unpack("<I", data[:4])[0], 0)
        elif op == MEM_END:
            after = slip(b"OHAI")  # the stub runs
        elif op == ERASE:
            self.flash[:] = b"\xff" * len(self.flash)
            self.erased = True
        elif op == DEFL_BEGIN:
            size, _, _, offset = struct.unpack("<IIII", data[:16])
            self.written.append((offset, size))
            self.stream = zlib.decompressobj(), offset
        elif op == DEFL_DATA:
            size = struct.unpack("<I", data[:4])[0]
            self._write(self.stream[0].decompress(data[16 : 16 + size]))
        elif op == DEFL_END:
            self._write(self.stream[0].flush())
            assert self.stream[0].eof, "the image was cut"
        elif op == MD5:
            offset, size = struct.unpack("<II", data[:8])
            body = hashlib.md5(self.flash[offset : offset + size]).digest()
        answer = struct.pack("<BBHI", 1, op, len(body) + 2, value) + body + b"\0\0"
        return slip(answer) * times + after

    def _write(self, data):
        inflater, at = self.stream
        self.flash[at : at + len(data)] = data
        self.stream = inflater, at + len(data)
