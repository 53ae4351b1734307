# SPDX-License-Identifier: MIT
"""What the agent on a board calls its modules and names: code for its console with the names of the version
that is on it, and tracebacks as the sources would give them. A board with sources, or with the agent in its
firmware, has the names of the sources."""

import re
import zlib

from .. import UserError
from ..build import mpy
from ..build.renames import Names

#: Each version's own, in the folder that /slot names (firmware/main.py).
_HOME = """
try:
    print([line[4:] for line in open('/slot').read().split('\\n') if line[:4] == 'run '][0])
except (OSError, IndexError):
    print('/lib')
"""


class OnBoard:
    """An entered Link to a board -> home (folder of the version that runs there), names (renames.Names)."""

    def __init__(self, link):
        self.home = link.run(_HOME, "asking for its version").strip()
        try:
            data = link.read("%s/%s" % (self.home, mpy.NAMES), "reading its names")
            self.names = Names.read(zlib.decompress(data).decode())
        except (UserError, zlib.error, ValueError):
            self.names = Names()

    def code(self, source):
        """`source`, which uses the agent, for the board's console."""
        found = "from wanbeacon import start\n" if self.names.modules else ""
        if self.home != "/lib":
            found = (
                "import sys\nif %r not in sys.path: sys.path.insert(0, %r)\n" % (self.home, self.home) + found
            )
        return found + (self.names.apply(source) if self.names.modules else source)

    def module(self, name):
        """What the module "app.plan" is called there."""
        return self.names.modules.get("wanbeacon." + name, "wanbeacon." + name)

    def readable(self, text):
        """A text of the board with tracebacks in the names of the sources."""
        return self.names.readable(text) if re.search(r"Error|Exception|File", text) else text
