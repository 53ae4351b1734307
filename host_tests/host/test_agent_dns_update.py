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
