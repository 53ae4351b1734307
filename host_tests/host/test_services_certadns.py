# SPDX-License-Identifier: MIT
"""CertaDNS from end to end: the agent under MicroPython against the lab's CertaDNS over verified HTTPS."""

import pytest

from host_tests.host.service import (
    A6,
    B6,
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
)

one_lab, lab = lab_of("certadns")
HOME, HOME6, FREE = "home.demo.certadns.com", "home6.demo.certadns.com", "free.demo.certadns.com"
ONLY6 = {"name": HOME6, "ipv4": False}


def test_first_update_change_and_no_change(lab):
    with service(lab, HOME) as agent:
        entry = settled(agent, 1)[HOME]
        assert (entry["state"], entry["ipv4"], entry["result"]) == ("ok", A, "good") and lab.published(
            HOME
        ) == dns(A)
        first = lab.updates[0]
        assert (
            first["path"] == "/domains/nic/update"
            and params(first) == {"hostname": HOME, "myip": A}
            and first["tls"]
        )
        rounds(agent)
        assert len(lab.updates) == 1
        move(agent, B, count=2, published={HOME: dns(B)})


def test_one_record_type_per_host(lab):
    """Dual stack is two hosts: an A host never gets an IPv6 address, nor the other way round, nor a list."""
    with service(lab, HOME, ONLY6, addresses=(A, A6)) as agent:
        settled(agent, 2)
        assert lab.published(HOME) == dns(A) and lab.published(HOME6) == dns(None, A6)
        move(agent, A, B6, count=3, published={HOME: dns(A), HOME6: dns(None, B6)})
        assert params(lab.updates[-1]) == {"hostname": HOME6, "myip": B6}
        move(agent, B, B6, count=4, published={HOME: dns(B), HOME6: dns(None, B6)})


def test_ipv6_alone_leaves_the_a_host_alone(lab):
    with service(lab, HOME, ONLY6, addresses=(A6,)) as agent:
        agent.wait(lambda s: s["hosts"][1]["state"] == "ok")
        assert lab.published(HOME6) == dns(None, A6) and lab.published(HOME) == dns()
        rounds(agent)
        assert len(lab.updates) == 1


@pytest.mark.parametrize(
    "provider, path",
    [
        ("certadns-update", "/domains/update"),
        ("certadns-v2", "/domains/v2/update"),
        ("certadns-dyndns", "/domains/dyndns/update"),
    ],
)
def test_the_other_endpoints(lab, provider, path):
    with service(lab, HOME, provider=provider) as agent:
        settled(agent, 1)
        assert lab.updates[0]["path"] == path and lab.published(HOME) == dns(A)


@pytest.mark.parametrize(
    "login, scheme",
    [
        ({"user": "demo", "password": "demo-key"}, "Basic"),
        ({"user": "demo@example.net", "password": "demo-key"}, "Basic"),
        ({"user": "DEMO", "password": "ak_demo", "auth": "basic"}, "Basic"),
        ({"user": "demo", "password": "ak_demo"}, "Bearer"),
        ({"user": "demo", "password": "demo-key", "token": "ak_demo"}, "Bearer"),
    ],
)
def test_logins_go_into_the_header(lab, login, scheme):
    with service(lab, HOME, **login) as agent:
        assert settled(agent, 1)[HOME]["result"] == "good"
    assert (
        lab.updates[0]["headers"]["authorization"].startswith(scheme + " ")
        and "password" not in lab.updates[0]["target"]
    )


def test_login_in_the_query_only_when_asked_for_and_with_a_warning(lab):
    lab.allowed = {"credentials in query"}
    with service(lab, HOME, auth="query") as agent:
        settled(agent, 1)
        assert "auth: query puts the password into the URL" in agent.output
        status, out, _ = agent.run("check")
        assert status == 0 and "auth: query" in out
    assert params(lab.updates[0]) == {"hostname": HOME, "myip": A, "username": "demo", "password": "demo-key"}
    assert "authorization" not in lab.updates[0]["headers"]


@pytest.mark.parametrize("provider", ["certadns", "certadns-update"])
def test_post(lab, provider):
    lab.rules.methods = ("GET", "POST")
    with service(lab, HOME, provider=provider, method="POST") as agent:
        settled(agent, 1)
    assert (
        lab.updates[0]["method"] == "POST"
        and "?" not in lab.updates[0]["target"]
        and lab.published(HOME) == dns(A)
    )


# word, HTTP status -> (account, host, class)
ERRORS = {
    ("badauth", 401): ({"password": "wrong"}, {"name": HOME, "ipv6": False}, "AUTH"),
    # a key of the free plan is refused, and Bearer says so with the same word
    ("badauth", 401, "key"): ({"user": "free", "password": "ak_free"}, FREE, "AUTH"),
    ("nohost", 404): ({}, "nobody.demo.certadns.com", "HOST"),
    ("nohost", 404, "label"): ({}, "home", "HOST"),
    # the A host asked to take IPv6: a sentence instead of a word
    ("HTTP 400", 400): ({}, {"name": HOME, "ipv4": False}, "HOST"),
}


def test_every_documented_refusal_is_final_though_none_comes_with_200(lab):
    accounts = [account(lab, where, **more) for more, where, _ in ERRORS.values()]
    with service(lab, accounts=accounts, addresses=(A, A6)) as agent:
        settled(agent, len(ERRORS))
        for (what, (_, _, cls)), entry in zip(ERRORS.items(), agent.status()["hosts"], strict=True):
            assert (entry["class"], entry["result"], entry["state"]) == (cls, what[0], "stopped"), entry
        assert sorted(u["status"] for u in lab.updates) == sorted(what[1] for what in ERRORS)
        agent.set_address(B, B6)
        rounds(agent)
        assert len(lab.updates) == len(ERRORS)


def test_dnserr_with_http_500_is_waited_out(lab):
    lab.answer("dnserr", status=500, times=1)
    with service(lab, HOME, speed=HOURS) as agent:
        assert outlasts(agent, HOME, 1800) == "dnserr" and lab.published(HOME) == dns(A)


def test_the_address_page_speaks_json(lab):
    lab.world.check_address = B
    top = {
        "address": [
            {
                "source": "web",
                "url": "https://localhost:%d/domains/my-ip" % lab.https_port,
                "ca": str(lab.ca_der),
            }
        ]
    }
    with service(lab, HOME, top=top) as agent:
        assert settled(agent, 1)[HOME]["ipv4"] == B and len(lab.ledger_of("check")) == 1


def test_an_unchanged_name_is_sent_again(lab):
    with service(lab, HOME, speed=MONTHS) as agent:
        assert refreshed(agent, HOME)["result"] == "nochg"
