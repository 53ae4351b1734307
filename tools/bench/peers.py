"""The netlab's own measurements (host_tests/netlab/bench.py): every way to hear of a change, and inadyn and ddclient beside."""

import os

from rich.console import Console

from tools.bench.measure import Missing

_KEPT = {}


def _rows(bench, which):
    if os.getuid() != 0:
        raise Missing("needs root (network namespaces)")
    if which not in _KEPT:
        try:
            from host_tests.netlab import bench as netlab
        except ImportError as error:
            raise Missing(str(error))
        console = Console(stderr=True, quiet=True)
        rows = netlab.ours(bench.changes, console) if which == "ours" else netlab.theirs(3 if bench.quick else 12, console)
        _KEPT[which] = {(client, what): took for client, what, took in rows}
    return _KEPT[which]


def change(bench, which, client, what):
    """ms from the router's new address to the request at the provider."""
    for (name, how), took in _rows(bench, which).items():
        if name == client and how.startswith(what):
            if not took:
                raise Missing("no change was followed")
            return [seconds * 1000 for seconds in took]
    raise Missing("the netlab does not measure %s %s" % (client, what))
