# SPDX-License-Identifier: MIT
"""What a request does to the records: before it leaves, and what its answer means. A stage."""

from wanbeacon.app import said, stage
from wanbeacon.core import outcome, policy, reasons
from wanbeacon.net import Trouble

_NETWORK = (outcome.NET, outcome.REFUSED, outcome.HOME)


def start(agent, account, hosts, sent):
    """A request is about to leave."""
    now, wall = agent.clock.mono(), agent.clock.wall()
    for h in hosts:
        policy.start(h.rec, now, wall, account.limits, sent)


def undo(agent, hosts):
    """It did not leave: due again as soon as the journal can be written."""
    now, wall = agent.clock.mono(), agent.clock.wall()
    for h in hosts:
        policy.undo(h.rec, now, wall)


def never_left(agent, account, hosts, trouble, told):
    """The request did not even begin: the name server or the way there is missing. Nothing was noted for it.
    Arguments and result as for `answered`."""
    now = agent.clock.mono()
    for h in hosts:
        policy.never_left(h.rec, trouble.word, now, account.limits)
    return hosts


def answered(agent, account, hosts, answer, told):
    """An Answer (its `outs`: an Outcome for each host) or a Trouble into the hosts' records. Returns the
    hosts that met trouble of the server's or the network's. told: a list that gets what is to be told of
    it, as Log.tell takes it: the words come when this code is gone."""
    if isinstance(answer, Trouble):
        if answer.word in ("clock", "expired"):
            stage.run("net.believe", "doubt", agent.clock)
        return learn(agent, account, hosts, failed(hosts, answer), told)
    if answer.date:
        agent.prove(answer.date)
    for h in hosts:
        h.rec.root = answer.root
    return learn(agent, account, hosts, answer.outs, told)


def failed(hosts, trouble):
    """Outcomes of an exchange that ended in a net.Trouble."""
    odd = trouble.word in ("redirect", "odd", "header")
    if not trouble.sent:
        for h in hosts:
            policy.withdraw(h.rec)
    return [
        outcome.Outcome(outcome.ODD, trouble.word) if odd else outcome.failed(trouble.word, trouble.sent)
        for _ in hosts
    ]


def learn(agent, account, hosts, outs, told):
    """Put the Outcomes of one request into the hosts' records. Returns the hosts that met trouble of the
    server's or the network's own, whatever they asked for."""
    # one for all, so that they stay together in one request
    now, wall, chance = agent.clock.mono(), agent.clock.wall(), agent.chance()
    for i in range(len(hosts)):
        _one(agent, account, hosts[i], outs[i], now, wall, chance, told)
        if outs[i].split:  # one after another, not all at once
            policy.hold(hosts[i].rec, now, wall, account.limits.minimum * (i + 1))
    return [
        hosts[i]
        for i in range(len(hosts))
        if outs[i].cls == outcome.LATER and outs[i].reach == outcome.ACCOUNT
    ]


def _one(agent, account, host, out, now, wall, chance, lines):
    if out.reach == outcome.ACCOUNT and account.row.get("user") == "host" and not account.doc.get("user"):
        if out.cls in policy.STOPS:
            out.reach = outcome.ONE  # each host is a login of its own
    # a provider that saw another address than ours is told ours from now on (plan.py); where lists are sent,
    # `single` means a list that got one answer, and ends with the next success
    told = (
        "qc" in account.row
        and account.row.get("max") == 1
        and (host.rec.single or host.rec.word == "other address")
    )
    out.word = said.begun(agent.log, out.word) if out.cls == outcome.ODD else agent.log.scrub(out.word)
    cause = (host.cause, account.fp, account.provider_fp)[out.reach]
    for code in (policy.answered(host.rec, out, now, wall, account.limits, chance, cause), out.note):
        if code:
            lines.append(("warn", "log.host", host.name, code))
    host.rec.single = host.rec.single or told
    if host.rec.stopped():
        lines.append(("err", "log.stopped", host.name, reasons.stop(host.rec)))
    if out.cls in policy.STOPS and out.reach:
        for other in agent.hosts():
            # two entries with one login (two lines) are one account there
            same = other.account.fp == account.fp
            if out.reach == outcome.PROVIDER:
                same = other.account.provider_fp == account.provider_fp
            if same and other is not host:
                policy.share_stop(other.rec, out, cause)


def wait_as(agent, account, met, due):
    """The server is in trouble, said the answer to the hosts `met`: the other hosts of that login wait as
    long, all of them when it said so itself, those that are `due` when the network failed."""
    first = met[0].rec
    for h in met:
        if h.rec.hold > first.hold:
            first = h.rec
    for h in [h for h in agent.hosts() if h.account.fp == account.fp]:
        if h.rec is not first and (h in due or h in met or first.kind not in _NETWORK):
            policy.wait_as(h.rec, first, h in due)
