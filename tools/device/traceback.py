# SPDX-License-Identifier: MIT
"""`python -m tools traceback`: a traceback that a board has printed, in the names of the sources. A board's
own names are short (tools/build/shrink.py) and differ from version to version."""

import sys
from pathlib import Path

import typer

from .. import UserError
from ..build import mpy
from ..build.renames import Names


def app(
    text: Path = typer.Argument(None, help="file with what the board printed; without it standard input"),
    names: Path = typer.Option(
        None, help="wanbeacon-VERSION-names.txt of the version on the board; default: that of these sources"
    ),
):
    """Print a board's traceback with the names of the sources."""
    try:
        known = Names.read(names.read_text(encoding="utf-8")) if names else mpy.tree().names
        said = text.read_text(encoding="utf-8", errors="replace") if text else sys.stdin.read()
    except OSError as error:
        raise UserError("%s cannot be read (%s)" % (error.filename, error.strerror))
    if not known.modules:
        raise UserError("%s is no list of names" % names)
    print(known.readable(said), end="")
