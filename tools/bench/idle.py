"""What happens while nothing happens: packets, flash writes, wake-ups. Real time, nothing compressed."""

import concurrent.futures
import os
import time
from pathlib import Path

from host_tests.host.agent_process import Agent, host, one_account
from host_tests.host.line import Line, source
from tools.bench.measure import Missing, usable

_POOL = concurrent.futures.ThreadPoolExecutor()
_RUNNING = {}


def begin(bench, interpreter, _what=None):
    """Starts to watch in the background: the other rows are measured meanwhile."""
    key = interpreter, bench.idle_s
    if key not in _RUNNING:
        bench.compiled  # noqa: B018  (made here, not in the thread)
        _RUNNING[key] = _POOL.submit(_watch, bench, interpreter)
    return _RUNNING[key]


def _watch(bench, interpreter):
    """Watches one agent for bench.idle_s seconds: a dict of numbers."""
    interpreter = usable(interpreter)
    if os.getuid() != 0:
        raise Missing("needs root (a network namespace)")
    with Line() as line, line.lab() as lab, \
            Agent(interpreter, one_account(lab, "demo.dyndns.org", top={"address": source()}),
                  firmware=bench.compiled, before=line.before) as agent:
        line.change("45.33.7.1")
        agent.start()
        agent.wait(lambda s: host(s)["state"] == "ok")
        time.sleep(5)  # the second look is over then
        before = _count(agent, lab, line)
        time.sleep(bench.idle_s)
        after = _count(agent, lab, line)
        return {name: after[name] - before[name] for name in before}


def _count(agent, lab, line):
    process = Path("/proc/%d" % agent.pid)
    stat, status = (process / "stat").read_text().rsplit(")", 1)[1].split(), (process / "status").read_text()
    switches = next(int(row.split()[1]) for row in status.splitlines() if row.startswith("voluntary_ctxt"))
    return {"connections": len(lab.connections), "packets": line.packets(),
            "writes": sum(path.stat().st_mtime_ns for path in agent.state.iterdir()),
            "cpu": (int(stat[11]) + int(stat[12])) * 1000 / os.sysconf("SC_CLK_TCK"), "switches": switches}


def look(bench, interpreter, what):
    """connections: to the provider. packets: out of the device. writes: of the journal (0 or not). cpu: ms per hour.
    switches: wake-ups per hour."""
    watch = begin(bench, interpreter)
    if not watch.done():
        bench.say("idle for %d s in all" % bench.idle_s)
    seen = watch.result()
    bench.note("in %d s" % bench.idle_s)
    if what in ("cpu", "switches"):
        return seen[what] * 3600 / bench.idle_s
    return int(seen[what] != 0) if what == "writes" else seen[what]
