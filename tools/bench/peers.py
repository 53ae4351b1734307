"""The netlab's own measurements (host_tests/netlab/bench.py): every way to hear of a change, and inadyn and ddclient beside."""

import concurrent.futures
import os

from rich.console import Console

from tools.bench.measure import Missing

_POOL = concurrent.futures.ThreadPoolExecutor()
_RUNNING = {}


def begin(bench, which, _client=None, _what=None):
    """Starts a series in the background; the others' clients wait for minutes between two looks."""
    if which not in _RUNNING:
        _RUNNING[which] = _POOL.submit(_rows, bench, which)
    return _RUNNING[which]


def _rows(bench, which):
    if os.getuid() != 0:
        raise Missing("needs root (network namespaces)")
    try:
        from host_tests.netlab import bench as netlab
    except ImportError as error:
        raise Missing(str(error))
    console = Console(quiet=True)
    rows = netlab.ours(bench.changes, console) if which == "ours" else netlab.theirs(3 if bench.quick else 12, console)
    return {(client, what): took for client, what, took in rows}


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
