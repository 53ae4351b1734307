# SPDX-License-Identifier: MIT
"""What `make bench` prints of virtual time: functions that get `bench` and give a number."""

from . import fleet, measures


def brown_out(bench, clock):
    """Requests in one minimum interval while the power goes 1,000 times in a row around a pending update."""
    count, gap = measures.brown_outs(1000, clock)
    bench.note("%d requests in all%s" % (count, ", the two nearest %.0f s apart" % gap if gap else ""))
    return 1 if gap is None or gap >= 60 else 2


def region(bench, what):
    """A million devices back after an outage: "peak" (highest second, % of the fleet), or seconds until this
    part of the names is right."""
    run = fleet.regional(1000000)
    return round(100 * run.peak(), 3) if what == "peak" else run.second(what)


def overload(bench):
    """Minutes in which a million devices that a provider of 2,000 requests/s times out asked more than in the
    one before."""
    run = fleet.provider(1000000)
    bench.note(
        "all right after %.0f min, %.2f requests a device"
        % (len(run.offered) / 60, run.offered.sum() / run.devices)
    )
    return len(run.rises())
