# SPDX-License-Identifier: MIT
"""`python -m tools grade-server URL`: the checks against one server, as a table, JSON or JUnit XML."""

import json
import os
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from .. import UserError
from ..grade import junit
from ..grade.cli import save
from . import checks, installed, page
from .caller import Caller

#: Where the password comes from, when not from the command line, which others can read in the process list.
PASSWORD = "GRADE_PASSWORD"
#: Addresses of nobody in particular.
ONE, TWO, SIX = "45.33.7.9", "45.33.8.20", "2600:3c00::9"
_READY = "instead of a URL: %s, or all; started here" % ", ".join(installed.SERVERS)
_STYLE = {checks.FITS: "green", checks.MISFIT: "bold red", checks.NOT_SHOWN: "dim"}


def grade(url, user, password, hosts, ca=None, pause=0.0, six=SIX, also=()):
    """The result of one visit: {"url", "verdicts": {id: (verdict, lines)}, "exchanges": [text],
    "stopped"}."""
    caller = Caller(url, user, password, ca, pause, also)
    got = checks.exchanges(caller, hosts, ONE, TWO, six)
    sent = {"start": ONE, "change": TWO, "same": TWO, "end": ONE}
    if not any(answer and not answer.error for answer in got.values()):
        raise UserError("%s: %s" % (url, next(answer.error for answer in got.values() if answer)))
    return {
        "url": url,
        "verdicts": checks.judged(got, sent, caller.stopped),
        "stopped": caller.stopped,
        "exchanges": ["%s: %s" % (name, answer.text()) for name, answer in got.items() if answer],
    }


def misfits(result, level=None):
    """The ids of the checks that do not fit."""
    return [
        check.id
        for check in checks.CHECKS
        if result["verdicts"][check.id][0] == checks.MISFIT and level in (None, check.level)
    ]


def table(result):
    out = Table(title="%s and docs/dyndns2.md" % result["url"], title_justify="left")
    for title in ("check", "what it asks", "§", "level", "verdict"):
        out.add_column(title, overflow="fold")
    for check in checks.CHECKS:
        verdict = result["verdicts"][check.id][0]
        out.add_row(
            check.id, check.what, check.section, check.level, "[%s]%s[/]" % (_STYLE[verdict], verdict)
        )
    return out


def junit_of(result):
    rows = []
    for check in checks.CHECKS:
        verdict, lines = result["verdicts"][check.id]
        outcome = {checks.FITS: junit.PASSED, checks.MISFIT: junit.FAILED}.get(verdict, junit.SKIPPED)
        rows.append(
            junit.Row(
                check.id,
                "%s (%s; dyndns2.md, section %s)" % (check.what, check.level, check.section),
                outcome,
                verdict,
                lines,
            )
        )
    return junit.xml_of("DynDNS2 servers", [(result["url"], {}, rows, [])])


def told(result):
    """The table, and evidence for what does not fit, on standard output."""
    out = Console(soft_wrap=True)
    Console().print(table(result))
    for check in checks.CHECKS:
        verdict, lines = result["verdicts"][check.id]
        if verdict == checks.MISFIT:
            out.print(
                "%s:" % check.id, *("\n   " + text for text in lines[:3]), markup=False, highlight=False
            )
    if result["stopped"]:
        out.print("Not everything was asked: %s." % result["stopped"], highlight=False)


def one_of_ours(name):
    """The result for a server of installed.SERVERS, which runs as long as it is asked."""
    with installed.running(name) as url:
        one = installed.SERVERS[name]
        return {**grade(url, one.login, installed.PASSWORD, one.hosts, six=SIX), "name": name}


def of_installed(names, markdown=None):
    """Grades servers from PyPI, all of them for "all"; writes the page of their verdicts."""
    results = [one_of_ours(name) for name in (installed.SERVERS if names == ["all"] else names)]
    for result in results:
        told(result)
    if markdown:
        save(markdown, page.markdown(results))


def app(
    url: str = typer.Argument(None, help="the update URL, such as https://members.dyndns.org/nic/update"),
    user: str = typer.Option("", help="user name of an account that may be changed"),
    password: str = typer.Option("", help="its password; better in the environment, as %s" % PASSWORD),
    host: list[str] = typer.Option([], help="a host of that account; a second one for the check of lists"),
    parameter: list[str] = typer.Option(
        [], help="NAME=VALUE: one more parameter of every request, such as system=dyndns"
    ),
    ca: Path = typer.Option(None, help="PEM file of the authority that signed the server's certificate"),
    pause: float = typer.Option(1.0, min=0.0, help="seconds between two requests"),
    ipv6: bool = typer.Option(True, help="also send an IPv6 address"),
    strict: bool = typer.Option(False, help="status 1 if any answer does not fit; without: only for a must"),
    from_pypi: list[str] = typer.Option([], "--installed", help=_READY),
    as_json: Path = typer.Option(None, "--json", help="write everything to this file"),
    as_junit: Path = typer.Option(None, "--junit", help="write the verdicts to this file, as JUnit XML"),
    as_markdown: Path = typer.Option(
        None, "--markdown", help="with --installed: write the verdicts to this file"
    ),
):
    """Play a careful client against a DynDNS2 server; changes the hosts' addresses for a few seconds."""
    if from_pypi:
        return of_installed(from_pypi, as_markdown)
    if not (url and user and host):
        raise UserError("name the update URL, --user and --host, or a server to start with --installed")
    password = password or os.environ.get(PASSWORD, "")
    if not password:
        raise UserError("there is no password: put it into the environment as %s" % PASSWORD)
    also = dict(text.partition("=")[::2] for text in parameter)
    result = grade(url, user, password, host, ca, pause, SIX if ipv6 else None, also)
    if as_json:
        asked = {
            check.id: {
                "what": check.what,
                "section": "dyndns2.md, section " + check.section,
                "level": check.level,
            }
            for check in checks.CHECKS
        }
        save(as_json, json.dumps({**result, "checks": asked}, indent=1) + "\n")
    if as_junit:
        save(as_junit, junit_of(result))
    told(result)
    bad = misfits(result, None if strict else checks.MUST)
    if bad:
        raise UserError("does not fit: " + ", ".join(bad))
