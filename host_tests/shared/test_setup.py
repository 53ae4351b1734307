# SPDX-License-Identifier: MIT
# What start makes of the settings: lines, their sources, and the provider's own check page as the last resort
# of "auto".
from wanbeacon.app import agent, config
from wanbeacon.net import clock


class Slot:
    def read(self):
        return None

    def write(self, data):
        raise OSError(30)


class Board:
    catalogue = "firmware/catalogue/providers.dat"
    unique = b"one"
    reset_cause = "start"

    def slots(self):
        return Slot(), Slot()

    def asked(self):
        return Slot()

    def sources(self):
        return ["netlink"]

    def model(self):
        return "Test"

    def random(self):
        return 7


def made(*accounts):
    rows = []
    for provider, more in accounts:
        row = {
            "provider": provider,
            "user": "u@example.org",
            "password": "secret",
            "hosts": ["a.example.org"],
        }
        row.update(more)
        rows.append(row)
    import json

    return agent.Agent(
        config.load(json.dumps({"accounts": rows})), Board(), clock.Clock(), out=lambda line, level: None
    )


def sources(line):
    return [(slot.name, slot.options.get("url"), slot.options.get("url6")) for slot in line.chooser.slots]


def test_the_last_resort_of_auto_is_the_providers_own_check_page():
    a = made(("desec", {}))
    assert sources(a.lines[0]) == [
        ("netlink", None, None), ("web", "https://checkipv4.dedyn.io/", "https://checkipv6.dedyn.io/"),
    ]  # fmt: skip
    a = made(("noip", {}))
    assert sources(a.lines[0])[1][1] == "http://ip1.dynupdate.no-ip.com/"


def test_no_check_page_is_asked_for_another_server_or_for_sources_of_the_users_own():
    assert [s[0] for s in sources(made(("noip", {"server": "localhost:8443"})).lines[0])] == ["netlink"]
    assert [s[0] for s in sources(made(("noip", {"address": ["netlink"]})).lines[0])] == ["netlink"]
    assert [s[0] for s in sources(made(("ovh", {})).lines[0])] == ["netlink"]


def test_accounts_with_the_same_sources_share_a_line():
    a = made(
        ("noip", {}),
        ("noip", {"user": "other@example.org"}),
        ("desec", {}),
        ("ovh", {"address": ["netlink"]}),
    )
    assert len(a.lines) == 3 and a.accounts[0].line is a.accounts[1].line


def test_accounts_that_send_by_different_devices_ask_outside_by_them_too():
    a = made(
        ("noip", {}),
        ("noip", {"user": "v@example.org", "bind": "eth1"}),
        ("noip", {"user": "w@example.org", "bind": "eth1"}),
    )
    assert len(a.lines) == 2 and a.accounts[1].line is a.accounts[2].line
    for line, device in zip(a.lines, (None, "eth1")):
        for slot in line.chooser.slots[1:]:
            assert line.chooser.build(slot).more == ((None, device) if device else ())
