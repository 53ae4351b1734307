# SPDX-License-Identifier: MIT
"""`python -m tools bench`: runs the rows and prints them as a table, or writes them as JSON."""

import contextlib
import datetime
import importlib
import json
import os
import platform
import time
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from .. import OUT, UserError
from ..build.version import agent_version
from ..grade import clients
from . import compare
from .measure import Bench, Missing, Result
from .rows import ROWS

METHOD = """median of n. heap: the smallest in which sixty updates of five hosts succeed (--quick: 25).
Memory, start and idleness on stand-alone programs only. inadyn and ddclient: Debian's packages with their
authors' default settings. Nothing changes, or everything is refused: the client's clock runs 60 or 300 times
as fast (libfaketime); everything else in real time, over TLS."""
#: The last complete run.
LAST = OUT / "bench.json"


def load(where):
    """The function "module:name"; ImportError or AttributeError when it is not there."""
    module, _, name = where.partition(":")
    return getattr(importlib.import_module(module, __package__), name)


def run(row, bench):
    """The Result of one row; what cannot be measured here is named, never left out."""
    result, bench.notes, began = Result(row), [], time.monotonic()
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
    # pytest's skips among them: a measurement that breaks must not hide the others
    except Exception as error:
        result.missing = "failed: %s" % (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    result.notes, result.took = list(dict.fromkeys(bench.notes)), time.monotonic() - began
    return result


def table(results):
    """The rich table of all results."""
    made = Table(title="Wanbeacon, measured on this machine", title_justify="left")
    for head in ("what", "median", "from - to", "n", "target", "remarks"):
        made.add_column(
            head, justify="right" if head in ("median", "n", "target") else "left", overflow="fold"
        )
    for one in results:
        unit = one.row.unit
        spread = (
            "%s - %s" % (compare.shown(min(one.values), unit), compare.shown(max(one.values), unit))
            if len(one.values) > 1
            else ""
        )
        target = (
            "%s %s" % (one.row.target[0], compare.shown(one.row.target[1], unit)) if one.row.target else ""
        )
        word = {True: "[green]met[/]", False: "[red]not met[/]", None: ""}[one.met]
        remarks = (
            "[yellow]not measured: %s[/]" % one.missing
            if one.missing
            else "; ".join(filter(None, (word, *one.notes)))
        )
        made.add_row(
            one.row.what,
            compare.shown(one.value, unit),
            spread,
            str(len(one.values)) if len(one.values) > 1 else "",
            target,
            remarks,
        )
    return made


def document(results):
    """The JSON document."""
    return {
        "made": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": {
            "system": platform.platform(),
            "processors": os.cpu_count(),
            "python": platform.python_version(),
        },
        "versions": versions(),
        "rows": [one.document() for one in results],
    }


def versions():
    """{client: its version} of those that can run here."""
    found = {"wanbeacon": agent_version()}
    for name in compare.COLOURS:
        with contextlib.suppress(UserError):
            found[name] = clients.profile(name).version()
    return found


def beside(found):
    """The rich table of compare.lines()."""
    made = Table(title="Beside inadyn and ddclient, in the same run", title_justify="left")
    for head in ("what", "Wanbeacon", "inadyn", "ddclient", "times", "target"):
        made.add_column(head, justify="left" if head in ("what", "target") else "right", overflow="fold")
    for line, unit, values, met in found:
        word = {True: "[green]met[/]", False: "[red]not met[/]", None: "[yellow]not measured[/]"}[met]
        made.add_row(
            line.what,
            *(compare.shown(value, unit) for value in values),
            ", ".join(filter(None, (compare.ratio(value, values[0]) for value in values[1:]))),
            "%s: %s" % (line.target[0], word) if line.target else "",
        )
    return made


def write(results):
    """Keeps the results of a complete run, for --readme and for people: JSON and a picture in out/."""
    LAST.parent.mkdir(exist_ok=True)
    LAST.write_text(json.dumps(document(results), indent=1) + "\n")
    compare.draw(document(results), LAST.with_suffix(".svg"))


def readme():
    """The last complete run goes into docs/ and docs/."""
    try:
        text = LAST.read_text()
    except FileNotFoundError:
        raise UserError("there are no results yet; run: make bench")
    found = json.loads(text)
    compare.PAGE.write_text(compare.fill(compare.PAGE.read_text(), found))
    compare.STORED.write_text(text)
    compare.draw(found, compare.PICTURE)
    print(
        "docs/%s, docs/%s and docs/%s are those of %s"
        % (compare.PAGE.name, compare.STORED.name, compare.PICTURE.name, found["made"])
    )


def measured(rows, left_out, console, quick, modules):
    """A Result for each row. modules: print every module's size as well."""
    bench, results = Bench(quick, lambda text: console.print(text, style="dim", highlight=False)), []
    try:
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
            from . import size

            for name, count in size.modules(bench):
                console.print("%7d  %s" % (count, name), highlight=False)
    finally:
        bench.close()
    return results


def app(
    only: list[str] = typer.Option([], help="name of a row, or its beginning; may be repeated"),
    quick: bool = typer.Option(
        False, help="fewer repetitions, 20 s of idleness instead of five minutes, no other clients"
    ),
    as_json: Path = typer.Option(
        None, "--json", help="write the results to this file too; - = to stdout instead of a table"
    ),
    modules: bool = typer.Option(False, help="list every module's .mpy bytes as well"),
    names: bool = typer.Option(False, "--list", help="list the rows and end"),
    into_readme: bool = typer.Option(
        False, "--readme", help="put the last complete run into docs/; measures nothing"
    ),
    strict: bool = typer.Option(
        False, help="exit status 1 when a target is not met or a row could not be measured"
    ),
):
    """Measure sizes, memory, times and idleness; targets beside them."""
    if into_readme:
        return readme()
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
    left_out = [row for row in rows if quick and row.slow and not only]
    results = measured(rows, left_out, console, quick, modules)
    found = document(results)
    if not only and not quick:
        write(results)
    if as_json and str(as_json) != "-":
        as_json.parent.mkdir(parents=True, exist_ok=True)
        as_json.write_text(json.dumps(found, indent=1) + "\n")
    if str(as_json) == "-":
        print(json.dumps(found, indent=1))
    else:
        console.print(table(results))
        if not only:
            console.print(beside(compare.lines(found)))
        console.print(METHOD, style="dim", highlight=False)
    missed = any(one.missing or one.met is False for one in results) or any(
        line[3] is False for line in compare.lines(found)
    )
    return int(strict and missed)
