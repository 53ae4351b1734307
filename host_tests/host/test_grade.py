# SPDX-License-Identifier: MIT
"""The grader: clients that do everything right meet every rule, one that breaks a rule is caught by that rule
and no other; clients with little to show; the rules of the wire for any client, without root and without
libfaketime. Host only."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from host_tests.host.installed_wheel import install
from tools import ROOT, UserError
from tools.grade import certify, cli, clients, clients_others, play, rules, scenes, view
from tools.grade_server.installed import SERVERS

BAD = ROOT / "host_tests" / "host" / "bad_client.py"
TEMPLATE = """{"host": "{host}", "port": {port}, "user": "{user}", "password": "{password}",
 "hosts": "{hostnames}", "service": "{service}", "file": "{address_file}",
 "check": "{check_url}", "source": "{source}", "ca": "{ca}",
 "state": "{dir}/state.json"}"""
#: The bad client sleeps most of the time; its hours pass so fast that a Python's start takes a minute of
#: them.
SPEED, JOBS = 250, 12
NIGHTLY = bool(os.environ.get("WANBEACON_NIGHTLY"))
#: Two good clients with other habits: see bad_client.py.
GOOD = ("", "patient")
#: Rules that cannot be broken alone, and what goes with them.
TOGETHER = {
    # a User-Agent that names nobody is not in Dyn's form either
    "user-agent": {"agent-dyn"},
    # who never publishes an IPv6 address has not shown in how many requests
    "dual": {"dual-once"},
    # who sends nothing at the start has not shown that it looks at the address, nor whom it trusts
    "first-update": {rule.id for rule in rules.RULES if rule.after == "first-update"},
    # who follows no change is not seen to stop
    "follows-change": {rule.id for rule in rules.RULES if rule.after == "follows-change"},
}
SCENES = {scene.name: scene for scene in scenes.SCENES}


def client(template, flag=""):
    return clients.given(
        [sys.executable, str(BAD), "{config}", "{speed}", flag], template, flag or "good", own_time=True
    )


def played_by(template, flags, speed=SPEED, jobs=JOBS):
    """{flag: {scene: record}}: the good clients in every scene, each bad one in the scenes of its rule; with
    nuisances, and no second try without them."""
    work = [(flag, scene) for flag in GOOD for scene in SCENES.values()]
    # One scene of those that show a forgotten refusal is enough.
    work += [
        (rule.id, SCENES[name])
        for rule in rules.RULES
        if rule.id in flags
        for name in (rule.scenes[:1] if rule.id == "refusal-kept" else rule.scenes)
    ]
    work += [("one-host", SCENES[name]) for name in ("hosts", "list-nochg")]
    work += [("no-stops", SCENES[name]) for name in (*scenes.REFUSALS, "badauth-401", "loopback")]
    work.sort(key=lambda item: item[1].name not in ("quiet", "page-refused", "hang"))  # the longest first
    with ThreadPoolExecutor(jobs) as pool:
        records = list(
            pool.map(lambda item: play.play(client(template, item[0]), item[1], speed, strict=True), work)
        )
    table = {}
    for (flag, scene), record in zip(work, records, strict=True):
        table.setdefault(flag, {})[scene.name] = record
    return table


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("grade") / "template"
    path.write_text(TEMPLATE)
    return path


@pytest.fixture(scope="module")
def played(template):
    """For what a bad client did not play, what the good one did: a flag changes nothing outside the scenes of
    its rule."""
    table = played_by(template, rules.BY_ID)
    return {flag: {**table[""], **found} for flag, found in table.items()}


def wrong(records):
    return {rule: lines for rule, (verdict, lines) in rules.judge(records).items() if verdict != rules.MET}


@pytest.mark.timeout(500)
@pytest.mark.parametrize("habit", GOOD)
def test_a_client_without_fault_meets_every_rule(played, habit):
    assert wrong(played[habit]) == {}
    assert len(rules.judge(played[habit])) == len(rules.RULES)


@pytest.mark.timeout(500)
@pytest.mark.parametrize("rule", [rule.id for rule in rules.RULES])
def test_a_bad_client_is_caught_by_its_rule_and_no_other(played, rule):
    found = wrong(played[rule])
    assert set(found) == {rule} | TOGETHER.get(rule, set()), found
    assert found[rule], "no evidence"


@pytest.mark.timeout(500)
def test_a_client_without_fault_is_silent_in_the_quiet_scenes_only(played):
    silent = {name for name, record in played[""].items() if not record["requests"]}
    assert silent == {scene.name for scene in scenes.SCENES if scene.quiet}


@pytest.mark.timeout(500)
def test_the_nuisances_were_there(played):
    """Chunks, capitals and slow answers in the scenes that the good client passed; a table of scenes may not
    lose them."""
    seen = {name for record in played[""].values() for name in record["nuisances"]}
    assert seen == {"chunked", "title-case", "slow"}
    assert any(
        "Good " in (entry["reply"] or "") for record in played[""].values() for entry in record["requests"]
    )


@pytest.mark.timeout(500)
def test_a_nuisance_that_a_client_cannot_take_counts_once(template):
    """In its own rule, and not in every scene that has it, unless with --strict."""
    scene = next(
        scene
        for scene in scenes.SCENES
        if "chunked" in play.nuisances_of(scene) and scene.name in ("noip", "life", "dual", "renumber")
    )
    with ThreadPoolExecutor(2) as pool:
        lenient, strict = pool.map(
            lambda strict: play.play(client(template, "chunked"), scene, SPEED, strict=strict), (False, True)
        )
    assert lenient["nuisances"] == [] and play.unmet(lenient) == []
    assert "chunked" in strict["nuisances"] and play.unmet(strict)


@pytest.mark.skipif(not NIGHTLY, reason="nightly: three speeds, 20 runs")
@pytest.mark.timeout(7200)
def test_the_same_verdicts_at_three_machine_speeds(template):
    """A slower machine is a higher speed of the client's time: what a second of it costs."""
    verdicts = set()
    for number in range(20):
        table = played_by(template, rules.BY_ID if number < 3 else {}, speed=(100, 250, 500)[number % 3])
        for flag, records in table.items():
            verdicts.add((flag, tuple(sorted(wrong({**table[""], **records})))))
    assert len(verdicts) == len({flag for flag, _ in verdicts}), verdicts


@pytest.mark.timeout(500)
def test_a_client_with_one_host_shows_nothing_about_several(played):
    table = rules.judge({name: played["one-host"][name] for name in ("hosts", "list-nochg")})
    assert {rule: row[0] for rule, row in table.items()} == dict.fromkeys(
        ("grouped", "refused-host", "other-hosts", "well-hosts", "list-nochg"), rules.NOT_SHOWN
    )


@pytest.mark.timeout(500)
def test_a_polling_client_without_stops_is_convicted_of_each_and_shows_no_memory(played):
    """Nothing after a restart is no proof that it remembers: it takes every refusal for a success."""
    table = rules.judge({**played[""], **played["no-stops"]})
    for rule in (*("stop-" + code for code in scenes.REFUSALS), "stop-401"):
        assert table[rule][0] == rules.UNMET, rule
    assert table["refusal-kept"][0] == rules.NOT_SHOWN
    assert table["loopback"][0] == rules.UNMET and table["follows-change"][0] == rules.MET


@pytest.mark.timeout(500)
def test_a_loop_is_convicted_as_a_loop_and_not_by_the_rules_that_a_loop_cannot_show(played):
    """Its updates in the scenes of clocks and unusual answers are for the loop's sake."""
    records = {**played[""], "quiet": played["no-needless"]["quiet"]}
    for name in ("clock-ahead", "clock-back", "chunked", "case", "bare"):
        record = played[""][name]
        after = record["marks"]["restart" if name.startswith("clock") else "settled"]
        again = dict(record["requests"][0], time=after + 1)
        records[name] = {**record, "requests": [record["requests"][0], again, *record["requests"][1:]]}
    assert {rule: row[0] for rule, row in rules.judge(records).items() if row[0] != rules.MET} == {
        "no-needless": rules.UNMET,
        **dict.fromkeys(("clock-ahead", "clock-back", "chunked", "case", "bare"), rules.NOT_SHOWN),
    }


@pytest.mark.timeout(500)
def test_no_judge_breaks_where_a_client_came_too_late_or_not_at_all(played):
    """On a machine that is too slow every request may come after the last mark, or none at all."""
    for keep in (lambda entry: {**entry, "time": 1e8}, lambda entry: None):
        records = {
            name: {**record, "requests": list(filter(None, map(keep, record["requests"])))}
            for name, record in played[""].items()
        }
        table = rules.judge(records)
        assert len(table) == len(rules.RULES) and all(row[1] for row in table.values())


@pytest.mark.timeout(500)
@pytest.mark.parametrize("scene", ["911", "503", "429", "503-date", "page"])
def test_a_machine_that_holds_a_client_up_acquits_it_of_nothing(played, scene):
    """A retry after ten minutes comes after fifteen when the machine is too slow:
    asked again, though it fits."""
    record = {**played[""][scene], "slow": [], "silent": [], "late": False}
    assert not play._open(record)
    for why in ({"slow": [2]}, {"silent": [1]}, {"late": True}):
        assert play._open({**record, **why})
        assert not play._open({**played[""]["life"], "slow": [], "silent": [], "late": False, **why})


@pytest.mark.timeout(500)
def test_a_machine_that_holds_the_grader_up_convicts_nobody(played):
    record = played["stop-badauth"]["badauth"]
    assert rules.judge({"badauth": record})["stop-badauth"][0] == rules.UNMET
    verdict, lines = rules.judge({"badauth": {**record, "busy": True}})["stop-badauth"]
    assert verdict == rules.NOT_SHOWN and "too busy" in lines[0]


def test_what_is_added_keeps_the_rest():
    def one(name, *names, speed):
        return {"name": name, "speed": speed, "scenes": list(names), "records": dict.fromkeys(names, speed)}

    found = cli.together(
        [one("a", "x", "y", speed=1), one("b", "x", speed=1)],
        [one("a", "y", "z", speed=2), one("c", "x", speed=2)],
    )
    assert [(each["name"], each["records"]) for each in found] == [
        ("a", {"x": 1, "y": 2, "z": 2}),
        ("b", {"x": 1}),
        ("c", {"x": 2}),
    ]
    assert found[0]["scenes"] == ["x", "y", "z"]


@pytest.mark.timeout(500)
def test_minutes_of_quiet_show_no_hours(played):
    assert rules.judge({"life": played[""]["life"]})["no-needless"][0] == rules.NOT_SHOWN


@pytest.mark.needs("curl", "faketime")
def test_a_loop_around_curl_gets_what_it_deserves(tmp_path):
    """Every half hour, whatever happens: no stop, no state, an address that nobody looked at."""
    (tmp_path / "loop").write_text(
        "#!/bin/sh\n"
        "while :; do\n"
        '    curl -s -m 60 --cacert "$1" -u "$2" "https://$3/nic/update?hostname=$4&myip=$(cat "$5")"\n'
        "    sleep 1800\n"
        "done\n"
    )
    (tmp_path / "loop").chmod(0o755)
    loop = clients.given(
        [str(tmp_path / "loop"), "{ca}", "{user}:{password}", "{host}:{port}", "{hostname}", "{address_file}"]
    )
    with ThreadPoolExecutor(4) as pool:
        names = ("life", "quiet", "badauth", "private")
        records = dict(
            zip(names, pool.map(lambda name: play.once(loop, SCENES[name], 150), names), strict=True)
        )
    table = {rule: row[0] for rule, row in rules.judge(records).items()}
    for rule in ("no-needless", "restart", "user-agent", "refusal-kept", "private", "follows-change"):
        assert table[rule] == rules.UNMET, (rule, table)
    for rule in ("first-update", "not-in-url", "over-tls", "get", "only-update-url"):
        assert table[rule] == rules.MET, (rule, table)
    assert table["stop-badauth"] == rules.NOT_SHOWN, "it looks too rarely to be seen to stop"


def test_every_scene_shows_a_rule_and_every_requirement_has_rules():
    used = {name for rule in rules.RULES for name in rule.scenes}
    assert used == {scene.name for scene in scenes.SCENES}
    known = {rule.id for rule in rules.RULES}
    assert len(known) == len(rules.RULES)
    for rule in rules.RULES:
        assert {rule.after, rule.after_wire} <= known | {""}, rule.id
        assert not rule.wire or any(SCENES[name].wire for name in rule.scenes), rule.id
    for requirements in certify.REQUIREMENTS.values():
        assert {name for _, _, names in requirements for name in names} <= known


def test_the_ids_of_rules_that_others_have_in_their_ci_are_still_there():
    """Those of 0.2.0. They may grow in number, and never change."""
    assert set(
        [
            "first-update",
            "no-needless",
            "follows-change",
            "restart",
            "user-agent",
            "agent-dyn",
            "agent-noip",
            "not-in-url",
            "over-tls",
            "only-update-url",
            "get",
            "stop-badauth",
            "stop-nohost",
            "stop-notfqdn",
            "stop-numhost",
            "stop-abuse",
            "stop-badagent",
            "stop-!donator",
            "stop-401",
            "refusal-kept",
            "wait-911",
            "wait-dnserr",
            "wait-911-500",
            "recovers-911",
            "loopback",
            "html",
            "empty",
            "garbage",
            "flood",
            "recovers-403",
            "retry-after-429",
            "retry-after-503",
            "retry-after-date",
            "recovers-429",
            "recovers-503",
            "recovers-outage",
            "gentle",
            "hang",
            "redirect",
            "redirect-tls",
            "tls-name",
            "tls-authority",
            "tls-expired",
            "tls-chain",
            "unknown",
            "private",
            "cgnat",
            "reserved",
            "grouped",
            "refused-host",
            "other-hosts",
            "well-hosts",
            "list-nochg",
            "dual",
            "dual-once",
            "renumber",
            "clock-ahead",
            "clock-back",
            "check-page",
            "check-refused",
            "chunked",
            "case",
            "bare",
            "noip",
        ]
    ) <= set(rules.BY_ID)


@pytest.mark.timeout(500)
def test_certification_says_which_requirement_is_not_met(played):
    rows = certify.view("dyn", rules.judge(played["loopback"]))
    assert [text for _, text, verdict, _ in rows if verdict != rules.MET] == [
        "good 127.0.0.1 is a refusal of the client"
    ]
    assert all(
        verdict == rules.MET for _, _, verdict, _ in certify.view("noip", rules.judge(played["loopback"]))
    )


@pytest.mark.timeout(500)
def test_the_password_is_in_no_evidence(played):
    assert "demo-key" not in json.dumps([rules.judge(records) for records in played.values()])


def tool(*args, name="grade", **env):
    return subprocess.run(
        [sys.executable, "-m", "tools", name, *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=dict(os.environ, COLUMNS="200", **env),
    )


grade = tool


@pytest.fixture
def installed():
    """(run(*words) of the installed command in an empty folder, that folder); without root's rights."""
    folder = Path(tempfile.mkdtemp(prefix="wheel-"))
    install(folder)
    home = folder / "empty"
    home.mkdir()
    # root may do nothing that another user may not; another user could not read this Python where root has it
    # at home
    plain = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []

    def run(*words):
        env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        env.update(PYTHONPATH=str(folder / "site"), HOME=str(home), TMPDIR=str(home), COLUMNS="200")
        return subprocess.run(
            [*plain, sys.executable, folder / "site/bin/wanbeacon-tools", *words],
            cwd=home,
            capture_output=True,
            text=True,
            env=env,
        )

    yield run, home
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(400)
def test_the_rules_of_the_wire_as_anybody_in_an_empty_folder(installed):
    """From the wheel; no root, no libfaketime, no Debian package: `--short` uses none of them. JUnit is read
    by a parser."""
    run_tool, tmp_path = installed
    began = time.monotonic()
    done = run_tool(
        "grade",
        "--short",
        "--quiet",
        "--profile",
        "wanbeacon-cpython",
        "--json",
        "g.json",
        "--junit",
        "g.xml",
        "--markdown",
        "g.md",
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 90
    assert "wanbeacon-tools grade --last" in done.stdout and "python -m tools" not in done.stdout
    document = json.loads((tmp_path / "g.json").read_text())
    (result,) = document["results"]
    verdicts = {rule: row[0] for rule, row in result["verdicts"].items()}
    assert set(verdicts) == set(rules.BY_ID)
    assert document["rules"]["restart"]["section"] == "dyndns2.md, section 6.3"
    open_ones = {rule for rule, verdict in verdicts.items() if verdict == "not shown (needs libfaketime)"}
    assert open_ones == {rule.id for rule in rules.RULES if not rule.wire}
    assert {verdict for rule, verdict in verdicts.items() if rule not in open_ones} == {rules.MET}, verdicts
    suite = ElementTree.parse(tmp_path / "g.xml").getroot().find("testsuite")
    assert [case.get("name") for case in suite.iter("testcase")] == [rule.id for rule in rules.RULES]
    assert (suite.get("failures"), int(suite.get("skipped"))) == ("0", len(open_ones))
    assert "section 6.1" in (tmp_path / "g.xml").read_text()
    assert "%d of %d" % (view.total(result["verdicts"])) in (tmp_path / "g.md").read_text()


@pytest.mark.needs("inadyn", "ddclient", "unshare")
@pytest.mark.needs_root
@pytest.mark.timeout(400)
def test_the_clients_of_others_are_caught_where_hand_measurements_caught_them(tmp_path):
    """What has been measured of them by hand as well (and is why Wanbeacon exists)."""
    scene_options = [
        word for name in ("life", "badauth", "loopback", "private") for word in ("--scene", name)
    ]
    done = grade(
        "--quiet",
        "--jobs",
        "8",
        "--profile",
        "inadyn",
        "--profile",
        "ddclient",
        *scene_options,
        "--json",
        str(tmp_path / "g.json"),
        "--markdown",
        str(tmp_path / "g.md"),
    )
    assert done.returncode == 0, done.stderr
    results = {one["name"]: one for one in json.loads((tmp_path / "g.json").read_text())["results"]}
    for name in ("inadyn", "ddclient"):
        verdicts = {rule: row[0] for rule, row in results[name]["verdicts"].items()}
        assert verdicts["first-update"] == verdicts["follows-change"] == rules.MET
        assert verdicts["private"] == verdicts["refusal-kept"] == verdicts["loopback"] == rules.UNMET
    assert results["ddclient"]["verdicts"]["stop-badauth"][0] == rules.UNMET
    page = (tmp_path / "g.md").read_text()
    assert "%d of %d" % view.total(results["inadyn"]["verdicts"]) in page
    assert page.count("[no](#ddclient-") == page.count('<a id="ddclient-') > 2, (
        "each no leads to its ledger lines"
    )
    again = grade("--last", "--profile", "ddclient", "--why", "stop-badauth")
    assert (
        again.stdout.count("-> 200 '") >= 2
        and "libfaketime" in done.stdout
        and "it printed: " in again.stdout
    )


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--profile", "nobody"), "there is no profile"),
        (("--scene", "moon"), "there is no scene"),
        (("--why", "gravity"), "there is no rule"),
        (("--certification", "x"), "dyn or noip"),
        (("--template", "/no/such", "--", "sh"), "cannot read the template"),
        (("--", "no-such-client"), "there is no program"),
        (("--template", "x"), "--template is for a client of your own"),
        (("--own-time",), "--own-time is for a client of your own"),
        (("--look", "9"), "--look is for a client of your own"),
        (("--short", "--scene", "911"), "not in real time"),
        (
            ("--profile", "wanbeacon-cpython", "--name", "wanbeacon-cpython", "--", "sh"),
            "two of the clients are named",
        ),
    ],
)
def test_a_users_mistake_is_one_line(args, said):
    done = grade(*args)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and said in done.stderr


def test_any_client_can_be_graded_with_a_template(tmp_path):
    (tmp_path / "template").write_text(TEMPLATE)
    done = grade(
        "--quiet",
        "--scene",
        "wrong-name",
        "--scene",
        "redirect",
        "--speed",
        str(SPEED),
        "--own-time",
        "--name",
        "mine",
        "--template",
        str(tmp_path / "template"),
        "--json",
        str(tmp_path / "g.json"),
        "--certification",
        "dyn",
        "--",
        sys.executable,
        str(BAD),
        "{config}",
        "{speed}",
        "tls-name",
    )
    assert done.returncode == 0, done.stderr
    (result,) = json.loads((tmp_path / "g.json").read_text())["results"]
    assert {rule: row[0] for rule, row in result["verdicts"].items()} == {
        "tls-name": rules.UNMET,
        "redirect": rules.MET,
    }
    assert result["name"] == "mine" and "HTTPS, with Basic" in done.stdout


def test_a_client_that_sends_nothing_is_named_with_its_last_words():
    done = grade(
        "--quiet", "--scene", "noip", "--speed", "2000", "--own-time", "--", "sh", "-c", "echo hello; exit 3"
    )
    assert done.returncode == 1 and "sent nothing in any scene" in done.stderr and "hello" in done.stderr


def test_time_does_not_go_backwards():
    done = grade("--speed", "-5", "--scene", "private", "--profile", "wanbeacon-cpython")
    assert done.returncode == 2 and "'--speed': Input should be greater than or equal to 1" in done.stderr


def test_a_file_that_the_kernel_cannot_start_is_one_line(tmp_path):
    (tmp_path / "client").write_text("echo hello\n")
    (tmp_path / "client").chmod(0o755)
    done = grade("--quiet", "--scene", "private", "--own-time", "--", str(tmp_path / "client"))
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "#!/bin/sh" in done.stderr


def test_who_is_right_to_send_nothing_is_judged_and_who_ended_is_not(tmp_path):
    (tmp_path / "template").write_text(TEMPLATE)
    args = (
        "--quiet",
        "--scene",
        "private",
        "--speed",
        str(SPEED),
        "--own-time",
        "--template",
        str(tmp_path / "template"),
        "--json",
        str(tmp_path / "g.json"),
        "--",
        sys.executable,
    )
    done = grade(*args, str(BAD), "{config}", "{speed}")
    assert done.returncode == 0, done.stderr
    (result,) = json.loads((tmp_path / "g.json").read_text())["results"]
    assert {rule: row[0] for rule, row in result["verdicts"].items()} == {"private": rules.MET}
    done = grade(*args, "-c", "print('no such option')")
    assert done.returncode == 1 and done.stderr.endswith(
        "sent nothing in any scene; its last words: no such option\n"
    )


def test_a_client_that_does_nothing_does_not_lose_the_others(tmp_path):
    done = grade(
        "--quiet",
        "--scene",
        "private",
        "--profile",
        "wanbeacon-cpython",
        "--json",
        str(tmp_path / "g.json"),
        "--",
        "true",
    )
    assert done.returncode == 1 and done.stderr.endswith(
        "true sent nothing in any scene; its last words: none\n"
    )
    (result,) = json.loads((tmp_path / "g.json").read_text())["results"]
    assert result["name"] == "wanbeacon-cpython" and result["verdicts"]["private"][0] == rules.MET


def test_a_profile_that_cannot_run_says_why(monkeypatch):
    monkeypatch.setattr(clients_others, "CACHE", ROOT / "no" / "such")
    monkeypatch.setattr(clients_others.debian, "find", lambda program: None)
    with pytest.raises(UserError, match="apt-get install inadyn"):
        clients.profile("inadyn")
    found, why = clients.usable()
    assert [one.name for one in found] == list(clients.PROFILES)[:3] and len(why) == len(clients.PROFILES) - 3
    for text in why:  # one line that says how to get it
        assert re.match(r"\S+ cannot be graded here: ", text) and "\n" not in text
        assert re.search(r"apt-get install|pip install|npm install|dpkg -x", text), text


def test_the_page_gets_the_versions_that_the_profiles_name():
    page = (ROOT / "docs" / "grading.md").read_text()
    rows, servers = clients_others.FILE.read_text(), " ".join(one.get for one in SERVERS.values())
    pins = re.findall(r"[\w-]+(?:==|@)\d[\w.]*", page)
    assert len(pins) >= 8 and {pin for pin in pins if pin not in rows + servers} == set()


@pytest.mark.parametrize("name", clients_others.OTHERS)
@pytest.mark.parametrize(
    "options",
    [{}, {"page": True}, {"dual": True}, {"service": "noip", "hosts": ("a.ddns.net", "b.ddns.net")}],
)
def test_the_settings_of_others_leave_no_word_open(name, options, tmp_path):
    one = clients_others.OTHERS[name]()
    if one.cannot.keys() & options.keys():
        return
    setup = clients.Setup(tmp_path, dns="127.0.0.1:53", ca="/ca.pem", **options)
    text = one.config(setup) + " ".join(one.argv(setup))
    assert not re.search(r"\{[a-z_]+\}", text), text
    for host in setup.hosts:
        assert host in text
    assert "demo-key" in text


def test_without_root_the_clients_that_need_it_are_left_out(monkeypatch):
    monkeypatch.setattr(clients.os, "getuid", lambda: 1000)
    monkeypatch.setattr(clients_others.debian, "find", lambda program: "/usr/sbin/" + program)
    monkeypatch.setattr(clients_others.debian, "there", lambda proof: True)
    found, why = clients.usable()
    needy = [name for name, one in clients_others.OTHERS.items() if one().real_names]
    for text in why:
        assert "root" in text or text.split()[0] not in ("inadyn", "ddclient"), text
    assert needy and not {one.name for one in found} & set(needy)


def test_the_page_names_every_placeholder_and_only_options_that_exist(tmp_path):
    page = (ROOT / "docs" / "grading.md").read_text()
    words = {
        word
        for row in re.findall(r"^\| (`\{.*?) \|", page, re.M)
        for word in re.findall(r"\{([a-z_]+)\}", row)
    }
    assert words == {*clients.Setup(tmp_path).words(), "speed"}
    used = set(re.findall(r"(?<=\s|`)--[a-z-]+", page))
    known = set(
        re.findall(
            r"--[a-z-]+",
            "".join(tool("--help", name=name).stdout for name in ("grade", "grade-server", "lab")),
        )
    )
    others = {"--config", "--server", "--user", "--password", "--ca", "--prefix", "--no-build-isolation"}
    assert used - {"--"} <= known | others


def test_the_printed_result_has_every_rule_and_wanbeacon_meets_them_all():
    page = (ROOT / "docs" / "grades.md").read_text()
    clients_of = dict(re.findall(r"^\| (\d+) \| (\S+) \|", page, re.M))
    found, numbers = {}, []
    for row in (text.strip("| ").split(" | ") for text in re.findall(r"^\|.*", page, re.M)):
        if row[:2] == ["rule", "§"]:
            numbers = row[2:]
        elif row[0].startswith("`") and len(row) == len(numbers) + 2:
            for number, word in zip(numbers, row[2:], strict=True):
                found.setdefault(clients_of[number], {})[row[0].strip("`")] = word
    assert list(found) == list(clients_of.values()) and len(found) >= 10
    assert {name for name in found if name.startswith("wanbeacon")} == set(list(clients.PROFILES)[:3])
    for name, verdicts in found.items():
        assert list(verdicts) == [rule.id for rule in rules.RULES], name
        if name.startswith("wanbeacon"):
            assert set(verdicts.values()) == {"yes"}, name
        for rule, word in verdicts.items():
            link = re.fullmatch(r"\[no\]\(#(.*)\)", word)
            assert word in ("yes", "n/a", "?") or '<a id="%s"></a>' % link[1] in page, (name, rule)


@pytest.mark.parametrize("width", [80, 100, 132])
def test_the_tables_on_a_terminal_fit_it_however_many_clients_there_are(width):
    verdicts = {rule.id: (rules.UNMET, []) for rule in rules.RULES}
    results = [{"name": "client-%d" % n, "version": "1.0", "verdicts": verdicts} for n in range(13)]
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(*view.tables(results, width), sep="\n")
    rows = console.export_text().splitlines()
    assert max(map(len, rows)) <= width
    for rule in rules.RULES:  # nothing is folded away: every client has its word
        words = [re.split(r" *│ *", row) for row in rows if "│ %s " % rule.id in row]
        assert sum(row.count("no") for row in words) == len(results), rule.id


def test_the_printed_result_fits_80_columns_as_it_is_shown():
    page = (ROOT / "docs" / "grades.md").read_text()
    for row in re.findall(r"^\|.*", page, re.M):
        shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", row).replace("`", "").replace("*", "")
        assert len(shown) <= 132, shown
    table = [
        re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", row)
        for row in re.findall(r"^\| `[^|]*\| \d+\.\d+ \|.*", page, re.M)
    ]
    assert table and max(map(len, table)) <= 80, max(table, key=len)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_clients_too(number, tmp_path):
    def left():
        return subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True).stdout.split()

    # three minutes, if nobody ends it
    one = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tools",
            "grade",
            "--scene",
            "911",
            "--speed",
            "10",
            "--profile",
            "wanbeacon-cpython",
        ],
        cwd=ROOT,
        env=dict(os.environ, TMPDIR=str(tmp_path)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not left():
        assert one.poll() is None, one.communicate()[1]
        time.sleep(0.1)
    one.send_signal(number)
    _, said = one.communicate(timeout=60)
    assert one.returncode == 130 and "Traceback" not in said and "wanbeacon-cpython: 911" not in said, (
        "it was cut short"
    )
    assert left() == [] and list(tmp_path.glob("grade-*")) == []
