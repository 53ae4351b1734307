# SPDX-License-Identifier: MIT
"""When outside pages were asked last, over restarts: ten restarts are not ten questions. A stage; the file is
JSON, {line: {source: unix seconds}}, and nothing depends on it but a page's peace."""

import json

from wanbeacon.observe import choosing

_SAME_S = 10  # both clocks are read in whole seconds, and drift


def restore(agent):
    """Tell the choosers what was kept. Whatever the file holds: what cannot be used is left alone."""
    try:
        doc = json.loads(agent.board.asked().read() or b"{}")
        for line in agent.lines:
            row = doc.get(line.name)
            if isinstance(row, dict):
                line.chooser.before = {key: row[key] for key in row if isinstance(row[key], int)}
                agent.asked[line.name] = row
    except (OSError, ValueError, AttributeError):
        pass


def keep(agent, line):
    """Write it when a source was asked since."""
    now, kept = choosing.asked_at(line.chooser), agent.asked.get(line.name, {})
    if [key for key in now if abs(now[key] - kept.get(key, 0)) > _SAME_S]:
        agent.asked[line.name] = now
        try:
            agent.board.asked().write(json.dumps(agent.asked).encode())
        except OSError:
            pass  # the journal has the same trouble, and says so
