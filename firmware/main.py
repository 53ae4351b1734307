# SPDX-License-Identifier: MIT
# What a board starts after boot.py: the agent, for good. An upgrade over the network
# (wanbeacon/app/upgrade.py) lays a new version beside the one that runs and names it in /slot. It gets one
# start; if it has not confirmed itself by the next one, the old version is started again. This file is never
# upgraded that way.
import os
import sys

import micropython

# The installer's page may be talking already, and each of its frames holds a Ctrl-C (board/esp32/console.py).
micropython.kbd_intr(-1)


def slot():
    """(folder to start from, whether it is on trial). /slot has lines "key value": run and old are folders;
    state is ok, trial (not started yet) or tried; next is the version on trial, bad the last one that
    failed."""
    at = "/lib", False
    try:
        with open("/slot") as f:
            facts = dict([line.split(" ", 1) for line in f.read().split("\n") if line])
        state = facts["state"]
        at = facts["old"] if state != "ok" else facts["run"], False
        if state == "tried":
            facts.update({"run": at[0], "old": facts["run"], "bad": facts["next"], "state": "ok"})
        elif state == "trial":
            facts["state"] = "tried"
        if state != "ok":
            with open("/slot.new", "w") as f:
                f.write("".join(["%s %s\n" % (key, facts[key]) for key in facts]))
            os.rename("/slot.new", "/slot")
        os.stat(facts["run"] + "/wanbeacon")
        return facts["run"], state == "trial"
    # no upgrade ever, or the note of one cannot be kept: the old version
    except (OSError, ValueError, KeyError):
        return at


home, trial = slot()
if home != "/lib":
    sys.path.insert(0, home)
try:
    if trial:  # a new version may hang before it starts the watchdog itself
        import machine

        machine.WDT(timeout=180000)
    from wanbeacon import start

    start.main(home)
except Exception as e:
    if not trial:
        raise
    sys.print_exception(e)
    machine.reset()
