# SPDX-License-Identifier: MIT
"""Hosts at home that are found by the neighbor table: what their moves mean for their records, and who is
to be asked whether it is still there. A stage; sends nothing beyond the home. See observe/neighbors.py."""

import asyncio

from wanbeacon.app import homehost, stage
from wanbeacon.app.plan import at_home, want
from wanbeacon.core import policy


def begin(agent, hosts):
    """The neighbor table for these hosts, which stays."""
    module, sources = stage.resident("observe.neighbors"), list(agent.cfg["address"])
    for account in agent.cfg["accounts"]:
        sources += account.get("address") or ()
    files = tuple([one["file"] for one in sources if one.get("file")])
    neighbors = module.Neighbors(agent.clock, [h.doc["neighbor"] for h in hosts], files + module.LEASES)
    for h in hosts:
        h.account.line.neighbors = neighbors


def note(agent, line):
    """After a look at the table, and at the line: tell the records of hosts that moved by themselves; have
    the agent look again while one is not seen."""
    near, again, now, wall = line.neighbors, None, agent.clock.mono(), agent.clock.wall()
    if ("", "neighbors") not in agent.tasks:
        agent.tasks["", "neighbors"] = asyncio.create_task(agent.hints(near))
    for h in agent.hosts():
        if h.account.line is not line or not h.doc.get("neighbor") or not h.families[1]:
            continue
        packed, why = at_home(h) if line.found[6] else (None, None)
        before = near.told.get(h.name)
        if packed and packed != before:
            near.told[h.name] = packed
            if before or packed != h.rec.v6:
                agent.log.tell("info", "log.neighbor", h.name, packed)
            if why and not before:
                agent.log.tell("warn", *why)
            if before and policy.changed(h.rec, want(h)):
                policy.address_changed(h.rec, now, wall, h.account.limits)
        choice = line.found[6] and homehost.choice_of(h.doc, line.found[6], line.networks)[0]
        wait = choice and near.ask(h.doc["neighbor"], homehost.within(h.doc, choice), h.rec.v6)
        if wait:
            again = min(again or wait, wait)
    if again is None:
        near.found()
    else:
        at = agent.clock.mono_ms() + int(again * 1000)
        agent.again = at if agent.again is None else min(agent.again, at)
