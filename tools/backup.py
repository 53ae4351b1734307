# SPDX-License-Identifier: MIT
"""`python -m tools backup my.json`: settings with all their secrets as a file under a passphrase, which a
board's page "Back up and restore" reads and writes too. How it is sealed, and what that is worth:
firmware/wanbeacon/core/sealed.py and docs/threat-model.md."""

import os
import sys
from pathlib import Path

import typer

from . import UserError
from .check import firmware


def ask(again):
    """The passphrase: asked for twice or once; from a pipe its first line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return typer.prompt("Passphrase", hide_input=True, confirmation_prompt=again, err=True)


def read(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError("%s cannot be read (%s)" % (path, error.strerror)) from None


def write(path, data):
    """A file that only its owner may read; one that is there is left alone."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    except FileExistsError:
        raise UserError("%s already exists; name another file with --out" % path) from None
    except OSError as error:
        raise UserError("%s cannot be written (%s)" % (path, error.strerror)) from None


def app(
    config: Path = typer.Argument(help="settings file (JSON)"),
    out: Path = typer.Option(Path("wanbeacon-settings.txt"), help="the sealed file"),
):
    """Seal a settings file with its passwords under a passphrase."""
    plain, sealed = read(config), firmware("core.sealed")
    settings = firmware("app.config")
    try:
        settings.load(plain.decode(), settings.ROUTER_MAX)
    except (settings.ConfigError, UnicodeError):
        raise UserError("%s is no good settings file; `check` says why" % config) from None
    phrase = ask(True)
    try:
        lines = sealed.seal(plain, phrase, os.urandom(sealed.SALT))
    except ValueError:
        raise UserError("a passphrase has at least %d characters" % sealed.PHRASE_MIN) from None
    write(out, b"".join(lines))
    print("%s: sealed. Without the passphrase nobody can open it, not even you." % out)
