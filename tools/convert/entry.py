# SPDX-License-Identifier: MIT
"""What a reader finds in another program's file: plain values in that program's words."""

import dataclasses


@dataclasses.dataclass
class Entry:
    """One login with its hosts. where: for messages; service: their name of the provider; url: of a service
    of the user's own, with our {places}; ok: answers that mean success; path: of the update URL, if it is not
    the provider's usual one; options:
    of each host, in our words; address: of our settings; lost: their options that nothing here replaces."""

    where: str
    service: str
    user: str = ""
    password: str = ""
    hosts: list = dataclasses.field(default_factory=list)
    server: str = ""
    zone: str = ""
    ttl: str = ""
    path: str = ""
    url: str = ""
    ok: list = dataclasses.field(default_factory=list)
    options: dict = dataclasses.field(default_factory=dict)
    families: dict = dataclasses.field(default_factory=dict)
    address: list = dataclasses.field(default_factory=list)
    lost: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Found:
    """A whole file: entries, and lost, lines for a person."""

    entries: list = dataclasses.field(default_factory=list)
    lost: list = dataclasses.field(default_factory=list)
