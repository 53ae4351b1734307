# SPDX-License-Identifier: MIT
"""Real servers on the internet's side of the netlab: coturn for STUN, BIND for "who am I", the lab itself."""

import socket

from ..lab import running
from .lab import OUTSIDE, PROVIDER, wait_for
from .namespaces import inside
from .parts import program

STUN = ["%s:3478" % one for one in OUTSIDE]
DNS = OUTSIDE[0]

_NAMED = """
options { directory "%(folder)s"; listen-on port 53 { %(address)s; }; listen-on-v6 { none; }; recursion no;
          pid-file none; session-keyfile "%(folder)s/session.key"; dnssec-validation no; };
controls { };
"""
# BIND has no "answer with the asker's address": one view for each address that the line may have
_VIEW = """
view "%(name)s" { match-clients { %(address)s; };
  zone "myip.opendns.com" { type primary; file "%(folder)s/%(name)s.zone"; };
  zone "xip" { type primary; file "%(folder)s/%(name)s.zone"; };
  zone "me.example" { type primary; file "%(folder)s/%(name)s.zone"; };
};
"""
_ZONE = '$TTL 0\n@ SOA ns.example. x.example. 1 1 1 1 1\n@ NS ns.example.\n@ A %s\n@ TXT "%s"\n'


def _udp_answers(net, address, port, packet):
    def ask():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            sock.connect((address, port))
            try:
                sock.send(packet)
                return bool(sock.recv(600))
            except OSError:
                return False

    return inside(net.isp, ask)


def coturn(net):
    """Start one coturn for each address of OUTSIDE; returns what a `stun` source has as servers."""
    for address in OUTSIDE:
        database = net.folder / ("turn-%s.db" % address)
        net.start(
            net.isp, program("turnserver"), "-n", "-S", "-L", address, "--no-cli", "--no-tls", "--no-dtls",
            "--log-file", "stdout", "--simple-log", "--pidfile", net.folder / ("turn-%s.pid" % address), "-b",
            database,
        )  # fmt: skip
    packet = b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12)
    for address in OUTSIDE:
        wait_for(lambda address=address: _udp_answers(net, address, 3478, packet), "coturn does not answer")
    return STUN


def bind(net, addresses):
    """Start BIND; it tells each asker of `addresses` its own one. Returns its address."""
    text = _NAMED % {"folder": net.folder, "address": DNS}
    for i, address in enumerate((*addresses, "any")):
        name = "view%d" % i
        text += _VIEW % {"name": name, "address": address, "folder": net.folder}
        own = "198.51.100.1" if address == "any" else address
        (net.folder / (name + ".zone")).write_text(_ZONE % (own, own))
    (net.folder / "named.conf").write_text(text)
    net.start(net.isp, program("named"), "-g", "-4", "-n", "1", "-c", net.folder / "named.conf")
    query = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\2me\7example\0\0\1\0\1"
    wait_for(lambda: _udp_answers(net, DNS, 53, query), "BIND does not answer; see named.log")
    return DNS


def provider(net, name="dyn", **options):
    """Start the provider lab in the internet; returns it (use as a context manager is over: call stop())."""
    return inside(net.isp, lambda: running(name, bind=(PROVIDER,), **options).start())
