# SPDX-License-Identifier: MIT
"""The agent's log on a router: to logd with a level of its own for each line, and the newest lines in a file.

Through procd every line would be `daemon.info`, and logd's ring forgets them within a busy day.
"""

import os
import socket
import time

from wanbeacon.net import unix

DEVICE = "/dev/log"
# lines that are shown; the file holds up to twice as many, so that it is rewritten once in 200 lines
KEEP = 200
_DAEMON = 3 << 3
#: Name of a level -> syslog's number. What has no level is information.
LEVELS = {"err": 3, "warn": 4, "info": 6, "debug": 7}


class Syslog:
    """Called with a line and its level ("err", "warn", "info").
    Never raises: the agent is not there for its log."""

    def __init__(self, kept, device=DEVICE):
        self.kept = kept  # path of the file
        self.device = device
        self.sock = None
        self.count = None  # lines in the file; None: not looked yet

    def __call__(self, line, level="info"):
        if not self._send("<%d>wanbeacon: %s" % (_DAEMON | LEVELS.get(level, 6), line)):
            try:
                print(line)  # procd passes it on
            except OSError:
                pass
        try:
            self._keep(line)
        except OSError:
            self.count = None

    def _send(self, text):
        for _ in (1, 2):  # logd may have been restarted since the last line
            try:
                if not self.sock:
                    self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                    self.sock.connect(unix.unix_address(self.device))
                    self.sock.setblocking(False)
                self.sock.send(text.encode())
                return True
            except OSError:
                self.close()
        return False

    def _keep(self, line):
        if self.count is None:
            self.count = _lines(self.kept)
        day = time.gmtime()[:3]
        with open(self.kept, "a") as f:
            f.write("%04d-%02d-%02d %s\n" % (day + (line,)) if day[0] > 2023 else line + "\n")
        self.count += 1
        if self.count >= 2 * KEEP:
            _shorten(self.kept, self.count - KEEP)
            self.count = KEEP

    def close(self):
        """Close the socket; the next line opens it again."""
        if self.sock:
            self.sock.close()
            self.sock = None


def _lines(path):
    try:
        with open(path) as f:
            return sum([1 for _ in f])
    except (OSError, ValueError):
        return 0


def _shorten(path, first):
    """Drop the first lines; a reader sees the old file or the new one."""
    with open(path) as old, open(path + ".new", "w") as new:
        for line in old:
            first -= 1
            if first < 0:
                new.write(line)
    os.rename(path + ".new", path)
