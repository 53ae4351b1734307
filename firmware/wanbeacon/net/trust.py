# SPDX-License-Identifier: MIT
"""Which CA roots to verify a server with, and what a refused certificate means.

One DER file per root: MicroPython below 1.29 reads no PEM off ESP32, and a second certificate in one buffer
is silently ignored. Where memory is scarce one root is loaded per handshake (12.7 KB of system heap less than
six at its peak). Which one, the server itself says: its certificates, though refused, name who signed them,
and Mbed TLS shows them (`verify_callback`). So a first contact costs one handshake when the guess was right
and two when it was not, and the root that worked is remembered. Elsewhere all roots are loaded at once, for
one handshake.
"""

import gc
import os

from micropython import const

from wanbeacon.net import Trouble

_BATCH = const(6)  # roots that 0.1.0 loaded together; it remembered the number of the batch, counted from 1
_SINGLE = const(64)  # what is remembered since then: this plus the root's place in the index
_ISSUERS_MAX = const(8)  # certificates of one chain


def names(folder):
    """Root names in `folder`, most used first (the order of its index file).
    Raises OSError when there is none."""
    out = []
    with open(folder + "/index.txt") as f:
        for line in f:
            word = line.split(None, 1)
            if word and word[0][0] != "#":
                out.append(word[0])
    return out


def everyone(folder):
    """Paths of all roots in `folder`, in no order. Raises OSError when there is no such folder."""
    return ["%s/%s" % (folder, f) for f in os.listdir(folder) if f.endswith(".der")]


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


def number(every, name):
    """What to remember of the root that verified a server."""
    return _SINGLE + every.index(name)


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
        ctx.verify_callback = lambda der, depth: _note(der, issuers)
    return ctx


def _der(path):
    with open(path, "rb") as f:
        return f.read(os.stat(path)[6])  # without a size, a buffer grows beyond it


def _note(der, issuers):
    """From Mbed TLS, for one certificate. An exception here would jump over its frames."""
    try:
        if len(issuers) < _ISSUERS_MAX:
            issuers.append(issuer(der))
    except (ValueError, IndexError):
        pass
    return 0


def issuer(der):
    """The issuer's name in a certificate, as DER: TBSCertificate is [0] version, serial, algorithm, issuer
    ... (RFC 5280 section 4.1). ValueError or IndexError when it is no certificate."""
    at = _inside(der, _inside(der, 0)[0])[0]
    for tag in (0xA0, 0x02, 0x30):
        if der[at] == tag:
            at = _inside(der, at)[1]
        elif tag != 0xA0:  # the version may be missing
            raise ValueError("not a certificate")
    return bytes(der[at : _inside(der, at)[1]])


def _inside(der, at):
    """(where the content of the element at `at` begins, where it ends)."""
    size, at = der[at + 1], at + 2
    if size > 127:
        more = at + (size & 127)
        size, at = int.from_bytes(bytes(der[at:more]), "big"), more
    if at + size > len(der):
        raise ValueError("cut short")
    return at, at + size


# What a refused certificate's text holds -> the word for it (Mbed TLS's words, then OpenSSL's). What is wrong
# whoever signed it comes first; the rest may be for want of a root.
_REFUSALS = (
    ("clock", ("future", "not yet valid")),
    ("expired", ("expired",)),
    ("wrong name", ("CN", "Hostname", "IP address")),
)


def refused(error):
    """The Trouble of a certificate that was not accepted. Nothing of the request has left then."""
    text = clean(error)
    for word, marks in _REFUSALS:
        if [m for m in marks if m in text]:
            return Trouble(word, text)
    return Trouble("untrusted", text)


def clean(error):
    """An exception's text in one line (Mbed TLS puts line ends around its own)."""
    return " ".join(str(error.args[-1] if error.args else error).split())[:120]
