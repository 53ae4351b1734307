# SPDX-License-Identifier: MIT
"""`python -m tools release`: everything that a release consists of, into dist/.

    wanbeacon-V-BOARD.tar.gz    what one board gets, as it lies there: main.py, lib/
    wanbeacon-V-BOARD-at-0x200000.bin   the same as a file system, for a flash with MicroPython on it
    mip/BOARD.json, mip/...     the same for `mpremote mip install`; all boards share the modules
    wanbeacon-V-mpy.tar.gz      all of firmware/, compiled
    wanbeacon-V-names.txt       what the short names in a board's traceback are called in the sources
    wanbeacon_tools-V-py3-none-any.whl   the tools as a program
    openwrt/*.ipk, *.apk        agent, its parts and LuCI page, with the feed's index
    SHA256SUMS                  of all of them
    SHA256SUMS.sig              with --key: its signature (RSA, SHA-256), which openssl can check

Everything is built twice, in two processes with caches of their own, and must be the same bytes."""

import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import typer

from .. import ROOT, UserError
from ..device import image
from . import boards, bundle, mpy, package, version, wheel

#: One build takes a few seconds; two at once on a busy machine some more.
_BUILD_S = 300


def archive(files, when):
    """A .tar.gz of {name: bytes} that depends on nothing else: sorted, owner 0, every time stamp `when` (Unix
    seconds)."""
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=0, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(files[name]), when, 0o644
            tar.addfile(entry, io.BytesIO(files[name]))
    return out.getvalue()


def mip(found):
    """{path in mip/: bytes} of {board: {path on it: bytes}}: a package file per board, each different file
    once."""
    out = {}
    for board, files in found.items():
        urls = []
        for path, data in sorted(files.items()):
            name = path.removeprefix("/lib/")
            if not path.startswith("/lib/"):
                continue  # mip installs below /lib; main.py is copied by hand
            if out.get(name, data) != data or name == "board.json":
                name = "%s/%s" % (board, name)
            out[name] = data
            urls.append([path.removeprefix("/lib/"), name])
        out[board + ".json"] = (
            json.dumps({"version": version.agent_version(), "urls": urls, "deps": []}, indent=1) + "\n"
        ).encode()
    out["main.py"] = next(iter(found.values()))["/main.py"]
    return out


def build():
    """{path below dist/: bytes} of a release, without the sums."""
    name, when = "wanbeacon-" + version.agent_version(), package.epoch()
    found = {board: boards.files(boards.read(board)) for board in boards.names()}
    out = {
        "%s-%s.tar.gz" % (name, board): archive({path[1:]: data for path, data in files.items()}, when)
        for board, files in found.items()
    }
    out.update(
        ("%s-%s-at-0x%X.bin" % (name, board, image.FILES_AT), image.without_firmware(boards.read(board)))
        for board in found
    )
    out.update(("mip/" + path, data) for path, data in mip(found).items())
    with tempfile.TemporaryDirectory() as folder:
        sizes = mpy.compile_tree(Path(folder, "out"))
        out[name + "-mpy.tar.gz"] = archive(
            {path: Path(folder, "out", path).read_bytes() for path in sizes}, when
        )
    out[name + "-names.txt"] = mpy.tree().names.text().encode()
    made, data = wheel.build(when)
    out[made] = data
    for form in package.Format:
        out.update(("openwrt/" + path, data) for path, data in package.build(form).items())
    return out


def sums(files):
    """The text of SHA256SUMS, as sha256sum -c reads it."""
    return "".join("%s  %s\n" % (hashlib.sha256(files[name]).hexdigest(), name) for name in sorted(files))


def _elsewhere():
    """The sums as another process finds them that has to make everything anew."""
    with tempfile.TemporaryDirectory() as folder:
        code = (
            "import sys; from pathlib import Path; from tools.build import boards, release; "
            "boards.CACHE = Path(sys.argv[1]); sys.stdout.write(release.sums(release.build()))"
        )
        env = dict(os.environ, PYTHONHASHSEED="1", SOURCE_DATE_EPOCH=str(package.epoch()), TMPDIR=folder)
        done = subprocess.run(
            [sys.executable, "-c", code, folder],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=_BUILD_S,
        )
    return done.stdout, done.stderr


def write(files, out):
    """Fills the folder `out`, emptied first; UserError when it holds something that no release has put
    there."""
    foreign = [
        path.name
        for path in out.glob("*")
        if path.name not in ("mip", "openwrt", "SHA256SUMS", "SHA256SUMS.sig")
        and not path.name.startswith(("wanbeacon-", "wanbeacon_tools-"))
    ]
    if foreign:
        raise UserError("%s holds other files (%s); name another folder with --out" % (out, foreign[0]))
    try:
        shutil.rmtree(out, ignore_errors=True)
        for name, data in files.items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(data)
    except OSError as error:
        raise UserError("cannot write to %s (%s); name another folder with --out" % (out, error.strerror))


def app(
    out: Path = typer.Option(Path("dist"), help="folder for the files, emptied first"),
    key: Path = typer.Option(None, help="private key (RSA-3072, PEM) that signs SHA256SUMS"),
):
    """Build all artefacts of a release, twice, and their checksums."""
    version.must_agree()
    private = bundle.private_key(key) if key else None  # a wrong file is said before the long work
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(_elsewhere)
        files = build()
        text = sums(files)
        again, trouble = second.result()
    if not again:
        raise UserError(
            "the second build failed: %s" % (trouble.strip().splitlines() or ["no reason given"])[-1]
        )
    if again != text:
        different = sorted({line.split()[1] for line in {*again.splitlines()} ^ {*text.splitlines()}})
        raise UserError("not reproducible: a second build of %s has other bytes" % ", ".join(different))
    signed = {"SHA256SUMS.sig": bundle.sign(text.encode(), private)} if private else {}
    write({**files, "SHA256SUMS": text.encode(), **signed}, out)
    for name in sorted(files):
        if not name.startswith("mip/"):
            print("%8d  %s" % (len(files[name]), out / name))
    boards_there = [
        name for name in files if name.startswith("mip/") and name.count("/") == 1 and name.endswith(".json")
    ]
    print(
        "%8d  %s (%d packages)"
        % (sum(len(files[name]) for name in files if name.startswith("mip/")), out / "mip", len(boards_there))
    )
    print("Built twice, the same bytes. Check: cd %s && sha256sum -c SHA256SUMS" % out)
    if signed:
        print(
            "Signed. Who has the public half in key.pub checks: "
            "openssl dgst -sha256 -verify key.pub -signature SHA256SUMS.sig SHA256SUMS"
        )
