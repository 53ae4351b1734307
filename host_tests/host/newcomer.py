# SPDX-License-Identifier: MIT
"""A new user's folder: a copy of the checkout in which commands of the documents are typed as they stand
there.

    with Newcomer(folder) as user:
        user.type("make run")                   # returns (status, output); fails when the status is not 0
        with user.typing("make run") as run:    # a command that goes on until Ctrl-C
            run.until("The provider had it")

The copy is of what is tracked, as it is in the checkout, with this environment's .venv and .cache; with
WANBEACON_NEWCOMER set (`make newcomer`) it is a clone of HEAD and has nothing but what the commands
themselves fetch."""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tools import CACHE, ROOT

FRESH = bool(os.environ.get("WANBEACON_NEWCOMER"))
#: The first command of a new user sets everything up.
PATIENCE = 900 if FRESH else 60


class Newcomer:
    def __init__(self, folder):
        self.folder = Path(folder)
        if FRESH:
            subprocess.run(["git", "clone", "-q", str(ROOT), str(self.folder)], check=True)
            return
        subprocess.run(
            ["git", "clone", "-q", "--shared", "--no-checkout", str(ROOT), str(self.folder)], check=True
        )
        names = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
        for name in names:
            if name and (ROOT / name).is_file():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / name, follow_symlinks=False)
        (self.folder / ".cache").symlink_to(CACHE)
        (self.folder / ".venv").mkdir()
        for name in ("bin", "lib", "pyvenv.cfg"):
            (self.folder / ".venv" / name).symlink_to(Path(sys.prefix) / name)
        for stamp in (".run", ".tools", ".dev"):  # newer than the lists of packages: nothing to set up
            (self.folder / ".venv" / stamp).touch()

    def _start(self, line, **more):
        env = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PYTHON", "PYTEST", "MAKE", "WANBEACON"))
        }
        return subprocess.Popen(
            ["bash", "-c", line],
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **more,
        )

    def type(self, line, status=0, **replaced):
        """The output of a command, typed as it stands in the document, but for words replaced (place of a
        board...)."""
        for old, new in replaced.get("with_", {}).items():
            assert old in line, line
            line = line.replace(old, str(new))
        process = self._start(line)
        try:
            text = process.communicate(timeout=PATIENCE)[0]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        assert "Traceback" not in text, text
        assert process.returncode == status, "%s ended with %d:\n%s" % (line, process.returncode, text)
        return text

    def type_as_root(self, *lines):
        """The output of commands that change /etc and /usr/local: they change copies that are gone
        afterwards."""
        layers = "".join(
            "mkdir $d/{u,w}%d; mount -t overlay o -o lowerdir=%s,upperdir=$d/u%d,workdir=$d/w%d %s\n"
            % (n, at, n, n, at)
            for n, at in enumerate(("/etc", "/usr/local"))
        )
        (self.folder.parent / "as-root").write_text(
            "set -e\nd=$(mktemp -d)\nmount -t tmpfs none $d\n%s%s\n" % (layers, "\n".join(lines))
        )
        return self.type("unshare -m bash %s" % (self.folder.parent / "as-root"))

    def typing(self, line):
        return _Typing(self._start(line, bufsize=0))


class _Typing:
    def __init__(self, process):
        self.process, self.text = process, ""

    def __enter__(self):
        return self

    def until(self, pattern, seconds=PATIENCE):
        """Reads until the pattern is there; returns the match."""
        end = time.monotonic() + seconds
        while not (match := re.search(pattern, self.text)):
            ready = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert data, "%r did not come; instead: %s" % (pattern, self.text)
            self.text += data.decode("utf-8", "replace")
        return match

    def __exit__(self, *_):
        """Ctrl-C: the terminal sends it to everything that the command has started."""
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.text += self.process.communicate(timeout=60)[0]
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        assert "Traceback" not in self.text, self.text
