"""`python -m tools bench`: runs the rows and prints them as a table, or writes them as JSON. Knows no measurement."""

import datetime
import importlib
import json
import os
import platform
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from tools import UserError
from tools.bench.measure import Bench, Missing, Result
from tools.bench.rows import ROWS


def load(where):
    """The function "module:name"; ImportError or AttributeError when it is not there."""
    module, _, name = where.partition(":")
    return getattr(importlib.import_module(module), name)


def run(row, bench):
    """The Result of one row; what cannot be measured here is named, never left out."""
    result, bench.notes = Result(row), []
    try:
        function = load(row.where)
    except (ImportError, AttributeError) as error:
        result.missing = "not part of this checkout yet (%s)" % error
        return result
    try:
        value = function(bench, *row.args)
        result.values = list(value) if isinstance(value, (list, tuple)) else [value]
    except (Missing, UserError) as error:
        result.missing = str(error)
    except Exception as error:  # pytest's skips among them: a measurement that breaks must not hide the others
        result.missing = "failed: %s" % (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    result.notes = list(dict.fromkeys(bench.notes))
    return result


def shown(value, unit):
    """A number for people."""
    if value is None:
        return "-"
    if unit == "ms":
        return "%.0f ms" % value if value < 2000 else "%.0f s" % (value / 1000)
    if unit == "B":
        return "%.1f KB" % (value / 1024) if value >= 10240 else "%d B" % value
    return "%d" % value if value == int(value) else "%.1f" % value


def table(results):
    """The rich table of all results."""
    made = Table(title="Wanbeacon, measured on this machine", title_justify="left")
    for head in ("what", "median", "from - to", "n", "target", "remarks"):
        made.add_column(head, justify="right" if head in ("median", "n", "target") else "left", overflow="fold")
    for one in results:
        unit = one.row.unit
        spread = "%s - %s" % (shown(min(one.values), unit), shown(max(one.values), unit)) if len(one.values) > 1 else ""
        target = "%s %s" % (one.row.target[0], shown(one.row.target[1], unit)) if one.row.target else ""
        word = {True: "[green]met[/]", False: "[red]not met[/]", None: ""}[one.met]
        remarks = "[yellow]not measured: %s[/]" % one.missing if one.missing else "; ".join(filter(None, (word, *one.notes)))
        made.add_row(one.row.what, shown(one.value, unit), spread, str(len(one.values)) if len(one.values) > 1 else "", target,
                     remarks)
    return made


def document(results):
    """The JSON document."""
    return {"made": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "machine": {"system": platform.platform(), "processors": os.cpu_count(), "python": platform.python_version()},
            "rows": [one.document() for one in results]}


def app(
    only: list[str] = typer.Option([], help="name of a row, or its beginning; may be repeated"),
    quick: bool = typer.Option(False, help="fewer repetitions, 20 s of idleness instead of ten minutes, no other clients"),
    as_json: Path = typer.Option(None, "--json", help="write the results to this file too; - = to stdout instead of a table"),
    modules: bool = typer.Option(False, help="list every module's .mpy bytes as well"),
    names: bool = typer.Option(False, "--list", help="list the rows and end"),
    strict: bool = typer.Option(False, help="exit status 1 when a target is not met or a row could not be measured"),
):
    """Measure sizes, memory, times and idleness; targets beside them."""
    console = Console(stderr=str(as_json) == "-")
    if not console.is_terminal:
        console = Console(stderr=console.stderr, width=150)  # a log has room
    rows = [row for row in ROWS if not only or row.name.startswith(tuple(only))]
    if not rows:
        raise UserError("bench has no row that begins with %s; --list names them" % ", ".join(only))
    if names:
        for row in rows:
            print("%-18s %s" % (row.name, row.what))
        return None
    bench, results = Bench(quick, lambda text: console.print(text, style="dim", highlight=False)), []
    try:
        left_out = [row for row in rows if quick and row.slow and not only]
        for row in rows:
            if row.early and row not in left_out:
                load(row.early)(bench, *row.args)
        for row in rows:
            if row in left_out:
                results.append(Result(row, missing="left out by --quick"))
                continue
            bench.say(row.what)
            results.append(run(row, bench))
        if modules:
            from tools.bench import size
            for name, count in size.modules(bench):
                console.print("%7d  %s" % (count, name), highlight=False)
    finally:
        bench.close()
    if as_json and str(as_json) != "-":
        as_json.parent.mkdir(parents=True, exist_ok=True)
        as_json.write_text(json.dumps(document(results), indent=1) + "\n")
    if str(as_json) == "-":
        print(json.dumps(document(results), indent=1))
    else:
        console.print(table(results))
        console.print("median of n; heap: the smallest in which sixty updates of five hosts succeed (--quick: 25); resident and heap on the\n"
                      "stand-alone programs only; times from processes and a namespace on this machine, TLS verified.", style="dim")
    return int(strict and any(one.missing or one.met is False for one in results))
