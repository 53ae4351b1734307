# SPDX-License-Identifier: MIT
"""Several routers on one link, live: a stranger's advertisements, and prefixes that change with and without a
word."""

import os
import time

import pytest

from host_tests.needs import absent, program
from tools.netlab.lab import wait_for
from tools.netlab.link6 import Link6
from tools.netlab.namespaces import ip

A, B = "2600:77:2::", "2600:77:bad::"
OURS, FOREVER = (A, 7200, 3600), 0xFFFFFFFF
#: Seconds between two advertisements of one router: what comes closer counts as one.
APART = 0.6
# what the stranger sends
ROGUES = {
    "router lifetime 0, for ever": {"prefixes": [(B, FOREVER, FOREVER)], "lifetime": 0},
    "a default router as well": {"prefixes": [(B, FOREVER, FOREVER)], "lifetime": 1800},
    "a preferred default router": {"prefixes": [(B, 7200, 3600)], "lifetime": 1800, "preference": 1},
    "ours deprecated": {"prefixes": [(A, 7200, 0), (B, FOREVER, FOREVER)], "lifetime": 0},
    "ours too": {"prefixes": [(A, 7200, 600), (B, FOREVER, FOREVER)], "lifetime": 0},
}


@pytest.fixture
def link(driver_at):
    if os.getuid() != 0:
        absent("needs root rights (network namespaces)")
    with Link6() as made:
        made.driver = driver_at(made)
        yield made


def watch(link, **more):
    """A driver that listens by netlink; it has begun to listen."""
    found = link.driver.watch([dict(source="netlink", device="eth0", **more)], 6)
    wait_for(found.lines, "it does not start")
    time.sleep(0.1)
    return found


def last(watch):
    """The address of the last event, or None."""
    found = watch.events()
    return found[-1][1] if found else None


@pytest.mark.parametrize("kind", ROGUES)
def test_a_strangers_advertisement_never_moves_the_known_address(link, kind):
    seen = watch(link)
    link.advertise(link.honest, OURS)
    ours = wait_for(lambda: last(seen), "nothing seen")
    assert ours in link.addresses(A)
    for _ in range(2):
        for _ in range(2):
            link.advertise(
                link.stranger,
                *ROGUES[kind]["prefixes"],
                **{k: v for k, v in ROGUES[kind].items() if k != "prefixes"},
            )
            time.sleep(APART / 2)
        assert link.addresses(B), "the host took the stranger's prefix: else this shows nothing"
        link.advertise(link.honest, OURS)
        time.sleep(APART / 2)
    wait_for(lambda: last(seen) == ours, seen.log.read_text(), 3)
    assert not [one for one in seen.events() if one[1] and one[1] != ours], seen.events()


def test_at_a_first_start_with_both_the_routers_link_local_decides(link):
    def stranger():  # the link just came up: the first one may be lost
        return link.addresses(B) or link.advertise(link.stranger, (B, FOREVER, FOREVER), lifetime=0)

    wait_for(stranger, "no address of the stranger's")
    link.advertise(link.honest, OURS)
    wait_for(lambda: link.addresses(A), "not both")
    kind, text, why = link.driver.ask("read", [{"source": "netlink", "device": "eth0"}], 6)[-1][1:4]
    assert (kind, text) == (-1, None) and link.addresses(A)[0] in why and link.addresses(B)[0] in why
    seen = watch(link)

    def decided():
        link.advertise(link.stranger, (B, FOREVER, FOREVER), lifetime=0)
        link.advertise(link.honest, OURS)
        return last(seen) in link.addresses(A)

    wait_for(decided, seen.log.read_text(), 5, step=0.2)
    assert not [one for one in seen.events() if one[1] in link.addresses(B)]


def test_the_published_one_stays_at_a_start_with_both(link):
    link.advertise(link.honest, OURS)
    ours = wait_for(lambda: link.addresses(A), "no address")[0]
    link.advertise(link.stranger, (B, FOREVER, FOREVER), lifetime=0)
    wait_for(lambda: link.addresses(B), "not both")
    for known in (ours, "2600:77:dead::1"):
        answer = link.driver.ask("read", [{"source": "netlink", "device": "eth0", "known": known}], 6)[-1]
        assert answer[2] == (ours if known == ours else None), answer


def test_renumbering_without_a_word_takes_two_advertisements(link):
    seen = watch(link)
    for _ in range(3):
        link.advertise(link.honest, OURS)
        time.sleep(APART)
    first = wait_for(lambda: last(seen), "nothing seen")
    # a lease of DHCPv6 in the old prefix, as its client would set it
    ip(
        "-n",
        link.host,
        "addr",
        "add",
        A + "77/128",
        "dev",
        "eth0",
        "valid_lft",
        "40000",
        "preferred_lft",
        "30000",
    )
    for _ in range(3):
        time.sleep(APART)
        link.advertise(link.honest, (B, 7200, 3600))
    wait_for(lambda: last(seen) in link.addresses(B), seen.log.read_text(), 3)
    told = [one[1] for one in seen.events()]
    assert set(told[told.index(first) :]) == {first, last(seen)}, seen.log.read_text()


def test_renumbering_with_deprecation_takes_one(link):
    seen = watch(link)
    link.advertise(link.honest, OURS)
    wait_for(lambda: last(seen), "nothing seen")
    link.advertise(link.honest, (A, 7200, 0), (B, 7200, 3600))
    wait_for(lambda: last(seen) in link.addresses(B), seen.log.read_text(), 3)


RADVD = "interface eth0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix %s/64 { }; };\n"


def test_a_real_router_that_restarts_with_another_prefix(link):
    """radvd 2.19, killed while its line was away: what it once advertised lives on in the host for a day."""
    conf = link.folder / "radvd.conf"

    def start(prefix):
        conf.write_text(RADVD % prefix)
        return link.daemon(
            link.honest, program("radvd"), "-n", "-C", conf, "-p", link.folder / "radvd.pid", "-m", "stderr"
        )

    seen = watch(link)
    daemon = start(A)
    wait_for(lambda: last(seen) in (link.addresses(A) or [0]), seen.log.read_text(), 10)
    link.stop(daemon)
    (link.folder / "radvd.pid").unlink(missing_ok=True)
    began = time.monotonic()
    start(B)
    wait_for(lambda: last(seen) in (link.addresses(B) or [0]), seen.log.read_text(), 20)
    assert link.addresses(A), "the host keeps the old one: else this shows nothing"
    assert time.monotonic() - began < 3 * 4 + 1, "two refreshes after the first"
