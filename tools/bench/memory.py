# SPDX-License-Identifier: MIT
"""How much memory the agent needs: heap by trying smaller and smaller ones, resident memory as the kernel
counts it.

Only on the stand-alone programs: PyPI's runs inside a CPython process."""

from ..lab import running
from ..netlab import as_board
from ..netlab.agent_process import Agent, one_account
from .measure import Missing, usable

HOSTS = len(as_board.HOSTS)
#: One after another: after twenty the log is full, after sixty the heap is as scattered as it gets. Fewer in
#: a hurry.
UPDATES, QUICK_UPDATES = 60, 25
#: Heaps that are tried, in KB: the answer is right to one of them.
LOW, HIGH = 48, 200
#: Where the answer was last found, in KB: the search begins there.
START = {
    ("micropython-i386", "command line"): 71,
    ("micropython-i386", "board"): 75,
    ("micropython-i386", "JSON API"): 131,
    ("micropython-amd64", "command line"): 105,
}
#: Seconds until a first update must be there; a heap that is too small ends the agent or makes it wait a
#: minute.
PATIENCE = 8


def config(lab):
    if lab.provider == "cloudflare":
        return one_account(
            lab,
            "demo.example.net",
            "demo2.example.net",
            user="-",
            password="demo-token",
            top={"intervals": {"minimum": 1}},
        )
    return one_account(
        lab,
        *("h%02d.dyndns.org" % number for number in range(1, HOSTS + 1)),
        top={"intervals": {"minimum": 1}},
    )


def count(bench):
    return QUICK_UPDATES if bench.quick else UPDATES


def by_command_line(bench, interpreter, heap, provider="dyn"):
    """True when `wanbeacon run`, with control socket and status file, makes count(bench) updates over HTTPS
    in this heap."""
    with (
        running(provider, bind="127.0.0.1") as lab,
        Agent(interpreter, config(lab), firmware=bench.compiled, heap=heap, module="fast_agent") as agent,
    ):
        try:
            for number in range(1, count(bench) + 1):
                address = "45.33.7.%d" % number
                agent.set_address(address)
                if number == 1:
                    agent.start()
                else:
                    agent.command("check")
                agent.wait(
                    lambda s, address=address: (
                        _faultless(agent) and all(h["ipv4"] == address for h in s["hosts"])
                    ),
                    timeout=PATIENCE,
                )
        except (AssertionError, OSError, ValueError):
            return False
        return _faultless(agent)


def _faultless(agent):
    if "fault:" in agent.output:
        raise ValueError("a fault")  # no need to wait the time out
    return True


def as_a_board(bench, interpreter, heap):
    """The same as a board starts it: the agent alone."""
    with running("dyn", bind="127.0.0.1") as lab:
        try:
            bench.live, _ = as_board.updates(lab, bench.board, heap, count(bench), interpreter)
        except as_board.Failed:
            return False
        return True


def by_json_api(bench, interpreter, heap):
    """The first by a JSON API: two hosts, so two requests for each change, their answers read as a stream."""
    return by_command_line(bench, interpreter, heap, "cloudflare")


WAYS = {"command line": by_command_line, "board": as_a_board, "JSON API": by_json_api}


def heap(bench, interpreter, way="command line"):
    """Bytes of the smallest heap in which that works: the peak, fragments between what lives included."""
    interpreter = usable(interpreter)
    as_board.compile_into(bench.compiled, "fast_agent")
    low, high, step, tried = LOW, HIGH + 1, 1, START[interpreter, way]
    while high - low > 1:  # away from where it was the last time in steps that grow, then halves
        if WAYS[way](bench, interpreter, "%dk" % tried):
            high = tried
        else:
            low = tried
        bench.say(
            "%s, %s: %d KB are %s" % (interpreter, way, tried, "enough" if high == tried else "too little")
        )
        tried = high - step if low == LOW else low + step if high > HIGH else (low + high) // 2
        tried, step = min(max(tried, low + 1), high - 1), 2 * step
    if high > HIGH:
        raise Missing("not even %d KB are enough" % HIGH)
    bench.note("by trying: %d KB are not enough" % low)
    if way == "board":
        bench.note("%.1f KB live between two updates" % (bench.live[-1] / 1024))
    return high * 1024


def resident(bench, interpreter):
    """KiB of resident memory after an update with the interpreter's own heap."""
    interpreter = usable(interpreter)
    found = []
    for _ in range(bench.starts):
        with (
            running("dyn", bind="127.0.0.1") as lab,
            Agent(interpreter, config(lab), firmware=bench.compiled) as agent,
        ):
            agent.set_address("45.33.7.1")
            agent.start()
            agent.wait(lambda s: all(h["state"] == "ok" for h in s["hosts"]))
            found.append(agent.memory()["VmRSS"] * 1024)
    return found
