"""Which CA roots to verify a server with. Knows files of roots, not servers, requests or providers.

One DER file per root: MicroPython below 1.29 reads no PEM off ESP32, and a second certificate in one buffer is
silently ignored. A few roots are loaded at a time (about 2 KB each), not 140.
"""

import gc
import os

from micropython import const

_BATCH = const(6)  # roots loaded together


def names(folder):
    """Root names in `folder`, most used first (the order of its index file). Raises OSError when there is none."""
    out = []
    with open(folder + "/index.txt") as f:
        for line in f:
            word = line.split()
            if word and word[0][0] != "#":
                out.append(word[0])
    return out


def batches(folder, wanted=()):
    """Lists of root names to try one after another: those the provider's row names, then all others, a few at a
    time. The order depends on the folder and the row only, so the number of the batch that worked can be kept."""
    every = names(folder)
    first = [n for n in every if n in wanted]
    out = [first] if first else []
    rest = [n for n in every if n not in wanted]
    while rest:
        out.append(rest[:_BATCH])
        rest = rest[_BATCH:]
    return out


def context(paths):
    """A TLS client context that requires a certificate signed by a root in one of the DER files `paths`. Raises
    ImportError when the interpreter has no TLS, OSError when a file cannot be read, ValueError when it is damaged."""
    import tls

    ctx = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = tls.CERT_REQUIRED  # explicit: the `ssl` wrapper's default is CERT_NONE
    for path in paths:
        with open(path, "rb") as f:
            ctx.load_verify_locations(f.read(os.stat(path)[6]))  # without a size, a buffer grows beyond it
        gc.collect()  # the DER is copied by the TLS library; one at a time in the heap
    return ctx
