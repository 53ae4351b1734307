# SPDX-License-Identifier: MIT
# Settings sealed under a passphrase: the same file on every interpreter, a wrong passphrase or a changed
# character opens nothing. The vectors were made with Python's hashlib.pbkdf2_hmac and hmac;
# host/test_backup_tool.py asks those themselves, with random values.
import hashlib
import json
import os
from binascii import a2b_base64, b2a_base64, hexlify

from wanbeacon.core import sealed
from wanbeacon.portal.draft import Draft

# passphrase, salt, rounds -> PBKDF2-HMAC-SHA256, 32 bytes; the first three are RFC 7914 section 11's and the
# ones that everybody uses for SHA-256 after RFC 6070
PBKDF2 = (
    ("passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"),
    ("password", "salt", 2, "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43"),
    ("password", "salt", 4096, "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a"),
)
#: SHA-256 of the base64 lines of PLAIN under PHRASE and SALT with 50 rounds.
VECTOR = "b9a84739e0f92e3a6a80eb63cdf9d9acac6524a213211095b086742b80fc45f1"
PHRASE, SALT = "correct horse battery staple", bytes(range(16))
PLAIN = b'{"accounts": [{"provider": "dyn", "user": "u", "password": "\xc3\xa9", "hosts": ["a.dyndns.org"]}]}'


def test_the_main_key_is_pbkdf2():
    for phrase, salt, rounds, key in PBKDF2:
        assert hexlify(sealed.pbkdf2(phrase.encode(), salt.encode(), rounds)).decode() == key, phrase


def test_a_long_passphrase_is_hashed_first_as_hmac_has_it():
    long = "x" * 100
    assert sealed.pbkdf2(long.encode(), SALT, 3) == sealed.pbkdf2(
        hashlib.sha256(long.encode()).digest(), SALT, 3
    )


def test_a_file_is_the_same_on_every_interpreter_and_opens_again():
    lines = sealed.seal(PLAIN, PHRASE, SALT, 50)
    assert lines[0][:1] == b"#" and all([len(line) < 120 for line in lines])
    assert hexlify(hashlib.sha256(b"".join(lines[1:])).digest()).decode() == VECTOR
    text = b"".join(lines)
    for data in (text, text.replace(b"\n", b"\r\n"), b"\n " + text, text.rstrip()):
        assert sealed.unseal(data, PHRASE) == PLAIN
    assert b"password" not in text.replace(lines[0], b"") and PLAIN[:20] not in text


def test_no_part_of_the_settings_and_no_size_is_lost():
    for size in (0, 1, 31, 32, 33, 57, 64, 4096):
        plain = bytes([i % 251 for i in range(size)])
        assert sealed.unseal(b"".join(sealed.seal(plain, PHRASE, SALT, 1)), PHRASE) == plain, size


def test_two_files_of_the_same_settings_have_nothing_in_common():
    one, two = [sealed.seal(PLAIN, PHRASE, os.urandom(sealed.SALT), 1) for _ in range(2)]
    assert not set(one[1:]) & set(two[1:])


def test_another_passphrase_opens_nothing():
    text = b"".join(sealed.seal(PLAIN, PHRASE, SALT, 3))
    for phrase in ("", PHRASE + " ", PHRASE[:-1], PHRASE.upper()):
        assert sealed.unseal(text, phrase) is None, phrase


def test_no_bit_of_the_file_can_be_changed():
    lines = sealed.seal(PLAIN, PHRASE, SALT, 2)
    raw = b"".join([a2b_base64(line) for line in lines[1:]])
    for at in range(len(raw)):
        for bit in (1, 128):
            one = bytearray(raw)
            one[at] ^= bit
            text = lines[0] + b2a_base64(bytes(one))
            try:
                assert sealed.unseal(text, PHRASE) is None, at
            except ValueError:
                assert at < 5, at  # version and rounds
    for n in range(len(raw) - 1):
        try:
            assert sealed.unseal(lines[0] + b2a_base64(raw[:n]), PHRASE) is None, n
        except ValueError:
            assert n < 53, n


def test_what_is_no_such_file_is_refused_without_work():
    good = b"".join(sealed.seal(PLAIN, PHRASE, SALT, 1))
    for text in (
        b"",
        b"{}",
        PLAIN,
        b"# something else\nQUJD\n",
        sealed.MARK + b"\n",
        sealed.MARK + b"\n=\xff\xfe\n",
        good.replace(b"\nAQ", b"\nAg"),  # version 2
        good[: good.find(b"\n") + 1] + b"Af////8A" * 20,  # four thousand million rounds
    ):
        try:
            sealed.unseal(text, PHRASE)
        except ValueError:
            continue
        raise AssertionError(text)


def test_a_backup_with_secrets_brings_every_secret_to_another_device():
    doc = {
        "accounts": [{"provider": "netcup", "user": "7", "password": "p", "token": "t", "hosts": ["a.b.de"]}],
        "wifi": [{"ssid": "home", "password": "homehome1"}],
        "portal": {"password": "longenough"},
        "notify": [{"service": "ntfy", "url": "https://ntfy.example/x"}],
        "mqtt": {"host": "broker", "user": "u", "password": "m"},
    }
    old, new = Draft(json.dumps(doc).encode()), Draft()
    text = b"".join(sealed.seal(old.data(), PHRASE, SALT, 1))
    assert new.restore(sealed.unseal(text, PHRASE)) and new.doc == old.doc


def test_a_backup_without_secrets_gets_both_keys_of_an_account_back():
    doc = {
        "accounts": [{"provider": "netcup", "user": "7", "password": "p", "token": "t", "hosts": ["a.b.de"]}]
    }
    one = Draft(json.dumps(doc).encode())
    assert one.restore(one.data(False)) and one.doc["accounts"] == doc["accounts"]
