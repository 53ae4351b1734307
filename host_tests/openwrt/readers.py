# SPDX-License-Identifier: MIT
"""Reads .ipk and .apk files back, knowing nothing of how we write them: only the formats, as opkg and
apk-tools do.

read_ipk(bytes) -> Ipk(control dict, scripts, conffiles, files); read_apk(bytes) -> Apk(info, scripts, files,
signature). A file is path -> File(mode, owner, mtime, data). Whatever is out of form is an AssertionError."""

import gzip
import hashlib
import io
import struct
import tarfile
import zlib
from dataclasses import dataclass


@dataclass
class File:
    mode: int
    owner: str
    mtime: int
    data: bytes | None  # None: a folder


@dataclass
class Ipk:
    members: list
    control: dict
    scripts: dict
    files: dict


def _untar(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            assert member.isfile() or member.isdir(), member.name
            assert member.name == "." or member.name.startswith("./"), member.name
            owner = "%d:%d%s%s" % (member.uid, member.gid, member.uname, member.gname)
            yield (
                member.name[1:] or "/",
                File(
                    member.mode,
                    owner,
                    member.mtime,
                    archive.extractfile(member).read() if member.isfile() else None,
                ),
            )


def fields(text):
    """Debian-style fields of one paragraph, continuation lines kept."""
    found, last = {}, None
    for line in text.rstrip("\n").split("\n"):
        if line.startswith(" "):
            found[last] += "\n" + line[1:]
        else:
            last, _, value = line.partition(": ")
            assert last not in found, last
            found[last] = value
    return found


def read_ipk(data):
    """The outer archive is a gzip'd tar (opkg's libbb), its members in this order."""
    assert data[:3] == b"\x1f\x8b\x08" and data[4:8] == bytes(4), "gzip with a time stamp"
    outer = list(_untar(gzip.decompress(data)))
    parts = {name: file.data for name, file in outer}
    control = {name[1:]: file for name, file in _untar(gzip.decompress(parts["/control.tar.gz"]))}
    files = list(_untar(gzip.decompress(parts["/data.tar.gz"])))
    assert len({name for name, _ in files}) == len(files), "a path stands twice"
    assert parts["/debian-binary"] == b"2.0\n"
    scripts = {name: file for name, file in control.items() if file.data is not None and name != "control"}
    return Ipk([name for name, _ in outer], fields(control["control"].data.decode()), scripts, dict(files))


# --- apk v3: values are words with 4 bits of type (src/adb.h of apk-tools)

_LENGTHS = {0x8: "<B", 0x9: "<H", 0xA: "<I"}


class Adb:
    """Walks a payload. value(): int, bytes, or a Slots for objects and arrays; None for a null word."""

    def __init__(self, payload):
        compat, version, reserved, self.root = struct.unpack_from("<BBHI", payload)
        assert (compat, version, reserved) == (0, 0, 0)
        self.payload = payload

    def value(self, word):
        kind, at = word >> 28, word & 0xFFFFFFF
        if word == 0:
            return None
        if kind == 0x1:
            return at
        assert at < len(self.payload), "points outside"
        if kind == 0x2:
            assert at % 4 == 0
            return struct.unpack_from("<I", self.payload, at)[0]
        if kind in _LENGTHS:
            size = struct.calcsize(_LENGTHS[kind])
            assert at % size == 0, "a blob's length is not aligned"
            length = struct.unpack_from(_LENGTHS[kind], self.payload, at)[0]
            assert at + size + length <= len(self.payload)
            return self.payload[at + size : at + size + length]
        assert kind in (0xD, 0xE), "type %x" % kind
        assert at % 4 == 0
        count = struct.unpack_from("<I", self.payload, at)[0]
        words = struct.unpack_from("<%dI" % (count - 1), self.payload, at + 4)
        assert kind == 0xD or words[-1] != 0, "a null at an object's end"
        return [self.value(word) for word in words]


def slot(values, number):
    """A field of an object by its number (1-based); absent ones are null."""
    return values[number - 1] if values and number <= len(values) else None


_INFO = {
    1: "name",
    2: "version",
    3: "id",
    4: "description",
    5: "arch",
    6: "license",
    7: "origin",
    8: "maintainer",
    0xC: "size",
    0xF: "depends",
    0x10: "provides",
    0x11: "replaces",
}
_SCRIPTS = {3: "post-install", 4: "pre-deinstall", 5: "post-deinstall", 7: "post-upgrade"}


@dataclass
class Apk:
    payload: bytes
    info: dict
    scripts: dict
    files: dict
    signatures: list  # the SIG blocks' contents
    signed: list  # for each of them, the bytes that the signature is over


def _blocks(data):
    at = 0
    while at < len(data):
        word = struct.unpack_from("<I", data, at)[0]
        kind, size = word >> 30, word & 0x3FFFFFFF
        assert kind != 3 and size >= 4 and at + size <= len(data)
        yield kind, data[at + 4 : at + size]
        end = at + size + -size % 8
        assert not any(data[at + size : end]), "padding is not zero"
        at = end


def read_apk(data):
    """The whole file; hashes and indexes checked on the way."""
    assert data[:4] == b"ADBd"
    plain = zlib.decompress(data[4:], -15)
    assert plain[:4] == b"ADB." and plain[4:8] == b"pckg"
    blocks = list(_blocks(plain[8:]))
    kinds = [kind for kind, _ in blocks]
    assert kinds == sorted(kinds) and kinds.count(0) == 1, "one payload, then signatures, then data"
    payload = blocks[0][1]
    adb = Adb(payload)
    package = adb.value(adb.root)
    info = {name: slot(slot(package, 1), number) for number, name in _INFO.items()}
    # the unique id: the payload's hash with that field blank
    at = payload.find(info["id"])
    blank = payload[:at] + bytes(20) + payload[at + 20 :]
    assert payload.count(info["id"]) == 1 and hashlib.sha256(blank).digest()[:20] == info["id"]
    for key in ("depends", "provides", "replaces"):
        info[key] = [
            b"=".join(filter(None, (slot(one, 1), slot(one, 2)))).decode() for one in info[key] or ()
        ]
    info.update(
        (key, value.decode()) for key, value in info.items() if isinstance(value, bytes) and key != "id"
    )
    contents = {struct.unpack_from("<II", block): block[8:] for kind, block in blocks if kind == 2}
    files, folders, order = {}, [], []
    for i, folder in enumerate(slot(package, 2), 1):
        path = (slot(folder, 1) or b"").decode()
        folders.append(path)
        files["/" + path] = _entry(slot(folder, 2), 0, None)
        names = []
        for j, file in enumerate(slot(folder, 3) or [], 1):
            name, size, content = slot(file, 1).decode(), slot(file, 3), contents.pop((i, j), b"")
            names.append(name)
            order.append((i, j))
            assert len(content) == size and hashlib.sha256(content).digest() == slot(file, 5), name
            files["/" + path + "/" + name] = _entry(slot(file, 2), slot(file, 4), content)
        assert names == sorted(names)
    assert folders == sorted(folders) and folders[0] == "", "folders are sorted, the root first"
    assert not contents, "content that belongs to no file"
    scripts = {name: slot(slot(package, 3), number) for number, name in _SCRIPTS.items()}
    scripts = {name: text.decode() for name, text in scripts.items() if text}
    signatures = [block for kind, block in blocks if kind == 1]
    signed = [b"pckg" + block[:18] + hashlib.sha512(payload).digest() for block in signatures]
    return Apk(payload, info, scripts, files, signatures, signed)


def _entry(acl, mtime, data):
    return File(slot(acl, 1), "%s:%s" % (slot(acl, 2).decode(), slot(acl, 3).decode()), mtime, data)
