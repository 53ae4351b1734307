# SPDX-License-Identifier: MIT
"""The signed bundle of a version, read as it arrives: nothing of it is kept in memory, and no file of it is
written before the list of all files was found signed.

    WBU1                       4 bytes
    signature                  384 bytes: RSA-3072, over the list
    length of the list         4 bytes, big-endian
    list                       text: "wanbeacon VERSION esp32", then "path size sha256" for each file
    the files                  one after the other, in the order of the list

A sink of net/wire.py."""

import binascii
import hashlib
import os

from wanbeacon.app.upgrade import KEY_SIZE, Refused
from wanbeacon.core.signature import verified

_MAGIC = b"WBU1"
_HEAD = len(_MAGIC) + KEY_SIZE + 4
LIST_MAX = 32768
#: Bytes that stay free in the flash: LittleFS copies blocks, and the journal must go on.
SPARE = 64 * 1024
#: Folders of a slot that are ours to empty; /lib/board.json and what else a user put there stays.
OURS = ("wanbeacon", "catalogue")
_PATH_MAX = 120
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
_LIST = ".list"


class Reader:
    """slot: folder that gets the files, emptied first. feed() takes the bundle in pieces; end() gives its
    version. Both raise Refused; OSError of the flash becomes that too."""

    def __init__(self, slot, keys):
        self.slot, self.keys = slot, keys
        self.head = bytearray()
        self.left = _HEAD
        self.file = self.list = self.sum = self.digest = self.version = None
        self.step = self._signed_part
        make(slot)
        for name in OURS:
            clear(slot + "/" + name)

    def feed(self, data):
        try:
            while data:
                if not self.step:
                    raise Refused("upgrade.bundle")
                part = data[: self.left]
                data = data[len(part) :]
                self.left -= len(part)
                if self.file:
                    self.file.write(part)
                    self.sum.update(part)
                else:
                    self.head.extend(part)
                while not self.left and self.step:
                    self.step()
        except OSError as e:
            self.close()
            raise Refused("upgrade.flash", str(e))
        except (ValueError, IndexError):  # UnicodeError too: a list that is signed and no list
            self.close()
            raise Refused("upgrade.bundle")

    def end(self):
        """The version; Refused when the bundle was cut off."""
        whole = not self.step
        self.close()
        if not whole:
            raise Refused("upgrade.bundle")
        return self.version

    def close(self):
        """Let go of its files."""
        for one in (self.file, self.list):
            if one:
                one.close()
        self.file = self.list = None

    def _write(self, path, size):
        self.file, self.sum, self.left = open(path, "wb"), hashlib.sha256(), size

    # ---- steps: what to do when the part before is complete

    def _signed_part(self):
        """The head is here: now the list."""
        size = int.from_bytes(self.head[-4:], "big")
        if self.head[:4] != _MAGIC or not 0 < size <= LIST_MAX:
            raise Refused("upgrade.bundle")
        self._write(self.slot + "/" + _LIST, size)
        self.step = self._verify

    def _verify(self):
        """The list is here: signed? Does all of it fit?"""
        self.file.close()
        self.file = None
        digest, signature = self.sum.digest(), bytes(self.head[4 : 4 + KEY_SIZE])
        self.head = bytearray()
        if not [key for key in self.keys if verified(key, signature, digest)]:
            raise Refused("upgrade.signature")
        self.list = open(self.slot + "/" + _LIST)
        first = self.list.readline().split()
        if len(first) != 3 or first[0] != "wanbeacon" or first[2] != "esp32":
            raise Refused("upgrade.other", " ".join(first)[:40])
        self.version = first[1]
        block, _, _, free = os.statvfs(self.slot)[:4]
        need, before = 0, ""
        for line in self.list:
            path, size, digest = row(line)
            if path <= before:  # sorted, so none is there twice
                raise ValueError
            before = path
            need += size // block + 1
        if need * block + SPARE > free * block:
            raise Refused("upgrade.full", need * block // 1024)
        self.list.seek(0)
        self.list.readline()
        self._next()

    def _file(self):
        """A file is here: is it the one of the list?"""
        self.file.close()
        self.file = None
        if self.sum.digest() != self.digest:
            raise Refused("upgrade.bundle")
        self._next()

    def _next(self):
        line = self.list.readline()
        if not line:
            self.list.close()
            self.list = self.step = None
            os.remove(self.slot + "/" + _LIST)
            return
        path, size, self.digest = row(line)
        at = path.find("/")
        while at > 0:
            make(self.slot + "/" + path[:at])
            at = path.find("/", at + 1)
        self._write(self.slot + "/" + path, size)
        self.step = self._file


def row(line):
    """(path, size, digest as bytes) of a line of the list. Raises ValueError: for a path that leads
    elsewhere, too."""
    path, size, digest = line.split()
    parts = path.split("/")
    if parts[0] not in OURS or not parts[1:] or len(path) > _PATH_MAX or not size.isdigit() or len(size) > 7:
        raise ValueError
    for part in parts:
        if part[:1] in ("", ".") or [c for c in part if c not in _LETTERS]:
            raise ValueError
    digest = binascii.unhexlify(digest)
    if len(digest) != 32:
        raise ValueError
    return path, int(size), digest


def make(folder):
    """The folder, made when missing. Raises OSError."""
    try:
        os.mkdir(folder)
    except OSError as e:
        if e.errno != 17:
            raise


def clear(path):
    """Remove a file or a folder with all in it; missing is well. Raises OSError."""
    try:
        kind = os.stat(path)[0]
    except OSError:
        return
    if not kind & 0x4000:
        return os.remove(path)
    for name in os.listdir(path):
        clear(path + "/" + name)
    os.rmdir(path)
