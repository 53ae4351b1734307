# SPDX-License-Identifier: MIT
"""`python -m tools bundle`, and the key that `flash` and `image` put onto a board."""

import json
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import serialization

from tools import ROOT, UserError
from tools.build import bundle, version


def run(*args):
    command = [sys.executable, "-m", "tools", "bundle", *map(str, args)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_a_key_is_made_once_and_signs_what_openssl_accepts(tmp_path):
    key, site = tmp_path / "vendor.pem", tmp_path / "site"
    assert run("--new-key", key).returncode == 0
    assert key.stat().st_mode & 0o77 == 0
    again = run("--new-key", key)
    assert again.returncode == 1 and "is there already" in again.stderr
    site.mkdir()
    chips = [{"chipFamily": "ESP32", "parts": [{"path": "a.bin", "offset": 4096}]}]
    (site / "manifest.json").write_text(json.dumps({"name": "Other", "builds": chips}))
    done = run("--key", key, "-o", site, "--share", 10)
    assert done.returncode == 0, done.stderr
    doc, ours = json.loads((site / "manifest.json").read_text()), version.agent_version()
    assert doc["builds"] == chips and doc["version"] == ours
    assert doc["wanbeacon"] == {"bundle": "wanbeacon-%s.bundle" % ours, "share": 10}
    data = (site / doc["wanbeacon"]["bundle"]).read_bytes()
    size = int.from_bytes(data[388:392], "big")
    (tmp_path / "list").write_bytes(data[392 : 392 + size])
    (tmp_path / "signature").write_bytes(data[4:388])
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", tmp_path / "public.pem"], check=True)
    subprocess.run(
        [
            "openssl",
            "dgst",
            "-sha256",
            "-verify",
            tmp_path / "public.pem",
            "-signature",
            tmp_path / "signature",
        ]
        + [tmp_path / "list"],
        check=True,
    )
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    modulus = private.public_key().public_numbers().n.to_bytes(bundle.KEY_BYTES, "big")
    assert bundle.keys([tmp_path / "public.pem", key]) == modulus * 2
    listed = (tmp_path / "list").read_text().splitlines()
    assert listed[0] == "wanbeacon %s esp32" % ours
    paths = {line.split()[0] for line in listed[1:]}
    assert (
        "wanbeacon/modules.bin" in paths and "wanbeacon/start.mpy" in paths and "catalogue/words.txt" in paths
    )
    assert not {path for path in paths if path.endswith("board.json") or path.startswith(("/", "main"))}


@pytest.mark.parametrize(
    "text", ["", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_a_file_that_holds_no_key(tmp_path, text):
    (tmp_path / "x.pem").write_text(text)
    with pytest.raises(UserError, match=r"x\.pem: no key in PEM form"):
        bundle.public(tmp_path / "x.pem")


def test_a_key_of_another_kind_or_size(tmp_path):
    for kind in (["rsa", "-pkeyopt", "rsa_keygen_bits:2048"], ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]):
        path = tmp_path / (kind[0] + ".pem")
        subprocess.run(
            ["openssl", "genpkey", "-quiet", "-algorithm", kind[0], *kind[1:], "-out", path],
            check=True,
            capture_output=True,
        )
        for read in (bundle.public, bundle.private_key):
            with pytest.raises(UserError, match="should be an RSA key of 3072 bits"):
                read(path)
