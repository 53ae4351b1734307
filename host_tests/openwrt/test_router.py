# SPDX-License-Identifier: MIT
"""The agent as an OpenWrt package runs it: its own user, UCI, ubus, procd's part played, against the provider
lab."""

import os
import random
import re
import statistics
import time
from pathlib import Path

import pytest
from wanbeacon import VERSION

from host_tests.openwrt import luci_page, router, scene
from host_tests.openwrt.browser import Browser
from tools import ROOT
from tools.netlab import dns_servers, namespaces

pytestmark = pytest.mark.needs_root


@pytest.fixture
def play(box, net, lab):
    """A running scene with one account and the recorded router."""
    lab.reset()
    net.set_address(0, net.UPLINKS[0][1])
    with scene.Scene(box, net, lab) as made:
        yield made


def one(play):
    """Started with one account, first update done."""
    play.start(play.service("home", "home.dyndns.org"))
    play.settled("home.dyndns.org")
    return play


def move(play, address):
    """The WAN has a new address, without loss of link: the case that hotplug misses."""
    play.net.set_address(0, address)
    play.ubus.change("wan", scene.uplink(0, address))


def test_first_update_as_its_own_user_over_verified_tls(play):
    begun = time.monotonic()
    one(play)
    resident = re.search(r"VmRSS:\s+(\d+)", Path("/proc/%d/status" % play.box.procd.pid()).read_text()).group(
        1
    )
    print(
        "service start to first update: %.0f ms; resident memory then: %s KB"
        % ((time.monotonic() - begun) * 1000, resident)
    )
    assert play.published("home.dyndns.org") == "45.33.7.52"
    (update,) = play.lab.updates
    assert update["tls"] and update["peer"] == "45.33.7.52"
    assert play.box.status()["user_agent"] == "Wanbeacon Wanbeacon-Generic/" + VERSION, (
        "the contact is for the provider alone"
    )
    assert play.lab.findings() == []
    status = play.box.status()
    assert status["lines"][0]["ipv4"]["source"] == "ubus"
    run = play.box.path("/tmp/run/wanbeacon")
    assert router.owner(run / "status.json")[:2] == (router.UID, router.UID)
    assert {uid for uid, _, _ in play.ubus.calls} == {router.UID}
    assert {(path, method) for _, path, method in play.ubus.calls} == {("network.interface", "dump")}
    for file in [*run.iterdir(), *play.box.path("/etc/wanbeacon").iterdir()]:
        if file.is_file() and file.name != "config.json":
            assert b"home-key" not in file.read_bytes(), file
    assert "home-key" not in play.box.procd.log()


def test_the_contact_of_the_settings_is_in_the_user_agent_where_the_providers_form_has_one(play):
    """No-IP's has, Dyn's has none."""
    for service, agent in (
        ("dyn", b"Wanbeacon - Wanbeacon Generic - %s"),
        ("noip", b"Wanbeacon Wanbeacon-Generic/%s me@example.org"),
    ):
        host = {"dyn": "home.dyndns.org", "noip": "home2.dyndns.org"}[service]
        play.start(play.service("home", host).replace("'dyn'", "'%s'" % service))
        play.settled(host)
        assert b"\r\nUser-Agent: %s\r\n" % (agent % VERSION.encode()) in play.lab.connections[-1]["plain"]


@pytest.mark.needs("chromium")
def test_the_luci_page_shows_what_this_agent_wrote(play):
    one(play)
    with luci_page.Site() as url, Browser() as browser:
        page = luci_page.show(browser, url, "status", luci_page.router(play.box.status()))
        shown = page.run("document.getElementById('view').innerText")
        assert page.errors == []
    for word in (
        "home.dyndns.org",
        "45.33.7.52",
        "up to date",
        "ubus",
        "good 45.33.7.52",
        "HTTP 200",
        "1 requests",
    ):
        assert word in shown, (word, shown)


def test_the_commands_of_a_running_agent(play):
    one(play)
    done = play.box.ours("status")
    assert done.returncode == 0 and "home.dyndns.org" in done.stdout and "45.33.7.52" in done.stdout
    assert '"hosts"' in play.box.ours("status", "--json").stdout
    done = play.box.ours("check")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "/etc/config/wanbeacon: no fault found")
    assert play.box.ours("pause").returncode == 0
    play.box.wait(lambda status: status["paused"])
    move(play, "45.33.7.60")
    play.box.wait(lambda status: status["lines"][0]["ipv4"]["address"] == "45.33.7.60")
    assert len(play.lab.updates) == 1
    assert play.box.ours("resume").returncode == 0
    assert play.lab.wait_for(2, 8, "update")
    done = play.box.ours("retry", "home.dyndns.org")
    assert done.returncode == 1 and "is not stopped" in done.stderr
    assert play.box.ours("update", "nobody.example").returncode == 1
    done = play.box.ours("verify", "home.dyndns.org")
    assert done.returncode == 0 and "name servers are asked" in done.stdout
    # its "provider" is no zone's name server: no finding, and nothing is sent for it
    play.box.wait(
        lambda _: "could not be looked at" in (play.state("home.dyndns.org").get("published") or "")
    )
    assert len(play.lab.updates) == 2


def test_the_status_for_monitoring_and_for_people(play):
    """... and the hook of the settings, which hears the same."""
    assert play.box.ours("status", "--health").returncode == 2, "no agent"
    tell = play.box.path("/usr/bin/tell")
    tell.write_text('#!/bin/sh\necho "$WANBEACON_EVENT $WANBEACON_HOST $(id -u)" >>/tmp/told\n')
    tell.chmod(0o755)
    play.start(
        play.service("home", "home.dyndns.org"),
        play.service("office", "office.dyndns.org", key="wrong"),
        "config wanbeacon 'main'\n\toption hook '/usr/bin/tell'\n",
    )
    play.settled("home.dyndns.org")
    play.box.wait(lambda _: play.state("office.dyndns.org").get("state") == "stopped")
    done = play.box.ours("status", "--health")
    assert (
        done.returncode == 1 and done.stdout.startswith("office.dyndns.org: ") and "home." not in done.stdout
    )
    told = play.box.path("/tmp/told")
    play.box.wait(lambda _: told.exists() and len(told.read_text().splitlines()) == 2, 20)
    assert sorted(told.read_text().splitlines()) == [
        "published home.dyndns.org %d" % router.UID,
        "stopped office.dyndns.org %d" % router.UID,
    ]
    shown = play.box.ours("status").stdout
    assert "next: refresh in 2" in shown and " days" in shown and " s\n" not in shown
    # what stopped is an error of the log, what went well is not
    levels = {
        number & 7
        for number, text in play.box.logd.lines
        if "office.dyndns.org" in text and "stop" in text.lower()
    }
    assert levels == {3}, play.box.logd.lines
    assert {number & 7 for number, text in play.box.logd.lines if "home.dyndns.org" in text} == {6}


def test_the_memory_with_two_accounts(play):
    """Private memory, on the 64-bit interpreter; no page cache, no heap size chosen to please."""
    play.start(play.service("home", "home.dyndns.org"), play.service("office", "office.dyndns.org"))
    play.settled("home.dyndns.org")
    play.settled("office.dyndns.org")
    # just copied: until written, its mapped pages count as dirty
    for file in play.box.path("/opt/micropython").iterdir():
        with open(file, "rb") as opened:
            os.fsync(opened.fileno())
    rows = dict(
        re.findall(
            r"^(\w+):\s+(\d+) kB", Path("/proc/%d/smaps_rollup" % play.box.procd.pid()).read_text(), re.M
        )
    )
    private = int(rows["Private_Dirty"]) * 1024  # the kernel's kB are 1,024 bytes
    print("two accounts: Private_Dirty %d B, RSS %s KB" % (private, rows["Rss"]))
    assert private <= 600_000  # 0.6 MB, whichever way one counts


def test_a_bundle_that_lacks_one_root_is_no_news_at_every_start(play):
    names = [der.stem for der in (ROOT / "firmware/catalogue/roots").glob("*.der")]
    router.bundle(play.box.root, [name for name in names if name != "telesec-2"])
    one(play)
    assert "telesec" not in play.box.procd.log() and "bundle" not in play.box.procd.log()


def test_the_log_goes_to_logd_and_its_newest_lines_outlive_a_restart(play):
    one(play)
    lines = play.box.logd.lines
    assert (
        all(number >> 3 == 3 and text.startswith("wanbeacon: ") for number, text in lines) and len(lines) >= 3
    )
    assert any("45.33.7.52" in text for _, text in lines), lines
    before = play.box.ours("log").stdout
    play.box.procd.restart()
    play.box.wait(lambda _: len(play.box.ours("log").stdout) > len(before))
    after = play.box.ours("log").stdout
    assert after.startswith(before) and re.match(r"20\d\d-\d\d-\d\d \d\d:", after)
    assert "home-key" not in after


def test_the_agent_and_what_it_starts_can_gain_no_privileges(play):
    """procd's own no_new_privs has no effect without ujail."""
    one(play)
    assert re.search(r"NoNewPrivs:\s+1", Path("/proc/%d/status" % play.box.procd.pid()).read_text())


def test_a_new_address_without_loss_of_link_is_followed_at_once(play):
    one(play)
    times = []
    for number in range(60, 63):
        # the least time between two requests is over: what is measured is the way from netifd to the lab
        time.sleep(2.1)
        count = len(play.lab.updates)
        play.net.set_address(0, "45.33.7.%d" % number)
        start = time.monotonic()
        play.ubus.change("wan", scene.uplink(0, "45.33.7.%d" % number))
        assert play.lab.wait_for(count + 1, 8, "update")
        times.append((time.monotonic() - start) * 1000)
        play.box.wait(lambda _, a="45.33.7.%d" % number: play.state("home.dyndns.org").get("ipv4") == a)
    print(
        "address change to HTTPS request, by ubus: median %.0f ms, of %s"
        % (statistics.median(times), ", ".join("%.0f" % one for one in times))
    )
    assert statistics.median(times) < 500
    assert len(play.lab.updates) == 4 and play.lab.findings() == []


def test_a_restart_of_netifd_is_survived(play):
    one(play)
    play.ubus.stop()
    time.sleep(0.3)
    play.net.set_address(0, "45.33.7.77")
    play.ubus.interfaces["wan"] = scene.uplink(0, "45.33.7.77")
    play.ubus.start()
    assert play.lab.wait_for(2, 10, "update"), play.box.procd.log()
    assert play.published("home.dyndns.org") == "45.33.7.77"
    play.box.wait(lambda _: play.ubus.subscribers)


def test_an_unchanged_reload_keeps_the_process(play):
    one(play)
    pid = play.box.procd.pid()
    for _ in range(3):
        play.box.procd.call("reload")
    text = play.box.path("/etc/config/wanbeacon").read_text()
    play.box.settings("# a comment\n" + text.replace("'45", "'45"))
    play.box.procd.call("reload")
    assert play.box.procd.pid() == pid
    assert len(play.lab.updates) == 1


def test_one_changed_account_alone_starts_anew(play):
    office = play.service("office", "office.dyndns.org", key="wrong")
    play.start(play.service("home", "home.dyndns.org"), office)
    play.settled("home.dyndns.org")
    play.box.wait(lambda _: play.state("office.dyndns.org").get("state") == "stopped")
    assert len(play.lab.updates) == 2
    play.box.procd.restart()  # a stop outlives the process
    play.box.wait(
        lambda status: (
            status.get("uptime", 99) < 3 and play.state("office.dyndns.org").get("state") == "stopped"
        )
    )
    assert len(play.lab.updates) == 2
    text = play.box.path("/etc/config/wanbeacon").read_text()
    play.box.settings(text.replace("'wrong'", "'office-key'"))
    play.box.procd.call("reload")
    play.settled("office.dyndns.org")
    assert play.state("home.dyndns.org")["state"] == "ok"
    assert len(play.lab.updates) == 3, "only the account whose key was changed sent again"
    assert play.published("office.dyndns.org") == "45.33.7.52"


def test_a_fault_in_the_settings_leaves_the_running_agent_alone(play):
    one(play)
    pid = play.box.procd.pid()
    play.box.path("/etc/config/wanbeacon").write_text("config service 'x\n")
    play.box.procd.call("reload")
    assert play.box.procd.pid() == pid
    move(play, "45.33.7.61")
    assert play.lab.wait_for(2, 8, "update")


def test_stop_by_sigterm_at_any_moment_loses_nothing(play):
    """Twenty stops at random moments around changes: at most one request per change, no damaged journal."""
    one(play)
    random.seed(7)
    for number in range(20):
        if number % 4 == 0:
            move(play, "45.33.7.%d" % (100 + number))
        time.sleep(random.random() * 0.25)
        play.box.procd.stop()
        play.box.procd.call("start")
        play.box.wait(lambda status: status.get("hosts"))
        assert play.box.status()["journal"]["lost"] in ("", None, [], 0, False), play.box.status()["journal"]
    assert len(play.lab.updates) <= 6
    names = [f for f in play.lab.findings() if f != "needless"]
    assert names == [], names


def test_no_route_no_request_and_the_reason_is_said(play):
    play.ubus.interfaces["wan"] = scene.uplink(0, "100.64.3.9")
    play.start(play.service("home", "home.dyndns.org", "\toption ip_network 'wan'\n"))
    play.box.wait(
        lambda status: status.get("lines") and status["lines"][0]["ipv4"]["address"] == "100.64.3.9"
    )
    time.sleep(0.5)
    assert play.lab.updates == []
    assert "cgnat" in play.box.status()["lines"][0]["ipv4"]["why"].lower()


# --- several uplinks


@pytest.fixture
def two(box, net, lab):
    """Two uplinks, an account tied to each."""
    lab.reset()
    for i in (0, 1):
        net.set_address(i, net.UPLINKS[i][1])
    with scene.Scene(
        box, net, lab, {"lan": scene.recorded("lan"), "wan": scene.uplink(0), "wanb": scene.uplink(1)}
    ) as made:
        yield made
    for i, (_, _, gateway) in enumerate(net.UPLINKS):
        namespaces.ip("-n", net.internet, "addr", "replace", gateway + "/24", "dev", "isp%d" % i)


def way(lab, host):
    """(the line that the last update of the name came by, the address in it)"""
    last = [update for update in lab.updates if host in update["hosts"]][-1]
    return last["peer"], last["wanted"]["A"]


def both(two):
    two.start(
        two.service("home", "home.dyndns.org", "\toption interface 'wan'\n"),
        two.service("office", "office.dyndns.org", "\toption interface 'wanb'\n"),
    )
    two.settled("home.dyndns.org")
    two.settled("office.dyndns.org")


def test_each_update_leaves_by_its_own_uplink_with_its_own_address(two):
    both(two)
    assert way(two.lab, "home.dyndns.org") == ("45.33.7.52", "45.33.7.52")
    assert way(two.lab, "office.dyndns.org") == ("93.184.100.20", "93.184.100.20")
    time.sleep(1.2)
    two.net.set_address(1, "93.184.100.99")
    two.ubus.change("wanb", scene.uplink(1, "93.184.100.99"))
    assert two.lab.wait_for(3, 8, "update")
    assert way(two.lab, "office.dyndns.org") == ("93.184.100.99", "93.184.100.99")
    assert len(two.lab.updates) == 3, "the other uplink's account had no reason to send"


def test_without_an_interface_of_its_own_an_account_leaves_by_the_default_route(two):
    """What the test above would see without SO_BINDTODEVICE."""
    two.start(two.service("office", "office.dyndns.org", "\toption ip_network 'wanb'\n"))
    two.settled("office.dyndns.org")
    assert way(two.lab, "office.dyndns.org") == ("45.33.7.52", "93.184.100.20")


def test_a_dead_uplink_stops_nothing_on_the_other(two):
    both(two)
    time.sleep(1.2)
    # the line of `home` is dead, but netifd does not know; its address changes, so that the agent tries and
    # waits
    namespaces.ip("-n", two.net.internet, "addr", "flush", "dev", "isp0")
    two.net.set_address(0, "45.33.7.88")
    two.ubus.change("wan", scene.uplink(0, "45.33.7.88"))
    two.net.set_address(1, "93.184.100.77")
    two.ubus.change("wanb", scene.uplink(1, "93.184.100.77"))
    start = time.monotonic()
    assert two.lab.wait_for(3, 30, "update"), two.box.procd.log()
    print("the other uplink's update came after %.1f s" % (time.monotonic() - start))
    assert way(two.lab, "office.dyndns.org") == ("93.184.100.77", "93.184.100.77")
    two.box.wait(lambda _: two.state("home.dyndns.org").get("next") == "send", 30)
    assert two.state("home.dyndns.org")["ipv4"] == "45.33.7.52"
    assert {update["peer"] for update in two.lab.updates} == {"45.33.7.52", "93.184.100.20", "93.184.100.77"}


def swap(two, number, address):
    """The interface wanb comes up by another device, as a PPP line does: eth1 and eth2 take turns. Returns
    the new device's line."""
    row = scene.uplink(number, address)
    two.net.set_address(number, address)
    two.ubus.change("wanb", row)
    return address


@pytest.mark.parametrize("killed", [False, True], ids=["told", "after kill -9 ubusd"])
def test_a_tied_account_sends_nothing_by_the_old_device_after_a_swap(two, killed):
    """The device is what netifd says when the socket is bound; no trigger of procd's, no restart of the
    agent."""
    two.start(two.service("office", "office.dyndns.org", "\toption interface 'wanb'\n"))
    two.settled("office.dyndns.org")
    pid = two.box.procd.pid()
    swaps = 20 if os.environ.get("WANBEACON_NIGHTLY") else 3
    for count in range(swaps):
        if killed:
            two.ubus.stop()
            time.sleep(0.1)
            two.ubus.start()
            two.box.wait(lambda _: two.ubus.subscribers)
        time.sleep(1.1)  # the least time between two requests
        number = count % 2  # it begins on line 1
        address = "%s.%d" % (("45.33.7", "93.184.100")[number], 100 + count)
        swap(two, number, address)
        assert two.lab.wait_for(count + 2, 10, "update"), two.box.procd.log()
        assert way(two.lab, "office.dyndns.org") == (address, address), "sent by the other line"
        two.box.wait(lambda _, a=address: two.state("office.dyndns.org").get("ipv4") == a)
    assert two.box.procd.pid() == pid and len(two.lab.updates) == swaps + 1


def test_a_line_that_flaps_costs_one_request_per_minimum_interval(two):
    two.start(two.service("office", "office.dyndns.org", "\toption interface 'wanb'\n"))
    two.settled("office.dyndns.org")
    began = time.monotonic()
    for count in range(20):
        two.ubus.change(
            "wanb", scene.uplink(1, up=count % 2 == 1), "interface.update" if count % 2 else "interface.down"
        )
        if count % 2:
            swap(two, 1, "93.184.100.%d" % (60 + count))
        time.sleep(0.15)
    least = time.monotonic() - began  # the interval is a second here
    two.box.wait(lambda _: two.state("office.dyndns.org").get("ipv4") == "93.184.100.79", 15)
    assert len(two.lab.updates) <= 2 + least + 1 and "abuse" not in two.box.procd.log()
    assert way(two.lab, "office.dyndns.org") == ("93.184.100.79", "93.184.100.79")


def test_an_account_without_an_interface_follows_the_line_that_carries_the_default_route_now(two):
    """Of two default routes the one with the lower metric counts, whatever netifd lists first."""
    for name, number, metric in (("wan", 0, 20), ("wanb", 1, 10)):
        row = scene.uplink(number)
        row["metric"] = metric
        two.ubus.interfaces[name] = row
    two.start(two.service("office", "office.dyndns.org"))
    two.settled("office.dyndns.org")
    assert way(two.lab, "office.dyndns.org")[1] == "93.184.100.20"
    time.sleep(1.1)
    two.ubus.change("wanb", scene.uplink(1, up=False), "interface.down")
    two.box.wait(lambda _: two.state("office.dyndns.org").get("ipv4") == "45.33.7.52")
    assert way(two.lab, "office.dyndns.org") == ("45.33.7.52", "45.33.7.52")


SHARED = """config service 'both'
	option enabled '1'
	option service_name 'rfc2136'
	option server '%s:%d'
	option username 'wb-key'
	option password '%s'
	option domain 'home.example.test'
	list interface 'wan'
	list interface 'wanb'
"""


@pytest.mark.needs("named")
def test_all_lines_at_once_in_one_name(two, tmp_path):
    """Real BIND, each line's update from its own address; a line that changes or is down moves no other's."""
    made = dns_servers.running("bind", tmp_path, namespaces.PROVIDER)
    server = namespaces.inside(two.net.internet, made.__enter__)
    try:

        def shows(*addresses):
            end = time.monotonic() + 10
            while time.monotonic() < end:
                found = namespaces.inside(
                    two.net.internet, lambda: server.published("home.example.test", "A")
                )
                if found == sorted(addresses):
                    return True
                time.sleep(0.1)
            raise AssertionError((found, two.box.procd.log()))

        two.start(SHARED % (namespaces.PROVIDER, server.port, dns_servers.SECRET))
        assert shows("45.33.7.52", "93.184.100.20")
        time.sleep(1.1)
        swap(two, 1, "93.184.100.99")
        assert shows("45.33.7.52", "93.184.100.99")
        assert "home.example.test (wanb)" in two.box.ours("status").stdout
        two.ubus.change("wan", scene.uplink(0, up=False), "interface.down")
        time.sleep(1.1)
        swap(two, 1, "93.184.100.77")
        assert shows("45.33.7.52", "93.184.100.77")
        came = re.findall(r"client @\S+ (\S+)#\d+/key wb-key: updating zone", (tmp_path / "log").read_text())
        assert set(came) == {"45.33.7.52", "93.184.100.20", "93.184.100.99", "93.184.100.77"}, came
    finally:
        namespaces.inside(two.net.internet, lambda: made.__exit__(None, None, None))


def test_an_interface_that_is_down_is_said_and_the_other_goes_on(two):
    two.ubus.interfaces["wan"] = scene.uplink(0, up=False)
    two.ubus.change("wan", scene.uplink(0, up=False), "interface.down")
    two.start(
        two.service("home", "home.dyndns.org", "\toption interface 'wan'\n"),
        two.service("office", "office.dyndns.org", "\toption interface 'wanb'\n"),
    )
    two.settled("office.dyndns.org")
    assert [update["hosts"] for update in two.lab.updates] == [["office.dyndns.org"]]
    assert "wan is down" in str(two.box.status()["lines"])
    two.ubus.change("wan", scene.uplink(0))
    # what the interface trigger does; the device is the same, so the process stays
    two.box.procd.call("reload")
    two.settled("home.dyndns.org")
    assert way(two.lab, "home.dyndns.org") == ("45.33.7.52", "45.33.7.52")


def test_a_device_that_is_not_there_sends_nothing_by_another_way(two):
    """The interface has an address, but its device is unknown: better late than by the wrong line."""
    ghost = scene.uplink(1)
    ghost["l3_device"] = ghost["device"] = "pppoe-ghost"
    two.ubus.change("wanb", ghost)
    two.start(two.service("office", "office.dyndns.org", "\toption interface 'wanb'\n"))
    two.box.wait(
        lambda _: two.state("office.dyndns.org").get("next") == "send" and two.box.status().get("exchange")
    )
    assert two.lab.updates == []
