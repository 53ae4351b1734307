"""Before a request leaves: note it in the records and in flash. A stage."""

from wanbeacon.core import policy


def begin(agent, account, hosts, sent):
    """Note the request in the journal before it leaves.
    False when that cannot be done: then it must not leave."""
    now, wall = agent.clock.mono(), agent.clock.wall()
    for h in hosts:
        policy.start(h.rec, now, wall, account.limits, sent)
    if agent.save():
        agent.counters["requests"] += 1
        return True
    for h in hosts:  # it did not leave: due again as soon as the journal can be written
        policy.undo(h.rec, now, wall)
    return False
