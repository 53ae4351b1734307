# SPDX-License-Identifier: MIT
"""`python -m tools simulate`: a year of one device's life, or a fleet of a million. Prints tables, draws
plots."""

from itertools import pairwise
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from .. import OUT as RESULTS
from .. import UserError

DAY = 86400
OUT = RESULTS / "simulate"
app = typer.Typer(add_completion=False)


def _bar(console):
    return Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
                    TimeElapsedColumn(), console=console, transient=True)  # fmt: skip


@app.callback(invoke_without_command=True)
def simulate(
    context: typer.Context,
    script: Path = typer.Option(
        None, help="what happens, line by line (see tools/simulate/script.py); default: a year"
    ),
    days: float = typer.Option(365, min=0.01, max=3660, help="how long"),
    begin: float = typer.Option(0, "--from", min=0, help="first day in the plot"),
    to: float = typer.Option(0, min=0, help="last day in the plot; default: the end"),
    seed: int = typer.Option(1, help="of every chance"),
    minimum: int = typer.Option(60, min=1, help="the provider's minimum interval in seconds"),
    plot: Path = typer.Option(OUT / "year.png", help="where the timeline goes (.png or .svg)"),
    show_script: bool = typer.Option(False, "--show-script", help="print the script and end"),
):
    """A year of a device with the real agent, in seconds: what happened, what it sent, how long it waited."""
    if context.invoked_subcommand:
        return
    from . import plots, story
    from .script import YEAR

    console = Console(highlight=False)
    try:
        text = script.read_text() if script else YEAR
    except (OSError, UnicodeError) as error:
        raise UserError(
            "cannot read the script %s: %s" % (script, getattr(error, "strerror", None) or "no text")
        )
    if show_script:
        print(text.strip())
        return
    _suffix(plot)
    end = int(days * DAY)
    with _bar(console) as bar:
        task = bar.add_task("living", total=end)
        told = story.tell(text, end, seed, minimum, lambda now: bar.update(task, completed=now))
    console.print(_table(told))
    for when, words, answer in told.told:
        console.print("[dim]day %5.1f  user: %s -> %s" % (when / DAY, words, answer))
    _draw(plots.timeline, told, plot, begin * DAY, to * DAY or None)
    console.print("timeline: %s" % plot)
    if told.broken:
        raise UserError("the agent broke a rule: %s" % told.broken)


def _suffix(plot):
    if plot.suffix not in (".png", ".svg", ".pdf"):
        raise UserError("%s: a plot ends in .png, .svg or .pdf" % plot)


def _draw(function, *args):
    try:
        function(*args)
    except OSError as error:
        raise UserError("cannot write the plot: %s" % error)


def _table(told):
    from .plots import _ANSWERS, _kind

    table = Table(title="%g days" % (told.end / DAY), title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("address changes", str(len(told.changes)))
    table.add_row("requests", str(len(told.requests)))
    for kind in _ANSWERS:
        table.add_row("  " + kind[0], str(sum(_kind(answer) is kind for _, answer in told.requests)))
    gaps = [b[0] - a[0] for a, b in pairwise(told.requests)]
    table.add_row("least time between two requests", "%.0f s" % min(gaps) if gaps else "-")
    holds = [b - a for lane, a, b, _ in told.spans if lane == "hold"]
    table.add_row("times a request was held back", str(len(holds)))
    table.add_row("  longest", "%.1f h" % (max(holds) / 3600) if holds else "-")
    stops = [b - a for lane, a, b, text in told.spans if lane == "host" and text[0] == "stopped"]
    table.add_row("stops", str(len(stops)))
    table.add_row("  longest", "%.1f days" % (max(stops) / DAY) if stops else "-")
    table.add_row("flash writes", str(len(told.writes)))
    table.add_row("reboots and power cuts", str(sum(lane == "device" and ("reboot" in text or "cut" in text)
                                                    for lane, _, text in told.marks)))  # fmt: skip
    table.add_row("rules broken", "[red]1" if told.broken else "[green]0")
    return table


def _compared(title, names, facts):
    """The facts of several runs side by side, as a table."""
    table = Table("", *names, title=title, title_justify="left")
    for name in facts[0]:
        table.add_row(name, *[fact[name] for fact in facts])
    return table


@app.command()
def fleet(
    devices: int = typer.Option(1000000, min=1, max=20000000, help="how many"),
    scene: str = typer.Option("provider", help="regional, provider, refusing, broker or refresh"),
    serves: int = typer.Option(
        2000, min=1, help="provider, broker: requests, connections it can serve in a second"
    ),
    down: int = typer.Option(
        0, min=0, max=3 * 3600, help="provider, broker: seconds in which it serves none"
    ),
    spread: int = typer.Option(30, min=1, max=3600, help="broker: mqtt.spread of the devices' settings"),
    seed: int = typer.Option(1, help="of every chance"),
    plot: Path = typer.Option(
        None, help="where the plot goes (.png or .svg); default: out/simulate/SCENE.png"
    ),
):
    """Request rate of a whole fleet over time, with and without our jitter."""
    from . import fleet as fleets
    from . import plots

    if scene not in fleets.SCENES:
        raise UserError("there is no scene %s; there are %s" % (scene, ", ".join(fleets.SCENES)))
    plot = plot or OUT / (scene + ".png")
    _suffix(plot)
    console = Console(highlight=False)
    runs = []
    with _bar(console) as bar:
        for jitter in (True, False):
            task = bar.add_task("with jitter" if jitter else "without", total=devices)
            more = {}
            if scene in ("provider", "refusing", "broker"):
                more = {"serves": serves, "down": down,
                        "progress": lambda served, task=task: bar.update(task, completed=served)}  # fmt: skip
            if scene == "broker":
                more["spread"] = spread
            runs.append(fleets.SCENES[scene](devices, seed=seed, jitter=jitter, **more))
            bar.update(task, completed=devices)
    facts = [_facts(run, scene) for run in runs]
    title = "%s, %s devices" % (scene, f"{devices:,}")
    console.print(_compared(title, [run.name for run in runs], facts))
    marks, unit, until = _frame(scene, devices, serves, down)
    notes = ["\n".join("%s: %s" % row for row in fact.items() if row[1] != "-") for fact in facts]
    _draw(plots.rates, [(run.name, run.offered, note) for run, note in zip(runs, notes)], plot,
          "%s devices: %s" % (f"{devices:,}", _TITLES[scene]), marks, unit, until)  # fmt: skip
    console.print("plot: %s" % plot)


def _frame(scene, devices, serves, down):
    """What the plot of a scene has beside its curves: (marks, seconds of one column, last second)."""
    provider = [(serves, "what the provider serves")], 60, 3600 + down
    return {
        "regional": ([(devices / 100, "1 % of the fleet")], 1, 180),
        "provider": provider,
        "refusing": provider,
        "broker": ([(serves, "what the broker takes")], 1, 600 + down),
        "refresh": ([], 3600, None),
    }[scene]


_TITLES = {
    "regional": "back after an outage of ten minutes, all in the same second and with new addresses",
    "provider": "back in the same second, but the provider serves few and times out the rest",
    "refusing": "back in the same second, but the provider serves few and refuses the others' connections",
    "broker": "back at their MQTT broker after an outage, all from the same second on",
    "refresh": "names that are to be sent again because the same day was their last",
}


def _facts(run, scene):
    """{what: text} for table and plot."""
    time = lambda s: "-" if s is None else "%d s" % s if s < 600 else "%.1f min" % (s / 60)  # noqa: E731
    facts = {
        "highest rate in one second": "%s (%.2f %% of the fleet)"
        % (f"{run.offered.max():,}", 100 * run.peak())
    }
    if scene != "refresh":
        facts["half of the names right after"] = time(run.second(0.5))
        facts["99 % right after"] = time(run.second(0.99))
    if scene == "broker":
        facts = {
            key.replace("of the names right", "connected").replace("right", "connected"): facts[key]
            for key in facts
        }
        facts["all connected after"] = time(len(run.offered)) if not run.notes else run.notes[0]
        facts["connects per device"] = "%.2f, at most %d" % (run.offered.sum() / run.devices, run.tries)
    if scene in ("provider", "refusing"):
        rises = run.rises()
        facts["all right after"] = time(len(run.offered)) if not run.notes else run.notes[0]
        facts["requests per device"] = "%.2f, at most %d" % (run.offered.sum() / run.devices, run.tries)
        facts["minutes with a higher rate than the one before, chance aside"] = "%d" % len(rises)
    return facts
