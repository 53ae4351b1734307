# SPDX-License-Identifier: MIT
"""HMAC (RFC 2104), which MicroPython lacks."""


def hmac(new, key, parts, block=64):
    """HMAC with the hash `new` (a class of hashlib; block: its block size in bytes) over the bytes in
    `parts`. MicroPython's hashes have update and digest, and no copy."""
    if len(key) > block:
        key = new(key).digest()
    key += bytes(block - len(key))
    inner = new(bytes([c ^ 0x36 for c in key]))
    for part in parts:
        inner.update(part)
    outer = new(bytes([c ^ 0x5C for c in key]))
    outer.update(inner.digest())
    return outer.digest()
