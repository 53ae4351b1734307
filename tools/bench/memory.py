"""How much memory the agent needs: heap by trying smaller and smaller ones, resident memory as the kernel counts it.

Only on the stand-alone programs: PyPI's runs inside a CPython process."""

from host_tests.host.agent_process import Agent, one_account
from tools.bench.measure import Missing, usable
from tools.lab import running

HOSTS = 5
#: Heaps that are tried, in KB: the answer is right to one of them.
LOW, HIGH = 48, 160
#: Seconds until a first update must be there; a heap that is too small ends the agent or makes it wait a minute.
PATIENCE = 8


def config(lab):
    return one_account(lab, *("h%02d.dyndns.org" % number for number in range(1, HOSTS + 1)),
                       top={"intervals": {"minimum": 1}})


def updates(bench, interpreter, heap, count=3):
    """True when the agent makes `count` updates of five hosts over HTTPS, one after another, in this heap."""
    with running("dyn", bind="127.0.0.1") as lab, \
            Agent(interpreter, config(lab), firmware=bench.compiled, heap="%dk" % heap, speed=50) as agent:
        for number in range(1, count + 1):
            address = "45.33.7.%d" % number
            agent.set_address(address)
            if number == 1:
                agent.start()
            try:
                if number > 1:
                    agent.command("check")
                agent.wait(lambda s, address=address: "fault" not in agent.output
                           and all(h["ipv4"] == address for h in s["hosts"]), timeout=PATIENCE)
            except (AssertionError, OSError, ValueError):
                return False
        return "fault" not in agent.output


def heap(bench, interpreter):
    """Bytes of the smallest heap in which that works: the peak, fragments between what lives included."""
    interpreter = usable(interpreter)
    low, high = LOW, HIGH
    if not updates(bench, interpreter, high):
        raise Missing("not even %d KB are enough" % high)
    while high - low > 1:
        middle = (low + high) // 2
        if updates(bench, interpreter, middle):
            high = middle
        else:
            low = middle
        bench.say("%s: %d KB are enough" % (interpreter, high))
    bench.note("by trying: %d KB are not enough" % low)
    return high * 1024


def resident(bench, interpreter):
    """KiB of resident memory after an update with the interpreter's own heap."""
    interpreter = usable(interpreter)
    found = []
    for _ in range(bench.starts):
        with running("dyn", bind="127.0.0.1") as lab, Agent(interpreter, config(lab), firmware=bench.compiled) as agent:
            agent.set_address("45.33.7.1")
            agent.start()
            agent.wait(lambda s: all(h["state"] == "ok" for h in s["hosts"]))
            found.append(agent.memory()["VmRSS"] * 1024)
    return found
