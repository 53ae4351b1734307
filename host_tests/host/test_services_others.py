# SPDX-License-Identifier: MIT
"""Other services from end to end: those that punish a careless dual stack, take the connection's address, or
speak in words of their own. The agent under MicroPython against each lab over verified HTTPS."""

import contextlib

import pytest

from host_tests.host.service import (
    A6,
    B6,
    SPEED,
    A,
    B,
    account,
    dns,
    params,
    refreshed,
    service,
    settled,
    until,
)
from tools.lab import running

# provider -> (host, account, requests for both families)
DUAL = {
    "desec": ("demo.dedyn.io", {}, 1),
    "dynv6": ("demo.dynv6.net", {}, 1),
    "duckdns": ("demo.duckdns.org", {}, 1),
    "nsupdate-info": ("demo.nsupdate.info", {"user": "demo.nsupdate.info"}, 1),
    "he-dns": ("home.he.example.net", {"user": "home.he.example.net"}, 2),
    "ovh": ("home.ovh.example.net", {"user": "example.net-demo"}, 2),
}


@contextlib.contextmanager
def lab_of(provider, expected=()):
    with running(provider, speed=SPEED) as lab:
        yield lab
        assert set(lab.findings()) <= set(expected), lab.verdicts()


@pytest.mark.parametrize("provider", DUAL)
def test_dual_stack_keeps_what_did_not_change(provider):
    """Both, then IPv6 alone changes, then IPv6 is gone and IPv4 changes: no record is ever lost, none set
    needlessly."""
    name, login, requests = DUAL[provider]
    with lab_of(provider) as lab, service(lab, name, addresses=(A, A6), **login) as agent:
        until(agent, lambda s: lab.published(name) == dns(A, A6) and s["hosts"][0]["state"] == "ok")
        assert len(lab.updates) == requests
        agent.set_address(A, B6)
        until(agent, lambda s: lab.published(name) == dns(A, B6) and s["hosts"][0]["ipv6"] == B6)
        agent.set_address(B)
        until(agent, lambda s: lab.published(name) == dns(B, B6) and s["hosts"][0]["ipv4"] == B)
        assert len(lab.updates) == requests + 2
        assert all(len(u["hosts"]) == 1 for u in lab.updates)


def test_desec_shares_a_request_within_one_domain_only():
    with (
        lab_of("desec") as lab,
        service(lab, "demo.dedyn.io", "www.demo.dedyn.io", "other.dedyn.io") as agent,
    ):
        settled(agent, 2)
        assert sorted(params(u)["hostname"] for u in lab.updates) == [
            "demo.dedyn.io,www.demo.dedyn.io",
            "other.dedyn.io",
        ]


def test_desec_throttles_and_is_obeyed():
    with lab_of("desec") as lab:
        lab.fault("429", seconds=55, times=1)
        with service(lab, "demo.dedyn.io") as agent:
            until(agent, lambda s: s["hosts"][0]["state"] == "ok")
            first, second = lab.updates
            assert first["status"] == 429 and second["time"] - first["time"] >= 55


def test_duckdns_takes_a_list_and_its_ko_splits_it():
    """KO does not say which name or whether the token is wrong: once host by host, and only the wrong one
    stops."""
    names = ["demo.duckdns.org", "nobody.duckdns.org", "demo2.duckdns.org"]
    with lab_of("duckdns", ["one request per host"]) as lab, service(lab, *names) as agent:
        until(agent, lambda s: [h["state"] for h in s["hosts"]] == ["ok", "stopped", "ok"])
        assert [len(u["hosts"]) for u in lab.updates] == [3, 1, 1, 1]
        assert lab.published(names[0]) == lab.published(names[2]) == dns(A)


def test_dyfi_takes_the_address_of_the_connection():
    with lab_of("dyfi") as lab:
        lab.world.check_address = A
        with service(lab, "demo.dy.fi", "demo2.dy.fi", user="demo@example.net") as agent:
            settled(agent, 1)
            assert params(lab.updates[0]) == {"hostname": "demo.dy.fi,demo2.dy.fi"} and lab.published(
                "demo2.dy.fi"
            ) == dns(A)


def test_dyfi_is_refreshed_between_its_fifth_and_sixth_day():
    with lab_of("dyfi") as lab:
        lab.world.check_address = A
        with service(lab, "demo.dy.fi", user="demo@example.net", speed=1000000) as agent:
            assert refreshed(agent, "demo.dy.fi", 6)["result"] == "nochg"


def test_a_service_that_sees_another_address_is_not_asked_again_and_again():
    """The request leaves by another way than the address that was observed: told to the user, sent once."""
    with lab_of("dyfi") as lab:
        lab.world.check_address = B
        with service(lab, "demo.dy.fi", user="demo@example.net") as agent:
            settled(agent, 1)
            until(agent, lambda s: s["uptime"] > 600)
            assert len(lab.updates) == 1 and "the provider sees %s, not %s" % (B, A) in agent.output


@pytest.mark.parametrize(
    ("answer", "split"),
    [("numhost", True), ("nohost", True), ("nochg", True), ("good " + A, False), ("badauth", False)],
)
def test_one_line_for_a_list(answer, split):
    """A refusal of one host splits the list once, and so does a nochg, which may mean that the list was taken
    for one unknown name; a good holds for all, with a warning; a login concerns all."""
    names = ["demo.dyndns.org", "demo2.dyndns.org", "demo3.dyndns.org"]
    with lab_of("dyn", ["one request per host"]) as lab:
        lab.answer(answer, times=1)
        with service(lab, *names) as agent:
            until(
                agent,
                lambda s: (
                    all(h["state"] in ("ok", "stopped") for h in s["hosts"])
                    and len(lab.updates) >= (4 if split else 1)
                ),
            )
            assert [len(u["hosts"]) for u in lab.updates] == ([3, 1, 1, 1] if split else [3])
            classes = {h["class"] for h in agent.status()["hosts"]}
            assert classes == ({"AUTH"} if answer == "badauth" else {"OK"})
            assert ("one answer line for 3 hosts" in agent.output) == (answer[:4] == "good")


def test_a_custom_provider_in_four_lines():
    with lab_of("dyn", ["User-Agent not in the provider's form"]) as lab:
        place = "https://localhost:%d/v3/update?hostname={hostname}&myip=" % lab.https_port
        custom = {"url": place + "{ip}", "url6": place + "{ipv6}", "url_dual": place + "{ip},{ipv6}"}
        entry = {k: v for k, v in account(lab, "demo.dyndns.org").items() if k != "server"}
        with service(
            lab, accounts=[dict(entry, provider="custom", custom=custom)], addresses=(A, A6)
        ) as agent:
            settled(agent, 1)
            assert lab.published("demo.dyndns.org") == dns(A, A6)


@pytest.mark.parametrize(
    ("provider", "login"), [("desec", {"user": None}), ("nsupdate-info", {"user": "demo.nsupdate.info"})]
)
def test_a_name_goes_offline_by_deleting_its_records_and_comes_back(provider, login):
    """deSEC needs no user name, and deletes what is sent empty; nsupdate.info has a path of its own for
    it."""
    name = DUAL[provider][0]
    with lab_of(provider) as lab:
        entry = {key: value for key, value in account(lab, name, **login).items() if value is not None}
        with service(lab, accounts=[entry], addresses=(A, A6)) as agent:
            until(agent, lambda s: lab.published(name) == dns(A, A6) and s["hosts"][0]["state"] == "ok")
            until(agent, lambda _: agent.command("offline " + name)["ok"])
            until(agent, lambda s: lab.published(name) == dns() and s["hosts"][0]["offline"])
            assert len(lab.updates) == (1 if provider == "nsupdate-info" else 2), (
                "one request, to /nic/delete where there is that"
            )
            until(agent, lambda _: agent.command("update " + name)["ok"])
            until(agent, lambda s: lab.published(name) == dns(A, A6) and not s["hosts"][0]["offline"])
