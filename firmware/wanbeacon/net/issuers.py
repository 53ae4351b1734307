# SPDX-License-Identifier: MIT
"""Who signed the certificates that a server shows. Alone in its file: a TLS context holds its callback while
it lives, and with it all of this module."""

from micropython import const

_ISSUERS_MAX = const(8)  # certificates of one chain


def watcher(issuers):
    """What Mbed TLS calls for each certificate: their issuers' names (DER) go into the list `issuers`."""
    return lambda der, depth: _note(der, issuers)


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
