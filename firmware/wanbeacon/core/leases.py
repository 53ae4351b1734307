# SPDX-License-Identifier: MIT
"""Reads the lease files of DHCPv6 servers: odhcpd's (/tmp/hosts/odhcpd) and dnsmasq's (dnsmasq.leases). Pure.

odhcpd (src/statefiles.c), a line for each lease, among lines for the name server:
    # br-lan 0001...DUID 7a93fd1f nas 1790000000 5af 128 2001:db8::5af/128 fd00::5af/128
    interface, DUID, IAID ("ipv4" for DHCPv4), name, until (unix seconds; -1 for ever, 0 over), number,
    length, addresses. A length of 64 and less is a prefix handed on to a router below.
dnsmasq (dnsmasq(8), src/lease.c): DHCPv4's lines, "duid SERVERS", then a line for each lease:
    1790000000 2056484921 2001:db8::5af nas 00:01:00:01:...     until (0: for ever), IAID (T...:
    temporary), address, name, DUID
"""

from wanbeacon.core import address

#: Leases that are taken of one file: a home has fewer.
MOST = 256


def mac_of(duid):
    """The MAC (6 bytes) that a DUID was made of, or None: DUID-LLT and DUID-LL of Ethernet (RFC 8415 11.2,
    11.4). The host may have another by now."""
    if duid[:4] == b"\0\1\0\1" and len(duid) == 14:
        return duid[8:]
    if duid[:4] == b"\0\3\0\1" and len(duid) == 10:
        return duid[4:]
    return None


def read(text):
    """[(packed, bits, MAC or None, until)] of a lease file: 128 bits for an address, fewer for a prefix;
    until in unix seconds, None for ever. What is damaged, DHCPv4's or temporary is left out."""
    rows, after = [], False
    for line in text.split("\n"):
        words = line.split(" ")
        if words[0] == "#" and len(words) > 8:
            for text in words[8:] if words[3] != "ipv4" else ():
                _add(rows, text, words[2], words[5])
        elif words[0] == "duid":
            after = True
        elif after and len(words) >= 5 and words[1][:1] != "T":
            _add(rows, words[2] + "/128", words[4].replace(":", ""), words[0] if words[0] != "0" else "-1")
        if len(rows) >= MOST:
            break
    return rows


def _add(rows, text, duid, until):
    try:
        text, _, bits = text.partition("/")
        packed, bits, until = address.parse(text), int(bits), int(until)
        duid = bytes([int(duid[i : i + 2], 16) for i in range(0, len(duid), 2)])
    except ValueError:
        return
    if len(packed) == 16 and 0 < bits <= 128 and until:
        rows.append((packed, bits, mac_of(duid), None if until < 0 else until))
