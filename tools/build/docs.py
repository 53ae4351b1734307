# SPDX-License-Identifier: MIT
"""`python -m tools docs`: the pages that are made from the sources: every provider, every sentence of the
agent, every setting."""

import html

import typer

from .. import ROOT, UserError, check, providers
from . import peers, rest_rows

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


def api_table():
    """The table of the JSON APIs: shape, calls, which key to make."""
    yield "| provider | service | shape | calls | key and rights | |"
    yield "|---|---|---|---|---|---|"
    for name, row in rest_rows.ROWS.items():
        first, later = (
            sum(step in row for step in steps.split())
            for steps in ("login zone find read write drop then", "login write drop then")
        )
        shape = "old value" if "drop" in row else "by id" if "rid}" in str(row["write"]) else "by name"
        about, state = cell(row["about"]), "untested" if row.get("untested") else ""
        told = name, row["title"], shape, first, later, about, state
        yield "| `%s` | %s | %s | %d / %d | %s | %s |" % told


def rest_providers():
    """docs/rest-providers.md, with that table in it."""
    page = (DOCS / "rest-providers.md").read_text(encoding="utf-8")
    table = "\n".join(api_table())
    begin, end = table.partition("\n")[0], "\n\n"
    before, _, rest = page.partition(begin)
    return before + table + end + rest.partition(end)[2]


def pages():
    """{path: text} of all of them."""
    return {
        DOCS / "provider-list.md": provider_list(),
        DOCS / "rest-providers.md": rest_providers(),
        DOCS / "services.md": peers.page(),
        DOCS / "messages.md": messages(),
        DOCS / "configuration.md": check.reference_text() + "\n",
    }


def app(look: bool = typer.Option(False, "--check", help="only say whether the pages are as they should be")):
    """Write provider-list.md, services.md, messages.md, configuration.md, and rest-providers.md's table."""
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
