# SPDX-License-Identifier: MIT
"""What a table cannot say of the settings: which keys need each other. A stage of config.py."""

from wanbeacon.app import stage
from wanbeacon.core.url import name_fault

# of another host at home: app/homehost.py
_HOME = ("suffix", "mac", "neighbor", "privacy", "subnet", "prefix_length", "lan")


def problems(doc):
    """Lines of what is wrong with a document that has the shape of one."""
    problems, accounts = [], doc["accounts"]
    for i in range(len(accounts)):
        account = accounts[i]
        path = "accounts[%d]" % i
        account["provider"] = account["provider"].lower()
        _sense_account(account, path, problems)
        seen = {}  # lower-case name -> (path of the account that lists it, its host)
        for j in range(i):
            if _one_login(account, accounts[j]):
                for host in accounts[j]["hosts"]:
                    seen[host["name"].lower()] = "accounts[%d]" % j, host
        for j in range(len(account["hosts"])):
            host = account["hosts"][j]
            where = "%s.hosts[%d]" % (path, j)
            _sense_name(host["name"], where, problems)
            _sense_twin(host, path, seen, where, problems)
            _sense_families(host, where, problems)
    return problems


def _sense_account(account, path, problems):
    custom = account.get("custom") or {}
    if account["provider"] == "custom" and not custom:
        problems.append("%s.custom: missing; describe the provider: at least its url" % path)
    if account["provider"] != "custom" and custom:
        problems.append('%s.provider: should be "custom" when the account has a custom part' % path)
    # of a provider in the catalogue: dyndns/advice.py, which knows what kind of key
    if custom and not (account.get("password") or account.get("token")) and custom.get("auth") != "none":
        problems.append("%s.password: missing; password, update key or token of the account" % path)


def _sense_name(name, where, problems):
    fault = name_fault(name[:-1] if name[-1] == "." else name)
    if fault:
        problems.append("%s.name: %s; correct it" % (where, fault))
    elif name[-1] == ".":  # no provider knows it so, and "a.org" and "a.org." would be two hosts
        problems.append("%s.name: remove the dot at its end" % where)
    for c in name.encode():
        if c > 127:
            problems.append("%s.name: write letters other than a to z in their xn-- form (IDNA)" % where)
            break
        if c in b",/?&=%#\"'<>\\" or not 32 < c < 127:
            problems.append(
                "%s.name: must not contain spaces, commas or characters such as / ? & = %% #" % where
            )
            break


def _sense_twin(host, path, seen, where, problems):
    """A name listed twice; `seen` learns this one."""
    name = host["name"].lower()
    other, twin = seen.get(name, ("", host))
    if other == path:
        problems.append("%s.name: listed twice in this account" % where)
    elif other and (host["ipv4"] and twin["ipv4"] or host["ipv6"] and twin["ipv6"]):
        problems.append(
            "%s.name: listed in %s too, with the same login and line; remove one" % (where, other)
        )
    seen[name] = path, host


def _sense_families(host, where, problems):
    if [key for key in _HOME if key in host]:
        for key, fault in stage.run("app.homehost", "faults", host):
            problems.append("%s.%s: %s" % (where, key, fault))
    if not (host["ipv4"] or host["ipv6"]):
        problems.append("%s: ipv4 and ipv6 are both off; nothing is left to keep up to date" % where)


def _one_login(a, b):
    """Whether two accounts are one at the provider and send the address of one line."""
    keys = ("provider", "custom", "server", "user", "address", "bind")
    for key in keys if a.get("user") else keys + ("token", "password"):
        if a.get(key) != b.get(key):
            return False
    return True
