# SPDX-License-Identifier: MIT
"""MyDNS.se from end to end: the agent under MicroPython against the lab's MyDNS.se over verified HTTPS."""

import base64

import pytest

from host_tests.host.service import (
    A6,
    HOURS,
    MONTHS,
    A,
    B,
    account,
    dns,
    lab_of,
    move,
    outlasts,
    params,
    refreshed,
    rounds,
    service,
    settled,
    until,
)
from host_tests.needs import absent

one_lab, lab = lab_of("mydns-se")
DEMO, DEMO2 = "demo.mydns.se", "demo2.mydns.se"


def mine(lab, name=DEMO, password="demo-key", **more):
    """An account as a user writes it here: the host is the user."""
    return {
        key: value for key, value in account(lab, name, password=password, **more).items() if key != "user"
    }


def test_first_update_change_and_no_change(lab):
    with service(lab, accounts=[mine(lab)]) as agent:
        entry = settled(agent, 1)[DEMO]
        assert (entry["state"], entry["ipv4"], entry["result"]) == ("ok", A, "good") and lab.published(
            DEMO
        ) == dns(A)
        first = lab.updates[0]
        assert first["path"] == "/nic/update" and first["tls"]
        assert base64.b64decode(first["headers"]["authorization"].split()[1]) == b"demo.mydns.se:demo-key"
        # the address is not the device's own, so it is named
        assert params(first) == {"hostname": DEMO, "myip": A}
        rounds(agent)
        assert len(lab.updates) == 1
        move(agent, B, count=2, published={DEMO: dns(B)})


def test_the_connection_tells_the_address_when_the_device_holds_it(lab):
    """With a source that reads the device's own line the address is left out, as the service wants it. This
    machine's own address is seldom a public one: hence allow_private."""
    config = [dict(mine(lab), hosts=[{"name": DEMO, "allow_private": True, "ipv6": False}])]
    with service(lab, accounts=config, top={"address": [{"source": "netlink"}]}) as agent:
        own = agent.wait(lambda s: s["lines"][0]["ipv4"]["why"] != "not looked yet")["lines"][0]["ipv4"][
            "address"
        ]
        if own is None:
            absent("needs a default route")
        agent.wait(lambda s: len(lab.updates) == 1)
    assert params(lab.updates[0]) == {"hostname": DEMO}


def test_a_provider_that_sees_another_address_is_told_the_right_one(lab):
    """Two ways out of the house: the request left by the other one. Not believed, and named the next time."""
    lab.allowed = {"bogon address sent", "needless update"}
    lab.world.check_address = B
    config = [dict(mine(lab), hosts=[{"name": DEMO, "allow_private": True, "ipv6": False}])]
    with service(lab, accounts=config, top={"address": [{"source": "netlink"}]}, speed=HOURS) as agent:
        own = agent.wait(lambda s: s["lines"][0]["ipv4"]["why"] != "not looked yet")["lines"][0]["ipv4"][
            "address"
        ]
        if own is None:
            absent("needs a default route")
        entry = settled(agent, 1)[DEMO]
        assert (entry["class"], entry["result"]) == ("ODD", "other address")
        until(agent, lambda s: s["hosts"][0]["state"] == "ok")
        assert params(lab.updates[1]) == {"hostname": DEMO, "myip": own} and lab.published(DEMO) == dns(own)
        agent.kill()
        agent.start()
        until(agent, lambda s: agent.command("update")["ok"])
        until(agent, lambda s: len(lab.updates) == 3)
        assert params(lab.updates[2])["myip"] == own, "once is enough to learn it"


def test_a_records_only(lab):
    """An IPv6 address has no place to go: nothing is sent, and with both only IPv4."""
    with service(lab, accounts=[mine(lab)], addresses=(A6,)) as agent:
        agent.wait(lambda s: s["lines"][0]["ipv6"]["why"] == "not needed")
        rounds(agent)
        assert not lab.updates
        move(agent, A, A6, count=1, published={DEMO: dns(A)})
    with service(lab, accounts=[dict(mine(lab), hosts=[{"name": DEMO, "ipv4": False}])]) as agent:
        assert agent.end() == 1 and "A records only" in agent.output


def test_each_host_has_its_own_login(lab):
    with service(lab, accounts=[mine(lab), mine(lab, DEMO2, "key-2")]) as agent:
        settled(agent, 2)
        assert lab.published(DEMO) == dns(A) and lab.published(DEMO2) == dns(A)
        move(agent, B, count=4, published={DEMO: dns(B), DEMO2: dns(B)})


@pytest.mark.parametrize(
    "more, host, cls, word",
    [
        ({"password": "wrong"}, DEMO, "AUTH", "badauth"),
        ({"user": DEMO}, DEMO2, "HOST", "notfqdn"),
        ({}, "abused.mydns.se", "BLOCK", "abuse"),
        ({}, "nobody.mydns.se", "AUTH", "badauth"),
    ],
)
def test_every_documented_refusal_is_final_and_stays_over_a_restart(lab, more, host, cls, word):
    one = dict(mine(lab, host), **more)
    with service(lab, accounts=[one]) as agent:
        entry = settled(agent, 1)[host]
        assert (entry["class"], entry["result"], entry["state"]) == (cls, word, "stopped")
        agent.kill()
        agent.set_address(B)
        agent.start()
        agent.wait(lambda s: s["uptime"] > 100 and s["hosts"][0]["state"] == "stopped")
        assert len(lab.updates) == 1


def test_dnserr_is_waited_out_for_half_an_hour(lab):
    lab.answer("dnserr", times=1)
    with service(lab, accounts=[mine(lab)], speed=HOURS) as agent:
        assert outlasts(agent, DEMO, 1800) == "dnserr" and lab.published(DEMO) == dns(A)


def test_at_least_one_update_a_month(lab):
    """The lab drops a name after 31 days; the agent never lets it come so far."""
    with service(lab, accounts=[mine(lab)], speed=MONTHS) as agent:
        assert refreshed(agent, DEMO)["result"] == "nochg"
        lab.world.advance(5 * 86400)
        assert lab.published(DEMO) == dns(A)
