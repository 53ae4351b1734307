# SPDX-License-Identifier: MIT
"""`python -m tools fleet`: a fleet live from its broker; settings for many boards from a table; simulated
boards."""

import asyncio
import contextlib
import getpass
import json
import os
import resource
import signal
import time
from pathlib import Path

import typer
from rich.console import Console
from rich.live import Live

from .. import UserError
from . import batch as batches
from . import client, model, view
from . import send as sends

#: A frame of a thousand devices costs some 10 ms.
FRAME_S = 0.5
#: Without a word for so long all that is retained has come.
QUIET_S = 1.0
#: The broker's password, where nobody is there to be asked.
PASSWORD = "WANBEACON_BROKER_PASSWORD"
app = typer.Typer(add_completion=False)


def _password(user, file):
    """The broker's password: from a file, the environment, or asked for; never from the command line."""
    if file:
        try:
            return file.read_text().strip("\n")
        except OSError as error:
            raise UserError("the password file %s cannot be read (%s)" % (file, error.strerror)) from None
    if not user:
        return None
    return os.environ.get(PASSWORD) or getpass.getpass("Password of %s at the broker: " % user)


@app.callback(invoke_without_command=True)
def fleet(
    context: typer.Context,
    broker: str = typer.Option("localhost", help="the broker's name or address"),
    port: int = typer.Option(0, help="its TCP port; default: 8883, or 1883 with --plain"),
    user: str = typer.Option("", help="user name; the password is asked for, or in $" + PASSWORD),
    password_file: Path = typer.Option(None, help="file with the password"),
    ca: Path = typer.Option(None, help="CA certificate that signed the broker's; default: the system's"),
    plain: bool = typer.Option(False, help="without TLS: a broker on this desk"),
    prefix: str = typer.Option("wanbeacon", help="first part of the devices' topics"),
    state: str = typer.Option("", help="only: " + ", ".join(model.STATES) + ", problem"),
    label: str = typer.Option("", help="only devices with this in the label"),
    find: str = typer.Option("", help="only devices that say this anywhere: a host, an address, a version"),
    once: bool = typer.Option(False, help="print what there is and end"),
    as_json: bool = typer.Option(False, "--json", help="with --once: as JSON"),
    seconds: float = typer.Option(0, help="end after so many seconds; default: at Ctrl-C"),
    cpu: bool = typer.Option(False, help="print at the end what the view has cost"),
    send: str = typer.Option("", help="a command for all that fit: " + ", ".join(sends.COMMANDS)),
    over: float = typer.Option(
        0, help="with --send: spread over so many seconds; default: 20 devices a second"
    ),
    yes: bool = typer.Option(False, "--yes", help="with --send: without a question"),
):
    """See a fleet live from its broker: counts by state, version, provider and answer, and who needs help."""
    if context.invoked_subcommand:
        return
    if state and state not in (*model.STATES, "problem"):
        raise UserError("there is no state %s; there are %s, problem" % (state, ", ".join(model.STATES)))
    place = broker, port or (1883 if plain else 8883), user or None, _password(user, password_file)
    tls = None if plain else client.context(ca)
    seen = model.Fleet(prefix)
    chosen = lambda: seen.select(state, label, find)  # noqa: E731
    if send:
        return _send(place, tls, seen, chosen, send, over, yes)
    start, used = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    try:
        if once or as_json:
            asyncio.run(_once(place, tls, seen))
        else:
            asyncio.run(_live(place, tls, seen, chosen, seconds))
    except KeyboardInterrupt:
        pass
    except (TimeoutError, OSError) as error:
        raise UserError("no broker at %s:%d (%s)" % (*place[:2], error or "no answer")) from None
    if as_json:
        print(json.dumps(model.plain(seen, chosen()), indent=1))
    elif once:
        console = Console(highlight=False)
        console.print(view.render(seen, chosen(), 10**9))
    if cpu:
        now, passed = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - start
        spent = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
        print("\ncpu: %.2f s in %.1f s (%.1f %%), %d messages, %d devices"
              % (spent, passed, 100 * spent / passed, seen.heard, len(seen.devices)))  # fmt: skip


def _send(place, tls, seen, chosen, command, over, yes):
    """A command to all that fit; exit status 1 when one of them did not take it."""
    if command.split(" ")[0] not in sends.COMMANDS:
        raise UserError("%s is not a command; there are %s" % (command, ", ".join(sends.COMMANDS)))
    try:
        asyncio.run(_once(place, tls, seen))
        count = len(chosen())
        if not count:
            raise UserError("no device fits")
        if not yes and not typer.confirm("Send %s to %d devices?" % (command, count)):
            raise typer.Exit(1)
        answers = asyncio.run(sends.send(place, tls, seen, chosen, command, over))
    except (TimeoutError, OSError) as error:
        raise UserError("no broker at %s:%d (%s)" % (*place[:2], error or "no answer")) from None
    for name, answer in sorted(answers.items()):
        print("%-24s %s" % (name, answer[1] if answer else "no answer"))
    good = sum(answer is not None and answer[0] for answer in answers.values())
    print("%d of %d took it" % (good, len(answers)))
    if good < len(answers):
        raise typer.Exit(1)


async def _hear(place, tls, seen, met=None):
    """Take all that comes, for ever. met: a list that gets the connection. Raises UserError, OSError."""
    host, port, user, password = place
    link = await client.Client.open(host, port, user, password, tls)
    if met is not None:
        met.append(link)
    link.subscribe(*seen.filters())
    try:
        async for topic, payload, _ in link.messages():
            seen.take(topic, payload)
    finally:
        await link.close()


async def _once(place, tls, seen):
    """Until all that is retained has come."""
    task = asyncio.create_task(_hear(place, tls, seen))
    heard = -1
    while heard != seen.heard and not task.done():
        heard = seen.heard
        await asyncio.wait([task], timeout=QUIET_S)
    if task.done():
        task.result()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _live(place, tls, seen, chosen, seconds):
    """The screen, until Ctrl-C; a broker that goes away is awaited."""
    console = Console(highlight=False)
    end, wait, note, heard, met = time.monotonic() + seconds, 1, "", -1, []
    task = asyncio.create_task(_hear(place, tls, seen, met))
    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows
        loop.add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    with Live(console=console, screen=console.is_terminal, auto_refresh=False) as screen:
        while not seconds or time.monotonic() < end:
            await asyncio.wait([task], timeout=FRAME_S)
            if task.done():
                try:
                    task.result()
                except UserError:
                    raise
                except OSError as error:
                    if not met:
                        raise
                    note = "the broker is gone (%s); trying again" % error
                await asyncio.sleep(wait)
                wait = min(30, wait * 2)
                task = asyncio.create_task(_hear(place, tls, seen, met))
            elif seen.heard != heard:
                wait, note = 1, ""
            if seen.heard != heard or note:  # while nothing is said nothing is drawn
                heard = seen.heard
                screen.update(view.render(seen, chosen(), console.height, note), refresh=True)
    task.cancel()


@app.command()
def batch(
    table: Path = typer.Argument(help="CSV with a row per device; its columns fill {column} in the template"),
    template: Path = typer.Option(..., help="settings (JSON) with {column} in its texts"),
    out: Path = typer.Option(..., help="folder for the settings, secrets and labels; made when missing"),
):
    """Make settings, secrets and labels for many boards."""
    made = batches.make(table, template, out)
    print(
        "%d devices in %s: settings, labels to print, secrets.csv, and mosquitto.passwd for the broker"
        % (made, out)
    )


@app.command()
def boards(
    count: int = typer.Option(50, min=1, max=20000, help="how many"),
    broker: str = typer.Option("localhost", help="the broker's name or address"),
    port: int = typer.Option(1883, help="its TCP port"),
    user: str = typer.Option("", help="user name; the password is asked for, or in $" + PASSWORD),
    password_file: Path = typer.Option(None, help="file with the password"),
    ca: Path = typer.Option(None, help="CA certificate (DER) of the broker: then over TLS"),
    prefix: str = typer.Option("wanbeacon", help="first part of the topics"),
    seconds: float = typer.Option(0, help="end after so many seconds; default: at Ctrl-C"),
    plot: Path = typer.Option(None, help="draw the connects of each second here at the end (.png or .svg)"),
):
    """Simulated boards at a broker, with the agent's own MQTT code: to try a broker and the view."""
    from .boards import Boards
    from .boards import plot as draw

    settings = {"host": broker, "port": port, "prefix": prefix, "plain": not ca, "discovery": "off"}
    if user:
        settings.update(user=user, password=_password(user, password_file))
    if ca:
        settings["ca"] = str(ca)
    fleet = Boards(count, settings)

    async def run():
        task, end = asyncio.create_task(fleet.run()), time.monotonic() + seconds
        while not task.done() and (not seconds or time.monotonic() < end):
            await asyncio.sleep(1)
            print("%d of %d connected" % (fleet.up(), count), flush=True)
        task.cancel()

    start = time.monotonic()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())
    if plot and fleet.connects:
        draw(fleet, start, plot, "%d boards at %s:%d: connects" % (count, broker, port))
        print("plot: %s" % plot)
