"""Makes packed modules importable: a file system whose .mpy files lie beside this one, deflated or as they are.

Where tools/packed.py has packed an installation, main.py imports this before all else; it cannot lie in the package itself.
"""

import os
import sys

import vfs
from deflate import RAW, DeflateIO

_HERE = __file__.rpartition("/")[0]


class _Packed:
    def mount(self, readonly, mkfs):
        pass

    def stat(self, path):
        if path[-3:] == ".py":  # one that lies about is not ours
            raise OSError(2)
        try:
            return os.stat(_packed(path))
        except OSError:
            return os.stat(_HERE + path)

    def open(self, path, mode):
        try:
            f = open(_packed(path), mode)
        except OSError:
            return open(_HERE + path, mode)
        return DeflateIO(f, RAW, f.read(1)[0], True)  # the window: 2 to the power of the first byte


def _packed(path):
    return _HERE + path[:-3] + "z"


vfs.mount(_Packed(), "/packed")
sys.path.insert(0, "/packed")  # before what may lie about, and before a package that is frozen: that one has other files
