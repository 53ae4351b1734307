# SPDX-License-Identifier: MIT
"""`python -m tools docs`: the pages that are made from the sources: every provider, every sentence of the
agent, every setting."""

import html

import typer

from .. import ROOT, UserError, check, providers
from . import peers

DOCS = ROOT / "docs"
WORDS = ROOT / "firmware/catalogue/words.txt"
_STATES = {"alive": "", "closed": "closed", "unknown": "not known to be alive", "untested": "untested"}


def cell(text):
    """Text for a cell of a Markdown table."""
    return html.escape(str(text), quote=False).replace("|", "\\|").replace("\n", " ")


def provider_list():
    """docs/provider-list.md: all providers by name."""
    both = sorted(providers.pairs(), key=lambda pair: pair[0]["name"].casefold())
    open_ones = [pair for pair in both if providers.status(pair[0]) != "closed"]
    lines = [
        "# Providers by name",
        "",
        "Written by `python -m tools docs` from the catalogue; %d providers, %d of them not closed. "
        "In the settings, `provider` takes the name or the id, in any spelling. "
        "`python -m tools providers ID` tells more: limits, quirks, how sure we are. One that is "
        "missing can be [described in the settings](../README.md#providers) or [added](providers.md). "
        "API: a JSON API; [which key to make](rest-providers.md#the-services), and with which rights. "
        "Untested: no answer of it was ever recorded, and its documents do not describe the whole exchange."
        % (len(both), len(open_ones)),
        "",
        "| name | id | host | user | password | IPv4 and IPv6 | remarks |",
        "|---|---|---|---|---|---|---|",
    ]
    for fact, row in both:
        host = row.get("host") or ""
        remarks = ["[API](rest-providers.md#the-services)"] if "rest" in row else []
        remarks += [_STATES[providers.state(fact, row)]]
        lines.append(
            "| %s | `%s` | %s | %s | %s | %s | %s |"
            % (
                cell(fact["name"]),
                row["id"],
                "set `server`" if host in ("", "server.invalid") else cell(host),
                cell(fact["auth_user"] or "-"),
                cell(fact["auth_password"] or "-"),
                cell(providers.dual(row)),
                ", ".join(filter(None, remarks)),
            )
        )
    return "\n".join(lines) + "\n"


def messages():
    """docs/messages.md: what the agent says, from the file that it says it from."""
    lines = [
        "# What the agent says",
        "",
        "Written by `python -m tools docs` from `firmware/catalogue/words.txt`, where a translation "
        "would begin. `%s` and `%d` stand for names and numbers. The code is what `status --json` has "
        "beside each reason.",
        "",
    ]
    heading = "addresses that are not published"
    table = []

    def end():
        if table:
            lines.extend(
                ["## " + heading[:1].upper() + heading[1:], "", "| it says | code |", "|---|---|", *table, ""]
            )
            table.clear()

    for row in WORDS.read_text(encoding="utf-8").splitlines():
        if row.startswith("# ---"):
            end()
            heading = row.strip("# -")
        elif " = " in row and not row.startswith("#"):
            code, _, text = row.partition(" = ")
            table.append("| %s | `%s` |" % (cell(text), code))
    end()
    return "\n".join(lines)


def pages():
    """{path: text} of all of them."""
    return {
        DOCS / "provider-list.md": provider_list(),
        DOCS / "services.md": peers.page(),
        DOCS / "messages.md": messages(),
        DOCS / "configuration.md": check.reference_text() + "\n",
    }


def app(look: bool = typer.Option(False, "--check", help="only say whether the pages are as they should be")):
    """Write docs/provider-list.md, services.md, messages.md and configuration.md."""
    for path, text in pages().items():
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if look and old != text:
            raise UserError(
                "%s is not what the sources say; run `python -m tools docs`" % path.relative_to(ROOT)
            )
        if not look:
            path.write_text(text, encoding="utf-8")
            print(
                "%s: %d lines%s"
                % (path.relative_to(ROOT), text.count("\n"), "" if old == text else ", changed")
            )
