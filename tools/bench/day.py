# SPDX-License-Identifier: MIT
"""What a provider sees of the agent on bad days, in simulated time; measured by tools/simulate."""

from ..simulate import measures


def requests(bench, what):
    """The most requests in 24 hours that begin with this answer, five reboots in between; over several random
    days."""
    seeds = 2 if bench.quick else 5
    bench.note("%d simulated days, five reboots in each" % seeds)
    return max(measures.requests_in_a_day(what, seed=seed) for seed in range(1, seeds + 1))
