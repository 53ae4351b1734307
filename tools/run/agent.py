# SPDX-License-Identifier: MIT
"""The agent's process under MicroPython: start, kill, stop, its status document, its log, a command to
it."""

import collections
import contextlib
import json
import re
import signal
import socket
import subprocess
import threading
import time

from .. import ROOT, UserError

#: A clean stop writes nothing and waits for nobody; an exchange that is under way may last 20 s, nobody waits
#: for that.
STOP_S = 3
#: The agent may be within an exchange (20 s at most) before it answers a command.
TELL_S = 25
KEPT = 200
_STAMP = re.compile(r"^(\d\d:\d\d:\d\d|\+\d+) ")


def ask(control, line):
    """One command to the agent behind a control socket -> its answer (dict). OSError or ValueError when there
    is none."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(TELL_S)
        sock.connect(str(control))
        sock.sendall(line.encode() + b"\n")
        with sock.makefile() as answer:
            return json.loads(answer.readline())


class Agent:
    """config: path; folder: where journal, status and control socket go; code: folder to import from; where:
    function that turns an argv into one that starts in the right place; cwd: what relative paths in the
    config start from."""

    def __init__(self, interpreter, config, folder, code=ROOT / "firmware", where=None, cwd=None):
        self.config, self.folder = config, folder
        self.control = str(folder / "control")
        self._status = folder / "status.json"
        self._argv = (where or (lambda argv: argv))(
            interpreter.command(
                "-m",
                "wanbeacon",
                "run",
                "--config",
                config,
                "--state",
                folder,
                "--status",
                self._status,
                "--control",
                self.control,
            )
        )
        self._env = interpreter.environment(code)
        self._cwd = cwd
        self.log = collections.deque(maxlen=KEPT)  # (number, local time, text)
        self.lines = 0
        self.errors = []
        self.process = None
        self._seen = self._document = self._began = None

    def start(self):
        """Starts it; a status document of an earlier run does not count any more. It stays: should another
        agent run with these settings, it is that one's."""
        self._began, self._document = time.time_ns(), None
        self.errors.clear()
        try:
            self.process = subprocess.Popen(
                self._argv,
                env=self._env,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise UserError("cannot start %s: %s" % (self._argv[0], error.strerror)) from None
        self._readers = [
            threading.Thread(target=self._read, args=pipe, daemon=True)
            for pipe in ((self.process.stdout, False), (self.process.stderr, True))
        ]
        for thread in self._readers:
            thread.start()

    def _read(self, pipe, error):
        with pipe:
            for line in pipe:
                text = line.decode("utf-8", "replace").rstrip()
                if error and text:
                    self.errors.append(text)
                if text:
                    self.note(_STAMP.sub("", text))

    def note(self, text):
        """One line for the log."""
        self.lines += 1
        self.log.append((self.lines, time.strftime("%H:%M:%S"), text))

    def ended(self):
        """None while it runs, else its exit status."""
        return self.process.poll()

    def why_ended(self):
        """The agent's last words as lines for the user."""
        for thread in self._readers:
            thread.join(1)
        if any(line.startswith("Traceback") for line in self.errors):
            return ["the agent crashed: %s (please report this)" % self.errors[-1]]
        return [line.removeprefix("wanbeacon: ") for line in self.errors] or [
            "the agent ended by itself with status %s" % self.process.returncode
        ]

    def status(self):
        """The newest status document, or None before the first."""
        try:
            seen = self._status.stat().st_mtime_ns
            if seen != self._seen and seen > self._began:
                self._document = json.loads(self._status.read_text())
                self._seen = seen
        except (OSError, ValueError):
            pass
        return self._document

    def tell(self, line):
        """One command -> its answer, or None when nobody answers. Never waits long: see TELL_S."""
        with contextlib.suppress(OSError, ValueError):
            return ask(self.control, line)
        return None

    def kill(self):
        """As a power cut does."""
        self.process.kill()
        self._gone()

    def stop(self):
        """As Ctrl-C does; by force when that takes too long."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_S)
        if self.process.poll() is None:
            self.process.kill()
        self._gone()

    def _gone(self):
        self.process.wait()
        for thread in self._readers:
            thread.join(1)
