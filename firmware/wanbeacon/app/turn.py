# SPDX-License-Identifier: MIT
"""What ends a turn of the agent's loop: the journal, the clock, the pause until the next one. Stages of
agent.py: functions of an Agent."""

from micropython import const

from wanbeacon.app import agent as loop
from wanbeacon.app import stage
from wanbeacon.board.words import words_of

# seconds until a line without an address is looked at again; an eighth of its outage, up to a check
_LOOK_AGAIN = const(30)


def save(agent):
    """See Agent.save."""
    clock = agent.clock
    now = clock.mono()
    try:
        rows = [h.rec for h in agent.hosts()]
        stage.run("core.journal", "save", agent.journal, rows, now, clock.wall(), clock.record())
    except OSError as e:
        error = "wait.journal", words_of(e)
        agent.save_after = now + loop.SAVE_AGAIN
        if error != agent.save_error:
            agent.log.tell("err", *error)
        agent.save_error = error
        return False
    agent.save_error = None
    return True


def clocks(agent, ask, step):
    """The clock is not set, was set, or stepped. ask: time servers are to be asked; else step: seconds by
    which it stepped since the last call."""
    clock = agent.clock
    if ask:
        if not agent.resting("the clock"):
            try:
                agent.board.set_clock(agent)
                agent.sound("the clock")
            except Exception as e:  # accounts and lines do not need the time for all they do
                agent.fault("the clock", e)
        step = clock.stepped()
    now, wall = clock.mono(), clock.wall()
    back, agent.clock_gone = agent.clock_gone and wall, wall is None
    if wall and not agent.clock_was_set:
        agent.clock_was_set = True
        _restate(agent, now, wall, True)
    elif wall and (step or back):
        agent.log.tell("info", *(("log.stepped", step) if step else ("log.clock-again",)))
        _restate(agent, now, wall, False)
    elif agent.journal.strange(clock.record()):
        agent.save()


def _restate(agent, now, wall, first):
    """Put all waits into the time of a clock that was set for the first time in this run, or stepped."""
    rows = [(h.rec, h.account.limits) for h in agent.hosts()]
    stage.run("core.journal", "restate_all", agent.journal, rows, now, wall, first)
    agent.save()


def pause_for(agent):
    """See Agent.pause_for."""
    if stage.scarce:
        stage.run("app.tidy", "tidy", agent)
    now = agent.clock.mono()
    until = now + agent.cfg["intervals"]["check"]
    if agent.look_at is not None:
        until = min(until, agent.look_at)
    for h in agent.hosts():
        if not agent.resting(h.account.where):
            until = min(until, h.next)  # may be past: due since another account's exchange
    for line in agent.lines:
        for lost in line.lost.values():
            if lost is not None:
                until = min(until, now + max(_LOOK_AGAIN, (now - lost) >> 3))
    for row in agent.faults.values():
        if row[1] > now:
            until = min(until, row[1])
    if agent.save_after > now:
        until = min(until, agent.save_after)
    if agent.notices and not agent.resting("notices"):
        until = min(until, agent.notices[0])
    if agent.mqtt:
        until = min(until, agent.mqtt[0])
    if agent.clock.wall() is None:
        until = min(until, now + loop.CLOCK_EVERY)
    # whole numbers: a float has 22 bits
    wait = (until * 1000 - agent.clock.mono_ms()) / 1000 if until > now else 1
    if agent.again is not None:
        wait = min(wait, max(0, agent.again - agent.clock.mono_ms()) / 1000)
    return wait
