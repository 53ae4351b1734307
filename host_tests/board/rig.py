# SPDX-License-Identifier: MIT
"""An emulated ESP32 board on a serial port: a PTY in front of the real MicroPython on a real LittleFS image.

    with Board(folder, interpreter) as board:      # powered on; mpremote works with board.port, unmodified
        board.world(wifi=[{"ssid": "home", "password": "secret123"}])
        board.wait_for("first good")
        board.cut()                                # power cut now; board.cut(after_writes=7): in the middle
                                                   # of a flash write
        board.power_on()

Control folder: world.json (what is around the board), flash.img (its flash), events (a FIFO: what the
board does), kept-* (RTC memory and clock: lost with the power)."""

import contextlib
import errno
import json
import os
import pty
import re
import select
import signal
import threading
import time
import tty
from pathlib import Path

from host_tests.board.littlefs import read_back

CHIP = Path(__file__).parent / "chip"
BLOCK = 4096
#: 2 MiB: what a 4 MiB ESP32 has for files.
BLOCKS = 512
PWRON, HARD, WDT, SOFT = 1, 2, 3, 5
_READY = b"\x00ready\x00"
_RAW_PROMPT = b"raw REPL; CTRL-B to exit\r\n>"


class Board:
    def __init__(self, folder, interpreter, blocks=BLOCKS, heap=None):
        """folder: a fresh directory; interpreter: tools.interpreters.Interpreter with a raw REPL (1.26 or
        newer); heap: as in `-X heapsize=`, None for the interpreter's own."""
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.interpreter, self.heap = interpreter, heap
        self.image = self.folder / "flash.img"
        if not self.image.exists():
            self.image.write_bytes(b"\xff" * BLOCK * blocks)
        self._facts = {}
        self.world()
        os.mkfifo(self.folder / "events")
        self.events = []
        self._log = bytearray()
        self._child = self._wdt = None
        self._lock = threading.RLock()
        self._quit = False
        # mpremote treats /dev/pts/N as QEMU's and reads it without any timeout; under another name it is a
        # serial port.
        self.port = str(self.folder / "ttyBOARD")
        self._host = None
        self._fifo = os.open(self.folder / "events", os.O_RDWR | os.O_NONBLOCK)
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    def __enter__(self):
        self.power_on()
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.cut()
        self._quit = True
        self._thread.join(5)
        os.close(self._fifo)

    # ---- what a test does to the board

    def world(self, **facts):
        """Sets facts about the surroundings (None removes one): wifi, cable, address, gateway, names, ports,
        pins..."""
        self._facts.update(facts)
        self._facts = {key: value for key, value in self._facts.items() if value is not None}
        new = self.folder / "world.new"
        new.write_text(json.dumps(self._facts))
        new.rename(self.folder / "world.json")

    def power_on(self):
        with self._lock:
            if self._host is None:
                self._host, slave = pty.openpty()
                tty.setraw(slave)
                os.symlink(os.ttyname(slave), self.port)
                os.close(slave)
                os.set_blocking(self._host, False)
            self._start(PWRON, raw=False)

    def cut(self, after_writes=None):
        """Power off, and the USB serial port is gone with it, as on a real board.

        after_writes=n: not now, but in the middle of the n-th flash operation from here."""
        with self._lock:
            if after_writes is not None:
                (self.folder / "kept-writes").unlink(missing_ok=True)
                self.world(cut_after_writes=after_writes)
                return
            self._kill()
            self._wdt = None
            if self._host is not None:
                os.unlink(self.port)
                os.close(self._host)
                self._host = None
            for kept in self.folder.glob("kept-*"):
                kept.unlink()
            self.world(cut_after_writes=None)

    @property
    def powered(self):
        return self._child is not None

    def press(self, pin, seconds):
        """The button to ground, for so long."""
        self.world(pins=dict(self._facts.get("pins", {}), **{str(pin): 0}))
        time.sleep(seconds)
        self.world(pins=dict(self._facts["pins"], **{str(pin): 1}))

    def type(self, text):
        """Keys on the console, without a serial port in between."""
        with self._lock:
            self._to_board(text.encode() if isinstance(text, str) else text)

    # ---- what a test sees

    @property
    def log(self):
        """Everything the console has said so far."""
        return self._log.decode("utf-8", "replace")

    def mark(self):
        """A place in the log, for wait_for."""
        return len(self._log)

    def wait_for(self, text, timeout=30, since=0):
        """Waits until the console says `text` (a regular expression); returns the match, AssertionError with
        the log else."""
        end = time.monotonic() + timeout
        while True:
            found = re.search(text.encode(), bytes(self._log[since:]))
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(
                    "the board did not say %r in %s s; it said:\n%s" % (text, timeout, self.log[-3000:])
                )
            time.sleep(0.02)

    def wait_event(self, text, timeout=30, since=0):
        """The same for events ("reset", "wdt 90000", "pin 2 1", "connect home"); returns its index."""
        end = time.monotonic() + timeout
        while True:
            for index in range(since, len(self.events)):
                if re.fullmatch(text, self.events[index]):
                    return index
            if time.monotonic() > end:
                raise AssertionError(
                    "no event %r in %s s; there were %r" % (text, timeout, self.events[-30:])
                )
            time.sleep(0.02)

    def files(self):
        """{path: bytes} of the flash as littlefs-python reads it. Only while the board is off or idle."""
        return read_back(self.image.read_bytes(), self.image.stat().st_size // BLOCK)

    # ---- the machine room

    def _start(self, cause, raw):
        self._kill()
        if cause != SOFT:
            self._wdt = None  # a soft reset does not stop the chip's watchdog
        self._boot_raw = raw  # the console was raw before this soft reset and shall be again
        self._stage = "boot"  # boot -> (prompt, if raw) -> run
        self._tail = b""  # end of the output: tells a prompt from a running program
        self._interrupt = False  # a Ctrl-C that came before anything could be interrupted
        self._plain = False  # micropython.kbd_intr(-1): Ctrl-C is a byte like any other
        master, slave = pty.openpty()
        tty.setraw(slave)
        argv = self.interpreter.command(
            "-i", CHIP / "boot_board.py", self.folder, "raw" if raw else "friendly", cause, heap=self.heap
        )
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                for fd in (0, 1, 2):
                    os.dup2(slave, fd)
                os.closerange(3, 1024)
                os.execvpe(argv[0], argv, {"PATH": os.environ["PATH"], "TZ": "UTC", "HOME": "/nonexistent"})
            finally:
                os._exit(127)
        os.close(slave)
        self._child, self._pid = master, pid

    def _kill(self):
        if self._child is None:
            return
        with contextlib.suppress(OSError):
            while select.select([self._child], [], [], 0)[0]:  # its last words
                data = os.read(self._child, 4096)
                self._to_host(data.replace(_READY, b""))
                if not data:
                    break
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._child)
        self._child = None
        # What the dead process still had said on the FIFO is history; a later "reset" must be the new one's.
        self._read_events(act=False)

    def _pump(self):
        while not self._quit:
            with self._lock:
                attached = self._attached()
                watch = (
                    [self._fifo]
                    + ([self._child] if self._child is not None else [])
                    + ([self._host] if attached else [])
                )
            with contextlib.suppress(OSError):
                select.select(watch, [], [], 0.02)
            with self._lock:
                self._read_events()
                self._read_board()
                if attached:
                    self._read_host()
                self._watch_clock()

    def _attached(self):
        """True while some program has the serial port open; a UART nobody listens to loses what it says."""
        if self._host is None:
            return False
        poll = select.poll()
        poll.register(self._host, 0)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    def _read_host(self):
        if self._host is None:
            return
        try:
            data = os.read(self._host, 4096)
        except OSError:
            return
        self._to_board(data)

    def _to_board(self, data):
        if self._child is None:
            return
        for piece in [data] if self._plain else re.split(b"(\x03)", data):
            if piece == b"\x03" and not self._plain:
                self._ctrl_c()
            elif piece:
                with contextlib.suppress(OSError):
                    os.write(self._child, piece)

    def _ctrl_c(self):
        """MicroPython catches SIGINT only while it executes; at a prompt it reads the byte; in between we
        wait."""
        if self._catches_sigint():
            os.kill(self._pid, signal.SIGINT)
        elif self._at_prompt():
            os.write(self._child, b"\x03")
        else:
            self._interrupt = True

    def _catches_sigint(self):
        with contextlib.suppress(OSError):
            for line in Path("/proc/%d/status" % self._pid).read_text().splitlines():
                if line.startswith("SigCgt:"):
                    return self._stage != "boot" and bool(int(line.split()[1], 16) >> signal.SIGINT - 1 & 1)
        return False

    def _at_prompt(self):
        return self._stage == "run" and self._tail.endswith((b">>> ", b"\n>", b"\x04>"))

    def _read_board(self):
        if self._child is None:
            return
        if self._interrupt and (self._at_prompt() or self._catches_sigint()):
            self._interrupt = False
            self._ctrl_c()
        if not select.select([self._child], [], [], 0)[0]:
            return
        try:
            data = os.read(self._child, 4096)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        if not data:
            self._soft_reset()
            return
        self._said(data)

    def _said(self, data):
        """Passes the board's output on, but hides the seams: start-up marks and the console's way back to raw
        mode."""
        self._tail = (self._tail + data)[-4096:]
        if self._stage == "boot" and not self._boot_raw:
            # Until main.py is over there is no mark to see: what runs now is the user's and may be
            # interrupted.
            self._stage = "run"
        if self._stage == "boot":
            if _READY not in self._tail:
                return
            before, _, self._tail = self._tail.partition(_READY)
            self._to_host(before)
            self._stage = "prompt"
        if self._stage == "prompt":
            if self._tail.endswith(b">>> "):
                self._tail = b""
                os.write(self._child, b"\x01")
                self._stage = "raw"
            return
        if self._stage == "raw":
            if self._tail.endswith(_RAW_PROMPT):
                self._stage = "run"
                self._to_host(_RAW_PROMPT)
            return
        self._to_host(data.replace(_READY, b""))

    def _soft_reset(self):
        """The interpreter ended (Ctrl-D, SystemExit): the chip would start again with the console in the same
        mode."""
        raw = self._tail.rstrip(b"\x04").endswith((b">OK\r\n", b"raw REPL; CTRL-B to exit\r\n>"))
        self._to_host(b"MPY: soft reboot\r\n")
        self._start(SOFT, raw)

    def _to_host(self, data):
        self._log += data
        if not self._attached():
            return
        while data:
            try:
                data = data[os.write(self._host, data) :]
            except BlockingIOError:
                if not self._attached():
                    return
                time.sleep(0.005)
            except OSError:
                return

    def _read_events(self, act=True):
        try:
            lines = os.read(self._fifo, 65536).decode().splitlines()
        except BlockingIOError:
            return
        for line in lines:
            word, _, value = line.partition(" ")
            if word == "feed":
                self._fed = time.monotonic()
                continue
            self.events.append(line)
            if word == "kbd":
                self._plain, self._interrupt = value == "-1", False
            if not act:
                continue
            if word == "wdt":
                self._wdt, self._fed = int(value) / 1000, time.monotonic()
            elif word == "reset":
                self._start(HARD, raw=False)
            elif word == "cut":
                self.cut()

    def _watch_clock(self):
        """The watchdog: runs on over soft resets, as the chip's does."""
        if self._child is not None and self._wdt and time.monotonic() - self._fed > self._wdt:
            self.events.append("watchdog")
            self._start(WDT, raw=False)
