# SPDX-License-Identifier: MIT
"""make release: everything in one folder, the same bytes twice, one version everywhere. Host only."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile

import pytest
from mpremote import mip

from host_tests.board.littlefs import read_back
from tools import ROOT, UserError, interpreters
from tools.build import boards, bundle, release, version


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    out = tmp_path_factory.mktemp("release") / "dist"
    key = out.parent / "vendor.pem"
    subprocess.run(["openssl", "genrsa", "-out", key, "3072"], check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-m", "tools", "release", "--out", str(out), "--key", str(key)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Built twice, the same bytes" in done.stdout
    return out


def unpacked(path):
    with tarfile.open(path) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}


def test_every_file_is_in_the_sums_and_right(dist):
    rows = dict(reversed(row.split("  ")) for row in (dist / "SHA256SUMS").read_text().splitlines())
    there = {
        str(path.relative_to(dist)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in dist.rglob("*")
        if path.is_file() and not path.name.startswith("SHA256SUMS")
    }
    assert rows == there
    ours = version.agent_version()
    assert {"wanbeacon-%s-%s.tar.gz" % (ours, board) for board in boards.names()} <= set(rows)
    for name in (
        "wanbeacon_%s-r1_all.ipk",
        "luci-app-wanbeacon_%s-r1_all.ipk",
        "wanbeacon-%s-r1.apk",
        "luci-app-wanbeacon-%s-r1.apk",
    ):
        assert "openwrt/" + name % ours in rows
    assert "wanbeacon_tools-%s-py3-none-any.whl" % ours in rows


def test_openssl_finds_the_sums_signed(dist):
    public = dist.parent / "key.pub"
    subprocess.run(
        ["openssl", "pkey", "-in", dist.parent / "vendor.pem", "-pubout", "-out", public], check=True
    )
    check = ["openssl", "dgst", "-sha256", "-verify", public, "-signature", dist / "SHA256SUMS.sig"]
    assert subprocess.run([*check, dist / "SHA256SUMS"], capture_output=True).returncode == 0
    (dist.parent / "other").write_bytes((dist / "SHA256SUMS").read_bytes() + b" ")
    assert subprocess.run([*check, dist.parent / "other"], capture_output=True).returncode == 1


def test_a_key_that_cannot_sign_is_said_before_anything_is_built(tmp_path):
    (tmp_path / "key.pem").write_text("no key")
    for path, said in ((tmp_path / "key.pem", "no private key"), (tmp_path / "none", "cannot be read")):
        done = subprocess.run(
            [sys.executable, "-m", "tools", "release", "--out", tmp_path / "dist", "--key", path],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode and said in done.stderr and not (tmp_path / "dist").exists()


def test_a_board_has_the_licenses_of_all_that_is_on_it(dist):
    """Of the modules and of the firmware beneath; an upgrade that it fetches brings no other firmware."""
    name = "wanbeacon-%s-ESP32_GENERIC.tar.gz" % version.agent_version()
    text = unpacked(dist / name)["lib/licenses.txt"].decode()
    ours = (ROOT / "LICENSE").read_text().split("\n", 3)[3].strip()
    assert ours in text
    for word in ("Damien P. George", "Espressif", "Mbed TLS", "lwIP", "littlefs", "FreeRTOS",
                 "Apache License", "Redistribution and use in source and binary forms"):  # fmt: skip
        assert word in text, word
    assert "licenses.txt" not in bundle.files()


def test_a_boards_archive_is_what_flash_would_copy(dist):
    found = unpacked(dist / ("wanbeacon-%s-ESP32_GENERIC_C3.tar.gz" % version.agent_version()))
    assert {"/" + name: data for name, data in found.items()} == boards.files(boards.read("ESP32_GENERIC_C3"))


@pytest.mark.parametrize(("board", "blocks"), [("ESP32_GENERIC", 512), ("ESP32_GENERIC_S3", 1536)])
def test_an_image_without_firmware_holds_the_boards_files(dist, board, blocks):
    data = (dist / ("wanbeacon-%s-%s-at-0x200000.bin" % (version.agent_version(), board))).read_bytes()
    assert len(data) % 4096 == 0 and len(data) // 4096 < blocks
    was_there_before = bytes(range(256)) * 16
    found = read_back(data + was_there_before * (blocks - len(data) // 4096), blocks)
    assert found.pop("/boot.py").startswith(b"#")
    assert found == boards.files(boards.read(board))


class Board:
    """What mip needs of a transport: it takes the files."""

    def __init__(self):
        self.files = {}

    def fs_exists(self, path):
        return True

    def fs_writefile(self, path, data, progress_callback=None):
        self.files[path] = data


@pytest.mark.parametrize("board", ["ESP32_GENERIC", "WT32_ETH01"])
def test_mip_puts_the_same_files_on_a_board(dist, board, capsys):
    link = Board()
    mip._install_json(link, str(dist / "mip" / (board + ".json")), "", "/lib", None, True)
    wanted = boards.files(boards.read(board))
    main = wanted.pop("/main.py")
    assert link.files == wanted
    assert (dist / "mip" / "main.py").read_bytes() == main


def test_the_mpy_bundle_starts_under_micropython(dist, tmp_path, micropython):
    for name, data in unpacked(dist / ("wanbeacon-%s-mpy.tar.gz" % version.agent_version())).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    done = subprocess.run(
        micropython.command("-m", "wanbeacon", "--version"),
        capture_output=True,
        text=True,
        env={**interpreters.environment(), "MICROPYPATH": "%s:.frozen" % tmp_path},
    )
    assert (done.returncode, done.stdout) == (0, "wanbeacon %s\n" % version.agent_version())


def test_an_archive_knows_neither_order_nor_time(monkeypatch):
    files = {"b": b"2", "a/c": b"1"}
    first = release.archive(files, 1700000000)
    monkeypatch.setattr("time.time", lambda: 1.0)
    assert release.archive(dict(reversed(files.items())), 1700000000) == first
    with tarfile.open(fileobj=io.BytesIO(first)) as tar:
        assert [(entry.name, entry.mtime, entry.uid, entry.mode) for entry in tar] == [
            ("a/c", 1700000000, 0, 0o644),
            ("b", 1700000000, 0, 0o644),
        ]


def test_a_folder_with_other_files_is_not_emptied(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match=r"holds other files \(thesis.txt\)"):
        release.write({"a": b""}, tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def checkout(folder):
    """The files that name a version."""
    for name in ("firmware/wanbeacon/__init__.py", *version.PLACES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def test_this_checkout_names_one_version():
    version.must_agree()


@pytest.mark.parametrize("name", version.PLACES)
def test_a_place_with_another_version_is_named(name, tmp_path):
    version.must_agree(checkout(tmp_path))
    text = (tmp_path / name).read_text()
    (tmp_path / name).write_text(text.replace(version.agent_version(), "9.9.9"))
    with pytest.raises(UserError) as caught:
        version.must_agree(tmp_path)
    assert str(caught.value).count("9.9.9") == 1 and name in str(caught.value)


def test_make_release_runs_the_tool():
    done = subprocess.run(
        ["make", "-n", "release"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")},
    )
    assert "-m tools release" in done.stdout
