# SPDX-License-Identifier: MIT
"""The ids that JSON APIs gave our records: zone, record, TTL and whatever else would take one more look-up.
One file with a CRC; losing it costs that look-up, so there is no second slot.

File: "WBi", version, then for each record a byte with its length, 9 bytes of key (fingerprint of the host's
settings and family) and the texts, each ended by a zero byte; CRC-32 behind the last.
"""

import binascii
import struct

_HEAD = b"WBi\x01"
_KEY = 9
MOST = 100  # records kept, newest last: 50 hosts of both families
SIZE_MAX = 6144  # bytes of the file: it is read into a board's heap
ROW_MAX = 250  # bytes of one record's texts; more is not kept and looked up each time


class Ids:
    """slot: read() -> bytes or None, write(bytes);
    what it raises (OSError) counts as an empty file when reading."""

    def __init__(self, slot):
        self.slot = slot
        self.rows = []
        self.changed = False
        try:
            image = slot.read()
        except OSError:
            image = None
        if image and len(image) <= SIZE_MAX:
            self._decode(bytes(image))

    def _decode(self, image):
        end, at = len(image) - 4, len(_HEAD)
        if (
            end < at
            or image[:at] != _HEAD
            or struct.unpack_from(">I", image, end)[0] != binascii.crc32(image[:end]) & 0xFFFFFFFF
        ):
            return
        while at < end:
            size = image[at]
            self.rows.append(image[at + 1 : at + 1 + size])
            at += 1 + size

    def get(self, key):
        """The texts kept for a key (9 bytes), or None."""
        for row in self.rows:
            if row[:_KEY] == key:
                try:
                    return row[_KEY:].decode().split("\0")[:-1]
                except ValueError:  # right CRC, wrong content: written by something else
                    return None
        return None

    def put(self, key, texts):
        """Keep texts for a key. Texts that have not changed are not written again: flash
        wears."""
        row = key + b"".join([t.encode() + b"\0" for t in texts])
        if row in self.rows:
            return
        self.drop(key)
        if len(row) <= ROW_MAX and not [t for t in texts if "\0" in t]:
            self.rows.append(row)
            self.changed = True

    def drop(self, key):
        """Forget a key."""
        for row in self.rows:
            if row[:_KEY] == key:
                self.rows.remove(row)
                self.changed = True
                return

    def save(self):
        """Write the file if something changed. Raises OSError."""
        if not self.changed:
            return
        rows, size = self.rows[-MOST:], 0
        out = bytearray(_HEAD)
        for row in rows:
            size += 1 + len(row)
        while size > SIZE_MAX - 8:
            size -= 1 + len(rows.pop(0))
        for row in rows:
            out.append(len(row))
            out.extend(row)
        out.extend(struct.pack(">I", binascii.crc32(out) & 0xFFFFFFFF))
        self.slot.write(out)
        self.changed = False
