# SPDX-License-Identifier: MIT
"""`python -m tools catalogue`: writes firmware/catalogue/rest.dat from tools/build/rest_rows.py, and
providers.dat from tools/data/providers.json and the hand-made table of tools/build/catalogue_rows.py."""

import json

import typer

from .. import HERE, ROOT, UserError
from . import catalogue_rows, rest_rows

SOURCE = HERE / "data/providers.json"
OUT = ROOT / "firmware/catalogue/providers.dat"
#: Bytes of one row's JSON: read and parsed in less than 4 KB of a board's heap.
ROW_MAX = 1024
#: Order of the keys in a row, and all that may stand there; the device's side is documented in catalog.py.
KEYS = (
    "id",
    "host",
    "host6",
    "port",
    "plain",
    "path",
    "post",
    "q4",
    "q6",
    "qd",
    "qc",
    "qa",
    "q4@",
    "q6@",
    "q4-",
    "q6-",
    "qd-",
    "auth",
    "key",
    "user",
    "enc",
    "own",
    "max",
    "zone",
    "both",
    "one",
    "any",
    "min",
    "days",
    "conn",
    "rate",
    "opts",
    "ua",
    "roots",
    "words",
    "rules",
    "bad",
    "std",
    "page",
    "tags",
    "check",
    "closed",
    "untested",
    "dns",
    "about",
)
AUTH = {
    "basic": None,  # what a row without "auth" means
    "query": ["none"],  # the templates themselves hold the key: this service knows no header
    "path": ["none"],
    "basic-or-query": ["basic", "query"],
    "query-or-basic": ["basic", "query"],
    "basic-or-token-or-query": ["basic", "query"],
    "bearer-or-basic": ["bearer", "basic"],
    "bearer-or-basic-or-query": ["bearer", "basic", "query"],
}


def source():
    """The provider facts, id -> dict, in the file's order, with the rows that only the hand-made table
    has."""
    facts = {one["id"]: one for one in json.loads(SOURCE.read_text())}
    for name, (base, changes) in catalogue_rows.VARIANTS.items():
        facts[name] = {**facts[base], "aliases": [], "id": name, **changes}
    return facts


def pages(urls):
    """The provider's own check page for IPv4, and for IPv6 where it has another one: the last resort of
    "auto"."""
    web = [url for url in urls if url.startswith("http")]
    four = [url for url in web if "6" not in url.split("/")[2]]
    six = [url for url in web if "6" in url.split("/")[2]]
    return (four[:1] + six[:1] or None) if four else None


def row(fact):
    """The device's row (dict) of one provider."""
    out = {
        "id": fact["id"],
        "host": fact["host"],
        "host6": fact["host_v6"],
        "path": fact["path"],
        "plain": 1 if fact["scheme"] == "http" else None,
        "post": 1 if fact["method"] == "POST" else None,
        "q4": fact["query"],
        "q6": fact["query_v6"],
        "qd": fact["query_dual"],
        "auth": AUTH[fact["auth"]],
        "max": fact["multi_host"] or None,
        "min": fact["min_interval_s"],
        "days": fact["refresh_days"],
        "check": pages(fact["ip_check"]),
        "closed": 1 if fact["status"] == "closed" else None,
        "untested": None if fact["recorded"] else 1,
    }
    out.update(catalogue_rows.ROWS.get(fact["id"], {}))
    strange = set(out) - set(KEYS)
    if strange:
        raise UserError(
            "tools/build/catalogue_rows.py: row %s has unknown keys %s"
            % (fact["id"], ", ".join(sorted(strange)))
        )
    return {key: out[key] for key in KEYS if out.get(key) is not None}


def rows():
    """All rows, Dyn first: the five services of the mission are what most look-ups ask for."""
    strange = set(catalogue_rows.ROWS) - set(source())
    if strange:
        raise UserError("tools/build/catalogue_rows.py: no such provider: %s" % ", ".join(sorted(strange)))
    return [row(fact) for fact in source().values()]


def entry(one):
    """The bytes of one row in the file: head of 32 bytes with the id, JSON without it, line end."""
    body = json.dumps(
        {key: value for key, value in one.items() if key != "id"}, separators=(",", ":")
    ).encode()
    if len(one["id"]) > 26 or len(body) > ROW_MAX:
        raise UserError(
            "row %s: name longer than 26 or JSON longer than %d bytes (%d)" % (one["id"], ROW_MAX, len(body))
        )
    return b"%-26s%05d\n%s\n" % (one["id"].encode(), len(body), body)


def file():
    """The whole catalogue file as bytes."""
    return b"".join(map(entry, rows()))


def app(check: bool = typer.Option(False, help="only say whether the file is as it should be")):
    """Write the provider catalogue of the device."""
    from . import logins, names  # they read the rows of this module

    data = file()
    files = (OUT, data), *((part.OUT, part.file()) for part in (rest_rows, names, logins))
    for out, content in files:
        if check:
            if not out.exists() or out.read_bytes() != content:
                raise UserError(
                    "%s is not what the tables under tools/ say; run `python -m tools catalogue`" % out
                )
        else:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(content)
    print("%s: %d providers, %d bytes" % (OUT.relative_to(ROOT), len(rows()), len(data)))
    print(
        "%s: %d JSON APIs, %d bytes"
        % (rest_rows.OUT.relative_to(ROOT), len(rest_rows.ROWS), len(rest_rows.file()))
    )
