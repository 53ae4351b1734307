# SPDX-License-Identifier: MIT
"""What the journal costs a flash chip: the real agent and the real LittleFS, a year of daily changes.

year(hosts) -> {"hosts", "days", "writes", "erases", "programs", "week"}
"""

import json
import subprocess

from .. import HERE, ROOT, UserError, interpreters

#: Block erases that a year of daily changes may cost (a block of NOR flash lives 100,000).
BUDGET = 2000
_RUN_S = 120


def year(hosts=1, days=365, interpreter=None):
    """A year of daily changes for a device with so many hosts on a 64 KB LittleFS partition of 4 KB blocks.
    erases: block erases in all; week: erases and programs of a week without a change. UserError when it
    cannot be run."""
    command = (interpreter or interpreters.default()).command(HERE / "bench/flash/wear.py", hosts, days)
    paths = interpreters.environment("firmware", HERE / "bench/flash", HERE / "simulate")
    done = subprocess.run(command, cwd=ROOT, env=paths, capture_output=True, text=True, timeout=_RUN_S)
    try:
        return json.loads(done.stdout)
    except ValueError:
        said = (done.stderr or done.stdout).strip().split("\n")[-1]
        raise UserError(
            "the flash wear cannot be measured: %s" % (said or "exit status %d" % done.returncode)
        )


def rows():
    """For a table: (what, value, limit) of one host, whose journal stays in its directory block, and of
    many."""
    out = []
    for hosts in (1, 4, 20):
        cost = year(hosts)
        out.append(
            ("block erases in a year of daily changes, %d hosts" % hosts, cost["erases"], "< %d" % BUDGET)
        )
        out.append(("flash operations in a week without a change, %d hosts" % hosts, cost["week"], "0"))
    return out
