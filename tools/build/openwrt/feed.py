# SPDX-License-Identifier: MIT
"""A feed's index for opkg: Packages, Packages.gz and, with a key, Packages.sig."""

import gzip
import hashlib

from . import ipk


def packages(rows, epoch):
    """rows: [(recipe, the .ipk's bytes)] -> the text of Packages: each control file, with name, size and
    hash."""
    parts = []
    for recipe, data in sorted(rows, key=lambda row: row[0].name):
        head, tail = ipk.control(recipe, epoch).split("Description:", 1)
        parts.append(
            "%sFilename: %s\nSize: %d\nSHA256sum: %s\nDescription:%s"
            % (head, ipk.filename(recipe), len(data), hashlib.sha256(data).hexdigest(), tail)
        )
    text = "\n".join(parts)
    # usign's SHA-512 gets two lengths wrong (package/Makefile pads in the same way)
    if (64 + len(text.encode())) % 128 in (110, 111):
        text += "\n\n"
    return text


def files(rows, epoch, key=None):
    """{file name: bytes} of the index."""
    text = packages(rows, epoch).encode()
    found = {"Packages": text, "Packages.gz": gzip.compress(text, 9, mtime=0)}
    if key:
        found["Packages.sig"] = key.sign(text, "signed by key " + key.name()).encode()
    return found
