# SPDX-License-Identifier: MIT
"""Lines, accounts and hosts, as the settings and the journal make them. Data only; an address is its bytes, a
reason a code."""

from wanbeacon.observe.base import UNKNOWN


class Line:
    """One way to the internet: its sources and what they said last; the dicts go by family (4, 6)."""

    def __init__(self, name, chooser, sources):
        self.name = name
        self.chooser = chooser
        self.sources = sources  # as in the config, the provider's check page, and `bind`
        self.found = {4: None, 6: None}  # publishable or not
        self.kind = {4: UNKNOWN, 6: UNKNOWN}
        self.source = {4: None, 6: None}
        self.why = {4: ("line.new",), 6: ("line.new",)}
        self.since = {4: None, 6: None}  # wall time
        self.seen = {4: False, 6: False}  # there was an address in this run
        self.lost = {4: None, 6: None}  # mono time since when there is no address
        # the home's IPv6 networks as the source of found[6] knows them: see app/homehost.py
        self.networks = ()
        self.router6 = False  # found[6] is the router's own, not this machine's
        self.wants = {4: False, 6: False}  # whether any host needs this family
        self.neighbors = None  # observe/neighbors.Neighbors, where a host of it is found by that


class Host:
    """One host name of one account, its record and what is to be said of it."""

    def __init__(self, doc, account, record, families, cause):
        self.doc = doc
        self.name = doc["name"]
        self.account = account
        self.rec = record
        self.cause = cause  # fingerprint of the settings that a refusal of this host alone depends on
        self.families = families  # (IPv4, IPv6): which records provider and user keep
        # another host at home: its IPv6 is in the line's prefix, see app/homehost.py
        self.own6 = bool(doc.get("suffix") or doc.get("mac") or doc.get("neighbor"))
        self.state = "new"
        self.why = ()  # codes, each (code, data...)
        self.next = 0  # mono time of the next look
        # of what is published: when the zone's servers are asked next (mono, None: not), how often they were
        # since the update, and (code, wall time) of what they said
        self.look_at = self.looked = None
        self.looks = 0


class Account:
    """One provider account with its catalogue row and hosts.
    fp and provider_fp are what its stops depend on."""

    keep = None  # where memory is plenty: net/kept.Kept

    def __init__(self, doc, row, line, limits, where):
        self.doc = doc
        self.row = row
        self.line = line
        self.limits = limits
        self.where = where  # what a fault in it is called
        self.hosts = []
        self.fp = self.provider_fp = b""
        self.look = False  # whether its hosts are looked at after an update: see app/visible.py
        self.plain = bool(row.get("plain")) or (doc.get("server") or "").startswith("http://")
