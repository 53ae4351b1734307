"""A board's modules, packed: what is needed together is one file (tools/merge.py), and each is deflated; on the board
firmware/unpack.py inflates it when it is imported. Less than two thirds of the flash, a third of the files.

Knows which modules belong together, not what they do."""

import ast
import shutil
import tempfile
import zlib
from pathlib import Path

import zopfli.zlib

from tools import ROOT, merge, mpy, shrink

#: {file: its modules}. What is reached by its name as a text (an address source, a page) stays a file of its own. A small
#: heap drops files, not modules: firmware/wanbeacon/lean.py names those that come and go.
GROUPS = {
    "core": ("__init__", "address", "agent", "board/__init__", "board/device", "board/esp32", "board/lights", "board/link", "board/ntp",
             "board/rtc", "dyndns/__init__", "dyndns/url", "lean", "model", "net/__init__", "net/clock", "net/udp", "net/waits",
             "observe/__init__", "observe/announce", "observe/choose", "observe/scan", "status"),
    "exchange": ("net/http", "net/trust", "net/wire"),
    "words": ("ranges", "reasons"),
    "round": ("decide", "dyndns/outcome", "plan"),
    "answer": ("dyndns/reply", "learn"),
    "request": ("dyndns/request", "dyndns/share"),
    "provider": ("dyndns/advice", "dyndns/catalog"),
    "events": ("net/lan", "observe/gena"),
}
#: Size of the window, as a power of 2: that many bytes of the heap in one piece while a module is imported. What is loaded
#: again and again must find room among what lives; the core comes first, and while it comes the heap is empty. A source
#: of addresses comes once, and stays.
WINDOW, LARGER = 10, {"core": 13, "setup": 12, "config": 11, "natpmp": 11, "pcp": 11, "stun": 11, "whoami": 11}
#: The portal, its web server, and what answers a user: on a board only its pages ask that. Not deflated: pages must not keep
#: people waiting.
PORTAL = ("wanbeacon/portal/", "wanbeacon/commands.", "microdot.")


def compile_tree(target, paths, apart=None, scripts=None):
    """Fills the folder `target`: firmware/'s data, its sources `paths` ("wanbeacon/agent.py") packed, and the main.py that
    starts them. apart: {path: source} of other modules, packed as they are. scripts: {path: source} of what is not packed,
    beside main.py or in its place; each can import what is. Returns {relative path: bytes}."""
    firmware = ROOT / "firmware"
    _, tree = build(paths, scripts)
    texts = dict({path: tree.shrink(path) + "\n" for path in tree.trees}, **apart or {})
    texts.update({path: "import unpack\n" + texts[path] for path in scripts or ("main.py",)})
    texts["unpack.py"] = (firmware / "unpack.py").read_text()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(firmware, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"), dirs_exist_ok=True)
        for path, text in texts.items():
            Path(folder, path).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, path).write_text(text)
        sizes = mpy.compile_tree(target, folder)
    for path in [path for path in sizes if path.endswith(".mpy") and not path.startswith(("unpack.", *PORTAL))]:
        file = Path(target, path)
        data = deflate(file.read_bytes(), LARGER.get(file.stem, WINDOW))
        file.with_suffix(".z").write_bytes(data)
        file.unlink()
        del sizes[path]
        sizes[path[:-3] + "z"] = len(data)
    return sizes


def build(paths, scripts=None):
    """(merge.Program, shrink.Tree) of firmware/'s sources `paths` and of `scripts`, {path: source}; default: main.py."""
    texts = {path: (ROOT / "firmware" / path).read_text() for path in (*paths, *(() if scripts else ("main.py",)))}
    texts.update(scripts or {})
    groups = {_path(name): [_path(one) for one in modules if _path(one) in texts] for name, modules in GROUPS.items()}
    program = merge.Program({path: _with_files_dropped(text) for path, text in texts.items()}, groups)
    return program, shrink.Tree(program.build())


def _path(name):
    return "wanbeacon/%s.py" % name


def _with_files_dropped(text):
    """The source with files' names in calls of lean.drop() and in the tables of lean.py, where it has modules'."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("drop", "lean.drop"):
            node.args = _files(node.args)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("STEPS", "WIRE"):
            node.value.elts = _files(node.value.elts)
    return ast.unparse(tree)


def _files(nodes):
    """Nodes of modules' names -> nodes of the names of their files, each once; the core stays."""
    out = {}
    for node in nodes:
        name = getattr(node, "value", None)
        file = _FILE_OF.get(name, name) if isinstance(name, str) else ast.dump(node)
        if file != "core":
            out.setdefault(file, ast.Constant(file) if isinstance(name, str) else node)
    return list(out.values())


_FILE_OF = {module.replace("/", "."): file for file, modules in GROUPS.items() for module in modules}


def deflate(data, window):
    """Bytes as unpack.py inflates them."""
    press = zlib.compressobj(9, zlib.DEFLATED, -window, 9)
    out = press.compress(data) + press.flush()
    if len(data) <= 1 << window:  # zopfli knows the largest window only
        out = min(out, zopfli.zlib.compress(data)[2:-4], key=len)
    return bytes([window]) + out
