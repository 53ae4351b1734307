# SPDX-License-Identifier: MIT
"""Who cannot prove to be the provider gets not a byte of the request, and the status says in words why."""

import time

import pytest

from tools.lab import running
from tools.lab.ca import BAD
from tools.netlab.agent_process import CPYTHON, MICROPYTHONS, Agent, account, forms_of, host, one_account

PASSWORD = "never-tell-a-stranger"
# listener -> the word that is kept, and what a person is told
WORDS = {
    "expired": ("expired", "has expired"),
    "not-yet": ("clock", "clock"),
    "wrong-name": ("wrong name", "another name"),
    "self-signed": ("untrusted", "no known authority"),
    "unknown-ca": ("untrusted", "no known authority"),
    "plain-on-tls": ("tls", "no TLS"),
    "http": ("tls", "no TLS"),
}


def lab_of_strangers():
    return running(
        "dyn",
        bind="127.0.0.1",
        accounts={
            "accounts": [
                {"user": name, "password": PASSWORD, "hosts": [name + ".dyndns.org"]} for name in WORDS
            ]
        },
    )


def config(lab):
    return {
        "accounts": [
            account(lab, name + ".dyndns.org", user=name, password=PASSWORD, server=name) for name in WORDS
        ]
    }


@pytest.fixture(scope="module", params=[CPYTHON, *MICROPYTHONS])
def seen(request):
    """(status, connections, updates, everything the agent let out)"""
    with lab_of_strangers() as lab, Agent(request.param, config(lab)) as agent:
        agent.set_address("45.33.7.9")
        agent.start()
        document = agent.wait(lambda s: all(h["class"] for h in s["hosts"]))
        end = time.monotonic() + 20
        while not all(c["closed"] for c in lab.connections) and time.monotonic() < end:
            time.sleep(0.01)
        return document, lab.connections, lab.ledger, agent.everything()


def test_every_bad_certificate_was_met(seen):
    assert set(BAD) < set(WORDS) == {c["listener"] for c in seen[1]} and len(seen[1]) == len(WORDS)


def test_no_byte_of_the_request_left(seen):
    _, connections, ledger, _ = seen
    for connection in connections:
        raw = connection["raw"]
        assert raw, "not even a ClientHello"
        # a plain-text port keeps the ClientHello as "plain"; behind TLS nothing may have come through
        assert connection["plain"] == (raw if connection["listener"] in ("http", "plain-on-tls") else b"")
        for word in (
            b"Authorization",
            b"GET ",
            b"HTTP/",
            b"hostname=",
            b"dyndns.org",
            b"45.33.7.9",
            b"User-Agent",
        ):
            assert word not in raw, connection["listener"]
        for name in WORDS:
            assert not any(form in raw for form in forms_of(PASSWORD, name))
    # a plain-text HTTP server takes the ClientHello for a broken request, and that is all it got
    assert [entry for entry in ledger if entry["kind"] != "other"] == []


def test_the_status_says_in_words_why(seen):
    for name, (word, text) in WORDS.items():
        entry = host(seen[0], name + ".dyndns.org")
        assert (entry["class"], entry["result"]) == ("LATER", word), name
        assert text in entry["text"], "%s: %s" % (name, entry["text"])
        assert entry["state"] == "waiting" and entry["next"] == "send" and entry["next_in"] >= 55


def test_no_secret_is_told(seen):
    for name in WORDS:
        assert not any(form in seen[3] for form in forms_of(PASSWORD, name))


def test_while_the_clock_is_not_set_no_password_is_sent_and_the_status_says_so():
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(MICROPYTHONS[0], one_account(lab, "demo.dyndns.org"), wall="wall") as agent,
    ):
        agent.set_address("45.33.7.9")
        (agent.folder / "wall").write_text("none")
        agent.start()
        document = agent.wait(lambda s: host(s)["why"])
        assert document["clock"] == "not set" and "clock not set" in host(document)["why"]
        assert lab.connections == []
        (agent.folder / "wall").write_text("0")
        agent.command("check")
        agent.wait(lambda s: host(s)["state"] == "ok")
        assert len(lab.updates) == 1
