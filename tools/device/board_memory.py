# SPDX-License-Identifier: MIT
"""`python -m tools board-memory`: what memory a real board has: Python's heap and the system's, at each stage
of its work.

First as the agent left it when it was interrupted, with the low-water mark of its whole run; then, in a fresh
interpreter, after each stage's code was loaded. docs/architecture.md, "memory of a board", says what the
numbers should be."""

import ast
import json
import re

import typer
from rich.console import Console
from rich.table import Table

from .. import UserError
from . import link as board_link
from . import on_board

#: What a stage loads (wanbeacon.app.stage): name for people -> modules. One that is not on the board is left
#: out.
STAGES = (
    ("code that stays", "app.board_main app.agent net.clock observe.choose observe.natpmp observe.upnp"),
    ("reading the settings", "app.config"),
    ("setting up the accounts", "app.build"),
    ("deciding", "app.plan"),
    ("an exchange", "app.exchange dyndns.request dyndns.reply net.http net.trust net.talk net.wire"),
    ("learning from the answer", "app.learn"),
    ("a command", "app.commands"),
    ("the status page", "portal.server portal.guest portal.front portal.html portal.page_status"),
)
#: gc.mem_free() counts the system's largest block as Python's (esp32-memory): mem_info does not.
_CODE = """
import gc, micropython, sys
def _wb_memory():
    gc.collect()
    gc.collect()
    micropython.mem_info()
    print('bits', 32 if sys.maxsize < 1 << 32 else 64)
    try:
        import esp32
        print('system', repr(esp32.idf_heap_info(esp32.HEAP_DATA)))
    except (ImportError, AttributeError):
        pass
def _wb_stage(names, stays):
    before = set(sys.modules)
    for n in names:
        try:
            __import__(n)
        except ImportError as e:
            print('absent', n, e)
    _wb_memory()
    if not stays:
        for n in list(sys.modules):
            if n not in before:
                del sys.modules[n]
                p, _, c = n.rpartition('.')
                if p in sys.modules:
                    delattr(sys.modules[p], c)
"""
_HEAP = re.compile(r"GC: total: (\d+), used: (\d+), free: (\d+).*max free sz: (\d+)", re.S)


def parse(text):
    """{"total", "used", "free", "largest", "system"} of what _wb_memory() prints, bytes; system: None or
    {"free", "largest", "low"} of the chip's own heap, all its regions together. UserError when the board
    printed something else."""
    found = _HEAP.search(text)
    bits = re.search(r"^bits (\d+)", text, re.M)
    if not found or not bits:
        raise UserError(
            "the board does not say what memory it has: %s"
            % (text.strip().split("\n")[-1:] or ["nothing"])[0]
        )
    total, used, free, blocks = map(int, found.groups())
    rows = re.search(r"^system (.*)", text, re.M)
    regions = ast.literal_eval(rows[1].strip()) if rows else []
    system = (
        {
            "free": sum(row[1] for row in regions),
            "largest": max(row[2] for row in regions),
            "low": sum(row[3] for row in regions),
        }
        if regions
        else None
    )
    # a block of the garbage collector is four machine words
    return {
        "total": total,
        "used": used,
        "free": free,
        "largest": blocks * int(bits[1]) // 2,
        "system": system,
    }


def now(link):
    """The memory of what is in the interpreter at this moment."""
    link.run(_CODE, "measuring memory")
    return parse(link.run("_wb_memory()", "measuring memory"))


def stages(link, there):
    """[(name, memory)] in a fresh interpreter, which link.enter() has given; there: on_board.OnBoard."""
    found = [("bare MicroPython", now(link))]
    # files of a user must not be taken for ours
    link.run(there.code("import sys\nsys.path[:] = [p for p in sys.path if p]"), "looking for the agent")
    for number, (name, modules) in enumerate(STAGES):
        names = [there.module(module) for module in modules.split()]
        said = link.run("_wb_stage(%r, %r)" % (names, number == 0), "loading " + name, timeout=60)
        if said.count("absent") < len(modules.split()):
            found.append((name, parse(said)))
    return found


def table(rows):
    """The rich table of [(name, memory)]."""
    out = Table(box=None, pad_edge=False, header_style="bold")
    for head in (
        "",
        "Python heap",
        "used",
        "free",
        "largest block",
        "system free",
        "largest",
        "lowest so far",
    ):
        out.add_column(head, justify="left" if not head else "right")
    for name, one in rows:
        system = one["system"] or {}
        out.add_row(name, *(_kb(one[key]) for key in ("total", "used", "free", "largest")),
                    *(_kb(system.get(key)) for key in ("free", "largest", "low")))  # fmt: skip
    return out


def _kb(count):
    return "-" if count is None else "%.1f KB" % (count / 1024)


def app(
    port: str = typer.Option(None, help="serial port of the board; found by itself when there is only one"),
    as_json: bool = typer.Option(False, "--json", help="for scripts"),
):
    """Print both heaps of a board, their largest blocks and low-water marks, at each stage of the agent's
    work.

    The agent is interrupted for it and started again afterwards."""
    with board_link.Link(board_link.the_port(port)) as link:
        link.enter(fresh=False)
        rows = [("as the agent left it", now(link))]
        link.enter()
        rows += stages(link, on_board.OnBoard(link))
        link.restart()
    if as_json:
        print(json.dumps(dict(rows), indent=1))
        return
    console = Console(highlight=False)
    console.print(table(rows))
    console.print(
        "system: what TLS, Wi-Fi and sockets use; lowest so far: since the board was switched on.",
        style="dim",
    )
