# SPDX-License-Identifier: MIT
"""What a server said, for people: part of the stages that read answers."""

from micropython import const

from wanbeacon.app.log import SECRET_MIN

_SAID_MAX = const(80)  # characters of a reply that are shown


def said(log, body):
    """The beginning of a server's reply (bytes), for people: a server may well repeat what we sent."""
    try:
        text = body.decode()
    except (UnicodeError, ValueError):
        text = bytes([b if b < 128 else 63 for b in body]).decode()
    text = " ".join(log.scrub(text).split())
    return text[:_SAID_MAX]


def begun(log, text):
    """log.scrub() of a text that goes on where it ends here: its last characters may be the beginning of a
    secret."""
    text = str(text)
    for s in log.secrets:
        text = text.replace(s, "***")
    for s in log.secrets:
        for n in range(min(len(s), len(text)), SECRET_MIN - 1, -1):
            if text.endswith(s[:n]):
                return log.scrub(text[:-n] + "***")
    return log.scrub(text)
