# SPDX-License-Identifier: MIT
"""What stands between TLS and its socket, so that control comes back however fast bytes pour in."""

import errno
import io

READS = 64  # reads of TLS between two looks at the deadline; a whole handshake takes 10 to 25


class Gate(io.IOBase):
    """What TLS reads and writes instead of the socket: after `left` reads it says "nothing there yet", so
    that control comes back to the deadline however fast alerts or ChangeCipherSpec records pour in. Errors go
    as negative numbers: an exception would jump over Mbed TLS's own frames."""

    def __init__(self, stream):
        self.stream = stream
        self.left = READS
        self.taken = 0
        self.before = 0  # of these, bytes taken before the last write

    def readinto(self, buf):
        if self.left <= 0:
            return None
        self.left -= 1
        try:
            n = self.stream.readinto(buf)
        except OSError as e:
            return -(e.errno or errno.EIO)
        self.taken += n or 0
        return n

    def write(self, buf):
        try:
            n = self.stream.write(buf)
            if n:
                self.before = self.taken
            return n
        except OSError as e:
            return -(e.errno or errno.EIO)

    def ioctl(self, request, argument):
        """Nothing to flush; the Wire polls and closes the socket itself."""
        return 0
