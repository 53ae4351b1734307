# SPDX-License-Identifier: MIT
"""Which of the addresses that a neighbor shows is the one to publish: facts in, an address or a code out.

A host with SLAAC shows a link-local, a stable and, where it has privacy extensions, temporary addresses (RFC
8981) under one MAC, and its neighbors are told of no difference. What can be known:

- the interface identifier of its MAC (EUI-64), one with leading zeros (set by hand, or given by DHCPv6), one
  that it has in another network too (only a fixed one is the same in two), or an address that a DHCPv6 server
  leased to it: none of these is temporary;
- an address that is still there after a week is not either;
- two addresses of neither kind in one network: one is temporary, and nobody but the host knows which.
"""

from wanbeacon.core import address, prefix

#: Seconds after which no temporary address lives any more: a week (RFC 8981's default is two days, RFC 4941's
#: and Linux's is a week), and an hour for clocks.
PROVEN_S = 7 * 86400 + 3600
#: Seconds until an address that may be temporary counts as the only one: by then the others were asked for.
ALONE_S = 2
#: Seconds for which the published address may be silent while another one answers: the host was asked twice.
SILENT_S = 60
_ZEROS = bytes(4)


def fixed(packed, mac, others, leased=()):
    """Whether an address cannot be a temporary one. others: all addresses of that MAC, whichever network."""
    if packed[8:12] == _ZEROS or packed in leased or packed[8:] == prefix.eui64(mac)[8:]:
        return True
    return any([one[8:] == packed[8:] and one[:8] != packed[:8] for one in others])


def within(packed, nets):
    """Whether an address lies in one of these networks: [(packed prefix, bits)]."""
    return any([prefix.inside(packed, net[0], net[1]) for net in nets])


def choose(mac, alive, nets, have, facts):
    """(packed or None, code or None): the address of a neighbor in the networks now valid.

    mac: its 6 bytes. alive: the addresses it answers at, the link-local too. nets: [(packed prefix, bits)].
    have: what is published, or None. facts: Facts.
    """
    here = [one for one in alive if one[0] != 0xFE and within(one, nets)]
    here = [one for one in here if not address.why_not(one)] or here
    proven = [one for one in here if fixed(one, mac, alive, facts.leased)]
    if have in here and (have in proven or not proven):
        return have, None
    there = have and within(have, nets)
    if not here:
        return None, ("home.neighbor_off", have) if there else ("home.neighbor_unseen",)
    if there and have not in here and facts.silent < SILENT_S:
        return None, ("home.neighbor_silent", have)
    proven = proven or [one for one in here if facts.ages.get(one, 0) >= PROVEN_S]
    if proven:
        return min(proven), None
    if len(here) == 1 and not facts.several and facts.ages.get(here[0], 0) < ALONE_S:
        return None, ("home.neighbor_new", here[0])
    if len(here) == 1 and not facts.several:
        return here[0], ("home.neighbor_only", here[0])
    return None, ("home.neighbor_which", min(here), max(here)) if len(here) > 1 else (
        "home.neighbor_doubt",
        here[0],
    )


class Facts:
    """What was seen of one neighbor besides. leased: addresses that a DHCPv6 server leased. ages: {packed:
    seconds since it was first seen}. several: it makes temporary addresses: the user says so, or it once
    answered at two addresses of one network that may both be such. silent: seconds for which the published
    one did not answer while another did."""

    def __init__(self, leased=(), ages=None, several=False, silent=0):
        self.leased = leased
        self.ages = ages or {}
        self.several = several
        self.silent = silent
