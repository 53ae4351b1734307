# SPDX-License-Identifier: MIT
"""Notices that are due, at the end of a turn of the agent's loop. A stage of agent.py, whose steps are stages
of their own."""

import gc

from wanbeacon.app import stage


def notify(agent):
    """Tell people; after all else, so that a dead receiver delays nothing that is due."""
    try:
        due = stage.run("app.notify", "tell", agent)
        if due:
            try:
                ready = stage.run("app.notices", "prepare", agent, *due)
                polite = stage.run("app.notify", "polite", agent)
                came = stage.run("app.post", "deliver", agent, polite, *ready)
            # nothing has left: where it may have, that is a Trouble (net/http.py)
            except MemoryError:
                gc.collect()
                came = 0, "memory", True, True, 0
            stage.run("app.notify", "heard", agent, due, came)
        agent.sound("notices")
    except Exception as e:
        agent.fault("notices", e)
