# SPDX-License-Identifier: MIT
"""The personalities: one module per provider, found by name. This file must not import one before it is asked
for.

A personality is a module with `RULES` (see `rules.Rules`), `ACCOUNTS` (the document of its demo accounts) and
`ROUTES`: path -> function (request, world) -> Reply. The key "*" takes every path that has no route.
Optional: `hosts_of(request, world)` -> the host names that a request is about, where they do not stand in
`RULES.host_keys`."""

import copy
import importlib

from ... import UserError

#: name on the command line -> module
PERSONALITIES = {
    "dyn": "dyn",
    "noip": "noip",
    "certadns": "certadns",
    "mydns-se": "mydns_se",
    "zerigo": "zerigo",
    "dyfi": "dyfi",
    "desec": "desec",
    "dynv6": "dynv6",
    "duckdns": "duckdns",
    "he-dns": "he_dns",
    "nsupdate-info": "nsupdate_info",
    "ovh": "ovh",
    # with JSON APIs (json_zone.py)
    "cloudflare": "cloudflare",
    "hetzner": "hetzner",
    "gandi": "gandi",
    "porkbun": "porkbun",
    "digitalocean": "digitalocean",
    "netcup": "netcup",
    "powerdns": "powerdns",
    "spaceship": "spaceship",
    # the same, with every call signed (signatures.py)
    "route53": "route53",
    "tencent": "tencent",
    "aliyun": "aliyun",
    "huawei": "huawei",
    "ovh-rest": "ovh_rest",
}
#: Those of them that speak no DynDNS2.
JSON_APIS = tuple(PERSONALITIES)[list(PERSONALITIES).index("cloudflare") :]


def load(name):
    """The module of a personality; UserError if there is none."""
    if name not in PERSONALITIES:
        raise UserError("the lab has no provider %r; it has: %s" % (name, ", ".join(sorted(PERSONALITIES))))
    return importlib.import_module("." + PERSONALITIES[name], __package__)


def rules_of(module):
    """The module's rules, copied: a test may change them for its own lab."""
    return copy.deepcopy(module.RULES)
