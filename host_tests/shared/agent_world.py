# SPDX-License-Identifier: MIT
# What the tests of the agent in virtual time share: settings, a world, what was heard.
import json
import sys

sys.path.append("tools/simulate")
import virtual  # noqa: E402

YEAR = 365 * 86400
A, B, C = "45.33.1.1", "45.33.1.2", "45.33.1.3"


def cfg(*accounts, **more):
    """Accounts as (user, password, hosts, more keys) -> config text."""
    rows = []
    for user, password, hosts, keys in accounts:
        row = {"provider": "dyn", "user": user, "password": password, "hosts": hosts}
        row.update(keys)
        rows.append(row)
    more["accounts"] = rows
    return json.dumps(more)


TWO = cfg(
    ("ann", "secret", ["a1.example.org", "a2.example.org"], {}), ("bob", "secret", ["b.example.org"], {})
)


def started(text=TWO, chance=None):
    """A running device whose hosts are published, a minute later."""
    world = virtual.World(text, chance)
    world.boot()
    world.run(100)
    world.provider.heard.clear()
    return world


def heard(world):
    """[(host, IPv4 address)] since the last look."""
    rows = [(row[2], row[3]) for row in world.provider.heard]
    world.provider.heard.clear()
    return rows


def changed(world, address, seconds=5):
    """The line has another address; what was sent."""
    world.line[4] = address
    world.run(seconds)
    return heard(world)
