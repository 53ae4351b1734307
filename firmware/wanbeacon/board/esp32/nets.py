# SPDX-License-Identifier: MIT
"""Whether two IPv4 networks are the same. A stage."""

_NO_IP = "0.0.0.0"


def _number(ip):
    out = 0
    for part in ip.split("."):
        out = out << 8 | int(part)
    return out


def meets(ip, nic):
    """True when the /24 network of `ip` and the network of an interface (None: there is none) have addresses
    in common."""
    lan, mask = nic.ifconfig()[:2] if nic else (_NO_IP, _NO_IP)
    return lan != _NO_IP and not (_number(ip) ^ _number(lan)) & _number(mask) & 0xFFFFFF00
