# SPDX-License-Identifier: MIT
"""Which MicroPython programs are on this machine and how they are started.

interpreters.all()      -> [Interpreter]: the wheel, Debian 13's amd64 and i386, and $MICROPYTHON if set.
                           One that is not here has `.why` (a sentence) and `.argv` None.
interpreters.default()  -> the one to run the agent with, see there; never fails for want of a MicroPython
interpreters.fetch()    -> unpacks Debian's programs for the tests into .cache/ (once); returns
                           [(name, why not)]
interpreters.fetch_native() -> the one of this machine's own kind, where PyPI has no wheel for it
interpreters.check_version(path) -> (1, 25, 0); UserError when it is older than 1.23 or no MicroPython
interpreters.environment(*paths) -> os.environ with MICROPYPATH=paths (repo-relative), for subprocess
"""

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from . import CACHE, HERE, ROOT, UserError

#: asyncio, `tls` and `.mpy` 6.3 as the agent uses them are there from 1.23 on.
OLDEST = (1, 23)
#: A program that does not even print its version in this time is not going to run an agent.
_PROBE_S = 10
#: Unpacking Debian's programs: two package lists and 5 MB each.
_FETCH_S = 180


@dataclass
class Interpreter:
    """name: as tests show it; argv: how to start it (list of str; None when missing); kind: wheel, elf, user,
    system or cpython; why: None, or why it is missing, as a sentence for the user; note: why it is
    CPython."""

    name: str
    argv: list | None
    kind: str
    why: str | None = None
    note: str = "there is no MicroPython on this machine"

    def command(self, *args, heap=None):
        """argv of a process: `args` as for micropython; heap as in `-X heapsize=` ("200k", "2M") or None."""
        if self.why:
            raise UserError("%s: %s" % (self.name, self.why))
        if self.kind == "cpython":  # wanbeacon_cpython is -m already, and takes what is to be run
            return self.argv + [str(a) for a in args if a != "-m"]
        return self.argv + (["-X", "heapsize=" + heap] if heap else []) + [str(a) for a in args]

    def environment(self, firmware):
        """os.environ for a process that imports the agent from the folder `firmware`."""
        if self.kind == "cpython":
            path = os.pathsep.join([str(Path(firmware) / "wanbeacon/board/cpython"), str(firmware)])
            return dict(os.environ, PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
        return dict(os.environ, MICROPYPATH="%s:.frozen" % firmware)

    def describe(self):
        """ "MicroPython 1.25.0 (/usr/bin/micropython)", "CPython 3.11.7": what runs the agent."""
        if self.kind == "cpython":
            return "CPython %s (%s)" % (platform.python_version(), self.note)
        return "MicroPython " + ".".join(map(str, check_version(self.argv[0])))


def environment(*paths, **more):
    """os.environ for a MicroPython process: MICROPYPATH = these repo-relative paths, then its frozen
    modules."""
    path = ":".join([str(ROOT / p) for p in paths] + [".frozen"])
    return dict(os.environ, MICROPYPATH=path, **more)


def check_version(path):
    """The version of the MicroPython at `path` as (1, 25, 0). UserError in one line when it cannot be
    used."""
    probe = "import sys; print(sys.implementation[0], *sys.implementation[1][:3])"
    try:
        done = subprocess.run([str(path), "-c", probe], capture_output=True, text=True, timeout=_PROBE_S)
    except FileNotFoundError:
        raise UserError(
            "there is no program %s; set MICROPYTHON to a MicroPython of version 1.23 or newer" % path
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UserError(
            "%s cannot be started (%s); set MICROPYTHON to another program"
            % (path, getattr(error, "strerror", None) or "no answer")
        )
    words = done.stdout.split()
    if done.returncode or len(words) != 4 or words[0] != "micropython":
        raise UserError("%s is not a MicroPython; set MICROPYTHON to one of version 1.23 or newer" % path)
    version = tuple(map(int, words[1:]))
    if version < OLDEST:
        raise UserError(
            "%s is MicroPython %d.%d; the agent needs %d.%d or newer" % ((path,) + version[:2] + OLDEST)
        )
    return version


def _wheel():
    """PyPI's build: a program beside the venv's python that hosts MicroPython in a CPython process."""
    path = Path(sys.executable).parent / "micropython"
    if path.exists():
        return Interpreter("micropython-wheel", [str(path)], "wheel")
    return Interpreter(
        "micropython-wheel",
        None,
        "wheel",
        "PyPI has none for this machine, or it is not in this Python's environment (.venv/bin/python)",
    )


def _elf(arch):
    path = CACHE / ("micropython-" + arch) / "micropython"
    if os.access(path, os.X_OK):
        return Interpreter("micropython-" + arch, [str(path)], "elf")
    why = CACHE / ("micropython-%s.why" % arch)
    reason = why.read_text().strip() if why.exists() else "not unpacked yet; `make test` does it"
    return Interpreter("micropython-" + arch, None, "elf", reason)


def fetch():
    """Unpacks Debian's stand-alone programs where they are missing; returns [(name, why not)] of those that
    failed."""
    failed = [("micropython-" + arch, _fetch(arch)) for arch in ("amd64", "i386") if _elf(arch).why]
    return [row for row in failed if row[1]]


def _fetch(arch):
    """Unpacks one; returns None, or why not, which is kept for whoever asks later."""
    CACHE.mkdir(parents=True, exist_ok=True)
    note = CACHE / ("micropython-%s.why" % arch)
    try:
        done = subprocess.run(
            ["sh", HERE / "micropython-elf", arch, CACHE / ("micropython-" + arch)],
            capture_output=True,
            text=True,
            timeout=_FETCH_S,
        )
        why = done.stderr.strip().removeprefix("micropython-elf: ") if done.returncode else None
    except (OSError, subprocess.TimeoutExpired) as error:
        why = "could not be unpacked: %s" % error
    if why:
        note.write_text(why + "\n")
    else:
        note.unlink(missing_ok=True)
    return why


def all():
    """Every interpreter the tests are for, there or not (see `.why`)."""
    found = [_wheel(), _elf("amd64"), _elf("i386")]
    if os.environ.get("MICROPYTHON") not in (None, "", "cpython"):  # make exports it empty when it is not set
        found.append(_users(os.environ["MICROPYTHON"]))
    return found


def _users(path):
    check_version(path)
    return Interpreter("micropython-user", [path], "user")


def _system():
    """A MicroPython that the user or the distribution has installed, if it can run the agent; else None."""
    path = shutil.which("micropython")
    if not path or Path(path).parent == Path(sys.executable).parent:
        return None
    try:
        check_version(path)
        # Debian 12's has no TLS, and some distributions leave asyncio out
        done = subprocess.run([path, "-c", "import tls, asyncio"], capture_output=True, timeout=_PROBE_S)
    except (UserError, OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else Interpreter("micropython-system", [path], "system")


def native():
    """Debian's name for this machine's kind ("arm64"), or None where Debian's programs cannot run."""
    if sys.platform != "linux":
        return None
    wide = sys.maxsize > 1 << 32  # a Raspberry Pi OS of 32 bit may run a 64-bit kernel
    kinds = {"x86_64": "amd64", "aarch64": "arm64" if wide else "armhf", "armv7l": "armhf", "armv8l": "armhf",
             "riscv64": "riscv64", "i686": "i386", "i586": "i386"}  # fmt: skip
    return kinds.get(platform.machine())


def fetch_native():
    """Unpacks Debian's program for this machine where nothing else can run the agent; returns None or why
    not."""
    arch = native()
    if arch is None:
        return "Debian has no MicroPython for a %s %s machine" % (sys.platform, platform.machine())
    if not (_wheel().why and _system() is None and _elf(arch).why):
        return None
    return _fetch(arch)


def _cpython():
    return Interpreter("cpython", [sys.executable, "-P", "-m", "wanbeacon_cpython"], "cpython")


def default():
    """The interpreter to run the agent with: $MICROPYTHON (a path, or "cpython"), else the wheel, else an
    installed MicroPython of 1.23 or newer, else Debian's unpacked one, else CPython. UserError when
    $MICROPYTHON is unusable."""
    path = os.environ.get("MICROPYTHON")
    if path == "cpython":
        one = _cpython()
        one.note = "as MICROPYTHON says"
        return one
    if path:
        return _users(path)
    for one in (_wheel(), _system(), _elf(native()) if native() else None):
        if one and not one.why:
            return one
    return _cpython()
