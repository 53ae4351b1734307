# SPDX-License-Identifier: MIT
"""Builds the installer's page as a static folder:

    index.html, style.css, install.js, update.js
    esp-web-tools-V/             ESP Web Tools as npm has it
    RELEASE/manifest.json        what a new board gets: an image per chip, and where in the flash it begins
    RELEASE/wanbeacon-RELEASE-BOARD.bin
    RELEASE/update.json          what a board that has Wanbeacon gets: each board's files, by SHA-256
    RELEASE/files/HASH           each different file once
    SHA256SUMS                   of all of them

A release that is built again replaces its folder; other releases stay, and the page offers them all."""

import hashlib
import html
import json
import shutil

from .. import HERE, UserError
from ..build import boards, version
from ..device import image
from . import sources

PAGE = HERE / "web/page"
#: Seconds that the page waits for a board that was just written: it starts, and reads 300 KB of modules.
IMPROV_S = 15


def build(out, firmware, bundle):
    """Fill the folder `out`. firmware: rows (board, parsed); bundle: of sources.bundle. UserError when
    two images are for one chip, or when the folder holds something else."""
    _own(out)
    release = version.agent_version()
    files = _release(release, firmware)
    try:
        shutil.rmtree(out / release, ignore_errors=True)
        for old in out.glob(sources.NAME + "-*"):
            shutil.rmtree(old)
        for name, data in files.items():
            _write(out / release / name, data)
        for name, data in bundle.items():
            _write(out / ("%s-%s" % (sources.NAME, sources.VERSION)) / name, data)
        for name in ("style.css", "install.js", "update.js"):
            _write(out / name, (PAGE / name).read_bytes())
        _write(out / "index.html", _index(out).encode())
        _write(out / "SHA256SUMS", _sums(out).encode())
    except OSError as error:
        raise UserError("cannot write to %s (%s); name another folder with --out" % (out, error.strerror))


def _own(out):
    """UserError when the folder is somebody else's."""
    if out.is_file():
        raise UserError("%s is a file; name a folder with --out" % out)
    if out.exists() and any(out.iterdir()) and not (out / "install.js").exists():
        raise UserError("%s holds other files; name another folder with --out" % out)


def _write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _release(release, firmware):
    """{name: bytes} of a release's folder."""
    files, builds, lists = {}, [], {}
    for kind, parsed in firmware:
        if kind["chip"] in [row["chipFamily"] for row in builds]:
            raise UserError("two firmware files are for %s; the page can offer one per chip" % kind["chip"])
        name = "wanbeacon-%s-%s.bin" % (release, kind["name"])
        on_board = boards.files(kind)
        made = image.build(parsed, kind["flash"] << 20, dict(on_board, **image.STARTING))
        files[name] = _without_end(made)
        builds.append({"chipFamily": kind["chip"], "parts": [{"path": name, "offset": parsed.base}]})
    every = {}
    for name in boards.names():  # an update is for every board, also for those with another way onto them
        lists[name] = {}
        for path, data in boards.files(boards.read(name)).items():
            digest = hashlib.sha256(data).hexdigest()
            files["files/" + digest] = data
            if every.setdefault(path, digest) != digest or path == "/lib/board.json":
                lists[name][path] = digest  # a file of this board's own
    manifest = {
        "name": "Wanbeacon",
        "version": release,
        # a new installation erases the whole flash and says so; settings are kept by update.js
        "new_install_prompt_erase": False,
        "new_install_improv_wait_time": IMPROV_S,
        "builds": builds,
    }
    update = {"version": release, "ours": boards.OURS, "files": every, "boards": lists}
    files["manifest.json"] = json.dumps(manifest, indent=1).encode()
    files["update.json"] = json.dumps(update, indent=1, sort_keys=True).encode()
    return files


def _without_end(data):
    """An image without the blank end of the flash, which is erased before it is written."""
    return data[: -(-len(data.rstrip(b"\xff")) // image.BLOCK) * image.BLOCK]


def _releases(out):
    """Names of the releases in the folder, newest first."""
    found = [path.parent.name for path in out.glob("*/manifest.json")]
    return sorted(
        found, key=lambda name: [int(n) if n.isdigit() else -1 for n in name.split(".")], reverse=True
    )


def _index(out):
    """The page, with the releases and their files filled in."""
    releases = _releases(out)
    options = "".join('<option value="%s">%s</option>' % (name, name) for name in map(html.escape, releases))
    rows = []
    for release in releases:
        for row in json.loads((out / release / "manifest.json").read_text())["builds"]:
            part = row["parts"][0]
            path = "%s/%s" % (release, part["path"])
            digest = hashlib.sha256((out / path).read_bytes()).hexdigest()
            command = "esptool --chip %s write-flash 0x%x %s" % (
                row["chipFamily"].lower().replace("-", ""),
                part["offset"],
                part["path"],
            )
            rows.append(
                '<li><a href="%s" download>%s</a> for %s<br><code>%s</code><br>'
                "<small>SHA-256 <code>%s</code></small></li>"
                % tuple(map(html.escape, (path, part["path"], row["chipFamily"], command, digest)))
            )
    chips = json.loads((out / releases[0] / "manifest.json").read_text())["builds"]
    text = (PAGE / "index.html").read_text(encoding="utf-8")
    for key, value in (
        ("{bundle}", "%s-%s" % (sources.NAME, sources.VERSION)),
        ("{newest}", html.escape(releases[0])),
        ("{releases}", options),
        ("{one}", " hidden" if len(releases) == 1 else ""),
        ("{chips}", html.escape(", ".join(row["chipFamily"] for row in chips))),
        ("{files}", "\n".join(rows)),
    ):
        text = text.replace(key, value)
    return text


def _sums(out):
    """The text of SHA256SUMS, as sha256sum -c reads it."""
    names = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    return "".join(
        "%s  %s\n" % (hashlib.sha256((out / name).read_bytes()).hexdigest(), name)
        for name in names
        if name != "SHA256SUMS"
    )
