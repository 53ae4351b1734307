# SPDX-License-Identifier: MIT
"""Reads a MicroPython firmware file for ESP32 chips: chip, version, partitions, where its file system goes.
Writes none.

Formats: ESP-IDF "Firmware Image Format" (the header's first byte 0xE9) and "Partition Tables" (32-byte rows,
magic 0xAA50, an MD5 row 0xEBEB). A firmware file starts with the second-stage bootloader, whose place in
flash depends on the chip."""

import hashlib
import re
import struct
from dataclasses import dataclass

from .. import UserError

BLOCK = 4096
_TABLE_AT = 0x8000
#: chip id in the header -> (chip, flash offset of the bootloader)
_CHIPS = {
    0: ("ESP32", 0x1000),
    2: ("ESP32-S2", 0x1000),
    5: ("ESP32-C3", 0),
    9: ("ESP32-S3", 0),
    12: ("ESP32-C2", 0),
    13: ("ESP32-C6", 0),
    16: ("ESP32-H2", 0),
    18: ("ESP32-P4", 0x2000),
}
_BANNER = re.compile(rb"v(\d+)\.(\d+)\.(\d+)[-+.\w]* on 20\d\d-\d\d-\d\d")


@dataclass
class Partition:
    name: str
    kind: int
    subtype: int
    offset: int
    size: int

    @property
    def end(self):
        return self.offset + self.size


@dataclass
class Firmware:
    """data: the file; base: its place in flash; flash: bytes of flash its header says; version: (1, 23,
    0)."""

    data: bytes
    chip: str
    base: int
    flash: int
    version: tuple
    partitions: list

    def filesystem(self, flash):
        """(offset, size) of the LittleFS in a flash of so many bytes; UserError when it has no place.

        Stock tables of MicroPython up to 1.24 or so have a row "vfs"; later ones have none, and the firmware
        takes what lies between the last row and the end of the flash."""
        last = max(p.end for p in self.partitions)
        if last > flash:
            raise UserError(
                "this firmware is made for %d MB of flash, the board has %d MB; take one for smaller flash"
                % (-(-last // 1048576), flash // 1048576)
            )
        for p in self.partitions:
            if p.name == "ffat":
                raise UserError(
                    "this firmware keeps its files on FAT (a UF2 build); take the one without UF2"
                )
        rows = [p for p in self.partitions if p.name == "vfs"]
        offset, size = (rows[0].offset, rows[0].size) if rows else (last, flash - last)
        if size < 64 * BLOCK:
            raise UserError(
                "this firmware leaves %d KB of the flash for files; that is too little" % (size // 1024)
            )
        return offset, size // BLOCK * BLOCK


def parse(data, name="the firmware"):
    """Firmware of a .bin file's bytes; UserError when it is none, damaged or too old."""
    if data[:4] == b"UF2\n":
        raise UserError(
            "%s is a UF2 file, which keeps its files on FAT; take the .bin of the same board" % name
        )
    if len(data) < 0x9000 or data[0] != 0xE9:
        raise UserError(
            "%s is no ESP32 firmware; take the .bin for your board from micropython.org/download" % name
        )
    chip_id = struct.unpack_from("<H", data, 12)[0]
    if chip_id not in _CHIPS:
        raise UserError("%s is for an ESP chip this tool does not know (id %d)" % (name, chip_id))
    chip, base = _CHIPS[chip_id]
    partitions = _table(data, _TABLE_AT - base, name)
    found = _BANNER.search(data)
    if not found:
        raise UserError(
            "%s holds no MicroPython; take the .bin for your board from micropython.org/download" % name
        )
    apps = [p for p in partitions if p.kind == 0]
    if not apps or data[apps[0].offset - base :][:1] != b"\xe9":
        raise UserError("%s has no program where its partition table says; it is incomplete" % name)
    flash = 1048576 << (data[3] >> 4)
    return Firmware(data, chip, base, flash, tuple(map(int, found.groups())), partitions)


def _table(data, at, name):
    rows = []
    for row in (data[i : i + 32] for i in range(at, at + 0xC00, 32)):
        magic = row[:2]
        if magic == b"\xaa\x50":
            kind, subtype, offset, size, label = struct.unpack_from("<BBII16s", row, 2)
            rows.append(
                Partition(label.rstrip(b"\0").decode("ascii", "replace"), kind, subtype, offset, size)
            )
            continue
        if magic == b"\xeb\xeb" and row[16:] != hashlib.md5(data[at : at + 32 * len(rows)]).digest():
            raise UserError("%s has a damaged partition table; download it again" % name)
        break
    if not rows:
        raise UserError(
            "%s has no partition table; take the full .bin, not the application alone (.app-bin)" % name
        )
    return rows
