# SPDX-License-Identifier: MIT
"""The lab's world: clock, accounts, hosts, published records, and the address the outside sees."""

import json
import threading
import time
from dataclasses import dataclass, field

from .. import UserError


@dataclass
class Host:
    """One name of an account. `state` is "" or what keeps it from being updated: blocked, roundrobin,
    inactive."""

    name: str
    owner: str = ""
    records: dict = field(default_factory=dict)  # "A" / "AAAA" -> canonical text
    kind: str = ""  # "" = A and AAAA; "A" or "AAAA" = the only record type it can hold
    password: str = ""  # services that give each host its own secret
    state: str = ""
    groups: tuple = ()
    offline: bool = False
    options: dict = field(default_factory=dict)  # wildcard, mx, backmx
    updated: float = 0.0  # world time of the last update that was accepted
    nochg: int = 0  # needless updates in a row
    expires: float = 0.0  # 0 = never
    static: bool = False


@dataclass
class Account:
    user: str
    password: str
    names: tuple = ()  # other user names for the same account (e-mail, DDNS key)
    tokens: tuple = ()  # API keys, update tokens: accepted where a provider has them
    # more user names, each {"password", "group": only these hosts}
    logins: dict = field(default_factory=dict)
    donator: bool = True  # has paid: offline and other credited features work
    disabled: str = ""  # why the provider closed it


class World:
    """Accounts and hosts by name, and a clock that a test may move.

    `clock` may be replaced by any callable that gives seconds; `speed` makes the lab's hours pass faster."""

    def __init__(self, document, speed=1.0, start=None):
        self._document = document
        self.lock = threading.RLock()
        self._began, self._start, self._speed = (
            time.monotonic(),
            time.time() if start is None else start,
            speed,
        )
        self._ahead = 0.0
        self.clock = self._running
        self.restore()

    def restore(self):
        """Accounts, hosts and whatever was said to the world, as at the start; the clock runs on."""
        self.accounts = {}
        self.hosts = {}
        self.zones = {zone.lower() for zone in self._document.get("zones", ())}
        #: What the address-check page answers and what an update without address publishes; None = the
        #: connection's.
        self.check_address = None
        self.check_address6 = None
        #: "911", "dnserr", "w30m" ...: the provider has trouble and says so to everyone.
        self.outage = ""
        #: Names that the DNS server answers besides the hosts: {"members.dyndns.org": {"A": "10.0.0.1"}}
        self.extra = {}
        #: Where a host set offline points to.
        self.offline_address = "198.51.100.1"
        #: Services that serve one country only see every client abroad.
        self.foreign = False
        self.history = []
        self.hits = {}  # what a rate limit counts -> times
        self.serial = 1
        for entry in self._document.get("accounts", ()):
            self.add_account(**entry)

    def _running(self):
        return self._start + (time.monotonic() - self._began) * self._speed

    def now(self):
        """Unix seconds in the lab."""
        return self.clock() + self._ahead

    def advance(self, seconds):
        """Lets `seconds` pass at once."""
        self._ahead += seconds

    def add_account(self, user, password, hosts=(), **more):
        """An account with its hosts: names, or objects with the fields of `Host`."""
        account = Account(
            user,
            password,
            **{key: tuple(value) if isinstance(value, list) else value for key, value in more.items()},
        )
        self.accounts[user] = account
        for item in hosts:
            item = {"name": item} if isinstance(item, str) else dict(item)
            item["groups"] = tuple(item.get("groups", ()))
            host = Host(owner=user, **item)
            host.name = host.name.lower()
            self.hosts[host.name] = host
            if "." in host.name:
                self.zones.add(host.name.split(".", 1)[1])
        return account

    def account(self, name):
        """The account of a user name, alias included, in any case; or None."""
        name = (name or "").lower()
        for account in self.accounts.values():
            if name == account.user.lower() or name in (other.lower() for other in account.names):
                return account
        return None

    def host(self, name):
        return self.hosts.get((name or "").lower().rstrip("."))

    def hosts_of(self, account):
        return [host for host in self.hosts.values() if host.owner == account.user]

    def too_fast(self, key, count, seconds):
        """How many seconds too early another hit of `key` is where `count` in `seconds` are allowed; 0 = it
        may come."""
        times = [when for when in self.hits.get(key, ()) if when > self.now() - seconds]
        return max(1, round(times[-count] + seconds - self.now())) if len(times) >= count else 0

    def seen(self, peer, family=None):
        """The address that the provider sees for a connection from `peer`: text."""
        if family == 6 or (family is None and ":" in peer):
            return self.check_address6 or peer
        return self.check_address or peer

    def apply(self, effects):
        """Carries out the effects of one reply: (verb, host or account name, value)."""
        with self.lock:
            for verb, name, value in effects:
                EFFECTS[verb](self, name, value)

    def published(self, name):
        """{"A": text or None, "AAAA": text or None} as DNS answers it now."""
        with self.lock:
            host = self.host(name)
            if host is None or (host.expires and host.expires <= self.now()):
                return {"A": None, "AAAA": None}
            if host.offline:
                return {"A": self.offline_address, "AAAA": None}
            return {"A": host.records.get("A"), "AAAA": host.records.get("AAAA")}


def _set(world, name, records):
    """records: {"A": text, "AAAA": None = delete it}; families that are not named stay."""
    host = world.hosts[name]
    for kind, address in records.items():
        if address is None:
            host.records.pop(kind, None)
        else:
            host.records[kind] = address
    host.updated, host.nochg, host.offline = world.now(), 0, False
    world.serial += 1
    world.history.append({"time": world.now(), "host": name, "records": dict(host.records)})


def _same(world, name, _):
    world.hosts[name].nochg += 1


def _offline(world, name, value):
    world.hosts[name].offline = value
    world.serial += 1


def _delete(world, name, _):
    world.hosts[name].records.clear()
    world.serial += 1
    world.history.append({"time": world.now(), "host": name, "records": {}})


def _hit(world, key, _):
    world.hits.setdefault(key, []).append(world.now())


def _change(attribute):
    return lambda world, name, value: setattr(world.hosts[name], attribute, value)


EFFECTS = {
    "set": _set,
    "same": _same,
    "offline": _offline,
    "delete": _delete,
    "hit": _hit,
    "call": lambda world, name, function: function(),
    "options": lambda world, name, value: world.hosts[name].options.update(value),
    "state": _change("state"),
    "expires": _change("expires"),
    "disable": lambda world, name, value: setattr(world.accounts[name], "disabled", value),
}


def load_accounts(path):
    """The accounts document of a file: {"accounts": [{"user", "password", "hosts": [...]}, ...], "zones":
    [...]}."""
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except OSError as error:
        raise UserError("cannot read the accounts file %s: %s" % (path, error.strerror)) from None
    except ValueError as error:
        raise UserError("the accounts file %s is not JSON: %s" % (path, error)) from None
    try:
        World(document)
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        raise UserError(
            "the accounts file %s has an entry the lab does not understand: %s; see tools/lab/world.py"
            % (path, error)
        ) from None
    return document
