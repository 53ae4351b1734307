# SPDX-License-Identifier: MIT
"""What a request came to, for people: the log, the status, the history of changes. A stage of exchange.py,
after the records have learned it."""

from wanbeacon.app import past, said
from wanbeacon.net import Trouble


def show(agent, account, hosts, answer, ms, before, told):
    """answer: an Answer or a Trouble. before: the hosts' addresses before it, [(IPv4, IPv6)]. told: what
    learn.py has to say of it, as Log.tell takes it."""
    if isinstance(answer, Trouble):
        _exchange(agent, account, hosts, answer.word, agent.log.scrub(answer.text), ms)
    else:
        _exchange(agent, account, hosts, answer.status, said.said(agent.log, answer.body), ms)
    _remember(agent, hosts, before, ms)
    for line in told:
        agent.log.tell(*line)


def _exchange(agent, account, hosts, status, text, ms):
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
