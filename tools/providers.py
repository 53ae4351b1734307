# SPDX-License-Identifier: MIT
"""`python -m tools providers [NAME] [--search WORD] [--json]`: what the agent knows of each provider, how
sure it is, and what is odd about it."""

import json

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from . import COMMAND, UserError
from .agent_modules import firmware
from .build import catalogue, names, rest_rows

#: How sure we are, best first; the number of sources is the number of documents and programs that agree.
SURE = {
    "high": "provider's own documentation, nothing left open",
    "good": "documentation or several programs agree",
    "some": "one program's word, or open questions",
    "low": "not confirmed anywhere",
}
#: What a terminal has at least, and what a line of the table must fit into.
WIDTH = 80
_PROGRAMS = (
    "openwrt",
    "ddclient",
    "inadyn",
    "qdm12",
    "pfSense",
    "dyndnsd",
    "python-dyndnsc",
    "niklata",
    "nmotter",
)


def sure(fact):
    """ "high" | "good" | "some" | "low" of one provider's facts."""
    documents = [e for e in fact["evidence"] if not e.startswith(_PROGRAMS)]
    if documents and not fact["unverified"]:
        return "high"
    if documents or (len(fact["evidence"]) > 1 and not fact["unverified"]):
        return "good"
    return "some" if fact["evidence"] else "low"


def status(fact):
    """ "alive" | "closed" | "unknown"."""
    return {"active": "alive"}.get(fact["status"], fact["status"])


def login(row):
    """How the agent logs in there, best first."""
    if row.get("dns"):
        return "TSIG"
    names = {
        "basic": "Basic",
        "bearer": "Bearer",
        "query": "URL if asked",
        "none": "key in the URL",
        "token": "token",
    }
    return ", ".join(names[way] for way in row.get("auth") or ["basic"])


def dual(row):
    """IPv4 and IPv6 in a few words."""
    if row.get("conn"):
        return "connection" + (", 4 and 6" if "q6" in row else ", IPv4")
    if "qd" in row:
        return "one request"
    if row.get("one"):
        return "A or AAAA per host"
    return "two requests" if "q6" in row else "IPv4" if "q4" in row else "IPv6"


def dual_word(row):
    """IPv4 and IPv6 in one word: what it keeps, and in how many requests."""
    if "qd" in row:
        return "both in 1"
    if row.get("one"):
        return "4 or 6"
    return "4 and 6" if "q6" in row and "q4" in row else "4" if "q4" in row else "6"


def limits(row):
    """Hosts per request, seconds between requests, refresh."""
    out = [
        "list of %s" % row["max"]
        if row.get("max", 20) > 1 and "max" in row
        else "list"
        if "max" not in row
        else "one host"
    ]
    if row.get("min"):
        out.append("%d s" % row["min"])
    if row.get("days"):
        out.append("%d d" % row["days"])
    return ", ".join(out)


def calls(row):
    """[(step, method and path)] of a JSON API."""
    out = row["calls"]
    return [
        (step, out[step][0].replace(" ", " " + out.get("base", ""), 1))
        for step in ("login", "zone", "find", "read", "write", "create", "drop", "then")
        if step in out
    ]


def rules(row):
    """[(class, how it is recognised)] of a row that does not speak plain DynDNS2."""
    if row.get("rest"):
        inner = {
            "GONE": "look up again",
            "ZONE": "no such zone",
            "NONE": "no such record",
            "AUTH?": "AUTH if it lasts",
        }
        told = {"~": "text %s", "#": "HTTP %s"}
        return [("OK", row["calls"].get("ok", "200"))] + [
            (
                inner.get(cls, cls),
                ", ".join(told[r[0]] % r[1:] if r[0] in told else "code " + r for r in some),
            )
            for cls, *some in row["calls"].get("rules") or ()
        ]
    said = {"^": "line starts with %s", "=": "line is %s", "~": "word %s", "*": "text %s", "#": "HTTP %s"}
    alone = {"@": "the sent address", "0": "empty body", "!": "any word of failure"}
    out = [
        (cls, ", ".join(alone.get(r) or said[r[0]] % r[1:] for r in some))
        for cls, *some in row.get("rules") or ()
    ]
    words = {}
    for word, cls in (row.get("words") or {}).items():
        words.setdefault(cls, []).append(word)
    out += [(cls, "code %s" % ", ".join(some)) for cls, some in words.items()]
    if row.get("std") or not row.get("rules"):
        out.append(("", "DynDNS2 codes (good, nochg, badauth, nohost, abuse, 911 ...)"))
    return out


def document(fact, row):
    """One provider as a JSON document for scripts."""
    return {
        "id": row["id"], "name": fact["name"], "status": status(fact), "url": url(row),
        "ports": fact["ports"], "host6": row.get("host6"),
        "query": {key: row[key] for key in ("q4", "q6", "qd", "qc", "qa") if key in row},
        "auth": row.get("auth") or ["basic"], "user": fact["auth_user"], "password": fact["auth_password"],
        "dual_stack": dual(row), "hosts_per_request": row.get("max", 20), "min_interval_s": row.get("min"),
        "refresh_days": row.get("days", 28), "rules": row.get("rules") or [], "words": row.get("words") or {},
        "address_pages": fact["ip_check"], "quirks": fact["quirks"], "unverified": fact["unverified"],
        "evidence": fact["evidence"], "aliases": fact.get("aliases") or [], "sure": sure(fact),
        "untested": bool(row.get("untested")), "state": state(fact, row),
    }  # fmt: skip


def url(row):
    """Where requests go."""
    if row.get("dns"):
        return "your name server, such as %s: UDP, then TCP" % row["host"]
    port = ":%d" % row["port"] if row.get("port") else ""
    return "%s%s://%s%s%s" % (
        "POST " if row.get("post") == 1 else "",
        "http" if row.get("plain") else "https",
        row["host"],
        port,
        row["path"],
    )


def pairs():
    """[(fact, row)] of all providers, the JSON APIs last."""
    facts = catalogue.source()
    called = {line[0]: line[1] for line in names.lines()}
    out = [({**fact, "title": called[fact["id"]]}, catalogue.row(fact)) for fact in facts.values()]
    return out + [
        ({**rest_rows.fact(name), "title": called[name]}, rest_rows.row(name)) for name in rest_rows.ROWS
    ]


def search(word):
    """[(fact, row)] of the providers that a word may mean, best first."""
    known = {row["id"]: (fact, row) for fact, row in pairs()}
    return [
        known[name] for name, _, _ in firmware("dyndns.search").search(str(names.OUT), word) if name in known
    ]


def find(name):
    """(fact, row) of one provider; UserError that names the nearest."""
    for fact, row in pairs():
        if row["id"].replace("-", "") == name.lower().replace("-", "").replace(".", ""):
            return fact, row
    found = firmware("dyndns.search").search(str(names.OUT), name)
    if found and found[0][0] == "-":
        raise UserError("%s cannot be kept by this agent: %s" % found[0][1:])
    near = [row["id"] for _, row in search(name)[:4]]
    raise UserError(
        "there is no provider %r; %s"
        % (
            name,
            "did you mean %s?" % " or ".join(near)
            if near
            else "`%s providers` lists them, and provider: custom describes any other" % COMMAND,
        )
    )


def state(fact, row):
    """ "alive" | "closed" | "unknown" | "untested", in one word: an answer that nobody recorded is the first
    to be told."""
    return "untested" if row.get("untested") and status(fact) == "alive" else status(fact)


def table(console, both):
    """Print some providers, a line each, in 80 columns."""
    colours = {"closed": "red", "unknown": "yellow", "alive": "green", "untested": "yellow"}
    out = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for head, width in (("id", 19), ("name", 31), ("log-in", 8), ("IPv4+6", 9), ("status", 8)):
        out.add_column(head, overflow="ellipsis", no_wrap=True, min_width=width, max_width=width)
    for fact, row in both:
        word = state(fact, row)
        out.add_row(
            row["id"],
            escape(fact.get("title") or fact["name"]),
            login(row).split(",")[0].split()[0],
            dual_word(row),
            "[%s]%s[/]" % (colours[word], word),
        )
    console.print(out)
    console.print(
        "\n%d providers. `%s providers NAME` tells more of one, `--search WORD` finds one by name or site; "
        "closed ones keep their form for servers that still speak it; untested: "
        "no answer of it was ever recorded." % (len(both), COMMAND)
    )


def detail(console, fact, row):
    """Print one provider."""
    console.print("[bold]%s[/]  %s" % (row["id"], escape(fact["name"])))
    if row.get("untested"):
        console.print(
            "[yellow]Untested: no answer of it was ever recorded; watch the first update and tell us what "
            "it says.[/]"
        )
    if status(fact) != "alive":
        console.print(
            "[red]%s[/]"
            % {
                "closed": (
                    "This service is closed: `check` warns, "
                    "and the form stays for servers that still speak it."
                ),
                "unknown": "Nobody could say whether this service is still alive.",
            }[status(fact)]
        )
    out = Table(box=None, show_header=False, pad_edge=False)
    out.add_column(style="bold", no_wrap=True)
    out.add_column(overflow="fold")
    lines = [
        ("address", url(row)),
        (
            "ports",
            ", ".join(map(str, fact["ports"]))
            + (
                '; with "server": "%s:PORT" or "http://%s:PORT"' % (row["host"], row["host"])
                if len(fact["ports"]) > 1
                else ""
            ),
        ),
    ]
    if row.get("host6"):
        lines.append(("IPv6 host", row["host6"]))
    titles = {"q4": "IPv4", "q6": "IPv6", "qd": "both", "qc": "own line", "qa": "login in URL"}
    lines += [(title, row[key]) for key, title in titles.items() if row.get(key) and not row.get("dns")]
    lines += [
        ("login", login(row)),
        ("user", fact["auth_user"]),
        ("password", fact["auth_password"]),
        ("dual stack", "%s (%s)" % (dual(row), fact["dual_stack"])),
        ("limits", limits(row)),
        ("refresh", "after %d days without a change, jittered by device" % row.get("days", 28)),
    ]
    lines += [("answer", how if not cls else "%s: %s" % (cls, how)) for cls, how in rules(row)]
    lines += [("address page", page) for page in fact["ip_check"]]
    lines += calls(row) if row.get("rest") else []
    lines += [("key", row["about"])] if row.get("about") else []
    lines += [("quirk", quirk.strip()) for quirk in fact["quirks"].split("; ") if quirk]
    lines += [("not verified", one) for one in fact["unverified"]]
    lines += [("source", one) for one in fact["evidence"]]
    lines.append(("sure", "%s: %s" % (sure(fact), SURE[sure(fact)])))
    before = None
    for title, value in lines:
        out.add_row("" if title == before else title, escape(value))
        before = title
    console.print(out)


def app(
    name: str = typer.Argument(None, help="a provider's id; without it: all"),
    word: str = typer.Option(None, "--search", help="find providers by name, other name or site"),
    page: bool = typer.Option(False, help="the page docs/provider-list.md"),
    as_json: bool = typer.Option(False, "--json", help="for scripts"),
):
    """List the providers the agent knows, or tell all about one."""
    console = Console(width=None if Console().is_terminal else WIDTH)
    if page:
        from .build import docs  # which imports this module

        print(docs.provider_list(), end="")
        return
    if name:
        fact, row = find(name)
        if as_json:
            print(json.dumps(document(fact, row), indent=2, ensure_ascii=False))
        else:
            detail(console, fact, row)
        return
    both = search(word) if word else pairs()
    if as_json:
        print(json.dumps([document(*one) for one in both], indent=2, ensure_ascii=False))
    elif both:
        table(console, both)
    else:
        raise UserError("nothing here is called %r; provider: custom describes any other service" % word)
