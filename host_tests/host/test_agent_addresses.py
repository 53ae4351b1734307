# SPDX-License-Identifier: MIT
"""An address that nobody on the Internet can reach is never sent, and the status says what it is."""

import pytest

from tools.lab import running
from tools.netlab.agent_process import CPYTHON, MICROPYTHONS, Agent, account, host

# what a source says -> words of the reason; each group that an outage or a router can produce
V4 = {
    "10.1.2.3": "private",
    "172.16.9.9": "private",
    "192.168.1.20": "private",
    "100.64.0.7": "CGNAT",
    "100.127.255.254": "CGNAT",
    "169.254.7.7": "link",
    "192.0.2.9": "documentation",
    "198.51.100.9": "documentation",
    "203.0.113.9": "documentation",
    "198.18.0.9": "",
    "192.0.0.9": "",
    "224.0.0.9": "multicast",
    "239.1.2.3": "multicast",
    "240.0.0.9": "reserved",
    "255.255.255.255": "",
    "127.0.0.9": "loopback",
    "0.0.0.0": "",
    "::ffff:10.1.2.3": "private",
}
V6 = {
    "fd00::7": "local",
    "fc00:1::7": "local",
    "fe80::7": "link",
    "2001:db8::7": "documentation",
    "3fff::7": "documentation",
    "ff02::7": "multicast",
    "::": "",
    "::1": "loopback",
    "64:ff9b::1": "",
    "2002:2d21:709::1": "6to4",
    "100::7": "",
    "fec0::7": "",
}
#: Published where a host says allow_private: addresses that work inside a home.
PRIVATE = ("10.1.2.3", "192.168.1.20", "100.64.0.7")
#: Never, whatever a host says.
NEVER = ("169.254.7.7", "224.0.0.9", "127.0.0.9", "0.0.0.0", "255.255.255.255")


def look(agent, address, condition):
    """The status after the agent looked at `address`."""
    agent.set_address(address)
    agent.command("check")
    return agent.wait(condition)


@pytest.mark.parametrize("interpreter", [CPYTHON, MICROPYTHONS[0], MICROPYTHONS[2]])
def test_no_such_address_is_ever_sent_and_the_reason_is_told(interpreter):
    with running("dyn", bind="127.0.0.1") as lab:
        config = {
            "accounts": [
                account(
                    lab,
                    {"name": "demo.dyndns.org", "ipv6": False},
                    {"name": "demo2.dyndns.org", "ipv4": False},
                )
            ]
        }
        with Agent(interpreter, config) as agent:
            agent.set_address("10.9.9.9")
            agent.start()
            agent.wait(lambda s: host(s)["why"])
            for table, name in ((V4, "demo.dyndns.org"), (V6, "demo2.dyndns.org")):
                for text, words in table.items():
                    seen = look(agent, text, lambda s, name=name, text=text: told(s, name, text))
                    entry = host(seen, name)
                    assert words in entry["why"], "%s: %s" % (text, entry["why"])
                    assert entry["state"] == "waiting" and not entry["ipv4"] and not entry["ipv6"]
            assert lab.connections == []
            agent.set_address("45.33.7.9", "2600:3c00::7")  # and the way itself is open
            agent.command("check")
            agent.wait(lambda s: all(h["state"] == "ok" for h in s["hosts"]))
            assert lab.published("demo.dyndns.org")["A"] == "45.33.7.9"
            assert lab.published("demo2.dyndns.org")["AAAA"] == "2600:3c00::7"


def told(document, name, text):
    """The status speaks of this address; an IPv4-mapped one is an IPv4 address."""
    return (text[7:] if text.startswith("::ffff:") else text) + " " in host(document, name)["why"]


def test_an_ipv4_mapped_address_is_none_for_an_aaaa_record():
    with running("dyn", bind="127.0.0.1") as lab:
        config = {
            "accounts": [account(lab, {"name": "demo.dyndns.org", "ipv4": False, "allow_private": True})]
        }
        with Agent(MICROPYTHONS[0], config) as agent:
            for text in ("::ffff:45.33.7.9", "::ffff:192.168.1.1"):
                agent.set_address(text)
                agent.start()
                assert "no IPv6 address" in host(agent.wait(lambda s: host(s)["why"]))["why"]
                agent.kill()
            assert lab.connections == []


def test_allow_private_publishes_what_works_in_the_home_and_nothing_else():
    with running("dyn", bind="127.0.0.1") as lab:
        config = {
            "accounts": [
                account(
                    lab,
                    {"name": "demo.dyndns.org", "allow_private": True, "ipv6": False},
                    {"name": "demo2.dyndns.org", "ipv6": False},
                )
            ],
            "intervals": {"minimum": 1},
        }
        with Agent(MICROPYTHONS[1], config, speed=20) as agent:
            agent.set_address(NEVER[0])
            agent.start()
            for address in NEVER:
                look(agent, address, lambda s, address=address: address in host(s)["why"])
            assert lab.connections == []
            for address in PRIVATE:
                look(
                    agent,
                    address,
                    lambda s, address=address: host(s)["ipv4"] == address and host(s)["state"] == "ok",
                )
                assert lab.published("demo.dyndns.org")["A"] == address
            assert lab.published("demo2.dyndns.org")["A"] is None
            assert {name for entry in lab.updates for name in entry["hosts"]} == {"demo.dyndns.org"}
            assert lab.findings() == ["bogon address sent"]  # as the user asked for


@pytest.mark.parametrize("interpreter", [CPYTHON, MICROPYTHONS[0], MICROPYTHONS[2]])
def test_who_outside_tells_the_address_is_asked_by_the_device_that_the_account_sends_by(interpreter):
    """Over another line it would tell that line's address."""
    with running("dyn", bind="127.0.0.1") as lab:
        lab.world.check_address = "45.33.7.9"
        for source in (
            {"source": "web", "url": "https://localhost:%d/" % lab.https_port, "ca": str(lab.ca_der)},
            {"source": "whoami", "server": "127.0.0.1:9", "name": "x"},
            {"source": "stun", "servers": ["127.0.0.1:9"]},
        ):
            for device in ("nosuch0", "lo"):
                with Agent(
                    interpreter,
                    {"accounts": [account(lab, "demo.dyndns.org", bind=device)], "address": [source]},
                ) as agent:
                    agent.start()
                    why = agent.wait(lambda s: s["lines"][0]["sources"])["lines"][0]["sources"][0]["why"]
                    assert ("Errno 19" in why or "such device" in why) == (device == "nosuch0"), (
                        source,
                        device,
                        why,
                    )
