# SPDX-License-Identifier: MIT
"""The LuCI pages in real Chromium, over a stand-in for LuCI's runtime: what they show, what they do, what
they may."""

import json
import re
from fnmatch import fnmatch

import pytest
from wanbeacon.dyndns import rows, search

from host_tests.openwrt import luci_page
from host_tests.openwrt.browser import Browser
from tools import ROOT
from tools.build.openwrt import pot

pytestmark = pytest.mark.needs("chromium")
APP = ROOT / "boards/openwrt/luci-app-wanbeacon"
PROGRAM = "/usr/bin/wanbeacon"
TILE = "status/include/70_wanbeacon"
SHOTS = ROOT / "out/luci"


@pytest.fixture(scope="module")
def show():
    """show(view, router, width, query) -> Page; at the end no page may have had an error or asked
    elsewhere."""
    pages = []
    with luci_page.Site() as url, Browser() as browser:

        def open_(view, what, width=1100, query=""):
            pages.append(luci_page.show(browser, url, view, what, width, query))
            return pages[-1]

        yield open_
        for page in pages:
            assert page.errors == []
            assert [asked for asked in page.requests if not asked.startswith(url)] == []


def text(page):
    return page.run("document.getElementById('view').innerText")


def answers(*commands, code=0, said="done"):
    return {" ".join(command): {"code": code, "stdout": said, "stderr": ""} for command in commands}


def click(page, label):
    found = page.run(
        "(() => { const b = [...document.querySelectorAll('button')].find(b => b.textContent === %s);"
        " if (b) b.click(); return !!b; })()" % json.dumps(label)
    )
    assert found, "no button %r" % label
    page.run("new Promise(done => setTimeout(done, 60))")


def granted(kind, words, rights=("read", "write")):
    """rpcd's rule, both levels: the ubus method must be granted (session.c), and for files the path or the
    whole command line too (file.c). rights: ("read",) for a restricted log-in."""
    acl = json.loads((APP / "root/usr/share/rpcd/acl.d/luci-app-wanbeacon.json").read_text())[
        "luci-app-wanbeacon"
    ]

    def has(scope, name, method):
        return any(
            fnmatch(name, pattern) and method in methods
            for right in rights
            for pattern, methods in acl[right].get(scope, {}).items()
        )

    if kind == "rpc":
        return has("ubus", words[0], words[1])
    return has("ubus", "file", kind) and any(has("file", name, kind) for name in (words[0], " ".join(words)))


def only_what_rpcd_grants(page, rights=("read", "write")):
    for kind, *words in page.run("calls"):
        assert granted(kind, words, rights), (kind, words)


def test_a_restricted_log_in_reads_all_and_changes_nothing(show):
    """It saw "has just started" for ever: the ubus level of the rule was missing."""
    page = show("status", luci_page.router(luci_page.status()))
    only_what_rpcd_grants(page, ("read",))
    only_what_rpcd_grants(show("settings", luci_page.router(uci=UCI, exec=EXEC)), ("read",))
    only_what_rpcd_grants(show(TILE, luci_page.router(luci_page.status())), ("read",))
    for words in (
        (PROGRAM, "pause"),
        (PROGRAM, "update", "a"),
        ("/etc/init.d/wanbeacon", "stop"),
        ("/bin/sh", "-c", "x"),
    ):
        assert not granted("exec", words, ("read",)), words
    assert not granted("read", ("/etc/config/wanbeacon",)) and not granted(
        "read", ("/var/run/wanbeacon/config.json",)
    )


@pytest.mark.parametrize("width", [1100, 390])
def test_the_status_page_shows_every_name_with_its_state_and_fits(show, width):
    page = show("status", luci_page.router(luci_page.status()), width)
    page.shot(SHOTS / ("status-%d.png" % width))
    shown = text(page)
    for word in (
        "home.ddns.net",
        "45.33.7.52",
        "2a02:8010:1::7",
        "2 h 1 min ago",
        "up to date",
        "stopped",
        "waiting",
        "not sent yet",
        "the server did not answer in time",
        "badauth: the provider refuses",
        "sends in 2",
        "confirms it in 23 days",
        "nothing until you act",
        "waits for an address",
        "carrier-grade NAT",
        "1 of 5 names are stopped",
        "HTTP 200, 214 ms",
        "line 79 of the log",
        "running for 26 h 3 min, 9 requests",
    ):
        assert word in shown, word
    assert page.run("document.documentElement.scrollWidth") <= width
    only_what_rpcd_grants(page)


def test_what_a_provider_answers_stays_text(show):
    evil = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
    doc = luci_page.status(log=[evil], hosts=[luci_page.host(evil, why=evil, provider=evil)])
    doc["exchange"]["reply"] = evil
    page = show("status", luci_page.router(doc))
    page.run("new Promise(done => setTimeout(done, 100))")
    assert page.run("[window.hit, document.querySelectorAll('#view img, #view script').length]") == [None, 0]
    assert text(page).count("<img src=x") >= 4


@pytest.mark.parametrize(
    ("what", "word"),
    [
        (luci_page.router(None, running=False), "The agent is not running"),
        (luci_page.router(luci_page.status(), running=False), "The agent is not running"),
        (luci_page.router(None), "The agent has just started"),
        (luci_page.router(luci_page.status(clock="not set", now=None)), "The clock is not set yet"),
        (luci_page.router(luci_page.status(paused=True)), "Paused: nothing is sent"),
        (
            luci_page.router(luci_page.status(hosts=[], lines=[], exchange=None, log=[])),
            "No service is switched on.",
        ),
    ],
    ids=["stopped", "stale", "starting", "no clock", "paused", "empty"],
)
def test_each_state_of_the_agent_has_its_sentence(show, what, word):
    assert word in text(show("status", what, 390))


REFUSAL = (
    "/etc/config/wanbeacon line 11, section 'home', option 'server': should be host\n"
    "the agent keeps the previous settings"
)


@pytest.mark.parametrize(("document", "running"), [(luci_page.status(), True), (None, False)])
def test_settings_that_are_not_in_use_are_a_banner_within_two_seconds(show, document, running):
    what = luci_page.router(document, running)
    page = show("status", what)
    assert "not in use" not in text(page)
    page.run("router.files['/var/run/wanbeacon/refused'] = %s" % json.dumps(REFUSAL))
    assert page.run("pollSeconds") <= 2
    page.run("runPolls()")
    assert REFUSAL in text(page) and "The saved settings are not in use" in text(page)
    page.run("delete router.files['/var/run/wanbeacon/refused']; runPolls()")
    assert "not in use" not in text(page)


def test_a_state_is_said_once_and_a_stop_is_red(show):
    hosts = [luci_page.host("a.org", why="up to date"), luci_page.host("b.org", "stopped", why="badauth")]
    page = show("status", luci_page.router(luci_page.status(hosts=hosts)))
    assert text(page).count("up to date") == 1
    color = page.run(
        "getComputedStyle([...document.querySelectorAll('.label')].find(l => l.innerText === "
        "'stopped')).backgroundColor"
    )
    red, green, blue = map(int, re.findall(r"\d+", color)[:3])
    assert red > 150 and green < 90 and blue < 90


def test_the_whole_log_is_shown_on_demand(show):
    what = luci_page.router(luci_page.status())
    what["files"]["/var/run/wanbeacon/log"] = "".join("line %d\n" % i for i in range(300))
    page = show("status", what)
    click(page, "Whole log")
    shown = page.run("document.getElementById('modal').innerText")
    assert "line 299" in shown and "line 100" in shown and "line 99\n" not in shown
    only_what_rpcd_grants(page, ("read",))


def test_the_tile_of_the_overview_page(show):
    page = show(TILE, luci_page.router(luci_page.status(), refused=REFUSAL))
    shown = text(page)
    for word in ("home.ddns.net", "45.33.7.52", "stopped: needs your help", "not in use", "Details"):
        assert word in shown, word
    assert text(show(TILE, luci_page.router(None))).strip() == "", "no tile while nothing runs"


def test_a_name_on_several_lines_says_which_line(show):
    hosts = [luci_page.host("home.ddns.net", line=line) for line in ("wan", "wanb")]
    shown = text(show("status", luci_page.router(luci_page.status(hosts=hosts))))
    assert "noip · wan\n" in shown and "noip · wanb" in shown
    assert "·" not in text(show("status", luci_page.router(luci_page.status(hosts=hosts[:1], lines=[]))))


def test_half_a_status_document_is_waited_over(show):
    what = luci_page.router(luci_page.status())
    path = "/var/run/wanbeacon/status.json"
    whole, what["files"][path] = what["files"][path], what["files"][path][:300]
    page = show("status", what)
    assert "has just started" in text(page)
    page.run("router.files[%s] = %s; runPolls()" % (json.dumps(path), json.dumps(whole)))
    assert "home.ddns.net" in text(page)


def test_a_poll_brings_the_new_address(show):
    page = show("status", luci_page.router(luci_page.status()))
    changed = json.dumps(luci_page.status(hosts=[luci_page.host("home.ddns.net", ipv4="45.33.7.99")]))
    page.run("router.files['/var/run/wanbeacon/status.json'] = %s; runPolls()" % json.dumps(changed))
    assert "45.33.7.99" in text(page) and "stopped" not in text(page)


@pytest.mark.parametrize(
    ("label", "command"),
    [
        ("Try again", (PROGRAM, "retry", "office.dyndns.org")),
        ("Send once", (PROGRAM, "update", "home.ddns.net")),
        ("Check now", (PROGRAM, "check")),
        ("DNS check", (PROGRAM, "verify")),
        ("Pause", (PROGRAM, "pause")),
        ("Stop", ("/etc/init.d/wanbeacon", "stop")),
    ],
)
def test_each_button_runs_its_command_and_shows_the_answer(show, label, command):
    page = show("status", luci_page.router(luci_page.status(), exec=answers(command, said="this was said")))
    click(page, label)
    assert ["exec", *command] in page.run("calls")
    # the init script says something only where something is wrong
    said = page.run("document.getElementById('notifications').innerText")
    assert said == "" if label == "Stop" else "this was said" in said
    only_what_rpcd_grants(page)


def test_a_refused_command_says_why(show):
    what = luci_page.router(
        luci_page.status(), exec=answers((PROGRAM, "pause"), code=1, said="wanbeacon: no")
    )
    page = show("status", what)
    click(page, "Pause")
    assert page.run("document.querySelector('#notifications .error').innerText") == "wanbeacon: no"
    click(page, "Check now")
    assert "Permission denied" in page.run("document.getElementById('notifications').innerText")


def test_start_is_offered_when_it_is_down(show):
    page = show("status", luci_page.router(None, False, exec=answers(("/etc/init.d/wanbeacon", "start"))))
    click(page, "Start")
    assert ["exec", "/etc/init.d/wanbeacon", "start"] in page.run("calls")
    assert page.run("document.getElementById('notifications').innerText") == ""
    only_what_rpcd_grants(page)


def test_start_shows_the_fault_that_keeps_it_down(show):
    fault = "/etc/config/wanbeacon line 11, section 'home', option 'frob': no such option"
    exec_ = {"/etc/init.d/wanbeacon start": {"code": 0, "stdout": "", "stderr": fault + "\nanother\n"}}
    page = show("status", luci_page.router(None, False, exec=exec_))
    click(page, "Start")
    assert page.run("document.querySelector('#notifications .error').innerText") == fault + "\nanother"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"state": "waiting", "ipv4": None}, "offline"),
        ({"state": "waiting"}, "waiting"),  # asked for, not sent yet: the name still leads here
        ({"state": "stopped", "ipv4": None}, "stopped"),
    ],
)
def test_a_name_that_was_set_offline_says_so_unless_there_is_more_to_say(show, fields, word):
    host = luci_page.host(
        "home.ddns.net", offline=True, next="nothing", next_in=None, why="set by the user", **fields
    )
    page = show("status", luci_page.router(luci_page.status(hosts=[host])))
    assert page.run("document.querySelector('.label').innerText") == word
    assert "nothing until you act" in text(page)


UCI = {
    "main": {".type": "wanbeacon", "enabled": "1"},
    "home": {
        ".type": "service",
        "enabled": "1",
        "service_name": "noip",
        "domain": ["home.ddns.net"],
        "username": "me@example.org",
        "password": "p'q",
        "use_ipv6": "both",
        "ip_source": ["network", "natpmp"],
        "ip_network": ["wan", "wan6"],
    },
}
#: What `wanbeacon providers` prints.
PROVIDERS = "\n".join(
    "%-20s %s (%s)" % one if one[0] != "-" else "%-20s %s cannot be kept: %s" % one
    for one in search.search(str(ROOT / "firmware/catalogue/names.txt"), "", 999)
)
EXEC = {
    **answers((PROGRAM, "providers"), said=PROVIDERS),
    **answers((PROGRAM, "check"), said="no fault found"),
}


def form(show, width=1100, uci=None):
    return show("settings", luci_page.router(uci=uci or UCI, exec=EXEC), width)


def visible(page, name):
    return page.run("document.querySelector('[data-row=\"%s\"]').style.display !== 'none'" % name)


def put(page, field, value):
    page.run(
        "(() => { const f = document.querySelector('[data-field=\"%s\"]'); "
        "const i = f.matches('input,select') ? f :"
        " f.querySelector('input'); i.value = %s; i.dispatchEvent(new Event('change', {bubbles: true})); "
        "})()" % (field, json.dumps(value))
    )


@pytest.mark.parametrize("width", [1100, 390])
def test_the_form_shows_the_settings_and_fits(show, width):
    page = form(show, width)
    page.shot(SHOTS / ("settings-%d.png" % width))
    shown = text(page)
    for word in (
        "home.ddns.net",
        "noip",
        "IPv4 and IPv6",
        "Add a service",
        "Cross-check",
        "/usr/share/doc/wanbeacon/config",
    ):
        assert word in shown, word
    assert "p'q" not in shown
    click(page, "Edit")
    page.shot(SHOTS / ("service-%d.png" % width))
    assert page.run("document.querySelector('[data-field=\"home.password\"]').type") == "password"
    assert page.run("document.documentElement.scrollWidth") <= width
    only_what_rpcd_grants(page)


def test_a_source_asks_only_for_what_it_needs(show):
    page = form(show)
    click(page, "Edit")
    assert (
        visible(page, "home.ip_network")
        and not visible(page, "home.ip_url")
        and not visible(page, "home.stun_server")
    )
    put(page, "home.ip_source", "web")
    assert visible(page, "home.ip_url")


def saved(page, section):
    page.run("document.querySelector('[data-save=\"%s\"]').click()" % section)
    return page.run("[router.uci, problems]")


def agents_view(uci_dict, tmp_path):
    """What the router would make of these sections: through the file, as its own program reads it."""
    from wanbeacon.openwrt import render, uci

    sections = []
    for name, options in uci_dict.items():
        section = uci.Section(options[".type"], name, 0, 0)
        section.options = [[key, value, 0] for key, value in options.items() if key != ".type"]
        sections.append(section)
    file = tmp_path / "wanbeacon"
    file.write_text(uci.dump(sections))
    return render.load(str(file), str(ROOT / "firmware/catalogue/providers.dat"))


def test_every_provider_can_be_chosen_by_its_name(show):
    page = form(show)
    click(page, "Edit")
    listed = page.run(
        "[...document.getElementById(document.querySelector('[data-field=\"home.service_name\"]')"
        ".getAttribute('list')).options].map(o => [o.value, o.textContent])"
    )
    ids = rows.names(str(ROOT / "firmware/catalogue/providers.dat"))
    assert sorted(one[0] for one in listed) == sorted(ids)
    assert ["noip", "No-IP (dynupdate.no-ip.com)"] in listed and dict(listed)["route53"].startswith("Amazon")


def test_what_the_form_saves_the_program_accepts(show, tmp_path):
    page = form(show)
    click(page, "Edit")
    put(page, "home.domain", "b.ddns.net")
    found, problems = saved(page, "home")
    assert problems == []
    assert found["home"]["ip_source"] == ["network", "natpmp"]
    result = agents_view(found, tmp_path)
    assert result.problems == []
    account = json.loads(json.dumps(result.document))["accounts"][0]
    assert [h["name"] for h in account["hosts"]] == ["home.ddns.net", "b.ddns.net"]
    assert account["address"][-1] == "natpmp" and account["password"] == "p'q"


def test_a_new_service_is_complete_or_not_saved(show, tmp_path):
    page = form(show)
    click(page, "Add a service")
    found, problems = saved(page, "added")
    assert [p[1] for p in problems] == ["service_name", "domain"]
    put(page, "added.service_name", "dyn")
    put(page, "added.domain", "x.dyndns.org")
    put(page, "added.username", "me")
    put(page, "added.password", "k")
    found, problems = saved(page, "added")
    assert problems == [] and found["added"]["enabled"] == "1"
    assert agents_view(found, tmp_path).problems == []


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("domain", "my host", "no spaces"),
        ("domain", "a,b", "no ,"),
        ("domain", "a..b", "a dot too many"),
        ("domain", "müller.de", "xn--"),
        ("domain", "https://a.org", "no :"),
        ("service_name", "nopi", "No such provider"),
        ("server", "https://x/y", "host:port"),
        ("server", "x:99999", "from 1 to 65535"),
        ("server", "a b", "host:port"),
        ("update_url", "dyn.example.net", "Start it with https://"),
        ("update_url", "https://x/?a=[HOST]", "[HOST] is no place"),
        ("update_url", "https://x/{hostname}", "no braces"),
        ("suffix", "1.2.3.4", "such as ::1:2"),
        ("suffix", "::", "such as ::1:2"),
        ("mac", "00:11:22:33:44", "A MAC address"),
        ("neighbor", "nas", "A MAC address"),
    ],
)
def test_a_faulty_name_server_or_url_is_refused_at_its_field(show, field, value, word):
    page = form(show)
    click(page, "Edit")
    put(page, "home." + field, value)
    _, problems = saved(page, "home")
    assert [problem[:2] for problem in problems] == [["home", field]] and word in problems[0][2], problems


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("domain", "a-b.example.org"),
        ("domain", "*.example.org"),
        ("server", "members.dyndns.org:8245"),
        ("server", "[2001:db8::1]:443"),
        ("server", "http://dyn.lan"),
        ("update_url", "https://[USERNAME]:[PASSWORD]@d.example/?h=[DOMAIN]&ip=[IP]"),
        ("service_name", "no-ip.com"),
        ("service_name", "NoIP"),
        ("suffix", "::1:2"),
        ("mac", "00-11-22-AA-bb-cc"),
        ("neighbor", "fe80::1:2"),
        ("neighbor", "00:11:22:33:44:55"),
    ],
)
def test_what_is_right_is_not_refused(show, field, value):
    page = form(show)
    click(page, "Edit")
    put(page, "home." + field, value)
    assert saved(page, "home")[1] == []


def test_a_host_at_home_is_chosen_by_one_way_and_the_program_takes_it(show, tmp_path):
    page = form(show)
    click(page, "Edit")
    assert not visible(page, "home.privacy")
    put(page, "home.neighbor", "00:11:22:33:44:55")
    put(page, "home.lan", "guest")
    assert visible(page, "home.privacy")
    found, problems = saved(page, "home")
    result = agents_view(found, tmp_path)
    assert problems == [] and result.problems == []
    host = result.document["accounts"][0]["hosts"][0]
    assert (host["neighbor"], host["lan"]) == ("00:11:22:33:44:55", "guest")
    put(page, "home.suffix", "::1:2")
    problems = saved(page, "home")[1]
    assert [one[1] for one in problems] == ["suffix", "neighbor"] and "One of" in problems[0][2], problems


def test_several_uplinks_at_once_need_a_provider_that_can(show, tmp_path):
    uci = {**UCI, "home": {**UCI["home"], "interface": ["wan", "wan6"]}}
    del uci["home"]["ip_source"], uci["home"]["ip_network"]
    page = form(show, uci=uci)
    click(page, "Edit")
    found, problems = saved(page, "home")
    assert [one[1] for one in problems] == ["interface"] and "rfc2136" in problems[0][2]
    assert not visible(page, "home.keep_others")
    put(page, "home.service_name", "rfc2136")
    put(page, "home.server", "ns1.example.org")
    put(page, "home.password", "cGFzcw==")
    put(page, "home.username", "key")
    found, problems = saved(page, "home")
    assert problems == [] and visible(page, "home.keep_others")
    result = agents_view(found, tmp_path)
    assert result.problems == [] and [a["bind"] for a in result.document["accounts"]] == ["@wan", "@wan6"]


def test_a_receiver_of_notices_is_a_section_the_program_takes(show, tmp_path):
    page = form(
        show, uci={**UCI, "phone": {".type": "notify", "preset": "ntfy", "topic": "t", "events": ["stopped"]}}
    )
    assert "ntfy" in text(page) and "Add a receiver" in text(page)
    result = agents_view(page.run("router.uci"), tmp_path)
    assert result.problems == [] and result.document["notify"][0]["preset"] == "ntfy"


BROKER = {"host": "10.0.0.2", "port": "1884", "user": "wb", "password": "s", "name": "r1", "prefix": "acme/x"}


def test_a_broker_is_asked_for_with_its_own_fields_and_the_program_takes_it(show, tmp_path):
    page = form(show)
    assert not visible(page, "main.mqtt_user")
    for key, value in BROKER.items():
        put(page, "main.mqtt_" + key, value)
    assert visible(page, "main.mqtt_user") and visible(page, "main.mqtt_ca")
    assert page.run("document.querySelector('[data-field=\"main.mqtt_password\"]').type") == "password"
    page.run("document.querySelector('[data-field=\"main.mqtt_plain\"]').click()")
    assert not visible(page, "main.mqtt_ca"), "no certificate without TLS"
    page.run("map.save()")
    found, problems = page.run("[router.uci, problems]")
    assert problems == []
    result = agents_view(found, tmp_path)
    want = {**BROKER, "port": 1884, "plain": True}
    assert result.problems == [] and result.document["mqtt"] == want


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("host", "mqtt://10.0.0.2", "alone"),
        ("host", "10.0.0.2:1883", "alone"),
        ("name", "my router", "At most 23"),
        ("prefix", "/a", "no #"),
        ("discovery", "a/#", "no #"),
        ("user", "", "goes with a user name"),
    ],
)
def test_a_faulty_field_of_the_broker_is_refused_there(show, field, value, word):
    page = form(
        show,
        uci={**UCI, "main": {**UCI["main"], "mqtt_host": "mq.lan", "mqtt_user": "u", "mqtt_password": "p"}},
    )
    put(page, "main.mqtt_" + field, value)
    page.run("map.save()")
    problems = page.run("problems")
    assert [one[:2] for one in problems] == [["main", "mqtt_" + field]] and word in problems[0][2], problems


def test_a_service_without_a_name_is_marked_at_the_field(show):
    uci = {**UCI, "home": {**UCI["home"], "domain": []}}
    page = form(show, uci=uci)
    click(page, "Edit")
    assert saved(page, "home")[1] == [["home", "domain", "Give at least one name."]]


def test_the_grid_shows_words_for_the_families(show):
    page = form(
        show, uci={**UCI, "home": {key: value for key, value in UCI["home"].items() if key != "use_ipv6"}}
    )
    cells = page.run("[...document.querySelectorAll('td')].map(td => td.innerText)")
    assert "IPv4" in cells and "0" not in cells


def test_the_words_of_ones_own_service_are_asked_for_beside_its_url_alone(show):
    page = form(show)
    click(page, "Edit")
    assert not visible(page, "home.success") and not visible(page, "home.method")
    put(page, "home.update_url", "https://d.example/?ip=[IP]")
    assert visible(page, "home.success") and visible(page, "home.failure")


def test_the_check_button_shows_the_programs_words(show):
    page = form(show)
    click(page, "Check")
    assert "no fault found" in page.run("document.getElementById('modal').innerText")
    only_what_rpcd_grants(page)


@pytest.mark.parametrize("view", ["status", "settings", TILE])
def test_every_text_of_the_views_can_be_translated(show, view):
    data = luci_page.router(
        luci_page.status(hosts=[luci_page.host("§")], lines=[], log=["§"], exchange=None),
        uci={"main": {".type": "wanbeacon"}},
        exec=EXEC,
        networks=[],
    )
    data["files"] = {
        path: doc.replace("noip", "§").replace("the provider has this address", "§")
        for path, doc in data["files"].items()
    }
    page = show(view, data, query="?marks")
    words = page.run(
        "[...document.getElementById('view').querySelectorAll('*')].flatMap(n => [...n.childNodes])"
        ".filter(n => n.nodeType === 3 && n.textContent.trim() && !n.parentNode.closest('datalist, pre'))"
        ".map(n => n.textContent)"
    )
    assert len(words) > 6
    for word in words:
        assert "«" in word or word in ("§", "-", "45.33.7.52"), word


def test_the_translators_template_is_up_to_date():
    assert pot.POT.read_text() == pot.template(), "run: python -m tools.build.openwrt.pot"


def test_the_menu_leads_to_views_that_exist_and_to_rights_that_exist():
    menu = json.loads((APP / "root/usr/share/luci/menu.d/luci-app-wanbeacon.json").read_text())
    rights = json.loads((APP / "root/usr/share/rpcd/acl.d/luci-app-wanbeacon.json").read_text())
    views = [entry["action"]["path"] for entry in menu.values() if entry["action"]["type"] == "view"]
    assert sorted(views) == ["wanbeacon/settings", "wanbeacon/status"]
    for path in views:
        assert (APP / "htdocs/luci-static/resources/view" / (path + ".js")).is_file()
    assert menu["admin/services/wanbeacon"]["depends"]["acl"] == list(rights)
