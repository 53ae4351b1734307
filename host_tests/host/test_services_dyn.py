# SPDX-License-Identifier: MIT
"""Dyn from end to end: the agent under MicroPython against the lab's Dyn over verified HTTPS."""

import re

import pytest

from host_tests.host.service import (
    A6,
    B6,
    HOURS,
    MONTHS,
    A,
    B,
    C,
    account,
    dns,
    lab_of,
    move,
    outlasts,
    params,
    refreshed,
    rounds,
    say,
    service,
    settled,
)

one_lab, lab = lab_of("dyn")
DEMO = "demo.dyndns.org"


def test_first_update_change_and_no_change(lab):
    with service(lab, DEMO) as agent:
        entry = settled(agent, 1)[DEMO]
        assert (entry["state"], entry["ipv4"], entry["result"]) == ("ok", A, "good") and lab.published(
            DEMO
        ) == dns(A)
        first = lab.updates[0]
        assert (
            first["path"] == "/v3/update" and params(first) == {"hostname": DEMO, "myip": A} and first["tls"]
        )
        assert re.fullmatch(r"\S.* - \S.* - \S+", first["headers"]["user-agent"])
        rounds(agent)  # no change, no request
        assert len(lab.updates) == 1
        move(agent, B, count=2, published={DEMO: dns(B)})
        move(agent, C, count=3, published={DEMO: dns(C)})


def test_ipv6_alone_and_with_ipv4(lab):
    with service(lab, DEMO, addresses=(A6,)) as agent:
        assert settled(agent, 1)[DEMO]["ipv6"] == A6 and lab.published(DEMO) == dns(None, A6)
        move(agent, A, A6, count=2, published={DEMO: dns(A, A6)})
        assert params(lab.updates[-1])["myip"] == "%s,%s" % (A, A6)  # both in one request
        move(agent, A, B6, count=3, published={DEMO: dns(A, B6)})


def test_a_list_shares_requests_of_twenty(lab):
    names = ["h%02d.dyndns.org" % i for i in range(1, 24)]
    with service(lab, *names) as agent:
        settled(agent, 2)
        assert sorted(len(params(u)["hostname"].split(",")) for u in lab.updates) == [3, 20]
        move(agent, B, count=4, published=dict.fromkeys(names, dns(B)))


def test_one_refused_host_does_not_touch_its_neighbours(lab):
    names = ["demo.dyndns.org", "blocked.dyndns.org", "nobody.dyndns.org", "demo2.dyndns.org"]
    with service(lab, *names) as agent:
        entries = settled(agent, 1)
        assert [entries[n]["class"] for n in names] == ["OK", "BLOCK", "HOST", "OK"]
        assert [entries[n]["result"] for n in names] == ["good", "abuse", "nohost", "good"]
        move(agent, B, count=2)
        assert params(lab.updates[-1])["hostname"] == "demo.dyndns.org,demo2.dyndns.org"


def test_offline_and_back(lab):
    with service(lab, DEMO, speed=HOURS) as agent:
        settled(agent, 1)
        say(agent, "offline " + DEMO, lambda s: s["hosts"][0]["offline"] and len(lab.updates) == 2)
        assert params(lab.updates[-1])["offline"] == "YES" and lab.world.host(DEMO).offline
        agent.set_address(B)
        rounds(agent)
        assert len(lab.updates) == 2  # it stays offline
        say(agent, "update " + DEMO, lambda s: len(lab.updates) == 3 and s["hosts"][0]["state"] == "ok")
        assert not lab.world.host(DEMO).offline and lab.published(DEMO) == dns(B)


# word -> (account, host, class)
ERRORS = {
    "badauth": ({"password": "wrong"}, DEMO, "AUTH"),
    "nohost": ({}, "nobody.dyndns.org", "HOST"),
    "notfqdn": ({}, "home", "HOST"),
    "abuse": ({}, "blocked.dyndns.org", "BLOCK"),
    "numhost": ({}, "robin.dyndns.org", "HOST"),
    "!active": ({}, "sleeping.dyndns.org", "FEATURE"),
    "!yours": ({"provider": "dyn-legacy"}, "other.dyndns.org", "HOST"),
    "badsys": ({"provider": "dyn-legacy"}, {"name": "demo2.dyndns.org", "system": "oddsys"}, "HOST"),
}


def test_every_documented_refusal_is_final(lab):
    accounts = [account(lab, where, **more) for more, where, _ in ERRORS.values()]
    with service(lab, accounts=accounts) as agent:
        settled(agent, len(ERRORS))
        for (word, (_, _, cls)), entry in zip(ERRORS.items(), agent.status()["hosts"], strict=True):
            assert (entry["class"], entry["result"], entry["state"]) == (cls, word, "stopped"), entry
        agent.set_address(B)
        rounds(agent)
        assert len(lab.updates) == len(ERRORS)


@pytest.mark.parametrize("word", ["dnserr", "911"])
def test_trouble_at_dyn_is_waited_out_for_half_an_hour(lab, word):
    lab.answer(word, times=1)
    with service(lab, DEMO, speed=HOURS) as agent:
        assert outlasts(agent, DEMO, 1800) == word and lab.published(DEMO) == dns(A)


@pytest.mark.parametrize("word, answer", [("badagent", "badagent"), ("good 127.0.0.1", "good 127.0.0.1")])
def test_a_refused_program_stops_everything_at_that_provider(lab, word, answer):
    lab.answer(answer)
    with service(
        lab,
        accounts=[account(lab, DEMO), account(lab, "other.dyndns.org", user="other", password="other-key")],
    ) as agent:
        entries = settled(agent, 1)
        assert {e["class"] for e in entries.values()} == {"AGENT"} and entries[DEMO]["result"] == word
        agent.set_address(B)
        rounds(agent)
        assert len(lab.updates) == 1


def test_offline_is_for_paying_users(lab):
    free = "free.dyndns.org"
    with service(lab, free, user="free", password="free-key", speed=HOURS) as agent:
        settled(agent, 1)
        entry = say(agent, "offline " + free, lambda s: s["hosts"][0]["class"] == "FEATURE")["hosts"][0]
        assert (entry["state"], entry["result"]) == ("stopped", "!donator") and lab.published(free) == dns(A)


def test_options_go_with_their_host_only(lab):
    hosts = [{"name": DEMO, "wildcard": "ON", "mx": "mail.example.org", "backmx": "YES"}, "demo2.dyndns.org"]
    with service(lab, *hosts) as agent:
        settled(agent, 2)
    assert lab.world.host(DEMO).options == {"wildcard": True, "mx": "mail.example.org", "backmx": True}
    assert lab.world.host("demo2.dyndns.org").options == {}


def test_the_legacy_path(lab):
    with service(lab, DEMO, provider="dyn-legacy") as agent:
        settled(agent, 1)
    assert lab.updates[0]["path"] == "/nic/update" and lab.published(DEMO) == dns(A)
    assert params(lab.updates[0]) == {
        "hostname": DEMO,
        "myip": A,
        "wildcard": "NOCHG",
        "mx": "NOCHG",
        "backmx": "NOCHG",
    }


def test_plain_http_only_when_the_user_says_so(lab):
    """Ports 80 and 8245: no TLS. `check` warns; the lab holds it against the agent."""
    lab.allowed = {"credentials over plain HTTP"}
    with service(lab, DEMO, server="http://localhost:%d" % lab.http_port) as agent:
        settled(agent, 1)
        assert "without encryption" in agent.output
    assert not lab.updates[0]["tls"] and lab.published(DEMO) == dns(A)


def test_an_unchanged_name_is_sent_again_before_it_expires(lab):
    with service(lab, DEMO, speed=MONTHS) as agent:
        assert refreshed(agent, DEMO)["result"] == "nochg"
