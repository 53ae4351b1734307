# SPDX-License-Identifier: MIT
"""What the page is made of and others made: MicroPython's firmware, and ESP Web Tools from npm.
Everything that comes over the network is checked against a hash that was known before."""

import base64
import hashlib
import io
import re
import shutil
import subprocess
import tarfile
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from .. import CACHE, UserError
from ..build import boards
from ..device import esp_firmware, image

#: ESP Web Tools (Apache-2.0) as npm has it. Version and hash change together: `npm view
#: esp-web-tools@VERSION dist.integrity`.
NAME, VERSION = "esp-web-tools", "10.4.0"
INTEGRITY = "sha512-3pwkeFFm5Fj7UQo8SJNYK5RXrtNCpq6X9QoI6bMT4GBZWgrJqjn0YvM9ihG74BtMoSFYXfmDtkehuxe50PTMPQ=="
#: Its part that runs in a browser as it is, and the license that has to go with it.
_WEB, _LICENSE = "package/dist/web/", "package/LICENSE"
#: A MicroPython with everything is 2 MB; no flash that we know is larger than this.
_FIRMWARE_MAX = 32 << 20
_DOWNLOAD_S = 120
_URL = re.compile(r"(https?://[^#]+)#sha256=([0-9a-f]{64})")


def firmware(what):
    """(board's row, parsed firmware) of "[BOARD=]FILE" or "[BOARD=]URL#sha256=HEX". UserError when it
    cannot be had or is none."""
    name, _, rest = what.partition("=")
    name, where = (name, rest) if name in boards.names() else (None, what)
    found = _URL.fullmatch(where)
    if found:
        data = download(*found.groups())
    elif re.match("https?://", where):
        raise UserError("%s: add #sha256= and the 64 hexadecimal digits of the file's SHA-256" % where)
    else:
        data = image.read(Path(where))
    parsed = esp_firmware.parse(data, where.partition("#")[0])
    kind = boards.read(name) if name else boards.guess(" with " + parsed.chip)
    image.check(parsed, kind)
    return kind, parsed


def download(url, sha256):
    """The bytes behind a URL, kept in the cache. UserError when they have another SHA-256."""
    kept = CACHE / "firmware" / (sha256 + ".bin")
    if not kept.exists():
        try:
            with urllib.request.urlopen(url, timeout=_DOWNLOAD_S) as answer:
                data = answer.read(_FIRMWARE_MAX)
        except (OSError, ValueError, urllib.error.URLError) as error:
            raise UserError("%s cannot be fetched (%s)" % (url, getattr(error, "reason", error)))
        is_now = hashlib.sha256(data).hexdigest()
        if is_now != sha256:
            raise UserError("%s is not what it should be: its SHA-256 is %s" % (url, is_now))
        _keep(kept, data)
    return kept.read_bytes()


def _keep(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_bytes(data)
    new.rename(path)


def bundle(path=None):
    """{file name: bytes} of ESP Web Tools for a browser: its scripts, and LICENSE. path: npm's archive;
    default: fetched with npm into the cache, once. UserError when it is not the one that is pinned
    here."""
    found = {}
    for name, data in unpacked(archive(NAME, VERSION, INTEGRITY, path)).items():
        if (name.startswith(_WEB) and name.endswith(".js")) or name == _LICENSE:
            found[name.rsplit("/", 1)[-1]] = data
    return found


def archive(name, version, integrity, path=None):
    """npm's archive of a package, checked. UserError when it cannot be had or is another one."""
    kept = CACHE / "npm" / ("%s-%s.tgz" % (name, version))
    if path is None and not kept.exists():
        _keep(kept, _pack(name, version))
    data = image.read(path or kept)
    if "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode() != integrity:
        if path is None:
            kept.unlink(missing_ok=True)
        raise UserError("%s is not %s %s as npm published it" % (path or kept, name, version))
    return data


def unpacked(data):
    """{path: bytes} of the files in a .tgz."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar if entry.isfile()}


def _pack(name, version):
    """npm's archive of a package, from the registry that this computer's npm is set to."""
    npm = shutil.which("npm")
    if not npm:
        raise UserError(
            "npm is not installed; install it, or fetch %s %s elsewhere and name the .tgz with --bundle"
            % (name, version)
        )
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [npm, "pack", "--silent", "%s@%s" % (name, version)],
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=_DOWNLOAD_S,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            raise UserError("npm did not fetch %s in %d s; is its registry reachable?" % (name, _DOWNLOAD_S))
        made = list(Path(folder).glob("*.tgz"))
        if done.returncode or len(made) != 1:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise UserError("npm cannot fetch %s %s: %s" % (name, version, last))
        return made[0].read_bytes()
