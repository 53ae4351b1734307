# SPDX-License-Identifier: MIT
# The signed bundle of a board's upgrade: what is damaged, cut off, foreign or too large is refused, and
# nothing of it is written before its list was found signed. host_tests/data/upgrade-bundles.json: signed with
# a key that is lost.
import gc
import hashlib
import json
import os

import ubinascii
from wanbeacon.app import upgrade_bundle
from wanbeacon.app.upgrade import Refused, number, place
from wanbeacon.core.signature import verified

WORDS = b"a = b\n" * 20
HEAD = 4 + 384 + 4

with open("host_tests/data/upgrade-bundles.json") as f:
    BUNDLES = {name: ubinascii.unhexlify(text) for name, text in json.load(f).items()}
KEY = BUNDLES["key"]


class Folder:
    """A slot in a new folder; .files(): {path: bytes} of what is in it."""

    def __init__(self):
        self.path = "/tmp/wanbeacon-slot-%d" % int.from_bytes(os.urandom(3), "big")

    def __enter__(self):
        os.mkdir(self.path)
        return self

    def __exit__(self, *_):
        upgrade_bundle.clear(self.path)

    def files(self, below=""):
        found = {}
        for name in os.listdir(self.path + "/" + below):
            path = below + "/" + name if below else name
            if os.stat(self.path + "/" + path)[0] & 0x4000:
                found.update(self.files(path))
            else:
                with open(self.path + "/" + path, "rb") as f:
                    found[path] = f.read()
        return found


def read(data, piece=128, keys=(KEY,), spare=0):
    """(version or the Refused's args, files of the slot) of a bundle that arrives in pieces."""
    before, upgrade_bundle.SPARE = upgrade_bundle.SPARE, spare
    try:
        with Folder() as slot:
            reader = upgrade_bundle.Reader(slot.path, keys)
            try:
                for at in range(0, len(data), piece):
                    reader.feed(data[at : at + piece])
                result = reader.end()
            except Refused as e:
                reader.close()
                result = e.args
            return result, slot.files()
    finally:
        upgrade_bundle.SPARE = before


def code_files(files):
    return [name for name in files if name != ".list"]


def test_a_good_bundle_in_pieces_of_any_size():
    for piece in (1, 7, 128, 5000):
        version, files = read(BUNDLES["good"], piece)
        assert version == "0.3.0"
        assert files == {
            "wanbeacon/__init__.mpy": b"new code",
            "catalogue/words.txt": WORDS,
            "catalogue/empty": b"",
        }


def test_the_second_key_is_as_good():
    other = bytes([KEY[0]]) + bytes([b ^ 1 for b in KEY[1:]])
    assert read(BUNDLES["good"], keys=(other, KEY))[0] == "0.3.0"
    assert read(BUNDLES["good"], keys=(other,))[0] == ("upgrade.signature",)


def test_cut_off_anywhere():
    data = BUNDLES["good"]
    for size in list(range(0, 8)) + list(range(380, len(data), 13)) + [len(data) - 1]:
        result, files = read(data[:size], 5000)
        assert result == ("upgrade.bundle",), size
        if size < HEAD + 100:
            assert code_files(files) == [], size


def test_one_bit_changed_anywhere_before_the_files_writes_none():
    data = BUNDLES["good"]
    size = HEAD + int.from_bytes(data[HEAD - 4 : HEAD], "big")
    for at in range(0, size, 5):
        changed = bytearray(data)
        changed[at] ^= 4
        result, files = read(bytes(changed), 5000)
        assert result in (("upgrade.bundle",), ("upgrade.signature",)), at
        assert code_files(files) == [], at


def test_one_bit_changed_in_a_file():
    data = bytearray(BUNDLES["good"])
    data[-1] ^= 1
    assert read(bytes(data))[0] == ("upgrade.bundle",)


def test_files_swapped():
    data = BUNDLES["good"]
    start = len(data) - len(WORDS) - len(b"new code")
    assert read(data[:start] + b"new code" + WORDS)[0] == ("upgrade.bundle",)


def test_more_than_the_list_names():
    assert read(BUNDLES["good"] + b"x")[0] == ("upgrade.bundle",)


def test_a_download_without_end_is_refused_at_its_head():
    result, files = read(b"WBU1" + bytes(384) + b"\xff\xff\xff\xff" + bytes(4000))
    assert result == ("upgrade.bundle",) and not files


def test_what_is_signed_for_something_else():
    assert read(BUNDLES["other device"])[0] == ("upgrade.other", "wanbeacon 0.3.0 esp8266")
    for name in ("climbing path", "foreign path", "absolute path"):
        result, files = read(BUNDLES[name])
        assert result == ("upgrade.bundle",), name
        assert code_files(files) == [], name


def test_a_full_flash():
    result, files = read(BUNDLES["good"], spare=1 << 60)
    assert result[0] == "upgrade.full" and code_files(files) == []


def test_what_lay_in_the_slot_before_is_gone_but_for_the_users():
    with Folder() as slot:
        upgrade_bundle.make(slot.path + "/wanbeacon")
        for name in ("wanbeacon/old.mpy", "board.json"):
            with open(slot.path + "/" + name, "w") as f:
                f.write("x")
        reader = upgrade_bundle.Reader(slot.path, (KEY,))
        reader.feed(BUNDLES["good"])
        assert reader.end() == "0.3.0"
        files = slot.files()
        assert "wanbeacon/old.mpy" not in files and files["board.json"] == b"x"


def test_signatures_that_are_none():
    good = BUNDLES["good"]
    signature, size = good[4:388], int.from_bytes(good[388:392], "big")
    digest = hashlib.sha256(good[392 : 392 + size]).digest()
    assert verified(KEY, signature, digest)
    n = int.from_bytes(KEY, "big")
    larger = int.from_bytes(signature, "big") + n
    for wrong in (bytes(384), b"\xff" * 384, signature[:-1], b"\0" + signature, signature[1:] + b"\0", KEY):
        assert not verified(KEY, wrong, digest)
    if larger < 1 << 3072:
        assert not verified(KEY, larger.to_bytes(384, "big"), digest)
    assert not verified(KEY, signature, bytes(32))


def test_a_bundle_needs_little_memory():
    if not hasattr(gc, "mem_alloc"):  # CPython
        return
    gc.collect()
    before = gc.mem_alloc()
    with Folder() as slot:
        upgrade_bundle.SPARE, spare = 0, upgrade_bundle.SPARE
        reader = upgrade_bundle.Reader(slot.path, (KEY,))
        data, most = memoryview(BUNDLES["good"]), 0
        for at in range(0, len(data), 128):
            reader.feed(bytes(data[at : at + 128]))
            gc.collect()
            most = max(most, gc.mem_alloc() - before)
        assert reader.end() == "0.3.0"
        upgrade_bundle.SPARE = spare
    assert most <= 12 * 1024, most


def test_versions_are_compared_as_numbers():
    assert number("0.10.0") > number("0.9.9") and number("1.0") > number("0.99.99")
    for wrong in ("", "1.x", "1..2", "v1", "1.2.3.4.5", "1234567.0", None):
        try:
            number(wrong)
        except Refused as e:
            assert e.args[0] == "upgrade.version"
        else:
            raise AssertionError(wrong)


PLACES = [0, 91, 13, 92]


def test_a_devices_place_in_a_fleet_is_fixed_and_spread():
    places = [place(b"\x24\x0a\xc4\x00" + bytes([i >> 8, i & 255])) for i in range(2000)]
    assert places == [place(b"\x24\x0a\xc4\x00" + bytes([i >> 8, i & 255])) for i in range(2000)]
    # what a device was, it is in every version: a share that grows only ever adds boards
    assert [place(one) for one in (b"", b"virtual", b"\x24\x0a\xc4\0\0\x01", b"\xff" * 8)] == PLACES
    assert min(places) == 0 and max(places) == 99
    assert 120 < len([p for p in places if p < 10]) < 280
