# SPDX-License-Identifier: MIT
"""The netlab's own measurements (tools/netlab/bench.py): every way to hear of a change, inadyn and ddclient
beside, and idleness behind a router."""

import concurrent.futures
import os

from .measure import Missing

_POOL = concurrent.futures.ThreadPoolExecutor()
_RUNNING = {}


def begin(bench, which, *_):
    """Starts a series in the background: "ours", "theirs" (whose clients wait for minutes between two looks)
    or "idle"."""
    if which not in _RUNNING:
        _RUNNING[which] = _POOL.submit(_measure, bench, which)
    return _RUNNING[which]


def _measure(bench, which):
    if os.getuid() != 0:
        raise Missing("needs root (network namespaces)")
    try:
        from ..netlab import bench as netlab
    except ImportError as error:
        raise Missing(str(error))
    if which == "idle":
        return netlab.idle(bench.idle_s)
    quiet = lambda text: None  # noqa: E731
    rows = netlab.ours(bench.changes, quiet) if which == "ours" else netlab.theirs(bench.changes, quiet)
    return {(client, what): took for client, what, took in rows}


def idle(bench, which):
    """Packets that left the house; the note says how many went to the router."""
    watch = begin(bench, which)
    if not watch.done():
        bench.say("idle behind a router for %d s" % bench.idle_s)
    out, home, requests = watch.result()
    bench.note("in %d s; %d to the router, %d requests" % (bench.idle_s, home, requests))
    return out


def change(bench, which, client, what):
    """ms from the router's new address to the request at the provider."""
    watch = begin(bench, which)
    if not watch.done():
        bench.say("changes, %s" % which)
    for (name, how), took in watch.result().items():
        if name == client and how.startswith(what):
            if not took:
                raise Missing("no change was followed")
            bench.note(how)
            return [seconds * 1000 for seconds in took]
    raise Missing("the netlab does not measure %s %s" % (client, what))
