"""The grader: a client that does everything right meets every rule, one that breaks a rule is caught by that rule and no
other; the shortened set for the four ready clients. Host only."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tools import ROOT, UserError
from tools.grade import certify, clients, rules, run, scenes, view

BAD = ROOT / "host_tests" / "host" / "bad_client.py"
TEMPLATE = """{"host": "{host}", "port": {port}, "user": "{user}", "password": "{password}", "hosts": "{hostnames}",
 "service": "{service}", "file": "{address_file}", "check": "{check_url}", "source": "{source}", "ca": "{ca}",
 "state": "{dir}/state.json"}"""
#: The bad client sleeps most of the time; its hours pass so fast that a Python's start takes a minute of them.
SPEED, JOBS = 250, 10
#: Rules that cannot be broken alone, and what goes with them.
TOGETHER = {
    # a User-Agent that names nobody is not in Dyn's form either
    "user-agent": {"agent-dyn"},
    # who never sends anything has not shown that it looks at the address
    "first-update": {"private", "cgnat", "reserved"},
}


def client(template, flag=""):
    return clients.given([sys.executable, str(BAD), "{config}", "{speed}", flag], template, flag or "good", own_time=True)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """{flag: {scene: record}}: the good client in every scene; each bad one in the scenes of its rule, for the others what
    the good one did: a flag changes nothing outside the scenes of its rule."""
    template = tmp_path_factory.mktemp("grade") / "template"
    template.write_text(TEMPLATE)
    known = {scene.name: scene for scene in scenes.SCENES}
    work = [("", scene) for scene in known.values()]
    # One scene of those that show a forgotten refusal is enough.
    work += [(rule.id, known[name]) for rule in rules.RULES
             for name in (rule.scenes[:1] if rule.id == "refusal-kept" else rule.scenes)]
    work.sort(key=lambda item: item[0] != "hang")  # the longest first
    with ThreadPoolExecutor(JOBS) as pool:
        records = list(pool.map(lambda item: run.play(client(template, item[0]), item[1], SPEED), work))
    table = {}
    for (flag, scene), record in zip(work, records, strict=True):
        table.setdefault(flag, {})[scene.name] = record
    return {flag: {**table[""], **found} for flag, found in table.items()}


def wrong(records):
    return {rule: lines for rule, (verdict, lines) in rules.judge(records).items() if verdict != rules.MET}


@pytest.mark.timeout(400)
def test_a_client_without_fault_meets_every_rule(played):
    assert wrong(played[""]) == {}
    assert len(rules.judge(played[""])) == len(rules.RULES)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("rule", [rule.id for rule in rules.RULES])
def test_a_bad_client_is_caught_by_its_rule_and_no_other(played, rule):
    found = wrong(played[rule])
    assert set(found) == {rule} | TOGETHER.get(rule, set()), found
    assert found[rule], "no evidence"


@pytest.mark.timeout(400)
def test_a_client_without_fault_is_silent_in_the_quiet_scenes_only(played):
    silent = {name for name, record in played[""].items() if not record["requests"]}
    assert silent == {scene.name for scene in scenes.SCENES if scene.quiet}


def test_every_scene_shows_a_rule_and_every_requirement_has_rules():
    used = {name for rule in rules.RULES for name in rule.scenes}
    assert used == {scene.name for scene in scenes.SCENES}
    known = {rule.id for rule in rules.RULES}
    assert len(known) == len(rules.RULES)
    for requirements in certify.REQUIREMENTS.values():
        assert {name for _, _, names in requirements for name in names} <= known


@pytest.mark.timeout(400)
def test_certification_says_which_requirement_is_not_met(played):
    rows = certify.view("dyn", rules.judge(played["loopback"]))
    assert [text for _, text, verdict, _ in rows if verdict != rules.MET] == ["good 127.0.0.1 is a refusal of the client"]
    assert all(verdict == rules.MET for _, _, verdict, _ in certify.view("noip", rules.judge(played["loopback"])))


@pytest.mark.timeout(400)
def test_the_password_is_in_no_evidence(played):
    assert "demo-key" not in json.dumps([rules.judge(records) for records in played.values()])


def grade(*args, **env):
    return subprocess.run([sys.executable, "-m", "tools", "grade", *args], cwd=ROOT, capture_output=True, text=True,
                          env=dict(os.environ, COLUMNS="200", **env))


@pytest.mark.needs("inadyn", "ddclient", "unshare")
@pytest.mark.needs_root
@pytest.mark.timeout(400)
def test_the_shortened_set_for_all_profiles(tmp_path):
    done = grade("--short", "--quiet", "--json", str(tmp_path / "g.json"), "--markdown", str(tmp_path / "g.md"))
    assert done.returncode == 0, done.stderr
    results = {one["name"]: one for one in json.loads((tmp_path / "g.json").read_text())["results"]}
    assert list(results) == list(clients.PROFILES)
    for name in ("wanbeacon-micropython", "wanbeacon-cpython"):
        assert {rule: row for rule, row in results[name]["verdicts"].items() if row[0] != rules.MET} == {}
    # What has been measured of the others by hand as well (and is why Wanbeacon exists).
    for name in ("inadyn", "ddclient"):
        verdicts = {rule: row[0] for rule, row in results[name]["verdicts"].items()}
        assert verdicts["first-update"] == verdicts["follows-change"] == rules.MET
        assert verdicts["private"] == verdicts["refusal-kept"] == verdicts["loopback"] == rules.UNMET
    assert results["ddclient"]["verdicts"]["stop-badauth"][0] == rules.UNMET
    assert "**%d of %d**" % view.total(results["inadyn"]["verdicts"]) in (tmp_path / "g.md").read_text()
    again = grade("--last", "--profile", "ddclient", "--why", "stop-badauth")
    assert again.stdout.count("-> 200 'badauth\\n'; ") >= 2 and "libfaketime" in done.stdout


@pytest.mark.parametrize(("args", "said"), [
    (("--profile", "nobody"), "there is no profile"), (("--scene", "moon"), "there is no scene"),
    (("--why", "gravity"), "there is no rule"), (("--certification", "x"), "dyn or noip"),
    (("--template", "/no/such", "--", "sh"), "cannot read the template"), (("--", "no-such-client"), "there is no program"),
    (("--template", "x"), "--template is for a client of your own"), (("--own-time",), "--own-time is for a client of your own"),
    (("--profile", "wanbeacon-cpython", "--name", "wanbeacon-cpython", "--", "sh"), "two of the clients are named")])
def test_a_users_mistake_is_one_line(args, said):
    done = grade(*args)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and said in done.stderr


def test_any_client_can_be_graded_with_a_template(tmp_path):
    (tmp_path / "template").write_text(TEMPLATE)
    done = grade("--quiet", "--scene", "wrong-name", "--scene", "redirect", "--speed", str(SPEED), "--own-time", "--name", "mine",
                 "--template", str(tmp_path / "template"), "--json", str(tmp_path / "g.json"), "--certification", "dyn",
                 "--", sys.executable, str(BAD), "{config}", "{speed}", "tls-name")
    assert done.returncode == 0, done.stderr
    result, = json.loads((tmp_path / "g.json").read_text())["results"]
    assert {rule: row[0] for rule, row in result["verdicts"].items()} == {"tls-name": rules.UNMET, "redirect": rules.MET}
    assert result["name"] == "mine" and "HTTPS, with Basic" in done.stdout


def test_a_client_that_sends_nothing_is_named_with_its_last_words():
    done = grade("--quiet", "--scene", "noip", "--speed", "2000", "--own-time", "--", "sh", "-c", "echo hello; exit 3")
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
    args = ("--quiet", "--scene", "private", "--speed", str(SPEED), "--own-time", "--template", str(tmp_path / "template"), "--json",
            str(tmp_path / "g.json"), "--", sys.executable)
    done = grade(*args, str(BAD), "{config}", "{speed}")
    assert done.returncode == 0, done.stderr
    result, = json.loads((tmp_path / "g.json").read_text())["results"]
    assert {rule: row[0] for rule, row in result["verdicts"].items()} == {"private": rules.MET}
    done = grade(*args, "-c", "print('no such option')")
    assert done.returncode == 1 and done.stderr.endswith("sent nothing in any scene; its last words: no such option\n")


def test_a_client_that_does_nothing_does_not_lose_the_others(tmp_path):
    done = grade("--quiet", "--scene", "private", "--profile", "wanbeacon-cpython", "--json", str(tmp_path / "g.json"), "--", "true")
    assert done.returncode == 1 and done.stderr.endswith("true sent nothing in any scene; its last words: none\n")
    result, = json.loads((tmp_path / "g.json").read_text())["results"]
    assert result["name"] == "wanbeacon-cpython" and result["verdicts"]["private"][0] == rules.MET


def test_a_profile_that_cannot_run_says_why(monkeypatch):
    monkeypatch.setattr(clients.debian, "find", lambda program: None)
    with pytest.raises(UserError, match="apt-get install inadyn"):
        clients.profile("inadyn")
    found, why = clients.usable()
    assert [one.name for one in found] == list(clients.PROFILES)[:2] and len(why) == 2


def test_without_root_the_clients_that_need_it_are_left_out(monkeypatch):
    monkeypatch.setattr(clients.os, "getuid", lambda: 1000)
    monkeypatch.setattr(clients.debian, "find", lambda program: "/usr/sbin/" + program)
    monkeypatch.setattr(clients.debian, "there", lambda proof: True)
    found, why = clients.usable()
    assert [one.name for one in found] == list(clients.PROFILES)[:2] and all("root" in text for text in why)


def test_the_page_names_every_placeholder_and_only_options_that_exist(tmp_path):
    page = (ROOT / "docs" / "grading.md").read_text()
    words = {word for row in re.findall(r"^\| (`\{.*?) \|", page, re.M) for word in re.findall(r"\{([a-z_]+)\}", row)}
    assert words == {*clients.Setup(tmp_path).words(), "speed"}
    used = set(re.findall(r"(?<=\s|`)--[a-z-]+", " ".join(re.findall(r"tools grade(.*)", page)) + page))
    assert used - {"--"} <= set(re.findall(r"--[a-z-]+", grade("--help").stdout)) | {"--config"}


def test_the_printed_result_has_every_rule_and_wanbeacon_meets_them_all():
    rows = re.findall(r"^\| `([^`]+)` \| .* \| .* \| (.*?) \| (.*?) \| .* \| .* \|$", (ROOT / "docs" / "grades.md").read_text(), re.M)
    assert [row[0] for row in rows] == [rule.id for rule in rules.RULES]
    assert {word for row in rows for word in row[1:]} == {"yes"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_clients_too(number, tmp_path):
    def left():
        return subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True).stdout.split()

    # three minutes, if nobody ends it
    one = subprocess.Popen([sys.executable, "-m", "tools", "grade", "--scene", "911", "--speed", "10", "--profile", "wanbeacon-cpython"],
                           cwd=ROOT, env=dict(os.environ, TMPDIR=str(tmp_path)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           text=True)
    while not left():
        assert one.poll() is None, one.communicate()[1]
        time.sleep(0.1)
    one.send_signal(number)
    _, said = one.communicate(timeout=60)
    assert one.returncode == 130 and "Traceback" not in said and "wanbeacon-cpython: 911" not in said, "it was cut short"
    assert left() == [] and list(tmp_path.glob("grade-*")) == []
