# SPDX-License-Identifier: MIT
"""Zerigo's form from end to end: the agent under MicroPython against a lab that still speaks it. The service
is closed; small servers still use the form, over TLS where their owner says so."""

import base64

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

one_lab, lab = lab_of("zerigo")
HOME, HOME2 = "home.zerigo.example.net", "home2.zerigo.example.net"
USER = "demo@example.net"


def mine(lab, *hosts, **more):
    return account(lab, *hosts, **{"user": USER, "server": "https://localhost:%d" % lab.https_port, **more})


def test_first_update_change_and_no_change(lab):
    with service(lab, accounts=[mine(lab, HOME)]) as agent:
        entry = settled(agent, 1)[HOME]
        assert (entry["state"], entry["ipv4"], entry["result"]) == ("ok", A, "OK") and lab.published(
            HOME
        ) == dns(A)
        first = lab.updates[0]
        assert first["path"] == "/dynamic" and params(first) == {"host": HOME, "ip": A} and first["tls"]
        assert base64.b64decode(first["headers"]["authorization"].split()[1]) == b"demo@example.net:demo-key"
        assert "closed" in agent.output  # said once, and no failure
        rounds(agent)
        assert len(lab.updates) == 1
        move(agent, B, count=2, published={HOME: dns(B)})


def test_the_record_type_is_that_of_the_address(lab):
    """Dual stack is two requests; each leaves the other record alone."""
    with service(lab, accounts=[mine(lab, HOME)], addresses=(A6,)) as agent:
        assert settled(agent, 1)[HOME]["ipv6"] == A6 and lab.published(HOME) == dns(None, A6)
        move(agent, A, A6, count=2, published={HOME: dns(A, A6)})
        move(agent, A, B6, count=3, published={HOME: dns(A, B6)})
        assert params(lab.updates[-1]) == {"host": HOME, "ip": B6}


def test_both_families_at_the_first_update(lab):
    with service(lab, accounts=[mine(lab, HOME)], addresses=(A, A6)) as agent:
        agent.wait(lambda s: len(lab.updates) == 2 and s["hosts"][0]["state"] == "ok")
        assert lab.published(HOME) == dns(A, A6)
        rounds(agent)
        assert len(lab.updates) == 2


def test_one_host_per_request(lab):
    with service(lab, accounts=[mine(lab, HOME, HOME2)]) as agent:
        settled(agent, 2)
        assert {params(u)["host"] for u in lab.updates} == {HOME, HOME2} and lab.published(HOME2) == dns(A)


def test_login_in_the_query_when_the_user_wants_it(lab):
    with service(lab, accounts=[mine(lab, HOME, auth="query")]) as agent:
        settled(agent, 1)
    assert params(lab.updates[0]) == {"host": HOME, "ip": A, "user": USER, "password": "demo-key"}
    assert "authorization" not in lab.updates[0]["headers"]


# HTTP status -> (account, host, class)
ERRORS = {401: ({"password": "account-pass"}, HOME, "AUTH"), 404: ({}, "nobody.zerigo.example.net", "HOST")}


@pytest.mark.parametrize("status", ERRORS)
def test_a_refusal_is_final(lab, status):
    more, where, cls = ERRORS[status]
    with service(lab, accounts=[mine(lab, where, **more)]) as agent:
        entry = settled(agent, 1)[where]
        assert (entry["class"], entry["result"], entry["state"]) == (cls, "HTTP %d" % status, "stopped")
        agent.set_address(B)
        rounds(agent)
        assert len(lab.updates) == 1


def test_trouble_of_the_server_is_waited_out(lab):
    lab.answer("Server error", status=500, times=1)
    with service(lab, accounts=[mine(lab, HOME)], speed=HOURS) as agent:
        assert outlasts(agent, HOME, 300) == "HTTP 500" and lab.published(HOME) == dns(A)


def test_the_xml_address_page(lab):
    lab.world.check_address = B
    top = {
        "address": [
            {"source": "web", "url": "https://localhost:%d/4" % lab.https_port, "ca": str(lab.ca_der)}
        ]
    }
    with service(lab, accounts=[mine(lab, HOME)], top=top) as agent:
        settled(agent, 1)
        assert (
            lab.published(HOME) == dns(B)
            and lab.ledger_of("check")[0]["reply"].strip() == "<ipv4>%s</ipv4>" % B
        )


def test_an_unchanged_name_is_sent_again(lab):
    with service(lab, accounts=[mine(lab, HOME)], speed=MONTHS) as agent:
        assert refreshed(agent, HOME)["result"] == "Nothing"
