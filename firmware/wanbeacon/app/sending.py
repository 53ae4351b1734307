# SPDX-License-Identifier: MIT
"""Before and after a request: what each host is to send (`pick`), which hosts share one (`groups`), what is
noted of it, learned from its answer, shown of that. Stages of exchange.py, whose large steps are stages of
their own."""

from wanbeacon.app import past, said, stage
from wanbeacon.core.record import NEVER
from wanbeacon.net import Trouble

# Sources that read the device's own address: then the connection comes from it too.
_OWN = ("netlink", "interface", "ubus")


def begin(agent, account, hosts, sent):
    """Note a request in the journal before it leaves. False when that cannot be done: then it must not leave.
    The code that marks the records is gone before the code that writes them comes."""
    stage.run("app.learn", "start", agent, account, hosts, sent)
    if agent.save():
        agent.counters["requests"] += 1
        return True
    stage.run("app.learn", "undo", agent, hosts)
    return False


def never_left(agent, account, hosts, trouble):
    """The request did not even begin. Returns the hosts that met that trouble."""
    stage.run("app.learn", "never_left", agent, account, hosts, trouble)
    _show(agent, account, hosts, trouble.word, agent.log.scrub(trouble.text), 0)
    return hosts


def answered(agent, account, hosts, answer, ms):
    """An Answer (its `outs`: an Outcome for each host) or a Trouble. Returns the hosts that met trouble of
    the server's or the network's. The records come first: showing may fail for want of memory."""
    if not isinstance(answer, Trouble):
        if answer.date:
            agent.prove(answer.date)
    elif answer.word in ("clock", "expired"):
        stage.run("net.believe", "doubt", agent.clock)
    before, told = [(h.rec.v4, h.rec.v6) for h in hosts], []
    met = stage.run("app.learn", "answered", agent, account, hosts, answer, told)
    if isinstance(answer, Trouble):
        status, text = answer.word, agent.log.scrub(answer.text)
    else:
        status, text = answer.status, said.said(agent.log, answer.body)
    _show(agent, account, hosts, status, text, ms)
    _remember(agent, hosts, before, ms)
    for line in told:
        agent.log.tell(*line)
    return met


def _show(agent, account, hosts, status, text, ms):
    names = [h.name for h in hosts]
    before, agent.exchange = agent.exchange, {
        "when": agent.clock.wall(), "provider": account.row["id"], "hosts": names, "status": status,
        "reply": text, "ms": ms,
    }  # fmt: skip
    if status == "dns" and before and before["status"] == status and before["hosts"] == names:
        return  # every 5 s: said once
    agent.log("%s: %s -> %s %s" % (account.row["id"], ",".join(names), status, text))


def _remember(agent, hosts, before, ms):
    """Changes of this request into the history that people see."""
    every = agent.hosts()
    for i in range(len(hosts)):
        for old, new in zip(before[i], (hosts[i].rec.v4, hosts[i].rec.v6)):
            if new and new != old:
                past.add(agent, agent.clock.wall(), every.index(hosts[i]), old, new, ms)
                if hosts[i].account.look:  # 60 to 120 s from now: servers take that to spread it
                    wait = 60 + (agent.chance() * 60 >> 16)
                    hosts[i].looks, hosts[i].look_at = 0, agent.clock.mono() + wait
                    agent.look_at = min(agent.look_at or hosts[i].look_at, hosts[i].look_at)


def pick(due):
    """What each of the hosts is to send: [(host, template, sent)]. One whose provider can take none of that
    is told so."""
    share, out = stage.load("dyndns.share"), []
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
    share = stage.load("dyndns.share")
    items = [(h.doc, template, sent, h.rec.offline, h.rec.single) for h, template, sent in chosen]
    return [
        ([chosen[i][0] for i in group],) + items[group[0]][1:4] for group in share.group(account.row, items)
    ]
