# SPDX-License-Identifier: MIT
"""From what is due (plan.py) to requests: what each host is to send (`pick`), and which hosts share a request
(`groups`). A stage; sends and writes nothing."""

from wanbeacon.core.record import NEVER
from wanbeacon.dyndns import share

# Sources that read the device's own address: then the connection comes from it too.
_OWN = ("netlink", "interface", "ubus")


def pick(due):
    """What each of the hosts is to send: [(host, template, sent)]. One whose provider can take none of that
    is told so."""
    out = []
    for host, wanted, have in due:
        account, rec = host.account, host.rec
        # a provider that saw another address than ours is told ours the next time
        own = account.line.source[4] in _OWN and rec.word != "other address" and not rec.single
        choice = share.pick(account.row, wanted, have, own, host.doc, rec.offline == 1)
        if choice:
            out.append((host,) + choice)
        else:
            host.next, host.why = NEVER, host.why + (("wait.both",),)
    return out


def groups(account, due):
    """The requests of an account: a list with ([Host], template, sent, offline) for each."""
    chosen = pick(due)
    if not chosen:
        return chosen
    items = [(h.doc, template, sent, h.rec.offline, h.rec.single) for h, template, sent in chosen]
    return [
        ([chosen[i][0] for i in group],) + items[group[0]][1:4] for group in share.group(account.row, items)
    ]
