# SPDX-License-Identifier: MIT
"""Settings sealed under a passphrase, with nothing but SHA-256: what every MicroPython has.

    the file    lines that begin with "#" for people, then base64 in lines
    inside      version 1 (1 byte), rounds (4), salt (16), ciphertext, tag (32); numbers big-endian
    main key    PBKDF2-HMAC-SHA256 (RFC 8018) of the passphrase in UTF-8, the salt and the rounds: 32 bytes
    two keys    HMAC-SHA256 of the main key over "encrypt" and over "authenticate"
    ciphertext  the settings XOR the key stream: HMAC-SHA256 over a counter of 4 bytes, 0 first (a PRF in
                counter mode; a salt is never used twice, so no stream is)
    tag         HMAC-SHA256 over all before it: encrypt, then authenticate

A stage. Limits, and what a passphrase must be for that: docs/threat-model.md."""

import hashlib
from binascii import a2b_base64, b2a_base64

from micropython import const

from wanbeacon.core.mac import hmac

#: About 2 s on an ESP32 (an estimate, see docs/threat-model.md); a stranger pays as much for each guess.
ROUNDS = 4000
#: What a file may ask for: one that somebody sends must not keep a board busy for a minute.
_ROUNDS_MAX = const(20000)
#: Characters of a passphrase: 4,000 rounds alone do not save a short one.
PHRASE_MIN = 12
SALT = 16
MARK = b"# Wanbeacon settings, encrypted"
_HEAD, _TAG, _LINE = const(21), const(32), const(57)


def seal(plain, phrase, salt, count=ROUNDS):
    """The lines (bytes) of the file for some settings (bytes). salt: SALT random bytes; count: of the rounds.
    Raises ValueError for a passphrase that is too short."""
    if len(phrase) < PHRASE_MIN:
        raise ValueError
    out = bytearray(b"\x01" + count.to_bytes(4, "big") + salt + plain)
    encrypt, authenticate = _keys(phrase, salt, count)
    _mix(out, _HEAD, len(out), encrypt)
    out.extend(hmac(hashlib.sha256, authenticate, (out,)))
    lines = [MARK + b'. The page "Back up and restore" and `wanbeacon-tools restore` open it.\n']
    for at in range(0, len(out), _LINE):
        lines.append(b2a_base64(bytes(out[at : at + _LINE])))
    return lines


def unseal(text, phrase):
    """The settings (bytearray) of such a file (bytes), None when the passphrase is another or a character
    of the file has changed. Raises ValueError for what is no such file, or of a version not known here."""
    at, data = text.find(MARK), bytearray(len(text) * 3 // 4)
    if at < 0 or text[:at].strip():
        raise ValueError
    size = 0
    while at >= 0:  # a line at a time, into what is there: a board has room for few copies
        end = text.find(b"\n", at)
        line = text[at : end if end >= 0 else len(text)].strip()
        at = end + 1 or -1
        if line[:1] != b"#":
            line = a2b_base64(line)
            data[size : size + len(line)] = line
            size += len(line)
    count, end = int.from_bytes(bytes(data[1:5]), "big"), size - _TAG
    if end < _HEAD or data[0] != 1 or not 0 < count <= _ROUNDS_MAX:
        raise ValueError
    encrypt, authenticate = _keys(phrase, bytes(data[5:_HEAD]), count)
    tag, wrong = hmac(hashlib.sha256, authenticate, (memoryview(data)[:end],)), 0
    for i in range(_TAG):
        wrong |= tag[i] ^ data[end + i]
    if wrong:
        return None
    _mix(data, _HEAD, end, encrypt)
    return data[_HEAD:end]


def _keys(phrase, salt, count):
    main = pbkdf2(phrase.encode(), salt, count)
    return [hmac(hashlib.sha256, main, (use,)) for use in (b"encrypt", b"authenticate")]


def pbkdf2(phrase, salt, count):
    """The first block of PBKDF2-HMAC-SHA256: 32 bytes. MicroPython's hashes cannot be copied: the two halves
    of the HMAC's key are hashed again each time."""
    sha256 = hashlib.sha256
    key = phrase if len(phrase) <= 64 else sha256(phrase).digest()
    key += bytes(64 - len(key))
    inner, outer = bytes([c ^ 0x36 for c in key]), bytes([c ^ 0x5C for c in key])
    one = sha256(outer + sha256(inner + salt + b"\0\0\0\1").digest()).digest()
    total = int.from_bytes(one, "big")
    for _ in range(count - 1):
        one = sha256(outer + sha256(inner + one).digest()).digest()
        total ^= int.from_bytes(one, "big")
    return total.to_bytes(32, "big")


def _mix(data, start, end, key):
    """XOR the key stream into data[start:end]."""
    for at in range(start, end, 32):
        stream = hmac(hashlib.sha256, key, (((at - start) // 32).to_bytes(4, "big"),))
        for i in range(min(32, end - at)):
            data[at + i] ^= stream[i]
