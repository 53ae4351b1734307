# SPDX-License-Identifier: MIT
"""Puts pictures onto the screen: the whole terminal, lines, or a file."""

import os

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.live import Live

from .view import render

#: Rich's own form of an SVG loads fonts from a server; ours loads nothing.
_FONTS = CONSOLE_SVG_FORMAT.index("@font-face"), CONSOLE_SVG_FORMAT.index(".{unique_id}-matrix")
SVG = (CONSOLE_SVG_FORMAT[: _FONTS[0]] + CONSOLE_SVG_FORMAT[_FONTS[1] :]).replace(
    "Fira Code, monospace", "'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas, monospace"
)


class Screen:
    """Full screen on a terminal, else lines."""

    def __init__(self, run, plain, svg):
        self.run, self.svg = run, svg
        self.console = Console(highlight=False)
        self.live = None
        if self.console.is_terminal and not self.console.is_dumb_terminal and not plain:
            self.live = Live(console=self.console, screen=True, auto_refresh=False)
        self.logged, self.scene, self.said, self.latest = 0, None, "", ""

    def __enter__(self):
        if self.live:
            self.live.__enter__()
        else:
            for line in [self.run.title, *self.run.intro]:
                print(line, flush=True)
        return self

    def __exit__(self, *error):
        if self.live:
            self.live.__exit__(*error)
        self.closing = self.run.summary()
        if self.svg:
            self.write_svg()

    def show(self):
        picture = self.run.picture()
        if self.live:
            self.live.update(render(picture, self.console), refresh=True)
        else:
            self.lines(picture)

    def lines(self, picture):
        """What is new since the last frame."""
        title, text, result = picture.caption
        if title != self.scene:
            self.say(self.latest)  # a running count is told once it stands
            self.scene, self.said = title, ""
            print("== %s. %s" % (title, text), flush=True)
        for number, when, line in picture.log:
            if number > self.logged:
                self.logged = number
                print("   %s  %s" % (when, line), flush=True)
        if not result[:1].isdigit():
            self.say(result)
        self.latest = result

    def say(self, result):
        if result and result != self.said:
            self.said = result
            print("-> %s" % result, flush=True)

    def write_svg(self):
        """The picture as a file without any outside resource."""
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            console = Console(
                record=True, width=112, height=31, file=nowhere, force_terminal=True, color_system="truecolor"
            )
            console.print(render(self.run.picture(), console))
        console.save_svg(str(self.svg), title="make run", code_format=SVG)
