"""From an answer to the records: the second half of a round. What it means for a host alone stands in decide.py.

Functions of the agent in a module of their own, because a small heap has no room for them while a request is under way.
"""

from wanbeacon import decide
from wanbeacon.dyndns import outcome


def failed(hosts, trouble):
    """Outcomes of an exchange that ended in a net.Trouble."""
    odd = trouble.word in ("redirect", "odd", "header")
    if not trouble.sent:
        for h in hosts:
            decide.withdraw(h.rec)
    return [outcome.Outcome(outcome.ODD, trouble.word) if odd else outcome.failed(trouble.word) for _ in hosts]


def learn(agent, account, hosts, outs):
    """Put the Outcomes of one request into the hosts' records. Returns the hosts that met trouble of the server's or the
    network's own, whatever they asked for."""
    # one for all, so that they stay together in one request
    now, wall, chance = agent.clock.mono(), agent.clock.wall(), agent.chance()
    for i in range(len(hosts)):
        _one(agent, account, hosts[i], outs[i], now, wall, chance)
        if outs[i].split:  # one after another, not all at once
            decide.hold(hosts[i].rec, now, wall, account.limits.minimum * (i + 1))
    return [hosts[i] for i in range(len(hosts)) if outs[i].cls == outcome.LATER and outs[i].reach == outcome.ACCOUNT]


def _one(agent, account, host, out, now, wall, chance):
    if out.reach == outcome.ACCOUNT and account.row.get("user") == "host" and not account.doc.get("user"):
        if out.cls in decide.STOPS:
            out.reach = outcome.ONE  # each host is a login of its own
    # a provider that saw another address than ours is told ours from now on (plan.py); where lists are sent, `single`
    # means a list that got one answer, and ends with the next success
    told = "qc" in account.row and account.row.get("max") == 1 and (host.rec.single or host.rec.word == "other address")
    out.word = agent.log.scrub(out.word, out.cls == outcome.ODD)
    cause = (host.rec.fp, account.fp, account.provider_fp)[out.reach]
    warning = decide.learn(host.rec, out, now, wall, account.limits, chance, cause)
    host.rec.single = host.rec.single or told
    for text in (warning, out.note):
        if text:
            agent.log("%s: %s" % (host.name, agent.log.scrub(text)))
    if host.rec.stopped():
        agent.log("%s: stopped. %s" % (host.name, decide.stop_text(host.rec)))
    if out.cls in decide.STOPS and out.reach:
        for other in agent.hosts():
            same = other.account.fp == account.fp  # two entries with one login (two lines) are one account there
            if out.reach == outcome.PROVIDER:
                same = other.account.provider_fp == account.provider_fp
            r = other.rec
            if same and other is not host and not r.stopped():  # one that is, for a reason of its own, keeps it
                r.cls, r.word, r.kind, r.cause = out.cls, out.word, None, cause
                decide.withdraw(r)


def wait_as(agent, account, met, due):
    """The server is in trouble, said the answer to the hosts `met`: the other hosts of that login wait as long, all of
    them when it said so itself, those that are `due` when the network failed."""
    first = met[0].rec
    for h in met:
        if h.rec.hold > first.hold:
            first = h.rec
    for h in [h for h in agent.hosts() if h.account.fp == account.fp]:
        if h.rec is not first and (h in due or h in met or first.kind != outcome.NET):
            decide.wait_as(h.rec, first, h in due)
