"""`python -m tools providers [NAME] [--json]`: what the agent knows of each provider, how sure it is, and what is odd about
it. Knows the facts and the device's rows, nothing of requests."""

import json
import os

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from . import COMMAND, ROOT, UserError
from .build import catalogue
from .check import firmware

#: How sure we are, best first; the number of sources is the number of documents and programs that agree.
SURE = {"high": "provider's own documentation, nothing left open", "good": "documentation or several programs agree",
        "some": "one program's word, or open questions", "low": "not confirmed anywhere"}
_PROGRAMS = ("openwrt", "ddclient", "inadyn", "qdm12", "pfSense", "dyndnsd", "python-dyndnsc", "niklata", "nmotter")


def sure(fact):
    """"high" | "good" | "some" | "low" of one provider's facts."""
    documents = [e for e in fact["evidence"] if not e.startswith(_PROGRAMS)]
    if documents and not fact["unverified"]:
        return "high"
    if documents or (len(fact["evidence"]) > 1 and not fact["unverified"]):
        return "good"
    return "some" if fact["evidence"] else "low"


def status(fact):
    """"alive" | "closed" | "unknown"."""
    return {"active": "alive"}.get(fact["status"], fact["status"])


def login(row):
    """How the agent logs in there, best first."""
    names = {"basic": "Basic", "bearer": "Bearer", "query": "URL if asked", "none": "key in the URL"}
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


def limits(row):
    """Hosts per request, seconds between requests, refresh."""
    out = ["list of %s" % row["max"] if row.get("max", 20) > 1 and "max" in row else "list" if "max" not in row else "one host"]
    if row.get("min"):
        out.append("%d s" % row["min"])
    if row.get("days"):
        out.append("%d d" % row["days"])
    return ", ".join(out)


def rules(row):
    """[(class, how it is recognised)] of a row that does not speak plain DynDNS2."""
    said = {"^": "line starts with %s", "=": "line is %s", "~": "word %s", "*": "text %s", "#": "HTTP %s"}
    alone = {"@": "the sent address", "0": "empty body", "!": "any word of failure"}
    out = [(cls, ", ".join(alone.get(r) or said[r[0]] % r[1:] for r in some)) for cls, *some in row.get("rules") or ()]
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
        "id": row["id"], "name": fact["name"], "status": status(fact), "url": url(row), "ports": fact["ports"], "host6": row.get("host6"),
        "query": {key: row[key] for key in ("q4", "q6", "qd", "qc", "qa") if key in row}, "auth": row.get("auth") or ["basic"],
        "user": fact["auth_user"], "password": fact["auth_password"], "dual_stack": dual(row), "hosts_per_request": row.get("max", 20),
        "min_interval_s": row.get("min"), "refresh_days": row.get("days", 28), "rules": row.get("rules") or [], "words": row.get("words") or {},
        "address_pages": fact["ip_check"], "quirks": fact["quirks"], "unverified": fact["unverified"], "evidence": fact["evidence"],
        "sure": sure(fact),
    }  # fmt: skip


def url(row):
    """Where requests go."""
    port = ":%d" % row["port"] if row.get("port") else ""
    return "%s%s://%s%s%s" % ("POST " if row.get("post") == 1 else "", "http" if row.get("plain") else "https", row["host"], port, row["path"])


def pairs():
    """[(fact, row)] of all providers."""
    return [(fact, catalogue.row(fact)) for fact in catalogue.source().values()]


def find(name):
    """(fact, row) of one provider, by its id or its name in any spelling; UserError that names those that may be meant."""
    plain = "".join(filter(str.isalnum, name.lower()))
    for fact, row in pairs():
        if plain and plain in ("".join(filter(str.isalnum, text.lower())) for text in (row["id"], fact["name"])):
            return fact, row
    found = searched(name)
    near = [one for one, _, _ in found if one != "-"][:4]
    if found and found[0][0] == "-":
        raise UserError("%s cannot be served: it has an API of its own that the agent does not speak" % found[0][1])
    raise UserError("there is no provider %r; %s" % (name, "did you mean %s?" % " or ".join(near) if near else
                                                     "`python -m tools providers` lists them, and provider: custom describes any other"))


def searched(word, most=12):
    """[(id, name, host)] that `word` may mean, best first, as the set-up pages search; id "-": cannot be served."""
    return firmware("dyndns.search").search(str(ROOT / "firmware/catalogue/names.txt"), word, most)


#: Below so many columns the list has what one chooses by; the rest is told of one provider.
WIDE = 110


def table(console, both):
    """Print providers."""
    colors = {"closed": "red", "unknown": "yellow", "alive": "green"}
    out = Table(box=None, pad_edge=False, header_style="bold")
    wide = console.width >= WIDE
    heads = (("id", {"no_wrap": True}), ("name", {"overflow": "ellipsis", "no_wrap": True, "max_width": 30}),
             ("status", {"no_wrap": True}), *((("login", {}),) if wide else ()), ("IPv4 + IPv6", {"no_wrap": True}),
             *((("limits", {}), ("sure", {"no_wrap": True})) if wide else ()))  # fmt: skip
    for head, options in heads:
        out.add_column(head, **options)
    for fact, row in both:
        state = status(fact)
        start = (row["id"], escape(fact["name"]), "[%s]%s[/]" % (colors[state], state))
        out.add_row(*start, login(row), dual(row), limits(row), sure(fact)) if wide else out.add_row(*start, dual(row))
    console.print(out)
    if len(both) < len(pairs()):
        return
    console.print("\n%d providers. `%s providers NAME` tells more of one; closed ones keep their form for servers that "
                  "still speak it." % (len(both), COMMAND))
    console.print("sure: " + "; ".join("%s = %s" % item for item in SURE.items()))


def detail(console, fact, row):
    """Print one provider."""
    console.print("[bold]%s[/]  %s" % (row["id"], escape(fact["name"])))
    if status(fact) != "alive":
        console.print("[red]%s[/]" % {"closed": "This service is closed: `check` warns, and the form stays for servers that still speak it.",
                                      "unknown": "Nobody could say whether this service is still alive."}[status(fact)])
    out = Table(box=None, show_header=False, pad_edge=False)
    out.add_column(style="bold", no_wrap=True)
    out.add_column(overflow="fold")
    lines = [("address", url(row)), ("ports", ", ".join(map(str, fact["ports"])) + (
        "; with \"server\": \"%s:PORT\" or \"http://%s:PORT\"" % (row["host"], row["host"]) if len(fact["ports"]) > 1 else ""))]
    if row.get("host6"):
        lines.append(("IPv6 host", row["host6"]))
    titles = {"q4": "IPv4", "q6": "IPv6", "qd": "both", "qc": "own line", "qa": "login in URL"}
    lines += [(title, row[key]) for key, title in titles.items() if row.get(key)]
    lines += [("login", login(row)), ("user", fact["auth_user"]), ("password", fact["auth_password"]),
              ("dual stack", "%s (%s)" % (dual(row), fact["dual_stack"])), ("limits", limits(row)),
              ("refresh", "after %d days without a change, jittered by device" % row.get("days", 28))]
    lines += [("answer", how if not cls else "%s: %s" % (cls, how)) for cls, how in rules(row)]
    lines += [("address page", page) for page in fact["ip_check"]]
    lines += [("quirk", quirk.strip()) for quirk in fact["quirks"].split("; ") if quirk]
    lines += [("not verified", one) for one in fact["unverified"]]
    lines += [("source", one) for one in fact["evidence"]]
    lines.append(("sure", "%s: %s" % (sure(fact), SURE[sure(fact)])))
    before = None
    for title, value in lines:
        out.add_row("" if title == before else title, escape(value))
        before = title
    console.print(out)


def like(word):
    """Pairs that `word` may mean, best first, as the set-up pages search."""
    wanted = [row[0] for row in searched(word)]
    known = {row["id"]: (fact, row) for fact, row in pairs()}
    return [known[one] for one in wanted if one in known]


def app(name: str = typer.Argument(None, help="a provider's name or id; without it: all"),
        search: str = typer.Option(None, help="those that a word, a host name or an address of a page may mean, best first"),
        page: bool = typer.Option(False, help="the page docs/provider-list.md"),
        as_json: bool = typer.Option(False, "--json", help="for scripts")):
    """List the providers the agent knows, or tell all about one."""
    console = Console(width=None if Console().is_terminal else int(os.environ.get("COLUMNS") or 140))
    if page:
        from .build import docs  # which imports this module
        print(docs.provider_list(), end="")
    elif search:
        found = like(search)
        if not found:
            raise UserError("no provider is like %r; provider: custom describes any other" % search)
        table(console, found)
    elif name:
        fact, row = find(name)
        if as_json:
            print(json.dumps(document(fact, row), indent=2, ensure_ascii=False))
        else:
            detail(console, fact, row)
    elif as_json:
        print(json.dumps([document(*one) for one in pairs()], indent=2, ensure_ascii=False))
    else:
        table(console, pairs())
