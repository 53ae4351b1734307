# SPDX-License-Identifier: MIT
"""`python -m tools restore FILE`: opens what `backup` or a board's page has sealed."""

from pathlib import Path

import typer

from . import UserError, backup
from .check import firmware


def app(
    file: Path = typer.Argument(help="file of a board's page, or of `backup`"),
    out: Path = typer.Option(Path("my.json"), help="the settings file"),
):
    """Open a sealed settings file."""
    data, sealed = backup.read(file), firmware("core.sealed")
    if not data.strip().startswith(sealed.MARK):
        raise UserError("%s is not a sealed settings file of Wanbeacon" % file)
    try:
        plain = sealed.unseal(data, backup.ask(False))
    except ValueError:
        raise UserError("%s is damaged, or of a newer version" % file) from None
    if plain is None:
        raise UserError("the passphrase is not that of %s, or the file is damaged" % file)
    backup.write(out, plain)
    print("%s: written, with all passwords" % out)
