# SPDX-License-Identifier: MIT
"""Before and after a request: what is noted of it, learned from its answer, shown of that. A stage whose
steps are stages of their own (exchange.py)."""

from wanbeacon.app import stage
from wanbeacon.net import Trouble


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
    stage.run("app.shown", "never_left", agent, account, hosts, trouble)
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
    stage.run("app.shown", "answer", agent, account, hosts, answer, before, ms)
    for line in told:
        agent.log.tell(*line)
    return met
