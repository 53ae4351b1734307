"""Give the heap of a module back once it is not needed. For small heaps only: a module that is loaded again costs time.

A module stays in memory as long as sys.modules, its package, or an object of a class or function of it holds it.
"""

import gc
import sys

SMALL = 112 * 1024  # bytes of heap in all below which modules are dropped: frozen or on a router nothing is gained


def drop(*names):
    """Forget modules of this package ("net.http"); they are loaded again when they are imported the next time."""
    if gc.mem_alloc() + gc.mem_free() > SMALL:
        return
    for name in names:
        name = "wanbeacon." + name
        if sys.modules.pop(name, None):
            parent, _, child = name.rpartition(".")
            delattr(sys.modules[parent], child)
    gc.collect()
