# SPDX-License-Identifier: MIT
"""`python -m tools ctl COMMAND [HOST]`: a word to a running agent, over its control socket."""

import json
import time
from pathlib import Path

import typer
from rich.console import Console

from . import UserError
from .check import examine
from .run import view
from .run.agent import ask
from .run.modes import state_folder

#: Where an installed agent listens (firmware/wanbeacon/app/linux_main.py).
INSTALLED = Path("/var/run/wanbeacon/control")
COMMANDS = ("status", "check", "update", "retry", "pause", "resume", "offline", "verify", "notice")


def app(
    command: str = typer.Argument(help=", ".join(COMMANDS) + "; check: the settings of --config too"),
    host: str = typer.Argument("", help="a host name, for update, retry, offline, verify; test, for notice"),
    config: Path = typer.Option(None, help="settings of the agent that `make run CONFIG=...` has started"),
    control: Path = typer.Option(None, help="control socket of another agent; default: the installed one's"),
    raw: bool = typer.Option(False, "--json", help="the answer as it came"),
):
    """Ask a running agent for its state, or tell it to look, to send once, to go on, to wait."""
    if command not in COMMANDS:
        raise UserError("%s is not a command; there are %s" % (command, ", ".join(COMMANDS)))
    if config and command == "check":
        problems, warnings = examine(config)
        for line in ["warning: " + line for line in warnings] + problems:
            print(line)
        if problems:
            raise typer.Exit(1)
    if config:
        control = state_folder(config.resolve()) / "control"
    control = control or INSTALLED
    try:
        answer = ask(control, (command + " " + host).strip())
    except (OSError, ValueError):
        raise UserError("no agent answers at %s: is it running, and may you talk to it?" % control) from None
    if raw:
        print(json.dumps(answer, indent=1))
    elif "hosts" in answer:
        show(answer)
    elif answer["ok"]:
        print(answer["text"])
    else:
        raise UserError(answer["text"])


def show(status):
    """A status document for a person."""
    console = Console(highlight=False)
    picture = view.Picture("", ("", "", ""), status=status)
    now = status["now"] or time.time()
    console.print(view.facts(picture, now, False))
    console.print(view.hosts(picture, now, console.width, len(status["hosts"])))
