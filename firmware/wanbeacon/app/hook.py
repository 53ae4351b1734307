# SPDX-License-Identifier: MIT
"""Starts the user's command for a notice, with the event in its environment.
Linux only; a board never loads this."""

import os

from wanbeacon.observe.command import LIMITED, quote

#: Seconds the command may take; then it is ended.
LIMIT_S = 60
# In the background: os.system() would hold the whole agent. See observe/command.py.
_SHELL = "exec </dev/null >/dev/null 2>&1 " + LIMITED + "timeout %d sh -c %s &"


def run(command, notice):
    """False when it cannot be started; nobody waits for it. notice: dict; its keys become $WANBEACON_EVENT
    and so on."""
    told = "".join(
        [
            "WANBEACON_%s=%s;export WANBEACON_%s;" % (key.upper(), quote(str(notice[key])), key.upper())
            for key in notice
        ]
    )
    return not os.system(_SHELL % (LIMIT_S, LIMIT_S, quote(told + command)))
