# SPDX-License-Identifier: MIT
"""`make run`: options, the loop and the end.

Without a config: the demo, with a simulated line and provider. With one: the same agent against the real
provider."""

import contextlib
import signal
import sys
import threading
import time
from pathlib import Path

import typer

from .. import UserError, interpreters
from ..build.version import agent_version
from .modes import BadSettings, Demo, Own
from .screen import Screen

#: A frame costs about 5 ms.
FRAME_S = 0.2


def app(
    config: Path = typer.Option(
        None, help="your settings: the agent works for your real provider, nothing is simulated"
    ),
    seconds: float = typer.Option(None, help="end after so many seconds; default: at Ctrl-C"),
    plain: bool = typer.Option(False, help="lines instead of a full screen, also on a terminal"),
    dns: int = typer.Option(0, help="port of the demo's DNS server, 0 = any"),
    pace: float = typer.Option(1.0, min=0.1, help="how much faster the demo's story goes"),
    simple: bool = typer.Option(
        False, help="demo without a network namespace, as on machines that have none"
    ),
    svg: Path = typer.Option(None, help="write the last picture to this file"),
):
    """Run the agent under MicroPython with a live view: a demo, or with --config your own provider."""
    interpreter = interpreters.default()
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: end.set())
    title = "Wanbeacon %s on %s" % (agent_version(), interpreter.describe())
    sys.stdout.reconfigure(errors="replace")  # a terminal that knows no arrow is no reason to end
    try:
        with contextlib.ExitStack() as stack:
            run = (
                Own(interpreter, title, config)
                if config
                else Demo(stack, interpreter, title, dns, pace, simple)
            )
            stack.callback(run.agent.stop)
            screen = Screen(run, plain, svg)
            words = loop(run, screen, end, seconds)
    except BadSettings as error:
        words = error.args[0]
    except BrokenPipeError:
        raise  # `... | head`: nobody reads any more
    except OSError as error:
        raise UserError("cannot go on: %s" % error) from None
    if words:
        for line in words:
            print("wanbeacon: " + line, file=sys.stderr)
        raise typer.Exit(1)
    print(screen.closing)


def loop(run, screen, end, seconds):
    """Until `end`, the time is over, or the agent ended by itself; returns its last words in that case."""
    run.start()
    until = time.monotonic() + (seconds or float("inf"))
    with screen:
        while not end.is_set() and time.monotonic() < until:
            run.tick()
            if run.agent.ended() is not None:
                return run.agent.why_ended()
            screen.show()
            end.wait(FRAME_S)
    return None
