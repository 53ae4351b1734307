# SPDX-License-Identifier: MIT
"""Before and after an update by a JSON API (restful.py): what it needs, gathered while the code of the
exchange is not loaded, and what is to be remembered. A stage."""

from wanbeacon.app import stage
from wanbeacon.core import policy, url
from wanbeacon.core.ids import Ids
from wanbeacon.dyndns import rows as catalogue_rows
from wanbeacon.dyndns.share import zone_of
from wanbeacon.net import Trouble, names


def prepare(agent, account, hosts, sent):
    """(place, rows, calls, hosts, due, kept): place = (tls, host, port), rows = its addresses, the rest as
    rest.exchange takes it. None when the journal cannot be written; the Trouble when the server's name is not
    resolved. Else the request is noted in the journal."""
    row, doc = account.row, account.doc
    tls, host, port = not row.get("plain"), row["host"], row.get("port")
    if doc.get("server"):
        tls, host, port = url.server(doc["server"], tls, port)
    port = port or (443 if tls else 80)
    try:
        rows = None if agent.transport else names.resolve(host, port)
    except Trouble as e:
        return e
    calls = catalogue_rows.calls(agent.board.catalogue, row["id"])
    ids, described, kept = Ids(agent.board.ids()), [], {}
    for h in hosts:
        label, zone = zone_of(row, h.doc)
        described.append(
            {"zone": zone, "fqdn": h.name, "host": label, "create": h.doc.get("create"), "key": h.cause}
        )
        for family in (b"4", b"6"):
            texts = ids.get(h.cause + family)
            if texts:
                kept[h.cause + family] = texts
    due = _due(hosts, sent)
    if not stage.run("app.exchange", "begin", agent, account, hosts, sent):
        return None
    return (tls, host, port), rows, calls, described, due, kept


def _due(hosts, sent):
    """Packed addresses to write. Of two families the one that is stored for sure is left out while the other
    differs."""
    same = [True, True]
    for h in hosts:
        for i in range(2):
            same[i] = same[i] and policy.stored(h.rec)[i] == sent[i]
    if sent[0] and sent[1] and same[0] != same[1]:
        return (None, sent[1]) if same[0] else (sent[0], None)
    return sent


def remember(agent, changes):
    """Write what the exchange learned. Losing it costs a look-up."""
    ids = Ids(agent.board.ids())
    for key, texts in changes:
        if texts is None:
            ids.drop(key)
        else:
            ids.put(key, texts)
    try:
        ids.save()
    except OSError:
        pass
