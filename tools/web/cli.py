# SPDX-License-Identifier: MIT
"""`python -m tools web`: builds the page that installs a board from a browser, and shows it."""

from pathlib import Path

import typer
from rich.console import Console

from .. import OUT, UserError
from . import site, sources

say = Console(stderr=True, highlight=False)


def app(
    firmware: list[str] = typer.Option(
        [], help="MicroPython's .bin, once per chip: a file, or URL#sha256=HEX; BOARD=FILE names the board"
    ),
    out: Path = typer.Option(OUT / "web", help="folder of the page; other releases in it stay"),
    serve: bool = typer.Option(False, help="show it at http://127.0.0.1:PORT/ until Ctrl-C"),
    port: int = typer.Option(0, help="port for --serve; 0: any free one"),
    bundle: Path = typer.Option(None, help="esp-web-tools as a .tgz, for a computer without npm"),
):
    """Build the page that installs a board from a browser; any static web host can serve it."""
    if firmware:
        site.build(out, [sources.firmware(one) for one in firmware], sources.bundle(bundle))
        say.print("%s: a static page; copy the folder to any web host that speaks https" % out)
    elif not (out / "index.html").exists():
        raise UserError(
            "there is no page in %s yet: name the firmware with --firmware ESP32_GENERIC-....bin "
            "(from micropython.org/download)" % out
        )
    elif not serve:
        raise UserError("nothing to do: --firmware FILE builds the page, --serve shows it")
    if serve:
        from . import serve as server  # aiohttp is an extra, and only this needs it

        server.run(out, port, say)
