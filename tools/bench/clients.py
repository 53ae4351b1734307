# SPDX-License-Identifier: MIT
"""Wanbeacon, inadyn and ddclient measured in the same way: each as its authors ship it, over TLS, against
the provider lab.

inadyn and ddclient trust the authorities that Debian's ca-certificates has (their default) and the lab's own;
Wanbeacon the one that its settings name, as it does for every provider that it knows."""

import concurrent.futures
import contextlib
import dataclasses
import itertools
import json
import os
import time
from pathlib import Path

from .. import UserError
from ..grade import clients
from ..grade.run import Run
from ..grade.scenes import ONE, Scene
from ..netlab import parts
from ..netlab.line import DEVICE, Line, source
from ..netlab.namespaces import inside, ip
from .measure import Missing, usable
from .wire import Relay

SYSTEM_CA = Path("/etc/ssl/certs/ca-certificates.crt")
#: Seconds of real time until a client's first update is there.
PATIENCE = 30
#: How many times as fast a client's time passes while nothing happens. Wanbeacon lives a whole day; the
#: others look at their address so often that a part of a day tells it, and their time-outs bear no more.
SPEED = {"wanbeacon": 300}
OTHERS_SPEED = 60
#: Programs that only start a client: tools/grade/run.py's, and the shell in front of Debian's MicroPython.
_STARTERS = ("unshare", "mount", "sh", "dash", "bash", "busybox")
_POOL = concurrent.futures.ThreadPoolExecutor(16)
_RUNNING = {}
_places = itertools.count(1)


def client(bench, name, few_roots=False):
    """The Client of tools/grade; Wanbeacon as the stand-alone MicroPython runs the compiled agent."""
    if name == "wanbeacon":
        program, one = parts.usable(usable("micropython-amd64")), clients.wanbeacon_micropython()
        return dataclasses.replace(
            one,
            environment={"MICROPYPATH": "%s:.frozen" % bench.compiled},
            argv=lambda setup: program.command(*one.argv(setup)[1:]),
        )
    try:
        one = clients.profile(name)
    except UserError as error:
        raise Missing(str(error))
    if few_roots:
        return one
    if not SYSTEM_CA.exists():
        raise Missing("%s is not there: apt-get install ca-certificates" % SYSTEM_CA)

    def config(setup):
        bundle = setup.folder / "bundle.pem"
        bundle.write_text(SYSTEM_CA.read_text() + Path(setup.ca).read_text())
        return one.config(dataclasses.replace(setup, ca=str(bundle)))

    return dataclasses.replace(one, config=config)


@contextlib.contextmanager
def begun(one, speed=1, **options):
    """A Run of the client `one` that has not been started; at speed 1 without libfaketime."""
    if speed == 1:
        one = dataclasses.replace(one, own_time=True)
    with Run(one, Scene("bench", "", None, options), speed) as run:
        run.address(ONE)
        yield run


def first(run):
    """Starts the client; ms until its first update was answered."""
    run.start()
    before = _itself(run.process.pid)
    if not run.wait(PATIENCE * run.speed, run.answered(1)):
        raise Missing("%s sent no update within %d s" % (run.client.name, PATIENCE))
    return (run.lab.ledger_book.requests("update", last=1)[-1]["at"] - before) * 1000


def _itself(pid):
    """Waits until a process is the client and no longer what starts it here and nowhere else: a shell that
    gives it another /etc/hosts, or its interpreter another C library. The time.monotonic() of that."""
    link, end = "/proc/%d/exe" % pid, time.monotonic() + 2
    while os.path.basename(os.readlink(link)) in _STARTERS and time.monotonic() < end:
        pass  # no sleep: it is over in some milliseconds, and they are what is measured
    return time.monotonic()


def start(bench, name):
    """ms from the start of the process to the first request."""
    took = []
    for _ in range(bench.starts):
        with begun(client(bench, name)) as run:
            took.append(first(run))
    return took


def memory(bench, name, what, few_roots=False):
    """Bytes after an update. Rss: as the kernel counts resident memory; Private_Dirty: what no other process
    can share."""
    found = []
    for _ in range(3):
        with begun(client(bench, name, few_roots)) as run:
            first(run)
            time.sleep(1)  # what it does after the answer
            rows = (Path("/proc/%d/smaps_rollup" % run.process.pid).read_text()).splitlines()
            found.append(next(int(row.split()[1]) for row in rows if row.startswith(what + ":")) * 1024)
    return found


def wire(bench, name, what):
    """Of one update: bytes of TCP payload both ways, or round trips, TCP's own included; through a relay."""
    key = "wire", name
    if key not in _RUNNING:
        _RUNNING[key] = _relayed(bench, name)
    relay = _RUNNING[key]
    if what == "trips":
        return relay.turns + 1
    bench.note("%d sent, %d received" % (relay.up, relay.down))
    return relay.up + relay.down


def _relayed(bench, name):
    one = client(bench, name)
    with begun(one) as run:
        hosts = run.folder / "hosts"
        where, place = hosts.read_text().split()[0], "127.78.%d.%d" % (os.getpid() % 250 + 1, next(_places))
        relay = Relay((where, run.lab.https_port), (place, 443) if one.real_names else ("127.0.0.1", 0))
        try:
            if one.real_names:
                hosts.write_text(hosts.read_text().replace(where + " ", place + " "))
            else:
                run.setup.port = relay.port
                (run.folder / "config").write_text(one.config(run.setup))
            first(run)
            run.wait(1)
        finally:
            relay.close()
        return relay


# what mostly waits: in the background, each thing once


def begin(bench, name, what, *_):
    """Starts to watch in the background: "idle", or the answer that refuses. The other rows are measured
    meanwhile."""
    key = name, what
    if key not in _RUNNING:
        bench.compiled  # noqa: B018  (made here, not in the thread)
        _RUNNING[key] = (
            _POOL.submit(_idle, bench, name) if what == "idle" else _POOL.submit(_refused, bench, name, what)
        )
    return _RUNNING[key]


def _idle(bench, name):
    """{what: number} of so many seconds in which nothing changes; "hours": how many those are for the
    client."""
    if os.getuid() != 0:
        raise Missing("needs root (a network namespace)")
    speed, own = SPEED.get(name, OTHERS_SPEED), client(bench, name)
    # a machine that has the public address itself; the others ask a check page, their default
    if name == "wanbeacon":
        text = own.config
        own = dataclasses.replace(
            own,
            config=lambda setup: json.dumps(
                {**json.loads(text(setup)), "address": source(), "intervals": {}}
            ),
        )
    with Line() as line, contextlib.ExitStack() as stack:
        line.change(ONE)
        ip("-n", line.name, "route", "add", "default", "dev", DEVICE)  # whoever wants to leave is seen
        run = inside(line.name, lambda: stack.enter_context(begun(own, speed, page=name != "wanbeacon")))
        # no time-out of an exchange bears that speed: the update in real time, then a restart
        if name in SPEED:
            run.client = dataclasses.replace(own, own_time=True)
            inside(line.name, lambda: first(run))
            run.wait(speed)
            run.stop()
            run.client = own
            inside(line.name, run.start)
        else:
            inside(line.name, lambda: first(run))
        time.sleep(5)
        before, began = _count(run, line), run.now()
        run.wait(bench.idle_s * speed)
        seen = {what: after - before[what] for what, after in _count(run, line).items()}
        if run.process is None or (name in SPEED and len(run.lab.updates) != 1):
            raise Missing(
                "%s did not stay idle: %s"
                % (name, (run.folder / "output").read_text(errors="replace")[-200:])
            )
        return {**seen, "hours": (run.now() - began) / 3600}


def _count(run, line):
    process = Path("/proc/%d" % run.process.pid)
    switches = next(
        int(row.split()[1])
        for row in (process / "status").read_text().splitlines()
        if row.startswith("voluntary")
    )
    state = run.folder / "state"
    return {
        "bytes": line.counter("lo", "tx_bytes") + line.counter(DEVICE, "tx_bytes"),
        "packets": line.counter("lo", "tx_packets") + line.counter(DEVICE, "tx_packets"),
        "writes": sum(path.stat().st_mtime_ns for path in state.iterdir()) if state.is_dir() else 0,
        "cpu": int((process / "schedstat").read_text().split()[0]) / 1e6,
        "wakeups": switches,
    }


def idle(bench, name, _, what):
    """bytes, packets: on any network, headers included, in a day. writes: of the journal (0 or not). cpu: ms
    in an hour; wakeups: in an hour."""
    seen = _wait(bench, name, "idle")
    bench.note("in %.1f h of its time" % seen["hours"])
    if what == "writes":
        return int(seen[what] != 0)
    value = seen[what] / seen["hours"] * (24 if what in ("bytes", "packets") else 1)
    return round(value) if what != "cpu" else round(value, 1)


def _refused(bench, name, code):
    """(requests, hours of the client's time, whether it goes on) after an update was answered with the code,
    as all are."""
    with begun(client(bench, name), OTHERS_SPEED) as run:
        run.lab.answer(code + "\n")
        first(run)
        began, half = run.now(), bench.idle_s * OTHERS_SPEED / 2
        run.wait(half)
        middle = len(run.lab.updates)
        run.wait(half)
        return len(run.lab.updates), (run.now() - began) / 3600, len(run.lab.updates) > middle


def refused(bench, name, code):
    """Requests in the day that begins with that answer. Some hours are counted; who still asks in their
    second half is taken to go on like that."""
    count, hours, goes_on = _wait(bench, name, code)
    bench.note("%d in %.1f h%s" % (count, hours, ", and so on" if goes_on else ", then no more"))
    return round(1 + (count - 1) * 24 / hours) if goes_on else count


def _wait(bench, *key):
    watch = begin(bench, *key)
    if not watch.done():
        bench.say("%s, %s: watched for %d s in all" % (*key, bench.idle_s))
    return watch.result()
