# SPDX-License-Identifier: MIT
"""A home in network namespaces (link6): a router with a real dnsmasq that can be renumbered, a NAS whose
addresses are made as one likes, the agent's machine, and a provider lab beside the agent."""

import os

from ..lab import running
from .agent_process import Agent, account
from .namespaces import inside, ip
from .parts import program

EUI64, STABLE = 0, 2  # addr_gen_mode
NAME = "demo.dyndns.org"


class Home:
    """A link with a router, the agent's machine (link.host) and a NAS; a provider beside the agent."""

    def __init__(self, link):
        self.link, self.nas, self.router = link, link.stranger, link.honest
        ip("-n", self.nas, "addr", "flush", "dev", "eth0")
        text = ip("-n", self.nas, "link", "show", "eth0")
        self.mac = text[text.index("link/ether") :].split()[1]
        self.prefix = None
        self.labs = []

    def settle(self, mode, temporary=0, accept=2):
        """How the NAS makes its addresses."""
        rows = [
            ("all/forwarding", 0),
            ("eth0/addr_gen_mode", mode),
            ("eth0/accept_ra", accept),
            ("eth0/use_tempaddr", temporary),
        ]
        if mode == STABLE:
            rows.insert(1, ("eth0/stable_secret", "2001:db8:77::%x" % os.getpid()))
        for name, value in rows:
            self.link.set(self.nas, name, value)
        for state in ("down", "up"):
            ip("-n", self.nas, "link", "set", "eth0", state)

    def number(self, prefix):
        """The router's LAN has this prefix alone; dnsmasq advertises what eth0 has, and the old one as
        ended."""
        ip("-n", self.router, "addr", "add", prefix + "1/64", "dev", "eth0", "nodad")
        if self.prefix:
            ip("-n", self.router, "addr", "del", self.prefix + "1/64", "dev", "eth0")
        self.prefix = prefix

    def dnsmasq(self, range_):
        """It advertises (`ra-only`), or leases addresses as well."""
        self.leases = self.link.folder / "leases"
        return self.link.daemon(
            self.router, program("dnsmasq"), "-k", "--port=0", "--conf-file=/dev/null", "--pid-file=",
            "--interface=eth0", "--enable-ra", "--ra-param=eth0,low,4,1800", "--dhcp-range=" + range_,
            "--dhcp-leasefile=%s" % self.leases,
            "--log-facility=-", "--user=root",
        )  # fmt: skip

    def dhclient(self):
        """One lease for the NAS, which takes the address; as after a link that was down."""
        script = self.link.folder / "lease.sh"
        script.write_text(
            "#!/bin/sh\nexec >/dev/null 2>&1\nold=$old_ip6_address new=$new_ip6_address\n"
            '[ -z "$new" ] || ip addr replace $new/128 dev $interface nodad\n'
            '[ -z "$old" ] || [ "$old" = "$new" ] || ip addr del $old/128 dev $interface\nexit 0\n'
        )
        script.chmod(0o755)
        (self.link.folder / "dhclient.leases").unlink(missing_ok=True)
        return self.link.daemon(
            self.nas, program("dhclient"), "-6", "-d", "-D", "LL", "-sf", script,
            "-lf", self.link.folder / "dhclient.leases",
            "-pf", self.link.folder / "dhclient.pid", "eth0",
        )  # fmt: skip

    def addresses(self, prefix, *more):
        """The NAS's addresses in a prefix."""
        text = ip("-n", self.nas, "-6", "addr", "show", "dev", "eth0", "scope", "global", *more)
        rows = [line.split()[1].split("/")[0] for line in text.splitlines() if line.split()[0] == "inet6"]
        return [one for one in rows if one.startswith(prefix[:-1])]

    def link_local(self):
        """The NAS's address on the link."""
        text = ip("-n", self.nas, "-6", "addr", "show", "dev", "eth0", "scope", "link")
        return text.split("inet6 ")[1].split("/")[0]

    def agent(self, place, hosts, *sources, interpreter="micropython-wheel"):
        """(lab, Agent) with these hosts, in a namespace. hosts: settings; the first one without a name is
        NAME."""
        lab = inside(place, lambda: running("dyn", bind=("127.0.0.1",)).start())
        self.labs.append(lab)
        rows = [dict({"name": NAME}, ipv4=False, **host) for host in hosts]
        row = account(lab, *rows, server="127.0.0.1:%d" % lab.https_port)
        settings = {"accounts": [row], "address": list(sources), "intervals": {"minimum": 1}}
        return lab, Agent(interpreter, settings, before=self.link.exec(place))

    def stop(self):
        for lab in self.labs:
            lab.stop()


class Said:
    """What an agent has printed, and what the kernels know, at the moment of a failure: for its message."""

    def __init__(self, agent, home):
        self.agent, self.home = agent, home

    def __str__(self):
        link = self.home.link
        return "\n".join(
            (
                self.agent.output,
                str(self.agent.status().get("hosts")),
                ip("-n", self.home.nas, "-6", "addr", "show", "dev", "eth0"),
                ip("-n", link.host, "-6", "addr", "show", "dev", "eth0"),
                ip("-n", link.host, "-6", "neigh"),
                (link.folder / "dnsmasq.log").read_text()[-2000:],
            )
        )
