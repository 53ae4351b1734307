# SPDX-License-Identifier: MIT
"""Signing keys: an EC key for .apk files, a usign (signify) key for a feed's Packages. openssl does the
arithmetic."""

import base64
import binascii
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from ... import UserError

# An Ed25519 private key in PKCS #8 is this and the 32-byte seed (RFC 8410).
_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
_OPENSSL_S = 30


def _openssl(*args, data=None):
    """Output of one openssl call; UserError in its own last words when it fails."""
    if not shutil.which("openssl"):
        raise UserError("there is no openssl on this machine; install it to sign packages")
    done = subprocess.run(["openssl", *map(str, args)], input=data, capture_output=True, timeout=_OPENSSL_S)
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UserError("openssl %s: %s" % (args[0], words[-1] if words else "failed"))
    return done.stdout


class ApkKey:
    """A P-256 key in PEM, as OpenWrt makes it: openssl ecparam -name prime256v1 -genkey -noout."""

    def __init__(self, path):
        self.path = Path(path)
        try:
            public = _openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")
        except UserError as error:
            raise UserError(
                "%s is no private key in PEM (%s); make one: openssl ecparam -name prime256v1 -genkey "
                "-noout -out key.pem" % (path, error)
            )
        if len(public) != 91:
            raise UserError(
                "%s is not a P-256 key; make one: openssl ecparam -name prime256v1 -genkey -noout -out "
                "key.pem" % path
            )
        self.id = hashlib.sha512(public[-65:]).digest()[:16]  # of the uncompressed point

    def signature(self, data):
        """ECDSA with SHA-512 over `data`, DER. The same each time where openssl can (RFC 6979)."""
        base = ["dgst", "-sha512", "-sign", self.path]
        try:
            return _openssl(*base, "-sigopt", "nonce-type:1", data=data)
        except UserError:
            return _openssl(*base, data=data)


class UsignKey:
    """A usign (signify without passphrase) secret key, as `usign -G` or `signify -Gn` writes it."""

    def __init__(self, path):
        try:
            lines = Path(path).read_text().splitlines()
            raw = base64.b64decode(lines[1], validate=True)
        except (OSError, UnicodeError, IndexError, binascii.Error) as error:
            raise UserError(
                "%s is no usign secret key (%s); make one: usign -G -s secret.key -p public.key"
                % (path, error)
            )
        if len(raw) != 104 or raw[:4] != b"EdBK" or raw[4:8] != bytes(4):
            raise UserError(
                "%s is no usign secret key without passphrase; make one: usign -G -s secret.key -p public.key"
                % path
            )
        self.number, self.seed = raw[24 + 8 : 40], raw[40:72]
        if hashlib.sha512(raw[40:]).digest()[:8] != raw[24:32]:
            raise UserError("%s is damaged: its checksum does not match" % path)

    def name(self):
        """The key's name below /etc/opkg/keys."""
        return self.number.hex()

    def sign(self, data, comment):
        """The text of Packages.sig for `data`."""
        with tempfile.TemporaryDirectory() as folder:  # openssl signs raw Ed25519 from files only
            key, text = Path(folder, "key.der"), Path(folder, "data")
            key.touch(0o600)
            key.write_bytes(_PKCS8 + self.seed)
            text.write_bytes(data)
            signature = _openssl("pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", key, "-in", text)
        line = base64.b64encode(b"Ed" + self.number + signature).decode()
        return "untrusted comment: %s\n%s\n" % (comment, line)
