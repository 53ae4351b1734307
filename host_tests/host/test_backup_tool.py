# SPDX-License-Identifier: MIT
"""`backup` and `restore`: settings sealed under a passphrase, against Python's own PBKDF2 and HMAC."""

import base64
import hashlib
import hmac
import io
import json
import os
import random

import pytest
from wanbeacon.core import sealed

from tools import __main__

PHRASE = "five words that nobody guesses"
SETTINGS = {
    "accounts": [{"provider": "dyn", "user": "anna", "password": "geheim-é", "hosts": ["a.dyndns.org"]}]
}


def reference(plain, phrase, salt, rounds):
    """The same file by hashlib and hmac."""
    main = hashlib.pbkdf2_hmac("sha256", phrase.encode(), salt, rounds)
    encrypt, authenticate = (hmac.new(main, use, "sha256").digest() for use in (b"encrypt", b"authenticate"))
    stream = b"".join(
        hmac.new(encrypt, n.to_bytes(4, "big"), "sha256").digest() for n in range(len(plain) // 32 + 1)
    )
    body = b"\x01" + rounds.to_bytes(4, "big") + salt
    body += bytes(a ^ b for a, b in zip(plain, stream, strict=False))
    return body + hmac.new(authenticate, body, "sha256").digest()


def test_python_itself_makes_the_same_file():
    chance = random.Random(16)
    for _ in range(200):
        plain = chance.randbytes(chance.choice((0, 1, 31, 32, 33, 200, 3000)))
        phrase = "".join(chance.choices("aé€🎲 xyz0", k=chance.randint(12, 90)))
        salt, rounds = chance.randbytes(16), chance.randint(1, 20)
        lines = sealed.seal(plain, phrase, salt, rounds)
        raw = b"".join(base64.b64decode(line) for line in lines[1:])
        assert raw == reference(plain, phrase, salt, rounds)
        assert sealed.unseal(b"".join(lines), phrase) == plain


@pytest.fixture
def command(tmp_path, monkeypatch):
    """command(passphrase, *words) -> exit status, in a folder with my.json."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.json").write_text(json.dumps(SETTINGS))

    def run(phrase, *words):
        monkeypatch.setattr("sys.stdin", io.StringIO(phrase + "\n"))
        return __main__.main(list(words))

    return run


def test_settings_come_back_byte_for_byte_for_their_owner_alone(command, tmp_path, capsys):
    assert command(PHRASE, "backup", "my.json") == 0
    text = (tmp_path / "wanbeacon-settings.txt").read_text()
    assert text.startswith("# Wanbeacon settings, encrypted") and "anna" not in text
    assert command(PHRASE, "restore", "wanbeacon-settings.txt", "--out", "back.json") == 0
    assert (tmp_path / "back.json").read_bytes() == (tmp_path / "my.json").read_bytes()
    for name in ("wanbeacon-settings.txt", "back.json"):
        assert os.stat(tmp_path / name).st_mode & 0o777 == 0o600
    said = capsys.readouterr()
    assert "geheim" not in said.out + said.err and PHRASE not in said.out + said.err


@pytest.mark.parametrize(
    ("change", "phrase", "words"),
    [
        (lambda text: text, PHRASE + "x", "the passphrase is not that of"),
        (lambda text: text[:-6] + "AAAA" + text[-2:], PHRASE, "or the file is damaged"),
        (lambda text: text[:150], PHRASE, "is damaged, or of a newer version"),
        (lambda text: "{}", PHRASE, "is not a sealed settings file"),
    ],
    ids=["passphrase", "tag", "short", "other"],
)
def test_a_wrong_passphrase_or_file_is_one_line_and_changes_nothing(
    command, tmp_path, capsys, change, phrase, words
):
    command(PHRASE, "backup", "my.json")
    file = tmp_path / "wanbeacon-settings.txt"
    file.chmod(0o600)
    file.write_text(change(file.read_text()))
    capsys.readouterr()
    assert command(phrase, "restore", file.name, "--out", "back.json") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line and not (tmp_path / "back.json").exists()


@pytest.mark.parametrize(
    ("words", "phrase", "said"),
    [
        (("backup", "my.json"), "short", "at least 12 characters"),
        (("backup", "none.json"), PHRASE, "cannot be read"),
        (("backup", "bad.json"), PHRASE, "is no good settings file"),
        (("backup", "my.json", "--out", "my.json"), PHRASE, "already exists"),
        (("restore", "my.json"), PHRASE, "is not a sealed settings file"),
    ],
)
def test_a_mistake_is_one_line(command, tmp_path, capsys, words, phrase, said):
    (tmp_path / "bad.json").write_text("{")
    assert command(phrase, *words) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert json.loads((tmp_path / "my.json").read_text()) == SETTINGS
