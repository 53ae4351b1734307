# SPDX-License-Identifier: MIT
"""What lives in a board's heap while the code of each stage is loaded: the agent as a board starts it, five
hosts over HTTPS (netlab/as_board.py), whose board_loop.py tells it with the word "stages"."""

import re

from ..build import mpy
from ..lab import running
from ..netlab import as_board
from .measure import Missing, usable

UPDATES = 3


def _peaks(bench, interpreter):
    """{module: most bytes that lived when it had been loaded; "idle": between two rounds}; measured once."""
    found = getattr(bench, "stage_peaks", None)
    if found is None:
        text = []
        with running("dyn", bind="127.0.0.1") as lab:
            try:
                live, _ = as_board.updates(lab, bench.board, "400k", UPDATES, usable(interpreter), told=text)
            except as_board.Failed as e:
                raise Missing(str(e).splitlines()[0])
        found = {"idle": live[-1]}
        names = {new: name for name, new in mpy.tree().names.modules.items()}
        for short, size in re.findall(r"stage (\S+) (\d+)", text[0]):
            name = names.get(short, short).removeprefix("wanbeacon.")
            found[name] = max(found.get(name, 0), int(size))
        bench.stage_peaks = found
    return found


def peak(bench, interpreter, name):
    """Bytes that live when the stage `name` has been loaded, at most."""
    found = _peaks(bench, interpreter)
    if name not in found:
        raise Missing("%s was not loaded" % name)
    if name != "idle":
        bench.note("%.1f KB above what lives between two rounds" % ((found[name] - found["idle"]) / 1024))
    return found[name]
