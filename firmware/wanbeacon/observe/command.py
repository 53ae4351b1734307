# SPDX-License-Identifier: MIT
"""Runs the user's own command and reads the one address it prints: for a modem or a cloud that nothing else
knows.

Exit status 0 and one address: found. Exit status 0 and the word "none": there is none. All else: could not
tell. The command runs beside the agent, which never waits longer than its limit; Linux only.
"""

import asyncio
import os

from micropython import const

from wanbeacon.observe import scan
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

#: Seconds a command may take; then it is ended.
LIMIT_S = 10
_MAX = const(1000)  # bytes of output that are read; what prints more is not an address
# In the shell's background: os.system() would hold the whole agent. What it prints goes to a file of ours
# that has lost its name already, so that nothing is left over, however we end; the shell opens it before it
# goes into the background. It closes what it inherits of ours (MicroPython hands sockets on): the next agent
# could not have them. The last line, which nothing but our shell can know, says that all is there; dd hands
# on each byte, also while a child of the command keeps the pipe open. `timeout`: coreutils and busybox, but
# OpenWrt's busybox is built without it.
#: Goes behind a redirection: closes what is inherited, and makes sure that there is a `timeout`.
#: %d: its seconds.
LIMITED = (
    "3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-;command -v timeout >/dev/null||"
    'timeout(){ shift;"$@"&set $!;{ sleep %d;kill $1;}>/dev/null&wait $1;set $? $!;kill $2;return $1;};'
)
_SHELL = (
    "exec >/proc/$PPID/fd/%d "
    + LIMITED
    + '{ { timeout %d sh -c %s;echo " %s $?"; } </dev/null|dd bs=1 count=%d; } 2>/dev/null &'
)


def quote(text):
    """Return `text` as one word of a POSIX shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def verdict(output, mark, family):
    """Return (kind, packed, why) for what the command printed so far;
    None while `mark` and its exit status are missing."""
    cut = output.rfind(mark)
    status = output[cut + len(mark) :].strip()
    if cut < 0 or output[-1:] != b"\n":
        if len(output) < _MAX:
            return None
        return UNKNOWN, None, ("command.long",)
    if status != b"0":
        if status in (b"124", b"143"):
            return UNKNOWN, None, ("command.slow", LIMIT_S)
        return UNKNOWN, None, ("command.status", int(status) if status.isdigit() else -1)
    if output[:cut].strip() == b"none":
        return NONE, None, ("command.none",)
    packed, why = scan.single(output[:cut], family)
    if not packed:
        return UNKNOWN, None, why
    return FOUND, packed, ("command.found",)


class Observer:
    """Options: `command`, for `sh -c`. $WANBEACON_FAMILY is 4 or 6 there."""

    OUTSIDE = False
    FAMILIES = (4, 6)

    def __init__(self, options, kit):
        self.command = options["command"]

    async def read(self, family):
        """See observe/base.py."""
        mark = "".join("%02x" % c for c in os.urandom(12))
        command = quote("WANBEACON_FAMILY=%d;export WANBEACON_FAMILY;%s" % (family, self.command))
        path = "/tmp/wanbeacon-" + mark
        with open(path, "w+b") as f:
            os.remove(path)
            if os.system(_SHELL % (f.fileno(), LIMIT_S, LIMIT_S, command, mark, _MAX)):
                return UNKNOWN, None, ("command.start",)
            for tick in range(LIMIT_S * 10 + 25):
                await asyncio.sleep(0.004 if tick < 25 else 0.1)
                f.seek(0)
                answer = verdict(f.read(_MAX), (mark + " ").encode(), family)
                if answer:
                    return answer
        return UNKNOWN, None, ("command.slow", LIMIT_S)

    def close(self):
        """Nothing is kept open."""
