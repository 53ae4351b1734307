# SPDX-License-Identifier: MIT
"""A MicroPython board on a serial port: run code there, move files, restart, listen. The one module that
knows mpremote.

mpremote's library interface is not stable (its own header says so): pyproject.toml pins the version, and
nothing else imports it. Every failure is a UserError with what to do."""

import ast
import base64
import contextlib
import hashlib
import time
import zlib
from pathlib import Path

import serial
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport
from serial.tools import list_ports

from .. import UserError

#: Raw bytes of a file per command. The board holds it three times (source, text, inflated): 9 KB of its heap.
CHUNK = 3072
#: Written under this name first, then renamed: a cut leaves the old file or the new one, never half of one.
#: In a folder of its own: every look-up on the board reads the log of /, which would grow with each file.
TEMPORARY = "/.wanbeacon.new/file"
#: A board may be in a DNS look-up for this long before it sees Ctrl-C: two names, four tries each.
_ENTER_S = 60
#: From Ctrl-D to the next prompt, boot.py included.
_RESET_S = 10
#: Without the ">" that follows it: mpremote's exec reads that as its prompt.
_RAW = b"raw REPL; CTRL-B to exit\r\n"
_SILENT = (
    "no MicroPython answers on %s (%s); if the board is new, install MicroPython with `python -m tools "
    "image --write %s`, else press its reset button and try again"
)
#: USB serial ports vanish with a reset and come back when the chip has started.
_REOPEN_S = 10

_HELPERS = """
import os, io, hashlib, deflate
from binascii import a2b_base64, hexlify
def _wb_sum(p):
    try:
        f = open(p, 'rb')
    except OSError:
        return None
    h = hashlib.sha256()
    b = bytearray(512)
    v = memoryview(b)
    with f:
        while True:
            n = f.readinto(b)
            if not n:
                return hexlify(h.digest()).decode()
            h.update(v[:n])
def _wb_walk(d):
    try:
        rows = list(os.ilistdir(d or '/'))
    except OSError:
        return
    for r in rows:
        p = d + '/' + r[0]
        if r[1] & 0x4000:
            _wb_walk(p)
        else:
            print(repr((p, r[3] if len(r) > 3 else os.stat(p)[6])))
def _wb_put(b):
    _wb_file.write(deflate.DeflateIO(io.BytesIO(a2b_base64(b)), deflate.ZLIB).read())
def _wb_dirs(p):
    for i in range(1, len(p)):
        if p[i] == '/':
            try:
                os.mkdir(p[:i])
            except OSError:
                pass
"""


def ports():
    """Serial ports that could be a board, best guess first: [(device, description)]."""
    rows = sorted(list_ports.comports(), key=lambda p: (p.vid is None, p.device))
    return [
        (p.device, p.description or "")
        for p in rows
        if p.vid is not None or not p.device.startswith("/dev/ttyS")
    ]


def known(port):
    """False when there is certainly no such port. Windows names them COM3, which is no file; socket://... is
    pyserial's."""
    if "://" in port or Path(port).exists():
        return True
    return port.upper() in (name.upper() for name, _ in ports())


def the_port(wanted):
    """`wanted`, or the only board there is; UserError with the choice otherwise."""
    if wanted:
        return wanted
    found = ports()
    if len(found) == 1:
        return found[0][0]
    if not found:
        raise UserError(
            "no serial port found; plug the board in (a USB cable with data wires) or name it with --port"
        )
    raise UserError(
        "several serial ports found (%s); name the board's with --port"
        % ", ".join("%s %s" % row for row in found)
    )


class Link:
    """An open port. enter() first, then the rest; leave with close()."""

    def __init__(self, port):
        self.port = port
        self._open()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with contextlib.suppress(OSError, TransportError):
            self._serial.close()

    def _open(self):
        if not known(self.port):
            raise UserError(
                "there is no port %s; plug the board in (a USB cable with data wires); ports found: %s"
                % (self.port, ", ".join("%s %s" % row for row in ports()) or "none")
            )
        try:
            # timeout: every single read, else a silent board is waited for without end
            self._serial = SerialTransport(self.port, timeout=5)
        except (TransportError, OSError, serial.SerialException) as error:
            raise UserError(
                "port %s cannot be opened (%s); is another program using it, "
                "or does your user lack the right (group dialout)?" % (self.port, _short(error))
            )

    @contextlib.contextmanager
    def _trouble(self, doing):
        try:
            yield
        except TransportExecError as error:
            raise UserError(
                "the board failed while %s: %s" % (doing, _short(error.error_output.strip().split("\n")[-1]))
            )
        except (TransportError, OSError, serial.SerialException, ValueError) as error:
            raise UserError(
                "the connection to %s broke while %s (%s); check cable and power, "
                "then run the same command again" % (self.port, doing, _short(error))
            )

    def enter(self, fresh=True):
        """Interrupts whatever runs and has the raw REPL answer. fresh: in a new interpreter that has not
        started main.py, with our helpers; else in the one that was interrupted, with all that it holds.

        A running agent may miss any one Ctrl-C: it may be deep in a DNS look-up or a TLS handshake (nothing
        is read meanwhile), or listening to an installer (Ctrl-C is data then). So it is asked again, more
        patiently each time."""
        end, patience = time.monotonic() + _ENTER_S, 1.0
        while True:
            try:
                if self._raw(patience) and (not fresh or self._soft_reset()):
                    break
            except (TransportError, OSError, serial.SerialException) as error:
                if time.monotonic() > end:
                    raise UserError(_SILENT % (self.port, _short(error), self.port))
                self._reopen()  # its reset took the port away
            if time.monotonic() > end:
                raise UserError(_SILENT % (self.port, "no prompt in %d s" % _ENTER_S, self.port))
            patience = min(2 * patience, 8)
        self._serial.in_raw_repl = True
        if fresh:
            self.run(_HELPERS, "starting")

    def _raw(self, patience):
        """Ctrl-C until it is quiet, then Ctrl-A; True when the raw REPL's prompt came."""
        port = self._serial.serial
        port.write(b"\r\x03\x03")
        self._quiet(0.1, patience)
        # Ctrl-B and Ctrl-C first: a raw prompt that somebody left, or half a line there, must not swallow the
        # Ctrl-A
        port.write(b"\r\x03\x02\r\x03\x01")
        return self._until(_RAW, patience)

    def _soft_reset(self):
        """Ctrl-D at the raw prompt: a new interpreter, raw again. boot.py runs and may print."""
        self._serial.serial.write(b"\x04")
        return self._until(b"soft reboot\r\n", _RESET_S) and self._until(_RAW, _RESET_S)

    def _until(self, ending, seconds):
        """Reads until the console has said `ending`; False when it did not in time."""
        end, data = time.monotonic() + seconds, b""
        while ending not in data:
            if time.monotonic() > end:
                return False
            data = data[-len(ending) :] + self._read()
        return True

    def _quiet(self, pause, seconds):
        """Reads and forgets until nothing came for `pause` seconds."""
        end, last = time.monotonic() + seconds, time.monotonic()
        while time.monotonic() < min(end, last + pause):
            if self._read():
                last = time.monotonic()

    def _read(self):
        """What has come; waits 10 ms when nothing has. The prompt's last byte must not be read past: one byte
        at a time."""
        port = self._serial.serial
        if not port.in_waiting:
            time.sleep(0.01)
            return b""
        return port.read(1)

    def run(self, code, doing, timeout=20):
        """What `code` prints on the board, as text."""
        with self._trouble(doing):
            out, err = self._serial.exec_raw(code, timeout=timeout)
            if err:
                raise TransportExecError(out, err.decode())
            return out.decode().replace("\r\n", "\n")

    def value(self, expression, doing):
        """A Python literal from the board."""
        return ast.literal_eval(self.run("print(repr(%s))" % expression, doing).strip())

    def frozen(self, module):
        """True when a module is in the MicroPython itself, as boards/manifest.py puts it there."""
        code = (
            "import sys\np = sys.path[:]\nsys.path[:] = ['.frozen']\ntry:\n import %s\n"
            "except ImportError: print(0)\n"
            "sys.path[:] = p" % module
        )
        return not self.run(code, "looking for frozen code")

    def sizes(self, folder=""):
        """{path: size} of every file below `folder` ("" = all)."""
        text = self.run("_wb_walk(%r)" % folder, "listing its files")
        return dict(ast.literal_eval(line) for line in text.split("\n") if line)

    def sums(self, paths):
        """{path: sha256 in hex, or None if there is no such file}, computed by the board."""
        code = "for p in %r: print(_wb_sum(p))" % (list(paths),)
        lines = self.run(code, "comparing files", timeout=60).split()
        return {path: None if line == "None" else line for path, line in zip(paths, lines, strict=True)}

    def put(self, path, data, progress=lambda n: None):
        """Writes a file so that a cut leaves the old or the new one; progress(bytes) as they arrive.

        As few commands as there are pieces: each costs 20 ms of waiting, a small file is one."""
        doing = "writing %s" % path
        pieces = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)] or [b""]
        for number, piece in enumerate(pieces):
            packer = zlib.compressobj(9, wbits=12)  # 4 KB window: what a small heap inflates
            code = "_wb_put(%r)" % base64.b64encode(packer.compress(piece) + packer.flush())
            if number == 0:
                code = "_wb_dirs(%r)\n_wb_dirs(%r)\n_wb_file = open(%r, 'wb')\n%s" % (
                    path,
                    TEMPORARY,
                    TEMPORARY,
                    code,
                )
            if number == len(pieces) - 1:
                wanted = hashlib.sha256(data).hexdigest()
                code += "\n_wb_file.close()\nif _wb_sum(%r) == %r:\n os.rename(%r, %r)\n print('whole')" % (
                    TEMPORARY,
                    wanted,
                    TEMPORARY,
                    path,
                )
            said = self.run(code, doing)
            progress(len(piece))
        if "whole" not in said:
            raise UserError(
                "%s arrived damaged on the board; try again, with a shorter cable or another port" % path
            )

    def read(self, path, doing):
        """A file's bytes; UserError when there is no such file."""
        return base64.b64decode(
            self.run(
                "from binascii import b2a_base64\nwith open(%r, 'rb') as f:\n while True:\n"
                "  b = f.read(384)\n"
                "  if not b: break\n  print(b2a_base64(b).decode(), end='')" % path,
                doing,
            )
        )

    def remove(self, path):
        """Removes a file, and the folders it leaves empty; no error if it is not there."""
        self.run(
            "p = %r\ntry:\n os.remove(p)\n while p.count('/') > 1:\n  p = p[:p.rfind('/')]\n  os.rmdir(p)\n"
            "except OSError: pass" % path,
            "removing %s" % path,
        )

    def tidy(self):
        """Removes what put() leaves behind."""
        self.run(
            "for f in (os.remove, os.rmdir):\n try: f(%r if f is os.remove else %r)\n except OSError: pass"
            % (TEMPORARY, TEMPORARY.rpartition("/")[0]),
            "tidying up",
        )

    def set_clock(self, moment=None):
        """The board's clock to UTC, as MicroPython keeps it."""
        t = time.gmtime(moment)
        self.run(
            "import machine\nmachine.RTC().datetime((%d,%d,%d,%d,%d,%d,%d,0))"
            % (t.tm_year, t.tm_mon, t.tm_mday, t.tm_wday, t.tm_hour, t.tm_min, t.tm_sec),
            "setting the clock",
        )

    def restart(self):
        """A hard reset: only that starts main.py and stops a running watchdog. The port may vanish for a
        while."""
        with contextlib.suppress(TransportError, OSError, serial.SerialException):
            self._serial.exec_raw_no_follow("import time, machine\ntime.sleep_ms(100)\nmachine.reset()")
            self._serial.serial.flush()
            time.sleep(0.2)

    def lines(self, seconds):
        """What the console says from now on, line by line; None about every second without a line. Ends after
        `seconds`."""
        end = time.monotonic() + seconds
        rest, quiet = b"", time.monotonic()
        while time.monotonic() < end:
            try:
                rest += self._serial.serial.read(self._serial.serial.in_waiting or 0)
            except (OSError, serial.SerialException):
                self._reopen()
            *whole, rest = rest.split(b"\n")
            for line in whole:
                quiet = time.monotonic()
                yield line.decode("utf-8", "replace").strip("\r\x04>")
            if time.monotonic() - quiet > 1:
                quiet = time.monotonic()
                yield None
            time.sleep(0.02)

    def _reopen(self):
        self.close()
        end = time.monotonic() + _REOPEN_S
        while True:
            time.sleep(0.3)
            try:
                self._open()
                return
            except UserError:
                if time.monotonic() > end:
                    raise UserError(
                        "the board did not come back on %s after its restart; unplug it, "
                        "plug it in again and run the same command" % self.port
                    )


def _short(error):
    return " ".join(str(error).split())[:120] or type(error).__name__
