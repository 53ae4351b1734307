"""What finding and reading its modules costs a board: block reads from power to the first request, on the
real LittleFS.

MicroPython asks three times for a module (a folder, .py, .mpy) and then opens it; each is a look-up in every
folder of its path. The order is that of the sources: imports depth first, and what they load by name, as
stages and sources of addresses (wanbeacon.app.stage, Agent.load). As measured with the same model, the packed
0.1.0 needed 3,820."""

import ast
import re
from functools import cache

from littlefs import LittleFS, LittleFSError
from littlefs.context import UserContext

from .. import ROOT
from ..build import boards, manifest
from ..device import image

#: A board's default sources of addresses, which it loads by name.
SOURCES = ("observe.natpmp", "observe.upnp")
#: Only for pages, commands, set-up mode and providers that do not speak DynDNS2: not on the way to the first
#: request.
LATER = ("wanbeacon.portal", "wanbeacon.app.commands", "wanbeacon.app.status",
         "wanbeacon.board.esp32.access_point", "wanbeacon.board.esp32.captive_dns", "wanbeacon.app.restful",
         "wanbeacon.app.restplan", "wanbeacon.dyndns.tsig", "wanbeacon.net.dnsupdate")  # fmt: skip
#: A string that may name a module. A name need not be in the call that loads it: `way = "app.restful" if ...
#: else "app.exchange"`.
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_FLASH = 2 << 20


class _Counting(UserContext):
    """A flash in memory that counts how often it is read."""

    def __init__(self, data):
        super().__init__(len(data))
        self.buffer, self.reads = bytearray(data), 0

    def read(self, cfg, block, off, size):
        self.reads += 1
        return super().read(cfg, block, off, size)


def order():
    """Names of the modules ("wanbeacon.core.policy") in the order in which a board loads them up to its first
    request."""
    found, there = [], set(manifest.modules("board", str(ROOT / "firmware")))

    def visit(name):
        path = ROOT / "firmware" / name.replace(".", "/")
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if (
            name in found
            or name.startswith(LATER)
            or file.relative_to(ROOT / "firmware").as_posix() not in there
        ):
            return
        if "." in name:
            visit(name.rpartition(".")[0])
        found.append(name)
        for inner in _loaded(file.read_text(encoding="utf-8")):
            visit(inner)

    visit("wanbeacon.app.board_main")
    for source in SOURCES:
        visit("wanbeacon." + source)
    return found


def _loaded(source):
    """Modules that a source file imports or loads by name, and names of none."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from ("%s.%s" % (node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
            yield "wanbeacon." + node.value
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "load" and node.args:
            yield "wanbeacon.observe.%s" % getattr(node.args[0], "value", "?")


def reads(data, names):
    """(block reads of the look-ups, of the contents) for loading the modules `names` from the file system
    `data`."""
    flash = _Counting(data)
    fs = LittleFS(
        context=flash, block_size=image.BLOCK, block_count=len(data) // image.BLOCK, mount=True, **image.LFS
    )
    counts = [0, 0]

    def ask(part, job):
        before = flash.reads
        try:
            return job()
        except LittleFSError:  # there is none of that name
            return None
        finally:
            counts[part] += flash.reads - before

    for name in names:
        path = "/lib/" + name.replace(".", "/")
        if ask(0, lambda path=path: fs.stat(path)):
            path += "/__init__"
        for end in (".py", ".mpy"):
            ask(0, lambda path=path, end=end: fs.stat(path + end))
        file = ask(0, lambda path=path: fs.open(path + ".mpy", "rb"))
        ask(1, file.read)
        file.close()
    return tuple(counts)


@cache
def _board():
    return image.filesystem(_FLASH, dict(boards.files(boards.read("ESP32_GENERIC")), **image.STARTING))


def measure(bench, part):
    """Block reads: "start" for all modules up to the first request, "widest" for the dearest single
    module."""
    names = order()
    if part == "widest":
        cost, name = max((sum(reads(_board(), [name])), name) for name in names)
        bench.note(name)
        return cost
    lookups, contents = reads(_board(), names)
    bench.note("%d modules; %d reads to find them, %d to read them" % (len(names), lookups, contents))
    return lookups + contents
