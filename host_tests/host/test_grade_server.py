# SPDX-License-Identifier: MIT
"""grade-server: a server that answers right fits, one that answers wrong in one way is convicted by that
check and no other; the lab's personalities; mistakes of the user. Host only."""

import json
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from host_tests.host.bad_server import HOSTS, PASSWORD, USER, BadServer
from tools import ROOT, UserError
from tools.grade_server import checks, cli, installed, page
from tools.lab import running


def visit(flag="", **more):
    with BadServer(flag) as url:
        return cli.grade(url, USER, PASSWORD, HOSTS, **more)


def verdicts(result, word):
    return {check for check, (verdict, _) in result["verdicts"].items() if verdict == word}


def test_a_server_that_answers_right_fits():
    result = visit()
    assert cli.misfits(result) == [] and not result["stopped"]
    assert verdicts(result, checks.NOT_SHOWN) == {"s-retry-after"}, "nothing was too often"


@pytest.mark.parametrize("check", [check.id for check in checks.CHECKS])
def test_a_wrong_server_is_convicted_by_its_check_and_no_other(check):
    result = visit(check)
    assert set(cli.misfits(result)) == {check}
    assert result["verdicts"][check][1], "no evidence"


@pytest.mark.parametrize(
    ("provider", "hosts", "bad"),
    [
        ("dyn", ["demo.dyndns.org", "demo2.dyndns.org"], set()),
        ("nsupdate-info", ["demo.nsupdate.info"], set()),
        ("mydns-se", ["demo.mydns.se"], {"s-six"}),  # A records only
        ("dyfi", ["demo.dy.fi"], {"s-good", "s-echo"}),  # takes the connection's address
        # sentences for a bad address; one family for each name
        ("certadns", ["home.demo.certadns.com"], {"s-code", "s-six"}),
        ("noip", ["demo.ddns.net", "demo2.ddns.net"], {"s-retry-after"}),  # 429 without a time
    ],
)
def test_the_labs_personalities(provider, hosts, bad):
    with running(provider) as lab:
        account = lab.description()["accounts"][0]
        user = hosts[0] if provider in ("nsupdate-info", "mydns-se") else account["user"]
        path = next(path for path in lab.rules.update_paths if path.startswith("/"))
        result = cli.grade(
            "https://localhost:%d%s" % (lab.https_port, path), user, account["password"], hosts, lab.ca_pem
        )
        assert set(cli.misfits(result)) == bad
        assert "blocked client goes on" not in lab.findings()


def test_one_more_parameter_for_a_service_that_asks_for_it():
    with running("ovh") as lab:
        account = lab.description()["accounts"][0]
        url = "https://localhost:%d/nic/update" % lab.https_port
        without = cli.grade(url, account["user"], account["password"], account["hosts"][:1], lab.ca_pem)
        result = cli.grade(
            url,
            account["user"],
            account["password"],
            account["hosts"][:1],
            lab.ca_pem,
            also={"system": "dyndns"},
        )
    assert "refuses this login or host" in without["stopped"] and not result["stopped"]
    assert "s-code" in cli.misfits(result), "OVH puts text around the code"


@pytest.mark.parametrize("code", ["911\n", "abuse\n", "badagent\n"])
def test_it_stops_as_soon_as_the_server_says_so(code):
    with running("dyn") as lab:
        lab.answer(code)
        result = cli.grade(
            "https://localhost:%d/nic/update" % lab.https_port,
            "demo",
            "demo-key",
            ["demo.dyndns.org"],
            lab.ca_pem,
        )
        assert len(lab.updates) == 1
    assert code.strip() in result["stopped"] and "s-good" in verdicts(result, checks.NOT_SHOWN)


def test_a_refused_login_ends_the_visit():
    with BadServer() as url:
        result = cli.grade(url, USER, "wrong", HOSTS)
    assert "refuses this login" in result["stopped"] and len(result["exchanges"]) == 3


@pytest.mark.parametrize("fault", ["close", "garbage", "half", "endless-header"])
def test_a_server_that_breaks_off_is_no_crash(fault):
    with running("dyn") as lab:
        lab.fault(fault)
        with pytest.raises(UserError, match=r"no answer|cut off"):
            cli.grade(
                "https://localhost:%d/nic/update" % lab.https_port,
                "demo",
                "demo-key",
                ["demo.dyndns.org"],
                lab.ca_pem,
            )


def test_an_answer_that_is_cut_off_once_is_a_failure_of_the_server():
    with running("dyn") as lab:
        lab.fault("half", times=1)
        result = cli.grade(
            "https://localhost:%d/nic/update" % lab.https_port,
            "demo",
            "demo-key",
            ["demo.dyndns.org"],
            lab.ca_pem,
        )
    assert cli.misfits(result) == ["s-no-5xx"]


def run(*args, **env):
    return subprocess.run(
        [sys.executable, "-m", "tools", "grade-server", *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=dict(os.environ, COLUMNS="100", **env),
    )


def test_the_command_writes_json_and_junit_and_never_the_password(tmp_path):
    with BadServer("s-echo") as url:
        args = (
            url,
            "--user",
            USER,
            "--host",
            HOSTS[0],
            "--pause",
            "0",
            "--json",
            str(tmp_path / "s.json"),
            "--junit",
            str(tmp_path / "s.xml"),
        )
        done = run(*args, GRADE_PASSWORD=PASSWORD)
        strict = run(*args, "--strict", GRADE_PASSWORD=PASSWORD)
    assert done.returncode == 0 and "s-echo" in done.stdout, done.stderr
    assert strict.returncode == 1 and strict.stderr == "wanbeacon: does not fit: s-echo\n"
    suite = ElementTree.parse(tmp_path / "s.xml").getroot().find("testsuite")
    assert suite.get("tests") == str(len(checks.CHECKS)) and [
        case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None
    ] == ["s-echo"]
    told = done.stdout + (tmp_path / "s.json").read_text() + (tmp_path / "s.xml").read_text()
    assert PASSWORD not in told and json.loads((tmp_path / "s.json").read_text())["url"] == url
    assert json.loads((tmp_path / "s.json").read_text())["checks"]["s-echo"]["section"].endswith("7.2")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("ftp://x/nic/update",), "is no update URL"),
        (("https://u:p@h/nic/update",), "is no update URL"),
        (("https://h/nic/update?hostname=x",), "without parameters"),
        (("https://h:99999/nic/update",), "is no number between"),
        (("https://h/nic/update", "--ca", "/no/such"), "cannot read the certificates"),
        (("http://127.0.0.1:9/x",), "no answer"),
    ],
)
def test_a_users_mistake_is_one_line(args, said):
    done = run(*args, "--user", "u", "--host", "h.example", GRADE_PASSWORD="p")
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and said in done.stderr, done.stderr


def test_without_a_url_or_a_server_to_start_nothing_is_done():
    done = run("--user", "u", GRADE_PASSWORD="p")
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "--installed" in done.stderr


def test_a_server_that_is_not_installed_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(installed, "CACHE", tmp_path)
    monkeypatch.setattr(installed.os, "getuid", lambda: 0)
    for name in installed.SERVERS:
        with pytest.raises(UserError, match=r"pip install|apt-get install") as said, installed.running(name):
            pass
        assert "\n" not in str(said.value)
    with pytest.raises(UserError, match="there are: nsupdate, hetzner"), installed.running("moon"):
        pass


def test_the_page_leads_from_each_no_to_its_answers():
    with BadServer("s-echo") as url:
        result = {**cli.grade(url, USER, PASSWORD, HOSTS), "name": "xms"}
    text = page.markdown([result])
    assert re.findall(r"\[no\]\(#(.*?)\)", text) == re.findall(r'<a id="(.*?)">', text) == ["xms-s-echo"]
    assert "45.33.99.99" in text and not re.search(r":\d{4,5}/", text), "a port differs from run to run"


def test_the_printed_page_has_every_server_and_every_check():
    text = (ROOT / "docs" / "server-grades.md").read_text()
    assert [what for what in re.findall(r"^\| \d \| (.*?) \|", text, re.M)] == [
        one.what for one in installed.SERVERS.values()
    ]
    assert re.findall(r"^\| `(s-[a-z0-9-]+)`", text, re.M) == [check.id for check in checks.CHECKS]
    assert set(re.findall(r"\[no\]\(#(.*?)\)", text)) == set(re.findall(r'<a id="(.*?)">', text))


@pytest.mark.skipif(not os.environ.get("WANBEACON_NIGHTLY"), reason="nightly: servers from PyPI")
@pytest.mark.timeout(900)
def test_servers_from_pypi_still_answer_as_the_page_says(tmp_path):
    for one in installed.SERVERS.values():
        if installed.missing(one):
            subprocess.run(one.get.format(installed.CACHE / "servers"), shell=True, check=True)
    done = run("--installed", "all", "--markdown", str(tmp_path / "page.md"))
    assert done.returncode == 0, done.stderr
    written, printed = (tmp_path / "page.md").read_text(), (ROOT / "docs" / "server-grades.md").read_text()
    rows = re.compile(r"^\| (?:`s-|\d \|).*", re.M)
    assert rows.findall(written) == rows.findall(printed)


def test_without_a_password_nothing_is_sent():
    done = run("https://h/nic/update", "--user", "u", "--host", "h.example", GRADE_PASSWORD="")
    assert done.returncode == 1 and "GRADE_PASSWORD" in done.stderr
