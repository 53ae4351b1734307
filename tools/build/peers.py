# SPDX-License-Identifier: MIT
"""docs/services.md: which services five other clients know, which of them are here under which name, and why
the others are not. From tools/data/peers.txt, written by `python -m tools docs`."""

from .. import HERE, UserError
from . import catalogue, names, rest_rows

SOURCE = HERE / "data/peers.txt"
#: Columns of the table; ddns-scripts' names come from the list that import-ddns is tested with.
CLIENTS = ("ddclient", "inadyn", "ddns-scripts", "ddns-go", "ddns-updater")

#: Their name -> our row, where it is not found by name or alias.
OURS = {
    "ddns.fm": "ddns-fm",
    "dslreports1": "dslreports",
    "dyndns1": "dyn-legacy",
    "freedns": "freedns-v2",
    "he.net": "he-dns",
    "mythicdyn": "mythic-beasts",
    "nsupdate": "rfc2136",
    "zoneedit1": "zoneedit",
    "keysystems": "domaindiscount24",
    "dnsexit2": "dnsexit",
    "regfishde": "regfish",
    "freedns.afraid.org": "freedns-v2",
    "dyndns.org": "dyn",
    "tunnelbroker.net": "he-tunnelbroker",
    "domene.shop": "domeneshop",
    "dnspod.cn": "dnspod",
    "dnsexit.com": "dnsexit",
    "spdyn.de": "spdyn",
    "he": "he-dns",
    "trafficroute": "volcengine",
    "nsone": "ns1",
    "dd24": "domaindiscount24",
    "hetznercloud": "hetzner",
    "loopia.com": "loopia",
}
#: Their name -> why there is no row. A service that is "closed" counts as no loss.
WHY = {
    "yandex": "closed",
    "pdd.yandex.ru": "closed",
    "cloudxns.net": "closed",
    "aliesa": "Alibaba ESA keeps both families in one record, whose values would have to be merged",
    "nowcn": "now.cn: a signature of its own, known from one program",
    "eranet": "Eranet: as now.cn",
    "tnethk": "TNET: as now.cn",
    "rainyun": "RainYun: two programs contradict each other about its answers",
    "hipmdnsmgr": "HiPM DnsMgr: a panel of one's own, known from one program",
    "gcp": "Google Cloud DNS: RSA signatures",
    "cloud.google.com-v1": "Google Cloud DNS: RSA signatures",
}
TITLES = {
    "aliesa": "Alibaba ESA",
    "nowcn": "now.cn",
    "eranet": "Eranet",
    "tnethk": "TNET",
    "rainyun": "RainYun",
    "hipmdnsmgr": "HiPM DnsMgr",
    "gcp": "Google Cloud DNS",
    "cloud.google.com-v1": "Google Cloud DNS",
    "yandex": "Yandex",
    "pdd.yandex.ru": "Yandex",
    "cloudxns.net": "CloudXNS",
}


def lists():
    """{client: (source, [their names])}, ddns-scripts among them."""
    out, client = {}, None
    for line in SOURCE.read_text().splitlines():
        if line[:1] == "[":
            client, _, source = line[1:].partition("] ")
            out[client] = (source, [])
        elif line and line[:1] != "#":
            out[client][1].extend(line.split())
    from .openwrt import ddns_table  # brings the firmware's modules into sys.path

    out["ddns-scripts"] = ("2026-08, package list", [one[0] for one in ddns_table.services()])
    return out


def known_names():
    """{a name, however it is spelled: our id}: ids, names, aliases."""
    out = {}
    for key, name, host, aliases in reversed(names.lines()):
        if key != "-":
            for word in (*aliases.split(), name, host, key):
                out[_bare(word)] = key
    return out


def _bare(word):
    return "".join(c for c in word.lower() if c.isalnum())


def place(client, theirs, known, scripts):
    """(our id or None, why not): where one of their services is found here."""
    if client == "ddns-scripts":
        ours, said = scripts[theirs]
        return (ours if ours != "update_url" else "ddnss"), said.replace("NOT taken over: ", "")
    if theirs in WHY:
        return None, WHY[theirs]
    for word in (theirs, theirs.rsplit(".", 1)[0]):
        found = OURS.get(word) or known.get(_bare(word))
        if found:
            return found, ""
    raise UserError("tools/build/peers.py: say in OURS or WHY what %s's %s is" % (client, theirs))


def rows():
    """(table, missing): {our id or title: {client: their name}}, and {client: [(their name, why)]}."""
    from .openwrt import ddns_table

    known, scripts = known_names(), ddns_table.table()
    table, missing = {}, {client: [] for client in CLIENTS}
    for client in CLIENTS:
        for theirs in lists()[client][1]:
            ours, why = place(client, theirs, known, scripts)
            if not ours:
                why = WHY.get(theirs) or why
                missing[client].append((theirs, why))
            key = ours or "- " + TITLES.get(theirs, theirs)
            table.setdefault(key, {}).setdefault(client, []).append(theirs)
    return table, missing


def page():
    """The page as text."""
    table, missing = rows()
    titles = {key: fact["name"] for key, fact in catalogue.source().items()}
    titles.update({key: one["title"] for key, one in rest_rows.ROWS.items()})
    every = len(titles)
    sources = lists()
    only = [key for key in titles if key not in table]
    lines = [
        "# Services: here and in other clients",
        "",
        "Written by `python -m tools docs` from the catalogue and from lists of the other clients' services"
        " (`tools/data/peers.txt`, with the dates they were read). A service counts where the client has an"
        " entry of its own for it; most can also be given a URL.",
        "",
        "| client | its services | of them here | not here, and why |",
        "|---|---|---|---|",
        "| Wanbeacon | %d | | |" % every,
    ]
    for client in CLIENTS:
        count, gone = len(sources[client][1]), missing[client]
        why = "; ".join("%s: %s" % (theirs, said) for theirs, said in gone).replace("|", "/") or "-"
        told = (client, sources[client][0], count, count - len(gone), why)
        lines.append("| %s (%s) | %d | %d | %s |" % told)
    lines += [
        "",
        "%d services are here and in none of the five." % len(only),
        "",
        "| service | Wanbeacon | " + " | ".join(CLIENTS) + " |",
        "|---" * (len(CLIENTS) + 2) + "|",
    ]
    for key in sorted(table, key=lambda key: titles.get(key, key.lstrip("- ")).casefold()):
        title = titles.get(key) or key.lstrip("- ")
        cells = [" ".join(table[key].get(client, ())) for client in CLIENTS]
        here = "`%s`" % key if key in titles else ""
        lines.append("| %s | %s | %s |" % (title.replace("|", "/"), here, " | ".join(cells)))
    return "\n".join(lines) + "\n"
