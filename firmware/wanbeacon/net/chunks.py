# SPDX-License-Identifier: MIT
"""The body of an HTTP message out of its chunks, whole in memory: for devices at home (lan.py), some of which
answer so whatever they are asked. Pure. What comes from outside is read in pieces by wire.py."""


def joined(data):
    """The body out of its chunks (some routers answer so whatever they are asked), None while its end is not
    there. A body that has no chunks though its head says so is taken as it is: ValueError."""
    out, at = b"", 0
    while True:
        end = data.find(b"\n", at)
        word = data[at : end if end >= 0 else len(data)].split(b";")[0].strip()
        for c in word:
            if c not in b"0123456789abcdefABCDEF":
                raise ValueError("no chunk")
        if end < 0:
            return None
        if not 0 < len(word) < 7:
            raise ValueError("no chunk")
        size, at = int(word.decode(), 16), end + 1
        if not size:
            return out
        if len(data) < at + size + 1:
            return None
        out, at = out + data[at : at + size], at + size
        at += 2 if data[at : at + 1] == b"\r" else 1
