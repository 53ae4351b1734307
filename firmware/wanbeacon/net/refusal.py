# SPDX-License-Identifier: MIT
"""What TLS and sockets say when they fail: for want of memory, or because a certificate was not accepted."""

from wanbeacon.net import Trouble

NO_MEMORY = (12, 105)  # ENOMEM, ENOBUFS: lwIP's words too
# Mbed TLS: SSL, X509, PK, ECP, MD and cipher contexts (high part of the code), big numbers and ASN.1 (low
# part)
_ALLOC_HIGH = (0x7F00, 0x2880, 0x3F80, 0x4D80, 0x5180, 0x6180)
_ALLOC_LOW = (0x10, 0x6A)


def out_of_memory(error):
    """True when an exception of a socket or of TLS says that memory ran out.
    (It may hide as something else: see http.py.)"""
    code = error.args[0] if error.args else 0
    if isinstance(error, MemoryError) or "ALLOC_FAILED" in clean(error) or code in NO_MEMORY:
        return True
    if not isinstance(code, int) or code > -256:
        return False
    return -code & 0xFF80 in _ALLOC_HIGH or -code & 0x7F in _ALLOC_LOW


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
