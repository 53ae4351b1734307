# SPDX-License-Identifier: MIT
"""What a measurement is given (Bench) and what it gives back (numbers, or Missing).

A measurement is a function (bench) -> a number, or a list of numbers of which the median counts. A note to be
shown beside it: bench.note("..."). What cannot be measured here raises Missing("why").
"""

import shutil
import statistics
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .. import interpreters
from ..build import mpy


class Missing(Exception):
    """This cannot be measured here; the text says why."""


@dataclass
class Row:
    """One line of the table. where: "module:function", imported when it is its turn; args: given to it after
    bench.

    target: ("<" or "<=", number) or None. unit: shown as such; "ms" and "B" are scaled for people.
    early: "module:function", called with the same arguments before the first row is measured: for what mostly
    waits."""

    name: str
    what: str
    unit: str
    where: str
    target: tuple | None = None
    args: tuple = ()
    slow: bool = False  # left out by --quick
    early: str = ""


@dataclass
class Result:
    row: Row
    values: list = field(default_factory=list)
    missing: str = ""
    notes: list = field(default_factory=list)
    took: float = 0.0  # seconds that the measurement held up the others

    @property
    def value(self):
        return statistics.median(self.values) if self.values else None

    @property
    def met(self):
        """True, False, or None without a target or a value."""
        if self.row.target is None or self.value is None:
            return None
        return bool(
            self.value < self.row.target[1] if self.row.target[0] == "<" else self.value <= self.row.target[1]
        )

    def document(self):
        return {
            "name": self.row.name,
            "what": self.row.what,
            "unit": self.row.unit,
            "value": self.value,
            "values": self.values,
            "target": self.row.target,
            "met": self.met,
            "missing": self.missing or None,
            "notes": self.notes,
            "took": round(self.took, 1),
        }


class Bench:
    """Given to every measurement. quick: shorter waits; changes and idle_s: how many and how long."""

    def __init__(self, quick=False, say=lambda text: None):
        self.quick = quick
        self.changes = 3 if quick else 10
        self.starts = 3 if quick else 7
        self.idle_s = 20 if quick else 290
        self.say = say
        self.notes = []

    def note(self, text):
        """Shown beside the row that is being measured."""
        self.notes.append(text)

    @cached_property
    def folder(self):
        """A temporary folder that goes with close()."""
        return Path(tempfile.mkdtemp(prefix="wb-bench-"))

    @cached_property
    def compiled(self):
        """Folder with the agent as .mpy files."""
        self.sizes  # noqa: B018  (makes it)
        return self.folder / "mpy"

    @cached_property
    def sizes(self):
        """{relative path: bytes} of the compiled tree."""
        return mpy.compile_tree(self.folder / "mpy")

    @cached_property
    def board(self):
        """Folder with the agent as a board gets it, and what lives its life on this machine (as_board.py)."""
        from ..netlab import as_board

        return as_board.compile_board()

    def close(self):
        if "folder" in self.__dict__:
            shutil.rmtree(self.folder, ignore_errors=True)


def usable(name):
    """`name`, when that interpreter is here; else Missing."""
    for one in interpreters.all():
        if one.name == name:
            if one.why:
                raise Missing(one.why)
            return name
    raise Missing("there is no interpreter " + name)
