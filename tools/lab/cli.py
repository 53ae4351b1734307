# SPDX-License-Identifier: MIT
"""`python -m tools lab`: the lab in the foreground, with a live table of its ledger on a terminal."""

import signal
import threading

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from .. import UserError
from .chains import CHAINS, USUAL
from .faults import FAULTS
from .lab import Lab
from .nuisances import Nuisances
from .providers import PERSONALITIES
from .view import view

app = typer.Typer(add_completion=False)


def parse_fault(text):
    """("503", {"seconds": "60", "times": 1}) of "503:seconds=60,times=1"."""
    name, _, rest = text.partition(":")
    options = {}
    for part in rest.split(",") if rest else ():
        key, equals, value = part.partition("=")
        if not equals:
            raise UserError("--fault %s: %r is no KEY=VALUE" % (text, part))
        options[key.strip()] = value
    if "times" in options:
        if not options["times"].isdigit():
            raise UserError("--fault %s: times is a whole number" % text)
        options["times"] = int(options["times"])
    return name, options


def faults():
    table = Table("fault", "deviation", "what it does")
    for key, (_, _, number, about) in FAULTS.items():
        table.add_row(key, str(number or ""), about)
    return table


def watch(made, console, end):
    """The live table, until `end` is set."""
    with Live(view(made, console.height), console=console, refresh_per_second=4, screen=False) as live:
        while not end.wait(0.25):
            live.update(view(made, console.height))


@app.command()
def lab(
    provider: str = typer.Option("dyn", help="personality: " + ", ".join(sorted(PERSONALITIES))),
    http: int = typer.Option(0, min=0, max=65535, help="port for HTTP, 0 = any"),
    https: int = typer.Option(0, min=0, max=65535, help="port for HTTPS, 0 = any"),
    dns: int = typer.Option(0, min=0, max=65535, help="port for DNS, UDP and TCP, 0 = any"),
    admin: int = typer.Option(0, min=0, max=65535, help="port for the admin pages, 0 = any"),
    bind: list[str] = typer.Option(["127.0.0.1", "::1"], help="address to listen on; may be repeated"),
    name: list[str] = typer.Option([], help="one more name for the certificate; may be repeated"),
    accounts: str = typer.Option(
        None, help="JSON file with accounts and hosts; default: the personality's demo"
    ),
    dir: str = typer.Option(
        None, help="where lab.json, ca.der and ca.pem go; default: a temporary directory"
    ),
    check_address: str = typer.Option(
        None, help="address that the check page answers; default: the connection's"
    ),
    chain: str = typer.Option(
        USUAL, help="certificates it shows: " + "; ".join("%s (%s)" % (k, c.about) for k, c in CHAINS.items())
    ),
    speed: float = typer.Option(1.0, min=0.0, help="how much faster the lab's clock runs"),
    fault: list[str] = typer.Option([], help="NAME or NAME:KEY=VALUE,...; may be repeated"),
    list_faults: bool = typer.Option(False, "--list-faults", help="names every fault and ends"),
    nuisances: bool = typer.Option(True, help="chunks, capitals, slow answers and a rare 911, at random"),
    seed: int = typer.Option(None, min=0, help="makes the nuisances the same as in another run"),
    strict: bool = typer.Option(False, help="at the end: what clients did wrong, and status 1 if anything"),
    quiet: bool = typer.Option(False, help="no live table"),
):
    """A DynDNS2 provider on this machine: HTTP, HTTPS with its own CA, and DNS, until Ctrl-C."""
    console = Console()
    if list_faults:
        console.print(faults())
        return
    made = Lab(provider, accounts, http, https, dns, admin, bind, name, dir, speed, chain=chain)
    made.world.check_address = check_address
    for text in fault:
        key, options = parse_fault(text)
        made.fault(key, **options)
    weather = Nuisances(seed) if nuisances else None
    made.annoy(weather)
    end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end.set())
    with made:
        if console.is_terminal and not quiet:
            watch(made, console, end)
        else:
            said = "nuisances as with --seed %d" % weather.seed if weather else "no nuisances"
            ports = made.http_port, made.https_port, made.dns_port, made.admin_port
            print(
                "lab %s: http %d, https %d, dns %d, admin http://127.0.0.1:%d, files in %s; %s"
                % (provider, *ports, made.directory, said),
                flush=True,
            )
            end.wait()
        wrong = verdicts_of(made) if strict else []
    for text in wrong:
        print(text)
    if wrong:
        raise UserError("%d kinds of mistakes" % len(wrong))


def verdicts_of(made):
    """One line for each kind of mistake of each client: who, what, how often, and the document that asks for
    better."""
    return [
        "%s: %s, %d times (%s)" % (one["client"], row["finding"], row["count"], row["document"])
        for one in made.verdicts()
        for row in one["findings"]
    ]
