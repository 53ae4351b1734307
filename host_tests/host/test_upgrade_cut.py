# SPDX-License-Identifier: MIT
"""The power is cut at every write and erase of a board's upgrade (host_tests/flash/upgrade_cut.py): a whole
version starts, old or new."""

import hashlib
import os
import re
import secrets
import subprocess

from cryptography.hazmat.primitives.asymmetric import rsa

from host_tests.needs import usable
from tools import ROOT, in_ci, interpreters
from tools.build import bundle

#: A third of all moments, from the same one on in CI; all of them at night.
SOME = () if os.environ.get("WANBEACON_NIGHTLY") else (3, 0 if in_ci() else secrets.randbelow(3))
FILES = (
    "wanbeacon/__init__.mpy",
    "wanbeacon/app/agent.mpy",
    "wanbeacon/core/a/b.mpy",
    "catalogue/words.txt",
    "catalogue/empty",
)


def contents(version):
    """Small files, one longer than a block, one empty; each different in each version."""
    sizes = (40, 6000, 900, 300, 0)
    return {
        path: (b"%s of %s;" % (path.encode(), version.encode()) * 200)[:size]
        for path, size in zip(FILES, sizes)
    }


def folder_of(tmp_path):
    private = rsa.generate_private_key(65537, bundle.KEY_BITS)
    (tmp_path / "key").write_bytes(private.public_key().public_numbers().n.to_bytes(bundle.KEY_BYTES, "big"))
    (tmp_path / "main.py").write_bytes((ROOT / "firmware/main.py").read_bytes())
    (tmp_path / "old").mkdir()
    for name in ("old", "one", "two"):
        files = contents(name)
        rows = [
            "%s %d %s" % (path, len(data), hashlib.sha256(data).hexdigest()) for path, data in files.items()
        ]
        (tmp_path / (name + ".list")).write_text("\n".join(rows))
        (tmp_path / (name + ".bundle")).write_bytes(
            bundle.build(files, {"one": "2", "two": "3"}.get(name, "1"), private)
        )
    for path, data in contents("old").items():
        (tmp_path / "old" / path.replace("/", "_")).write_bytes(data)
    return tmp_path


def play(tmp_path, *words):
    command = usable("micropython-amd64").command(
        ROOT / "host_tests/flash/upgrade_cut.py", folder_of(tmp_path), *words
    )
    env = interpreters.environment("firmware", "tools/bench/flash")
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=100)


def test_a_whole_version_starts_after_a_cut_at_any_moment_of_an_upgrade(tmp_path):
    done = play(tmp_path, *SOME)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.fullmatch(r"(\d+) cut points of (\d+) operations in three upgrades\n", done.stdout)
    assert found and int(found[1]) >= (300 if SOME else 3 * int(found[2]) - 9), done.stdout
    print(done.stdout)


def test_an_upgrade_that_is_named_before_it_is_there_is_found_out(tmp_path):
    done = play(tmp_path, "careless")
    assert done.returncode and "AssertionError: one: cut" in done.stdout + done.stderr
