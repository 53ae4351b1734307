# SPDX-License-Identifier: MIT
"""What happens to the simulated device, as text: lines "TIME VERB ARGS" -> events in order.

TIME     1d6h, 90m, 20s; "every 1d" = from then on, again and again
address [A]              the line has another address (the next of a list, or A)
outage TIME              the line is down so long
silent TIME              the router does not answer so long
provider ANSWER [TIME]   the provider says this to everybody (virtual.Provider), until "provider ok" or for
                         TIME
reboot [TIME]            power off, on again after TIME (default 20 s)
cut old|new|torn         the power goes in the next write to flash
die before|after         the power goes before or after the next request reaches the provider
clock +1y|-30y|lost|right   the wall clock is stepped, lost, or set right
spoil newest|both        a journal slot, or both, is spoilt while the device is off
user COMMAND [HOST]      what a user can say (status aside)
"""

import heapq
import re

from .. import UserError

_UNITS = {"y": 365 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}
VERBS = {
    "address": (0, 1), "outage": (1, 1), "silent": (1, 1), "provider": (1, 2), "reboot": (0, 1),
    "cut": (1, 1), "die": (1, 1), "clock": (1, 1), "spoil": (1, 1), "user": (1, 2),
}  # fmt: skip

_VALUES = {
    "cut": ("old", "new", "torn"), "die": ("before", "after"), "spoil": ("newest", "both"),
    "clock": ("+1y", "-1y", "+30y", "-30y", "lost", "right"),
    "user": ("check", "update", "retry", "pause", "resume", "offline"),
}  # fmt: skip

#: A year with a bit of everything.
YEAR = """
every 1d        address         # forced disconnection every 24 hours, as German lines had
3d2h            reboot
9d5h            outage 10m
16d23h          provider 911 20h
31d3h           cut torn
39d23h          provider timeout 9h
52d7h           reboot 2d       # unplugged over the weekend
60d23h          provider 503 36h
75d2h           die after
90d4h           clock +30y
92d4h           clock right
104d23h         provider badauth
112d            provider ok
112d1h          user retry home.example.org
130d6h          silent 3d
147d23h         provider page 12h
150d            user retry home.example.org
160d9h          clock lost
162d9h          clock right
175d3h          spoil newest
190d3h          spoil both
204d23h         provider other 12h
207d            user retry home.example.org
220d            outage 2d
238d5h          user update home.example.org
238d5h5m        user update home.example.org
250d            user pause
255d            user resume
264d23h         provider abuse
270d            provider ok
270d1h          user retry home.example.org
284d23h         provider lost 4h
300d4h          address 192.168.178.20
309d23h         provider refuse 26h
319d23h         cut new
329d23h         cut old
340d            clock -30y
345d            clock right
"""


def seconds(text):
    """ "1d6h" -> 108000. UserError when it is no time."""
    parts = re.findall(r"(\d+)([a-z])", text)
    if not parts or "".join(n + u for n, u in parts) != text or any(u not in _UNITS for _, u in parts):
        raise UserError("%r is no time; write it like 1d6h, 90m or 20s" % text)
    return sum(int(n) * _UNITS[u] for n, u in parts)


def parse(text, end):
    """[(seconds, verb, [arg])] up to `end` seconds, in order. UserError names the line that is wrong."""
    events = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        try:
            again = words[0] == "every"
            at = seconds((words[1:] if again else words)[0])
            verb, *args = words[2 if again else 1 :]
        except (IndexError, ValueError):
            raise UserError("script line %d: a line is TIME VERB ARGS: %s" % (number, line.strip()))
        low, high = VERBS.get(verb, (1, 0))
        if not low <= len(args) <= high:
            raise UserError("script line %d: %s; verbs are %s" % (number, line.strip(), ", ".join(VERBS)))
        if args and verb in _VALUES and args[0] not in _VALUES[verb]:
            raise UserError(
                "script line %d: %s: one of %s" % (number, line.strip(), ", ".join(_VALUES[verb]))
            )
        for when in range(at, end, at) if again else (at,):
            if when < end:
                heapq.heappush(events, (when, number, verb, args))
    return [(when, verb, args) for when, _, verb, args in (heapq.heappop(events) for _ in range(len(events)))]
