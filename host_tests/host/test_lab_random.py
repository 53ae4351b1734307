# SPDX-License-Identifier: MIT
"""Whatever a client sends, every personality answers, its judge judges, and DNS stays quiet: random
requests."""

import random

import pytest

from host_tests.host.lab_client import basic
from tools.lab import dns, providers
from tools.lab.faults import FAULTS, STORES_NOTHING, Switchboard
from tools.lab.findings import FINDINGS, verdict
from tools.lab.ledger import Ledger
from tools.lab.messages import Request, address
from tools.lab.providers import JSON_APIS, PERSONALITIES
from tools.lab.server import Desk
from tools.lab.world import World

AGENT = "Acme Router-R1/1.0 dev@acme.example"
WORDS = [
    "",
    "demo",
    "demo-key",
    "YES",
    "NO",
    "NOCHG",
    "ON",
    "-",
    "auto",
    "preserve",
    "true",
    "45.33.7.9",
    "2600:3c00::1",
    "45.33.7.9,2600:3c00::1",
    "2600::/64",
    "10.0.0.1",
    "999.1.1.1",
    "a,b,,c",
    "%00",
    "%0d%0a",
    "\u00e9",
    "'",
    "x" * 300,
    "..",
    "@",
    "#",
]
KEYS = [
    "hostname",
    "host",
    "domains",
    "zone",
    "myip",
    "myipv4",
    "myipv6",
    "ip",
    "ipv4",
    "ipv6",
    "user",
    "username",
    "password",
    "token",
    "wildcard",
    "mx",
    "backmx",
    "offline",
    "system",
    "verbose",
    "clear",
    "nonsense",
]


def desk_of(name):
    module = providers.load(name)
    world = World(module.ACCOUNTS, start=1e9)
    world.rules, world.check_address = providers.rules_of(module), "45.33.1.1"
    desk = Desk(world, Ledger(), Switchboard(), module)
    desk.stranger = ("http://localhost:1", "https://localhost:2")
    return desk


def some_request(rng, desk):
    """Half of them are what an honest client sends, with one or two things added; the others are anything."""
    rules, hosts, fair = desk.world.rules, list(desk.world.hosts), rng.random() < 0.5
    account = (
        next(iter(desk.world.accounts.values())) if fair else rng.choice(list(desk.world.accounts.values()))
    )
    mine = [host.name for host in desk.world.hosts_of(account)][:2]
    secret = (
        (account.tokens or (account.password,))[0]
        if fair
        else rng.choice((account.password, *account.tokens, "", "wrong"))
    )
    name = mine[0].split(".")[0] if rules.name == "duckdns" else mine[0]
    pairs = [
        "system=dyndns",
        "ipv4=auto" if rules.name == "dynv6" else "mx=NOCHG",
        "token=" + secret,
        "%s=%s" % (rules.host_keys[0], name if fair else ",".join(rng.sample(hosts, 2))),
    ]
    pairs += [
        "%s=%s" % (rng.choice(KEYS), rng.choice(WORDS + hosts))
        for _ in range(rng.randrange(3 if fair else 6))
    ]
    paths = [path for path in (*desk.module.ROUTES, "/", "/nowhere") if path != "*"]
    path = rules.update_paths[0].replace("*", "/") if fair else rng.choice(paths)
    header = basic(mine[0] if rules.name in ("mydns-se", "he-dns", "nsupdate-info") else account.user, secret)
    if not fair:
        header = rng.choice(
            [
                "",
                "Basic",
                "Basic ???",
                "Bearer " + secret,
                "Token " + secret,
                header,
                basic(rng.choice(hosts), secret),
                basic("demo%3Acottage", "group-pass"),
            ]
        )
        rng.shuffle(pairs)
    return Request(
        "GET" if fair else rng.choice(["GET", "GET", "POST", "PUT", "HEAD"]),
        path + "?" + "&".join(pairs),
        {"authorization": header, "user-agent": AGENT if fair else rng.choice(["", "curl/8", AGENT])},
        peer=rng.choice(["127.0.0.1", "::1"]),
        now=desk.world.now(),
    )


@pytest.mark.parametrize("name", [name for name in PERSONALITIES if name not in JSON_APIS])
def test_random_requests_are_answered_and_judged(name):
    rng, desk = random.Random(name), desk_of(name)
    stored = 0
    for number in range(600):
        if number % 50 == 0:
            desk.ledger.forgive()
            desk.world.outage = rng.choice(["", "", "911", "dnserr"])
            for host in desk.world.hosts.values():
                host.state, host.nochg = "", 0
            for account in desk.world.accounts.values():
                account.disabled = ""
        desk.world.check_address = "45.33.%d.%d" % (number // 250, number % 250)
        desk.world.advance(rng.choice([0, 1, 60, 3600, 86400]))
        reply, entry = desk._decide(some_request(rng, desk), 0.0)
        assert 200 <= reply.status < 600 and isinstance(reply.body, str)
        assert set(entry["findings"]) <= set(FINDINGS)
        stored += any(verb == "set" for verb, _, _ in reply.effects)
    assert stored > 20  # else this tests nothing
    for host in desk.world.hosts.values():
        for kind, text in host.records.items():
            assert address(text) is not None and ("." in text) == (kind == "A")
    for client in desk.ledger.clients():
        assert all(row["document"] for row in verdict(client, desk.world.rules)["findings"])


@pytest.mark.parametrize("name", [key for key, row in FAULTS.items() if row[0] == "reply"])
def test_every_reply_fault_works_on_every_personality(name):
    for provider in PERSONALITIES:
        rng, desk = random.Random(name + provider), desk_of(provider)
        desk.switchboard.set(name, kind_of="any")
        for _ in range(20):
            reply, entry = desk._decide(some_request(rng, desk), 0.0)
            assert entry["faults"] == [name] or entry["kind"] in ("check", "other")
            assert not (name in STORES_NOTHING and reply.effects and entry["kind"] == "update")


def test_dns_takes_any_packet():
    rng, world = random.Random(1), World(providers.load("dyn").ACCOUNTS)
    query = bytes.fromhex("1234010000010000000000000464656d6f0664796e646e73036f72670000010001")
    assert dns.answer(world, query)
    for _ in range(3000):
        packet = bytearray(query)
        for _ in range(rng.randrange(1, 4)):
            packet[rng.randrange(len(packet))] = rng.randrange(256)
        dns.answer(world, bytes(packet[: rng.randrange(1, len(packet) + 1)]))
