# SPDX-License-Identifier: MIT
"""Which CA roots to verify a server with.

One DER file per root: MicroPython below 1.29 reads no PEM off ESP32, and a second certificate in one buffer
is silently ignored. Where memory is scarce one root is loaded per handshake (12.7 KB of system heap less than
six at its peak). Which one, the server itself says: its certificates, though refused, name who signed them,
and Mbed TLS shows them (`verify_callback`). So a first contact costs one handshake when the guess was right
and two when it was not, and the root that worked is remembered. Elsewhere all roots are loaded at once, for
one handshake. A step of http.py, whose functions are stages of their own on a board.
"""

import gc
import os

from micropython import const

from wanbeacon.net import Trouble
from wanbeacon.net.issuers import watcher
from wanbeacon.net.refusal import out_of_memory

_BATCH = const(6)  # roots that 0.1.0 loaded together; it remembered the number of the batch, counted from 1
_SINGLE = const(64)  # what is remembered since then: this plus the root's place in the index


def names(folder):
    """Root names in `folder`, most used first (the order of its index file).
    Raises Trouble when there is none."""
    out = []
    try:
        with open(folder + "/index.txt") as f:
            for line in f:
                word = line.split(None, 1)
                if word and word[0][0] != "#":
                    out.append(word[0])
    except OSError:
        pass
    return out or _none(folder)


def everyone(folder):
    """Paths of all roots in `folder`, in no order. Raises Trouble when there is none."""
    try:
        found = [f for f in os.listdir(folder) if f.endswith(".der")]
    except OSError:
        found = None
    return ["%s/%s" % (folder, f) for f in found or _none(folder)]


def _none(folder):
    raise Trouble("roots", "no CA roots in %s" % folder)


def guess(folder, wanted, number):
    """The root to try first, by name: see guesses()."""
    return guesses(names(folder), wanted, number)[0]


def others(folder, wanted, number, name, issuers):
    """The roots to try when `name` was not the one: those of `issuers` (what the server said of who signed
    its certificates), the rest of the guesses when it said nothing."""
    every = names(folder)
    rest = signers(folder, every, issuers) if issuers else guesses(every, wanted, number)
    return [n for n in rest if n != name]


def guesses(every, wanted=(), number=0):
    """The roots `every` in the order in which to try them: the one that `number` remembers, those the
    provider's row names (`wanted`), then all others."""
    out = [n for n in every if n in wanted]
    out += [n for n in every if n not in wanted]
    at = number - _SINGLE if number >= _SINGLE else (number - 1) * _BATCH
    if 0 <= at < len(every):
        out.remove(every[at])
        out.insert(0, every[at])
    return out


def number(folder, name):
    """What to remember of the root that verified a server."""
    return _SINGLE + names(folder).index(name)


def signers(folder, every, issuers):
    """Those of the roots `every` that one of the names `issuers` (DER) belongs to:
    a root's certificate holds its name."""
    out = []
    for name in every:
        der = _der("%s/%s.der" % (folder, name))
        if [i for i in issuers if i in der]:
            out.append(name)
        der = None
        gc.collect()  # one at a time in the heap
    return out


def context(paths, issuers=None):
    """A TLS client context that requires a certificate signed by a root in one of the DER files `paths`.
    `issuers`: a list that gets the issuers' names (DER) of the certificates the server shows, where the
    interpreter can tell them. Raises ImportError when the interpreter has no TLS, OSError when a file cannot
    be read, ValueError when it is damaged."""
    import tls  # an interpreter may lack it

    ctx = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    ctx.verify_mode = tls.CERT_REQUIRED  # explicit: the `ssl` wrapper's default is CERT_NONE
    for path in paths:
        ctx.load_verify_locations(_der(path))
    if issuers is not None and hasattr(ctx, "verify_callback"):
        # called for the server's certificate and its issuers, accepted or not; it cannot soften the verdict
        ctx.verify_callback = watcher(issuers)
    return ctx


def ready(paths, issuers=None):
    """The same; what goes wrong is a Trouble."""
    try:
        return context(paths, issuers)
    except ImportError:
        raise Trouble(
            "no tls", "this MicroPython has no TLS: install the variant that has it (micropython-mbedtls)"
        )
    except OSError as e:
        if out_of_memory(e):
            raise Trouble("memory", "no memory for a CA root (%s)" % e)
        raise Trouble("roots", "a CA root cannot be read (%s)" % e)
    except ValueError:
        raise Trouble("roots", "a CA root file is damaged")


def _der(path):
    with open(path, "rb") as f:
        return f.read(os.stat(path)[6])  # without a size, a buffer grows beyond it
