# SPDX-License-Identifier: MIT
"""Bundles that a vendor's slip, or whoever has his key, may make: a signed list that lies or leads elsewhere
is refused before a file of it is written. And what reading a bundle takes of a small heap."""

import hashlib
import os
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from host_tests.needs import usable
from tools import ROOT, interpreters
from tools.build import bundle

HEAD = "wanbeacon 9.9.9 esp32"
GOOD = ("wanbeacon/a.mpy", b"code")


def row(path, data, size=None, digest=None):
    return "%s %s %s" % (
        path, len(data) if size is None else size, digest or hashlib.sha256(data).hexdigest()
    )  # fmt: skip


def signed(private, text, data):
    text = text.encode() if isinstance(text, str) else text
    return b"".join((bundle.MAGIC, bundle.sign(text, private), len(text).to_bytes(4, "big"), text, data))


def lists():
    """name -> (list, files): none of them may write anything."""
    code = b"code"
    bad = {
        "up": row("../up", code), "climb": row("wanbeacon/../../up", code), "absolute": row("/etc/x", code),
        "foreign": row("main.py", code), "config": row("config.json", code), "folder": row("wanbeacon", code),
        "no name": row("wanbeacon/", code), "empty part": row("wanbeacon//a.mpy", code),
        "hidden": row("wanbeacon/.list", code), "dot": row("wanbeacon/./a.mpy", code),
        "long name": row("wanbeacon/" + "n" * 300, code), "deep": row("wanbeacon" + "/d" * 100, code),
        "control": row("wanbeacon/a\0b", code), "letters": row("wanbeacon/\u00e4.mpy", code),
        "backslash": row("wanbeacon/..\\x", code), "twice": row(*GOOD) + "\n" + row(*GOOD),
        "unsorted": row("wanbeacon/b.mpy", code) + "\n" + row(*GOOD),
        "negative": row(*GOOD, size=-5), "no number": row(*GOOD, size="many"),
        "float": row(*GOOD, size="4.0"),
        "endless": row(*GOOD, size=10**15), "short digest": row(*GOOD, digest="00ff"),
        "no digest": "wanbeacon/a.mpy 4", "no hex": row(*GOOD, digest="x" * 64),
        "blank line": row(*GOOD) + "\n",
        "more words": row(*GOOD) + " more",
    }  # fmt: skip
    found = {name: (HEAD + "\n" + text + "\n", code * 2) for name, text in bad.items()}
    found["no utf-8"] = (HEAD.encode() + b"\nwanbeacon/\xff\xfe 4 " + b"0" * 64 + b"\n", code)
    found["other"] = ("somebody 9.9.9 esp32\n" + row(*GOOD) + "\n", code)
    found["next contract"] = ("wanbeacon 9.9.9 esp32-2\n" + row(*GOOD) + "\n", code)
    found["no head"] = (row(*GOOD) + "\n", code)
    return found


def play(name, folder, *words, check=True):
    """What upgrade_read.py prints."""
    one, script = usable(name), ROOT / "host_tests/flash/upgrade_read.py"
    done = subprocess.run(
        one.command(script, folder, *words, heap="256k" if words else None),
        cwd=ROOT, env=interpreters.environment("firmware"), capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def private():
    return rsa.generate_private_key(65537, bundle.KEY_BITS)


def put(folder, private, bundles):
    folder.mkdir(exist_ok=True)
    (folder / "key").write_bytes(private.public_key().public_numbers().n.to_bytes(bundle.KEY_BYTES, "big"))
    for name, data in bundles.items():
        (folder / (name.replace(" ", "_") + ".bundle")).write_bytes(data)
    return folder


@pytest.mark.parametrize("name", ["micropython-wheel", "micropython-i386"])
def test_a_signed_list_that_lies_or_leads_elsewhere_writes_nothing(tmp_path, private, name):
    every = {key: signed(private, *pair) for key, pair in lists().items()}
    every["good"] = signed(private, HEAD + "\n" + row(*GOOD) + "\n", GOOD[1])
    every["swapped"] = signed(private, HEAD + "\n" + row(*GOOD) + "\n", b"edoc")
    every["longer"] = every["good"] + b"x"
    folder = put(tmp_path / "bundles", private, every)
    said = dict(line.split(" ", 1) for line in play(name, folder).splitlines())
    assert said.pop("good") == "9.9.9"
    assert len(said) == len(every) - 1
    for key, words in said.items():
        wanted = "upgrade.other" if key in ("other", "next_contract", "no_head") else "upgrade.bundle"
        assert words == "refused " + wanted, key
        written = [path for path in (folder / key).rglob("*") if path.is_file() and path.name != ".list"]
        assert written == [] or key in ("swapped", "longer"), key
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundles"], "something outside of its slot"
    (folder / "key").unlink()
    assert {path.name for path in folder.iterdir() if path.is_file()} == {
        key.replace(" ", "_") + ".bundle" for key in every
    }


def test_verifying_150_kb_takes_12_kb_of_a_boards_heap(tmp_path, private):
    """32 bit, with 12 KB free and no more: a key of 3072 bits, 60 files, some larger than a block."""
    contents = {"wanbeacon/m%02d.mpy" % n: os.urandom(2500) for n in range(60)}
    assert sum(map(len, contents.values())) == 150000
    other = rsa.generate_private_key(65537, bundle.KEY_BITS)
    bundles = {"a": bundle.build(contents, "9.9.9", private), "b": bundle.build(contents, "9.9.8", other)}
    folder = put(tmp_path, private, bundles)
    for limit, works in ((12288, True), (3000, False)):
        said = play("micropython-i386", folder, limit - 256, check=works).splitlines()
        assert limit - 512 < int(said[0].split()[0]) <= limit, said
        assert (said[1:] == ["a 9.9.9", "b refused upgrade.signature"]) is works, said
    assert sum(len(path.read_bytes()) for path in (folder / "a").rglob("*.mpy")) == 150000
