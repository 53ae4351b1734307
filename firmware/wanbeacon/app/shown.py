# SPDX-License-Identifier: MIT
"""What a request came to, for people: a line of the log, the last exchange, the history of changes. A
stage."""

from wanbeacon.app import past, said
from wanbeacon.net import Trouble


def answer(agent, account, hosts, answer, before, ms):
    """The Answer or Trouble of a request that left. before: (v4, v6) of each host then."""
    if isinstance(answer, Trouble):
        status, text = answer.word, agent.log.scrub(answer.text)
    else:
        status, text = answer.status, said.said(agent.log, answer.body)
    _show(agent, account, hosts, status, text, ms)
    _remember(agent, hosts, before, ms)


def never_left(agent, account, hosts, trouble):
    """The Trouble of one that did not."""
    _show(agent, account, hosts, trouble.word, agent.log.scrub(trouble.text), 0)


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
