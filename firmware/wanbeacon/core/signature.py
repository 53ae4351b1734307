# SPDX-License-Identifier: MIT
"""RSA signatures with SHA-256, PKCS #1 v1.5 (RFC 8017 section 8.2.2), as `openssl dgst -sha256 -sign` makes
them."""

#: DER of the DigestInfo in front of a SHA-256 digest (RFC 8017 section 9.2, note 1).
_DIGEST_INFO = b"010\x0d\x06\x09`\x86H\x01e\x03\x04\x02\x01\x05\x00\x04 "
_EXPONENT = 65537  # the only one: a small one makes forgeries easy


def verified(modulus, signature, digest):
    """True when `signature` over the SHA-256 `digest` is good for the RSA key with this modulus (all bytes,
    the first ones first).

    The padding is never parsed: the one right block is made and compared as a whole (Bleichenbacher's forgery
    of 2006 lives on what a parser skips)."""
    size = len(modulus)
    if len(signature) != size:
        return False
    n = int.from_bytes(modulus, "big")
    s = int.from_bytes(signature, "big")
    if s >= n:
        return False
    tail = b"\x00" + _DIGEST_INFO + digest
    return pow(s, _EXPONENT, n).to_bytes(size, "big") == b"\x00\x01" + b"\xff" * (size - 2 - len(tail)) + tail
