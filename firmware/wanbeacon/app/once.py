# SPDX-License-Identifier: MIT
"""`wanbeacon run --once`, for cron and timers: one look, at most one update of each account, and an exit
status. The journal keeps what was published, waits and stops between the runs, as between any two starts."""

import asyncio

from wanbeacon.app import stage

# Exit statuses: 0 up to date; 1 something needs a person; 3 not done yet, a later run tries again.
_OK, _HELP, _LATER = 0, 1, 3


def run(agent):
    """The exit status. The log and what `status` prints, when something was sent or is amiss; else nothing:
    cron sends a mail of whatever is printed."""
    asyncio.run(_round(agent))
    doc = agent.status()
    status = _status(doc)
    if status or agent.counters["requests"]:
        for line in agent.log.lines:
            print(line)
        stage.run("app.cli", "show", doc)
    return status


def _status(doc):
    states = [h["state"] for h in doc["hosts"]]
    if "stopped" in states or doc["faults"] or doc["journal"]["state"] != "ok":
        return _HELP
    return _OK if all([s == "ok" for s in states]) or doc["paused"] else _LATER


async def _round(agent):
    try:
        await agent.round()
    finally:
        for task in agent.tasks.values():
            task.cancel()
        for line in agent.lines:
            line.chooser.close()
