# SPDX-License-Identifier: MIT
"""Text helpers that several rooms share."""


def printable(text, low=32):
    """The text with "?" for each character outside low..126. By its bytes: for every single character that is
    looked at, MicroPython keeps a string of its own for good."""
    raw, at = bytearray(str(text).encode()), 0
    for b in raw:
        if not 128 <= b < 192:  # one "?" for a letter of several bytes
            raw[at] = b if low <= b < 127 else 63
            at += 1
    return bytes(raw[:at]).decode()


def distance(a, b):
    """Edit distance (Levenshtein) of two short words."""
    row = list(range(len(b) + 1))
    for i in range(len(a)):
        last, row[0] = row[0], i + 1
        for j in range(len(b)):
            cost = last if a[i] == b[j] else 1 + min(last, row[j], row[j + 1])
            last, row[j + 1] = row[j + 1], cost
    return row[-1]


def nearest(word, known, most=3):
    """Known words that may have been meant, best first; [] when none is near."""
    word = word.lower()[:40]
    rows = []
    for k in known:
        d = distance(word, k.lower())
        if word and (word in k.lower() or k.lower() in word) and len(k) > 2:
            d = min(d, 2)
        if d <= max(1, len(word) // 3):
            rows.append((d, k))
    rows.sort()
    return [k for _, k in rows[:most]]


def name_of(text):
    """A host name for DHCP and mDNS out of any text: letters, digits and hyphens, at most 32."""
    out = "".join([c if c.isalpha() or c.isdigit() else "-" for c in text if ord(c) < 128])
    while "--" in out:
        out = out.replace("--", "-")
    return out.strip("-")[:32].strip("-") or "wanbeacon"
