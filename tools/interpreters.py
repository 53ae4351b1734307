"""Which MicroPython programs are on this machine and how they are started. Knows nothing of the agent.

    interpreters.all()      -> [Interpreter]: the wheel, Debian 13's amd64 and i386, and $MICROPYTHON if set.
                               One that is not here has `.why` (a sentence) and `.argv` None.
    interpreters.default()  -> the one to run the agent with: $MICROPYTHON, else the wheel; UserError if unusable
    interpreters.fetch()    -> unpacks Debian's programs into .cache/ (once); returns [(name, why not)]
    interpreters.check_version(path) -> (1, 25, 0); UserError when it is older than 1.23 or no MicroPython
    interpreters.environment(*paths) -> os.environ with MICROPYPATH=paths (repo-relative), for subprocess
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from . import CACHE, ROOT, UserError

#: asyncio, `tls` and `.mpy` 6.3 as the agent uses them are there from 1.23 on.
OLDEST = (1, 23)
#: A program that does not even print its version in this time is not going to run an agent.
_PROBE_S = 10
#: Unpacking Debian's programs: two package lists and 5 MB each.
_FETCH_S = 180


@dataclass
class Interpreter:
    """name: as tests show it; argv: how to start it (list of str; None when missing); kind: wheel, elf or user;
    why: None, or why it is missing, as a sentence for the user."""

    name: str
    argv: list | None
    kind: str
    why: str | None = None

    def command(self, *args, heap=None):
        """argv of a process: `args` as for micropython; heap as in `-X heapsize=` ("200k", "2M") or None."""
        if self.why:
            raise UserError("%s: %s" % (self.name, self.why))
        return self.argv + (["-X", "heapsize=" + heap] if heap else []) + [str(a) for a in args]


def environment(*paths, **more):
    """os.environ for a MicroPython process: MICROPYPATH = these repo-relative paths, then its frozen modules."""
    path = ":".join([str(ROOT / p) for p in paths] + [".frozen"])
    return dict(os.environ, MICROPYPATH=path, **more)


def check_version(path):
    """The version of the MicroPython at `path` as (1, 25, 0). UserError in one line when it cannot be used."""
    probe = "import sys; print(sys.implementation[0], *sys.implementation[1][:3])"
    try:
        done = subprocess.run([str(path), "-c", probe], capture_output=True, text=True, timeout=_PROBE_S)
    except FileNotFoundError:
        raise UserError("there is no program %s; set MICROPYTHON to a MicroPython of version 1.23 or newer" % path)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError("%s cannot be started (%s); set MICROPYTHON to another program"
                        % (path, getattr(error, "strerror", None) or "no answer"))
    words = done.stdout.split()
    if done.returncode or len(words) != 4 or words[0] != "micropython":
        raise UserError("%s is not a MicroPython; set MICROPYTHON to one of version 1.23 or newer" % path)
    version = tuple(map(int, words[1:]))
    if version < OLDEST:
        raise UserError("%s is MicroPython %d.%d; the agent needs %d.%d or newer" % ((path,) + version[:2] + OLDEST))
    return version


def _wheel():
    """PyPI's build: a program beside the venv's python that hosts MicroPython in a CPython process."""
    path = Path(sys.executable).parent / "micropython"
    if path.exists():
        return Interpreter("micropython-wheel", [str(path)], "wheel")
    return Interpreter("micropython-wheel", None, "wheel", "not in this Python's environment; use .venv/bin/python")


def _elf(arch):
    path = CACHE / ("micropython-" + arch) / "micropython"
    if os.access(path, os.X_OK):
        return Interpreter("micropython-" + arch, [str(path)], "elf")
    why = CACHE / ("micropython-%s.why" % arch)
    reason = why.read_text().strip() if why.exists() else "not unpacked yet; `make test` does it"
    return Interpreter("micropython-" + arch, None, "elf", reason)


def fetch():
    """Unpacks Debian's stand-alone programs where they are missing; returns [(name, why not)] of those that failed."""
    failed = []
    for arch in ("amd64", "i386"):
        if not _elf(arch).why:
            continue
        CACHE.mkdir(exist_ok=True)
        note = CACHE / ("micropython-%s.why" % arch)
        try:
            done = subprocess.run([ROOT / "tools/micropython-elf", arch, CACHE / ("micropython-" + arch)],
                                  capture_output=True, text=True, timeout=_FETCH_S)
            why = done.stderr.strip().removeprefix("micropython-elf: ") if done.returncode else None
        except (OSError, subprocess.TimeoutExpired) as error:
            why = "could not be unpacked: %s" % error
        if why:
            note.write_text(why + "\n")
            failed.append(("micropython-" + arch, why))
        else:
            note.unlink(missing_ok=True)
    return failed


def all():
    """Every interpreter the tests are for, there or not (see `.why`)."""
    found = [_wheel(), _elf("amd64"), _elf("i386")]
    if os.environ.get("MICROPYTHON"):
        found.append(_users(os.environ["MICROPYTHON"]))
    return found


def _users(path):
    check_version(path)
    return Interpreter("micropython-user", [path], "user")


def default():
    """The interpreter to run the agent with; UserError with what to do when there is none."""
    path = os.environ.get("MICROPYTHON")
    chosen = _users(path) if path else _wheel()
    if chosen.why:
        raise UserError("%s: %s" % (chosen.name, chosen.why))
    return chosen
