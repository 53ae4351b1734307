# SPDX-License-Identifier: MIT
"""No-IP from end to end: the agent under MicroPython against the lab's No-IP over verified HTTPS."""

import base64
import re

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
    say,
    service,
    settled,
    until,
)

one_lab, lab = lab_of("noip")
DEMO, DEMO2, BARN, SHED = "demo.ddns.net", "demo2.ddns.net", "barn.ddns.net", "shed.ddns.net"


def login(update):
    return base64.b64decode(update["headers"]["authorization"].split()[1]).decode()


def test_first_update_change_and_no_change(lab):
    with service(lab, DEMO) as agent:
        entry = settled(agent, 1)[DEMO]
        assert (entry["state"], entry["ipv4"], entry["result"]) == ("ok", A, "good") and lab.published(
            DEMO
        ) == dns(A)
        first = lab.updates[0]
        assert (
            first["path"] == "/nic/update" and params(first) == {"hostname": DEMO, "myip": A} and first["tls"]
        )
        # the hardware form, with contact
        assert re.fullmatch(r"\S+ \S+-\S+/\S+ \S+@\S+", first["headers"]["user-agent"])
        rounds(agent)
        assert len(lab.updates) == 1
        move(agent, B, count=2, published={DEMO: dns(B)})
        # No-IP's own client never asks more often than every two minutes
        assert lab.updates[1]["time"] - lab.updates[0]["time"] >= 119


def test_ipv6_alone_and_with_ipv4(lab):
    with service(lab, DEMO, addresses=(A6,)) as agent:
        assert settled(agent, 1)[DEMO]["ipv6"] == A6 and lab.published(DEMO) == dns(None, A6)
        move(agent, A, A6, count=2, published={DEMO: dns(A, A6)})
        assert params(lab.updates[-1])["myip"] == "%s,%s" % (A, A6)
        move(agent, A, B6, count=3, published={DEMO: dns(A, B6)})


def test_a_list_with_a_wrong_name_in_it(lab):
    names = [DEMO, "nobody.ddns.net", DEMO2]
    with service(lab, *names) as agent:
        entries = settled(agent, 1)
        assert [entries[n]["result"] for n in names] == ["good", "nohost", "good"]
        assert lab.published(DEMO2) == dns(A)
        move(agent, B, count=2, published={DEMO: dns(B), DEMO2: dns(B)})
        assert params(lab.updates[1])["hostname"] == "%s,%s" % (DEMO, DEMO2)


@pytest.mark.parametrize(
    "user, password, name, members",
    [
        ("demo", "demo-key", "cottage", [BARN, SHED]),
        ("k3yuser", "k3ypass", "all.ddnskey.com", [DEMO, DEMO2, BARN, SHED]),
        ("demo:cottage", "group-pass", "cottage", [BARN, SHED]),
        ("demo@example.net", "demo-key", DEMO + "@left", [DEMO]),
        ("demo#cottage", "group-pass", BARN, [BARN]),
    ],
)
def test_groups_keys_and_labels(lab, user, password, name, members):
    """A group is one line of the answer; ":" and "#" of a group login come encoded."""
    with service(lab, name, user=user, password=password) as agent:
        assert settled(agent, 1)[name]["result"] == "good"
        assert [n for n in (DEMO, DEMO2, BARN, SHED) if lab.published(n) == dns(A)] == [
            n for n in (DEMO, DEMO2, BARN, SHED) if n in members
        ]
        assert login(lab.updates[0]) == user.replace(":", "%3A").replace("#", "%23") + ":" + password


def test_offline_and_back(lab):
    with service(lab, DEMO, DEMO2, speed=HOURS) as agent:
        settled(agent, 1)
        say(agent, "offline " + DEMO, lambda s: s["hosts"][0]["offline"] and len(lab.updates) == 2)
        assert params(lab.updates[-1])["offline"] == "YES" and params(lab.updates[-1])["hostname"] == DEMO
        assert lab.world.host(DEMO).offline and not lab.world.host(DEMO2).offline
        say(agent, "update " + DEMO, lambda s: len(lab.updates) == 3 and s["hosts"][0]["state"] == "ok")
        assert not lab.world.host(DEMO).offline and lab.published(DEMO) == dns(A)


def test_offline_is_for_paying_users(lab):
    free = "free.ddns.net"
    with service(lab, free, user="free", password="free-key", speed=HOURS) as agent:
        settled(agent, 1)
        entry = say(agent, "offline " + free, lambda s: s["hosts"][0]["class"] == "FEATURE")["hosts"][0]
        assert (entry["state"], entry["result"]) == ("stopped", "!donator") and lab.published(free) == dns(A)


def test_a_wrong_password_stops_the_account_and_no_other(lab):
    accounts = [
        account(lab, DEMO, DEMO2, password="wrong"),
        account(lab, "free.ddns.net", user="free", password="free-key"),
    ]
    with service(lab, accounts=accounts) as agent:
        entries = settled(agent, 2)
        assert [entries[n]["class"] for n in (DEMO, DEMO2, "free.ddns.net")] == ["AUTH", "AUTH", "OK"]
        assert lab.updates[0]["status"] == 401 or lab.updates[1]["status"] == 401
        agent.set_address(B)
        agent.command("check")
        until(agent, lambda s: len(lab.updates) == 3 and s["hosts"][2]["ipv4"] == B)
        rounds(agent)
        assert len(lab.updates) == 3


def test_abuse_blocks_the_user_with_all_hosts(lab):
    """At No-IP the user is blocked, not the host: the second host is not even tried."""
    with service(lab, "spam.ddns.net", "spam2.ddns.net", user="spammer", password="spam-key") as agent:
        entries = settled(agent, 1)
        assert {e["class"] for e in entries.values()} == {"BLOCK"} and {
            e["state"] for e in entries.values()
        } == {"stopped"}
        agent.set_address(B)
        rounds(agent)
        assert len(lab.updates) == 1


def test_badagent_ends_it_all_until_the_user_acts(lab):
    lab.answer("badagent", times=1)
    with service(lab, DEMO) as agent:
        assert settled(agent, 1)[DEMO]["class"] == "AGENT"
        agent.kill()
        agent.start()  # a supervisor that starts it again does not undo the stop
        agent.wait(lambda s: s["uptime"] > 100 and s["hosts"][0]["state"] == "stopped")
        assert len(lab.updates) == 1
        lab.forgive()
        say(agent, "retry " + DEMO, lambda s: s["hosts"][0]["state"] == "ok")
        assert lab.published(DEMO) == dns(A) and len(lab.updates) == 2


def test_911_is_waited_out_for_half_an_hour(lab):
    lab.answer("911\r\n", times=1)
    with service(lab, DEMO, speed=HOURS) as agent:
        assert outlasts(agent, DEMO, 1800) == "911" and lab.published(DEMO) == dns(A)


def test_the_detection_page_is_not_asked_after_an_error(lab):
    """The only source outside is No-IP's own page; after a refusal it is left in peace until the user
    acts."""
    page = "http://localhost:%d/" % lab.http_port
    lab.world.check_address = A
    top = {"address": [{"source": "web", "url": page}]}
    with service(lab, DEMO, password="wrong", top=top, speed=1000) as agent:
        settled(agent, 1)
        seen = len(lab.ledger_of("check"))
        assert seen == 1
        # more than two and a half times the interval between two looks outside
        agent.wait(lambda s: s["uptime"] > 2000)
        assert len(lab.ledger_of("check")) == seen


def test_an_unchanged_name_is_sent_again(lab):
    with service(lab, DEMO, speed=MONTHS) as agent:
        assert refreshed(agent, DEMO)["result"] == "nochg"
