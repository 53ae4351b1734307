# SPDX-License-Identifier: MIT
# The AAAA of other hosts at home: the rules (app/homehost.py) as a table, the settings, and the agent in
# virtual time.
import json

from agent_world import virtual
from wanbeacon.app import config, homehost
from wanbeacon.core import address

LINE = address.parse("2003:d6:abbf:2220::1")  # the router's WAN side
WIDE = ("", address.parse("2003:d6:abe2:1f00::"), 56)
LAN = ("lan", address.parse("2003:d6:abe2:1f00::"), 64)
GUEST = ("guest", address.parse("2003:d6:abe2:1f01::"), 64)
ULA = ("lan", address.parse("fd12:3456:789a::"), 64)
OLD = ("lan", address.parse("2003:d6:1111:1f00::"), 64)
NAS = {"suffix": "::1:2"}
CASES = (
    # what is asked for, networks, the address or code
    (NAS, (), "2003:d6:abbf:2220::1:2"),
    (NAS, None, "home.no_prefix"),
    (NAS, (WIDE,), "2003:d6:abe2:1f00::1:2"),
    (NAS, (WIDE, LAN), "2003:d6:abe2:1f00::1:2"),
    (NAS, (WIDE, GUEST, LAN), "2003:d6:abe2:1f00::1:2"),
    (NAS, (WIDE, GUEST), "2003:d6:abe2:1f01::1:2"),
    (NAS, (ULA, LAN), "2003:d6:abe2:1f00::1:2"),
    (NAS, (ULA,), "fd12:3456:789a::1:2"),
    ({"suffix": "::1:2", "lan": "guest"}, (WIDE, LAN, GUEST), "2003:d6:abe2:1f01::1:2"),
    ({"suffix": "::1:2", "lan": "dmz"}, (WIDE, LAN), "home.no_lan"),
    ({"suffix": "::1:2", "lan": "lan"}, (), "home.no_lan"),
    ({"suffix": "::1:2", "subnet": 1}, (WIDE, LAN), "2003:d6:abe2:1f01::1:2"),
    ({"suffix": "::1:2", "subnet": 255}, (WIDE,), "2003:d6:abe2:1fff::1:2"),
    ({"suffix": "::1:2", "subnet": 256}, (WIDE,), "home.no_subnet"),
    ({"suffix": "::1:2", "subnet": 1}, (), "home.no_delegated"),
    ({"suffix": "::1:2", "subnet": 1, "prefix_length": 56}, (), "2003:d6:abbf:2201::1:2"),
    ({"suffix": "0:0:0:7::1:2", "prefix_length": 56}, (WIDE, LAN), "2003:d6:abe2:1f07::1:2"),
    ({"suffix": "0:0:0:7::1:2", "prefix_length": 60}, (), "2003:d6:abbf:2227::1:2"),
    ({"suffix": "::1:2", "subnet": 1, "prefix_length": 56}, (WIDE,), "2003:d6:abe2:1f01::1:2"),
    ({"suffix": "::1:2", "subnet": 1, "prefix_length": 60}, (WIDE,), "2003:d6:abe2:1f01::1:2"),
    ({"suffix": "::1:2", "subnet": 16, "prefix_length": 60}, (WIDE,), "home.no_subnet"),
    ({"suffix": "::1:2", "subnet": 1, "prefix_length": 48}, (WIDE,), "home.long"),
    ({"suffix": "0:0:0:7::1:2", "prefix_length": 48}, (WIDE,), "2003:d6:abe2:7::1:2"),
    ({"suffix": "::1:2", "prefix_length": 72}, (("lan", LAN[1], 72),), "2003:d6:abe2:1f00::1:2"),
    (NAS, (("lan", LAN[1], 72),), "home.long"),
    ({"mac": "02:11:22:33:44:55"}, (WIDE,), "2003:d6:abe2:1f00:11:22ff:fe33:4455"),
    ({"mac": "02-11-22-33-44-55", "subnet": 2}, (WIDE,), "2003:d6:abe2:1f02:11:22ff:fe33:4455"),
    (NAS, (("lan", LAN[1], 60),), "2003:d6:abe2:1f00::1:2"),
)


def test_the_address_of_a_host():
    for doc, networks, want in CASES:
        packed, why = homehost.address_of(doc, LINE, networks)
        assert (address.text(packed) if packed else why[0]) == want, (doc, networks, packed, why)


def test_what_is_published_stays_while_its_network_is_there():
    old = address.parse("2003:d6:1111:1f00::1:2")
    assert homehost.address_of(NAS, LINE, (LAN, OLD), old)[0] == old
    assert homehost.address_of(NAS, LINE, (LAN,), old)[0] == address.parse("2003:d6:abe2:1f00::1:2")
    ula = address.parse("fd12:3456:789a::1:2")
    assert homehost.address_of(NAS, LINE, (ULA, LAN), ula)[0] != ula, "a public one is better"


def settings(**host):
    host["name"] = "nas.example.org"
    return json.dumps(
        {"accounts": [{"provider": "dyn", "user": "ann", "password": "secret", "hosts": [host]}]}
    )


def test_good_settings_are_taken():
    for host in ({"suffix": "::1:2"}, {"neighbor": "02:11:22:33:44:55", "privacy": True},
                 {"neighbor": "fe80::1:2"},
                 {"suffix": "::ffff:1:2", "ipv4": False},
                 {"mac": "02:11:22:33:44:55", "subnet": 0}, {"suffix": "0:0:0:7::2", "prefix_length": 56},
                 {"suffix": "::2", "lan": "guest"}, {"suffix": "::2", "prefix_length": 100}):  # fmt: skip
        assert config.load(settings(**host))["accounts"][0]["hosts"][0]["ipv6"], host


def test_settings_that_make_no_sense_are_named():
    for host, key in (
        ({"suffix": "1:2"}, "suffix"), ({"suffix": "::"}, "suffix"), ({"suffix": "1.2.3.4"}, "suffix"),
        ({"suffix": 5}, "suffix"), ({"suffix": "2003:d6::1"}, "suffix"),
        ({"suffix": "::7:0:0:0:1"}, "suffix"), ({"suffix": "::1", "prefix_length": 128}, "prefix_length"),
        ({"suffix": "0:0:0:700::1", "prefix_length": 56}, "suffix"),
        ({"suffix": "0:0:0:1700::1", "prefix_length": 56}, "suffix"), ({"mac": "02:11:22:33:44"}, "mac"),
        ({"mac": "ff:ff:ff:ff:ff:ff"}, "mac"), ({"mac": "02:11:22:33:44:55", "suffix": "::1"}, "mac"),
        ({"mac": "02:11:22:33:44:55", "prefix_length": 72}, "prefix_length"), ({"subnet": 1}, "subnet"),
        ({"lan": "lan"}, "lan"), ({"suffix": "::1", "lan": "lan", "subnet": 1}, "subnet"),
        ({"suffix": "::1", "ipv6": False}, "ipv6"),
        ({"suffix": "::1", "subnet": 0, "prefix_length": 72}, "prefix_length"),
        ({"suffix": "::1", "subnet": -1}, "subnet"), ({"suffix": "::1", "prefix_length": 0}, "prefix_length"),
        ({"neighbor": "02:11:22:33:44"}, "neighbor"), ({"neighbor": "ff02::1"}, "neighbor"),
        ({"neighbor": "1.2.3.4"}, "neighbor"), ({"neighbor": "::"}, "neighbor"),
        ({"neighbor": "02:11:22:33:44:55", "suffix": "::1"}, "neighbor"),
        ({"neighbor": "02:11:22:33:44:55", "ipv6": False}, "ipv6"),
        ({"suffix": "::1", "privacy": True}, "privacy"),
    ):  # fmt: skip
        try:
            config.load(settings(**host))
        except config.ConfigError as e:
            assert len(e.problems) == 1 and ("." + key + ":") in e.problems[0], (host, e.problems)
        else:
            raise AssertionError(host)


def world(hosts, networks=(WIDE,), v6=LINE, router6=True):
    """A running device whose line has these networks, after its first updates."""
    text = json.dumps(
        {"accounts": [{"provider": "dyn", "user": "ann", "password": "secret", "hosts": hosts}]}
    )
    one = virtual.World(text)
    one.line[6] = address.text(v6)
    one.boot()
    chooser = one.agent.lines[0].chooser
    chooser.networks, chooser.router6 = networks, router6
    one.run(100)
    return one


def sent(one):
    """[(hosts, IPv4, IPv6)] of the requests since the last look."""
    rows = {}
    for when, _, name, v4, v6, _, _ in one.provider.heard:
        rows.setdefault((when, v4, v6), []).append(name)
    one.provider.heard.clear()
    return sorted([(names, v4, v6) for (_, v4, v6), names in rows.items()])


HOSTS = [
    "router.example.org",
    {"name": "nas.example.org", "suffix": "::1:2", "ipv4": False},
    {"name": "files.example.org", "suffix": "::1:2", "ipv4": False},
    {"name": "cam.example.org", "mac": "02:11:22:33:44:55", "subnet": 1, "ipv4": False},
]


def test_each_host_has_its_own_address_and_names_of_one_host_share_a_request():
    one = world(HOSTS)
    assert sent(one) == [
        (["cam.example.org"], None, "2003:d6:abe2:1f01:11:22ff:fe33:4455"),
        (["nas.example.org", "files.example.org"], None, "2003:d6:abe2:1f00::1:2"),
        (["router.example.org"], "45.33.1.1", None),
    ], "nobody gets the router's own IPv6 address unasked"


def test_a_prefix_change_is_one_event_for_all_hosts_and_ipv4_is_left_alone():
    one = world(HOSTS)
    sent(one)
    one.agent.lines[0].chooser.networks = (("", address.parse("2003:d6:abe3:4200::"), 56),)
    one.agent.event.set()
    one.run(5)
    assert sent(one) == [
        (["cam.example.org"], None, "2003:d6:abe3:4201:11:22ff:fe33:4455"),
        (["nas.example.org", "files.example.org"], None, "2003:d6:abe3:4200::1:2"),
    ]
    one.line[4] = "45.33.1.9"
    one.run(400)
    assert sent(one) == [(["router.example.org"], "45.33.1.9", None)]
    one.run(86400)
    assert sent(one) == []


def test_a_prefix_that_comes_later_or_never_is_said_and_nothing_is_made_up():
    one = world([HOSTS[1]], None)
    assert sent(one) == []
    host = one.agent.status()["hosts"][0]
    assert host["code"] == "home.no_prefix" and host["state"] == "waiting", host
    one.agent.lines[0].chooser.networks = (WIDE,)
    one.run(400)
    assert sent(one) == [(["nas.example.org"], None, "2003:d6:abe2:1f00::1:2")]


def test_ulas_are_published_only_where_the_user_wants_private_addresses():
    one = world(
        [HOSTS[1], {"name": "in.example.org", "suffix": "::5", "ipv4": False, "allow_private": True}], (ULA,)
    )
    assert sent(one) == [(["in.example.org"], None, "fd12:3456:789a::5")]


def test_a_machine_with_its_own_address_gives_it_to_hosts_without_a_part_of_their_own():
    one = world(HOSTS[:2], (), address.parse("2a02:908:1:2::abcd"), False)
    assert sent(one) == [
        (["nas.example.org"], None, "2a02:908:1:2::1:2"),
        (["router.example.org"], "45.33.1.1", "2a02:908:1:2::abcd"),
    ]


def test_a_journal_survives_a_restart_without_a_new_update():
    one = world(HOSTS)
    sent(one)
    one.off(5)
    one.boot()
    chooser = one.agent.lines[0].chooser
    chooser.networks, chooser.router6 = (WIDE,), True
    one.run(1000)
    assert sent(one) == []
