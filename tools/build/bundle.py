# SPDX-License-Identifier: MIT
"""`python -m tools bundle`: a version of the agent as one signed file that boards fetch and check themselves
(firmware/wanbeacon/app/upgrade.py), with the manifest that offers it.

    tools bundle --new-key vendor.pem             makes a key pair, once; keep it safe, off the web server
    tools bundle --key vendor.pem -o site/        writes site/wanbeacon-V.bundle and site/manifest.json
    tools bundle --key vendor.pem -o site/ --share 10     the same, offered to every tenth board

One folder serves ESP Web Tools too: out/manifest.json keeps its other parts, and in the folder of an
installer page (tools web) it offers the images of this version. The boards get the public half of the key
with `tools flash --upgrade-key` or `tools image --upgrade-key`."""

import hashlib
import json
from pathlib import Path

import typer

from .. import UserError
from . import boards, version

MAGIC = b"WBU1"
KEY_BITS = 3072
KEY_BYTES = KEY_BITS // 8


def app(
    key: Path = typer.Option(None, help="private key (RSA-3072, PEM) that signs"),
    out: Path = typer.Option(Path("dist"), "--out", "-o", help="folder for bundle and manifest"),
    share: int = typer.Option(100, min=0, max=100, help="percent of the boards that take it by themselves"),
    new_key: Path = typer.Option(None, help="make a key pair in this file, and nothing else"),
):
    """Sign this version for boards that upgrade themselves."""
    if new_key:
        return _make_key(new_key)
    if not key:
        raise UserError("say which key signs: --key FILE (tools bundle --new-key FILE makes one)")
    ours = version.agent_version()
    data = build(files(), ours, private_key(key))
    name = "wanbeacon-%s.bundle" % ours
    manifest = out / "manifest.json"
    try:
        doc = _installer(out, ours)
        if doc is None:
            doc = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {"builds": []}
        doc.update(name="Wanbeacon", version=ours, wanbeacon={"bundle": name, "share": share})
        out.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)
        manifest.write_text(json.dumps(doc, indent=1) + "\n", encoding="utf-8")
    except (OSError, ValueError, AttributeError) as error:
        raise UserError("%s: %s" % (manifest, error))
    print("%8d  %s" % (len(data), out / name))
    print("%8d  %s: version %s for %d %% of the boards" % (manifest.stat().st_size, manifest, ours, share))


def _installer(out, ours):
    """The manifest of this version on the installer page in the folder, as one that lies beside it; None when
    there is none. Raises OSError, ValueError, AttributeError."""
    there = out / ours / "manifest.json"
    if not there.exists():
        return None
    doc = json.loads(there.read_text(encoding="utf-8"))
    for build in doc.get("builds", ()):
        for part in build["parts"]:
            part["path"] = "%s/%s" % (ours, part["path"])
    return doc


def files():
    """{path below a slot: bytes} of what every board gets; its pins (board.json), main.py and the licenses,
    the firmware's too, stay as they are."""
    found = boards.files(boards.read(boards.names()[0]))
    return {
        path[5:]: data
        for path, data in found.items()
        if path.startswith("/lib/") and path not in ("/lib/board.json", "/lib/licenses.txt")
    }


def build(contents, ours, private):
    """The bundle of {path: bytes}: see wanbeacon/app/upgrade_bundle.py."""
    names = sorted(contents)
    rows = ["%s %d %s" % (n, len(contents[n]), hashlib.sha256(contents[n]).hexdigest()) for n in names]
    text = ("\n".join(["wanbeacon %s esp32" % ours, *rows]) + "\n").encode()
    return b"".join(
        (MAGIC, sign(text, private), len(text).to_bytes(4, "big"), text, *(contents[name] for name in names))
    )


def sign(data, private):
    """RSA, SHA-256, PKCS #1 v1.5: what `openssl dgst -sha256 -sign` writes."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    return private.sign(data, padding.PKCS1v15(), hashes.SHA256())


def public(path):
    """The modulus of the key in a PEM file (a private or a public one): what a board keeps as
    /upgrade.key."""
    from cryptography.hazmat.primitives import serialization

    data = _read(path)
    try:
        if b"PRIVATE" in data:
            key = serialization.load_pem_private_key(data, None).public_key()
        else:
            key = serialization.load_pem_public_key(data)
    except (ValueError, TypeError) as error:
        raise UserError("%s: no key in PEM form (%s)" % (path, error))
    return _rsa(key, path).public_numbers().n.to_bytes(KEY_BYTES, "big")


def keys(paths):
    """/upgrade.key of one or two PEM files: the second one lets the first be replaced later."""
    if len(paths) > 2:
        raise UserError("--upgrade-key: at most two")
    return b"".join(map(public, paths))


def private_key(path):
    from cryptography.hazmat.primitives import serialization

    try:
        return _rsa(serialization.load_pem_private_key(_read(path), None), path)
    except (ValueError, TypeError) as error:
        raise UserError("%s: no private key in PEM form without a passphrase (%s)" % (path, error))


def _rsa(key, path):
    if getattr(key, "key_size", 0) != KEY_BITS or not hasattr(
        key, "decrypt" if hasattr(key, "sign") else "encrypt"
    ):
        raise UserError("%s: should be an RSA key of %d bits" % (path, KEY_BITS))
    return key


def _read(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError("%s cannot be read (%s)" % (path, error.strerror))


def _make_key(path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    if path.exists():
        raise UserError(
            "%s is there already; a new key would not fit the boards that know the old one" % path
        )
    key = rsa.generate_private_key(65537, KEY_BITS)
    try:
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    except OSError as error:
        raise UserError("%s cannot be written (%s)" % (path, error.strerror))
    print("%s: keep it safe; whoever has it can put any program onto your boards" % path)
