"""How much flash a year of address changes wears: measured on MicroPython's real LittleFS. Knows no table or test.

    flash_wear.year(hosts=1) -> {"hosts", "days", "requests", "writes" (of the journal), "erases" (of 4 KB blocks, all),
                                 "most_in_one_block", "week_erases", "week_programs", "week_requests"}
The week is one without a change after that year, with five restarts in it. The partition is 64 KB.
"""

import functools
import json
import subprocess

from tools import ROOT, UserError, interpreters

#: Modules of MicroPython code that year.py needs: the agent, virtual time, its neighbours here.
PATHS = ("firmware", "tools/simulate", "tools/flash_wear")
#: Flash chips are good for 100,000 erases of each block.
ENDURANCE = 100000
_YEAR_S = 110


def year(hosts=1, interpreter=None):
    """One change a day for a year: see above. hosts: 1, or 3 in two accounts. UserError when it cannot be measured."""
    one = interpreter or interpreters.default()
    argv = one.command(ROOT / "tools/flash_wear/year.py", hosts, heap="4M")
    try:
        done = subprocess.run(argv, cwd=ROOT, env=interpreters.environment(*PATHS), text=True, capture_output=True,
                              timeout=_YEAR_S)
    except subprocess.TimeoutExpired:
        raise UserError("the year on flash took longer than %d s; try again on a quieter machine" % _YEAR_S)
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:]
        raise UserError("the year on flash cannot be measured: %s" % (last or ["exit status %d" % done.returncode])[0])
    return json.loads(done.stdout)


@functools.cache
def _measured(hosts):
    return year(hosts)


def measure(bench, what, hosts=1):
    """For `make bench`: "erases" in the year, or "week" = programs and erases of the quiet week."""
    found = _measured(hosts)
    if what == "week":
        return found["week_erases"] + found["week_programs"]
    return found[what]
