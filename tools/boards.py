"""The boards in boards/ and what goes onto one: a list of (path on the board, bytes). Knows no port and no image.

On the board: /main.py, everything else of firmware/ below /lib (compiled), /lib/board.json (the pins), and the user's
/config.json and /device.json, which an installation never replaces unasked."""

import json
import tempfile
from pathlib import Path

from tools import ROOT, UserError, mpy

#: Parts of the agent that only a Linux machine can use: AF_NETLINK, AF_UNIX, commands, UCI.
LINUX_ONLY = ("wanbeacon/board/linux.", "wanbeacon/board/control.", "wanbeacon/openwrt/", "wanbeacon/observe/netlink.",
              "wanbeacon/observe/ubus.", "wanbeacon/observe/command.", "wanbeacon/net/bus.", "wanbeacon/__main__.",
              "wanbeacon/start.", "wanbeacon/cli.")
#: The portal and its web server; left out with --no-portal.
PORTAL = ("wanbeacon/portal/", "microdot.")
#: Folders and modules of ours below /lib: files there that are not in the list are left-overs of another version.
OURS = ("/lib/wanbeacon/", "/lib/catalogue/", "/lib/microdot.", "/lib/board.json")


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


def files(board, portal=True):
    """{path on the board: bytes}, main.py last: it is what makes an installation complete."""
    skip = LINUX_ONLY + (() if portal else PORTAL)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        mpy.compile_tree(folder)
        for path in sorted(Path(folder).rglob("*")):
            name = str(path.relative_to(folder))
            if path.is_file() and not name.startswith(skip) and name != "main.py":
                found["/lib/" + name] = path.read_bytes()
        main = Path(folder) / "main.py"
        found["/lib/board.json"] = json.dumps(dict(board["device"], name=board["name"])).encode()
        found["/main.py"] = main.read_bytes()
    return found


def shadows(path):
    """True for a file that Python would take instead of ours: the current directory and .py come before /lib and .mpy."""
    top = path[1:].split("/")[0]
    return top in ("wanbeacon", "microdot", "microdot.py", "microdot.mpy", "wanbeacon.py", "wanbeacon.mpy", "main.mpy")


def leftovers(present, wanted):
    """Of the files `present` on a board those to remove: ours of another version, and copies that would shadow ours."""
    return sorted(path for path in present if path not in wanted and (path.startswith(OURS) or shadows(path)))
