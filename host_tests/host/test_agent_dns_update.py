# SPDX-License-Identifier: MIT
"""The whole agent against a real BIND by DNS UPDATE: first update, change, both families, restart, refusal,
offline."""

import pytest

from host_tests.needs import absent
from tools import UserError
from tools.netlab import dns_servers
from tools.netlab.agent_process import CPYTHON, MICROPYTHONS, Agent, host
from tools.netlab.dns_servers import SECRET

HOST = "home.example.test"


@pytest.fixture
def server(tmp_path):
    (tmp_path / "bind").mkdir()
    try:
        with dns_servers.running("bind", tmp_path / "bind") as made:
            yield made
    except UserError as error:
        absent(str(error))


def config(server, **more):
    account = {
        "provider": "rfc2136",
        "server": "127.0.0.1:%d" % server.port,
        "user": "wb-key",
        "password": SECRET,
        "hosts": [HOST],
    }
    return {"accounts": [{**account, **more}], "intervals": {"minimum": 1}}


@pytest.mark.parametrize("name", [CPYTHON, MICROPYTHONS[-1]])
def test_a_life_with_ones_own_name_server(server, name):
    with Agent(name, config(server)) as agent:
        agent.set_address("45.33.7.9")
        agent.start()
        agent.wait(lambda s: host(s)["state"] == "ok")
        assert server.published(HOST, "A") == ["45.33.7.9"] and server.published(HOST, "AAAA") == []
        serial = server.serial()
        agent.stop()
        agent.start()  # nothing is sent for a restart
        agent.wait(lambda s: host(s)["state"] == "ok")
        assert server.serial() == serial
        agent.set_address("45.33.7.10")
        agent.command("check")
        document = agent.wait(lambda s: host(s)["ipv4"] == "45.33.7.10")
        assert server.published(HOST, "A") == ["45.33.7.10"]
        agent.wait(lambda _: agent.command("offline " + HOST)["ok"])
        agent.wait(lambda s: not server.published(HOST, "A"))
        assert server.published(HOST, "A") == []
        assert SECRET not in str(document) and SECRET.encode() not in agent.everything()


@pytest.mark.parametrize(
    "more, cls, word",
    [
        ({"password": "d3Jvbmc="}, "AUTH", "BADSIG"),
        ({"user": "wb-other"}, "HOST", "REFUSED"),
        ({"hosts": ["alias.example.test"]}, "HOST", "YXRRSET"),
    ],
)
def test_a_refusal_stops_the_host(server, more, cls, word):
    with Agent(CPYTHON, config(server, **more)) as agent:
        agent.set_address("45.33.7.9")
        agent.start()
        document = agent.wait(lambda s: host(s)["class"])
        assert (host(document)["class"], host(document)["result"], host(document)["state"]) == (
            cls,
            word,
            "stopped",
        )
        assert server.published(HOST, "A") == []


LINES = {"wan": ("45.33.7.9", "45.33.7.10", "45.33.7.11"), "wanb": ("93.184.100.20", "93.184.100.21")}


@pytest.fixture
def lines(server, tmp_path):
    """(config, tell): one name on two lines; tell(line, address) is what a line has from now on."""
    accounts = []
    for line in LINES:
        (tmp_path / line).write_text(LINES[line][0] + "\n")
        address = [{"source": "command", "command": "cat %s" % (tmp_path / line)}]
        account = config(server, hosts=[{"name": HOST, "keep_others": True, "ipv6": False}])["accounts"][0]
        accounts.append({**account, "address": address})
    yield (
        {"accounts": accounts, "intervals": {"minimum": 1}},
        lambda line, address: (tmp_path / line).write_text(address + "\n"),
    )


def told(agent, *addresses):
    agent.command("check")
    agent.wait(lambda s: sorted(one["ipv4"] or "" for one in s["hosts"]) == sorted(addresses))


def test_two_lines_at_once_in_one_name(server, lines):
    """Each line's address comes and goes alone; what a third party put there stays; so does all of it over
    a restart, and over the loss of the journal."""
    doc, tell = lines
    with Agent(MICROPYTHONS[-1], doc) as agent:
        agent.start()
        agent.wait(lambda s: [one["state"] for one in s["hosts"]] == ["ok", "ok"])
        assert server.published(HOST, "A") == ["45.33.7.9", "93.184.100.20"]
        tell("wan", "45.33.7.10")
        told(agent, "45.33.7.10", "93.184.100.20")
        assert server.published(HOST, "A") == ["45.33.7.10", "93.184.100.20"]
        agent.stop()
        for slot in agent.state.glob("journal.*"):
            slot.unlink()
        tell("wan", "45.33.7.11")
        tell("wanb", "93.184.100.21")
        agent.start()
        agent.wait(lambda s: [one["state"] for one in s["hosts"]] == ["ok", "ok"])
        assert server.published(HOST, "A") == ["45.33.7.11", "93.184.100.21"]

        def gone(_):
            agent.command("offline " + HOST)  # refused for the line that has just sent: again
            return not server.published(HOST, "A")

        agent.wait(gone)


def test_what_others_put_into_a_name_stays_and_an_answer_that_never_came_leaves_nothing_behind(server, lines):
    doc, tell = lines
    doc["accounts"] = doc["accounts"][:1]
    other = {
        **doc["accounts"][0],
        "hosts": [HOST],
        "address": [{"source": "command", "command": "echo 8.8.4.4"}],
    }
    with Agent(CPYTHON, {**doc, "accounts": [other]}) as third:
        third.start()
        third.wait(lambda s: host(s)["state"] == "ok")
    with Agent(CPYTHON, doc) as agent:
        agent.start()
        agent.wait(lambda s: host(s)["state"] == "ok")
        assert server.published(HOST, "A") == ["45.33.7.9", "8.8.4.4"]
        # the server had it, the agent does not know: its journal is of before
        image = {slot: slot.read_bytes() for slot in agent.state.glob("journal.*")}
        tell("wan", "45.33.7.10")
        told(agent, "45.33.7.10")
        agent.stop()
        for slot, data in image.items():
            slot.write_bytes(data)
        tell("wan", "45.33.7.11")
        agent.start()
        agent.wait(lambda s: host(s)["ipv4"] == "45.33.7.11")
        assert server.published(HOST, "A") == ["45.33.7.11", "8.8.4.4"]
        agent.wait(lambda _: agent.command("offline " + HOST)["ok"])
        agent.wait(lambda _: server.published(HOST, "A") == ["8.8.4.4"])
