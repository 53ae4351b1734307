# SPDX-License-Identifier: MIT
"""`python -m tools push my.json --at 192.168.178.50`: what to enter in a router so that it pushes its address
to the agent.

The settings come from a source `push` of the file. What each router can do: docs/ipv6.md."""

import json
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import typer

from . import UserError, check

#: router -> its settings. {at}: host:port, {ip} {port}: the same apart, {name}: the first host, {user} {key}:
#: of the push, {quser} {qkey}: percent-encoded for a URL.
ROUTERS = {
    "fritzbox": """FRITZ!Box: Internet > Permit Access > DynDNS, provider "user-defined"
  (Freigaben > DynDNS, "Benutzerdefiniert")
  Update URL   http://{at}/nic/update?hostname=<domain>&myip=<ipaddr>&myipv6=<ip6addr>&ip6lanprefix=<ip6lanprefix>
  Domain name  a name that leads to the box itself: it is looked up every 240 s, and the box pushes until it
               does
  User name    {user}
  Password     {key}
  The box escapes nothing: user and key of letters, digits, - _ . only. It needs no such push where its UPnP
  status is on: the source `upnp` asks it for the IPv6 prefix too.""",
    "unifi": """UniFi gateway (UDM, UCG, UXG): not usable. The client it generates (inadyn) speaks TLS with a
  checked certificate only, and has no field for plain http; a device at home has no such certificate. Use the
  source `natpmp` or `upnp` (Settings > Internet > UPnP), or on the gateway's shell an inadyn of your own, as
  under "inadyn".""",
    "inadyn": """inadyn (EdgeOS, DD-WRT, own routers), inadyn.conf:
  custom wanbeacon {{
    ssl         = false
    ddns-server = "{at}"
    ddns-path   = "/nic/update?hostname=%h&myip=%i"
    username    = {user}
    password    = {key}
    hostname    = {name}
  }}""",
    "mikrotik": """MikroTik RouterOS, DHCP client (for PPPoE: the profile's on-up, with $"local-address"
  instead of $"lease-address"):
  /ip dhcp-client set 0 script=":if (\\$bound=1) do={{/tool fetch url=(\\"http://{at}/nic/update\\?hostname={name}&myip=\\" . \\$\\"lease-address\\") \
user={user} password={key} output=none}}"
  /ipv6 dhcp-client set 0 script=":if (\\$\\"pd-valid\\"=1) do={{/tool fetch url=(\\"http://{at}/nic/update\\?hostname={name}&ip6lanprefix=\\" . \\$\\"pd-prefix\\") \
user={user} password={key} output=none}}\"""",
    "openwrt": """OpenWrt with ddns-scripts, /etc/config/ddns (a section for each family; the agent itself on
  the router is better):
  config service 'wanbeacon'
    option enabled '1'
    option service_name '-'
    option lookup_host '{name}'
    option use_ipv6 '0'
    option domain '{name}'
    option username '{quser}'
    option password '{qkey}'
    option update_url 'http://[USERNAME]:[PASSWORD]@{at}/nic/update?hostname=[DOMAIN]&myip=[IP]'""",
    "pfsense": """pfSense: Services > Dynamic DNS > Add, type "Custom" (a second entry with "Custom (v6)" for
  IPv6)
  Interface to monitor           WAN
  Interface to send update from  LAN (the WAN side cannot reach the agent)
  Username                       {user}
  Password                       {key}
  Update URL                     http://{at}/nic/update?hostname={name}&myip=%IP%
  Result Match                   good %IP%|nochg %IP%""",
    "asus": """ASUS with its own firmware: not usable, it knows a fixed list of providers. With Asuswrt-Merlin:
  WAN > DDNS, server "Custom", JFFS scripts on, IPv6 update off, /jffs/scripts/ddns-start (executable):
  #!/bin/sh
  curl -fs "http://{quser}:{qkey}@{at}/nic/update?hostname={name}&myip=$1" && /sbin/ddns_custom_updated 1 || /sbin/ddns_custom_updated 0""",
}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def settings(document):
    """(the push source, the first host's name) of a checked document. UserError: it has none."""
    lists = [document["address"], *[account.get("address") or [] for account in document["accounts"]]]
    found = [source for sources in lists for source in sources if source["source"] == "push"]
    if not found:
        raise UserError(
            'the settings have no source "push": '
            'add {"source": "push", "user": "router", "password": "a key"} to "address"'
        )
    source, portal = found[0], document["portal"]
    if document.get("wifi") and portal["enabled"]:  # a board's settings: its pages take pushes, at their port
        source = dict(source, port=portal["port"])
    return source, document["accounts"][0]["hosts"][0]["name"]


def text(router, at, source, name):
    """What to enter in one kind of router."""
    return ROUTERS[router].format(
        at="%s:%d" % (at, source["port"]),
        name=name,
        user=source["user"],
        key=source["password"],
        quser=quote(source["user"], safe=""),
        qkey=quote(source["password"], safe=""),
    )


def app(
    config: Path = typer.Argument(..., help="settings file (JSON) with a source push"),
    at: str = typer.Option(..., "--at", help="IPv4 address of the agent at home"),
    router: str = typer.Option("", "--router", help="only this one: " + ", ".join(ROUTERS)),
):
    """Print what to enter in a router so that it pushes its address. The output holds the key."""
    problems, _ = check.examine(config)
    if problems:
        raise UserError(problems[0])
    if router and router not in ROUTERS:
        raise UserError("there is no router %r here; known: %s" % (router, ", ".join(ROUTERS)))
    try:
        if not ip_address(at).is_private or ":" in at:
            raise ValueError
    except ValueError:
        raise UserError(
            "--at should be the agent's IPv4 address at home, such as 192.168.178.50; "
            "a name may not resolve on the router"
        )
    source, name = settings(check.firmware("app.config").load(config.read_text(encoding="utf-8"), 1 << 20))
    odd = sorted({c for c in source["user"] + source["password"] if c not in _PLAIN})
    if odd:
        print(
            "warning: %s in user or password: several routers do not escape them; use letters, digits, - _ ."
            % json.dumps("".join(odd))
        )
    print("\n\n".join(text(one, at, source, name) for one in ([router] if router else ROUTERS)))
