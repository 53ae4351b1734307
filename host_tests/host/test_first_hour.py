# SPDX-License-Identifier: MIT
"""The mistakes of a person's first hour (issue 16, "G"): each has a test with the words that are said now.
The table says which; what had none is tested here."""

import json
import os
import re
import subprocess
import sys

import pytest
from wanbeacon.app import cli

from tools import ROOT, __main__, check
from tools.device import ask
from tools.lab import running
from tools.netlab.agent_process import CPYTHON, MICROPYTHONS, Agent, host, one_account

# fmt: off
#: What a person met -> the tests of what is said or done now.
MISTAKES = {
    "ARM Linux has no MicroPython on PyPI, so every README command fails": (
        "host/test_any_computer.py::test_without_any_micropython_the_demo_runs_on_cpython_and_says_so",
        "host/test_any_computer.py::test_debian_has_a_program_for_a_raspberry_pi",
        "host/test_wheel.py::test_the_pins_exist_for_every_machine"),
    "`make run` installs 495 MB": (
        "host/test_any_computer.py::test_the_demo_needs_no_test_tools",
        "host/test_docs.py::test_the_demo_runs_and_its_name_server_can_be_asked"),
    "JSON mistakes without line and column": (
        "host/test_check_tool.py::test_a_first_mistake_is_named_with_its_place",
        "shared/test_json_fault.py::test_each_mistake_is_found_at_its_place",
        "host/test_agent_mistakes.py::test_a_config_that_cannot_be_read_is_one_line_or_shows_the_place"),
    "README's placeholders pass `check`": (
        "host/test_check_tool.py::test_what_was_left_as_an_example_had_it_is_a_warning",),
    "a file of mode 644 with a password passes `check`": (
        "host/test_check_tool.py::test_passwords_that_others_can_read_are_a_warning_with_the_command",),
    "provider ids are case-sensitive": (
        "host/test_check_tool.py::test_a_provider_is_known_by_its_name_in_any_spelling",
        "host/test_providers_tool.py::test_upper_case_and_hyphens_of_a_name_do_not_count"),
    "`check` on Cloudflare advises `custom`": (
        "host/test_first_hour.py::test_what_serves_a_provider_or_why_nothing_does_is_said",),
    "a..b, user@host and %h in a custom URL pass": (
        "host/test_check_tool.py::test_a_first_mistake_is_named_with_its_place",),
    "`providers` unreadable at 80 columns": (
        "host/test_providers_tool.py::test_the_table_has_a_line_for_each_provider",),
    "TERM=dumb blank": (
        "host/test_run_view.py::test_a_dumb_terminal_gets_lines",),
    "80x24 hides the log and cuts without a mark": (
        "host/test_run_view.py::test_a_small_terminal_shows_hosts_log_and_where_it_was_cut",),
    "`flash` asks six questions before it finds the first fault": (
        "board/test_flash.py::test_without_settings_the_user_is_asked_and_passwords_are_not_shown",
        "host/test_first_hour.py::test_a_provider_with_two_keys_is_asked_for_both"),
    "`flash` does not name the status page's URL": (
        "board/test_life.py::test_one_command_from_an_empty_board_to_the_first_good",),
    "`status` says \"refresh in 2309137 s\"": (
        "host/test_first_hour.py::test_times_are_said_in_words",),
    "\"1 hosts\"": (
        "host/test_first_hour.py::test_one_is_one_and_two_are_two",),
    "`wanbeacon providers noip` and `status --json` unknown": (
        "host/test_first_hour.py::test_the_command_line_knows_what_the_readme_names",),
    "a hint for an ESP32-C6 that leads nowhere": (
        "board/test_flash.py::test_what_cannot_work_is_said_before_anything_is_written",),
    "support@...example in a board's User-Agent": (
        "host/test_first_hour.py::test_no_example_address_is_ever_sent",),
    "fixed UDP ports in tests": (
        "host/test_first_hour.py::test_no_test_binds_a_fixed_port",),
    "boards/README forgets manifest.py and package.json": (
        "host/test_first_hour.py::test_the_boards_page_names_every_file_that_a_board_has",),
}
# fmt: on


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_has_its_tests(mistake):
    for node in MISTAKES[mistake]:
        path, _, name = node.partition("::")
        text = (ROOT / "host_tests" / path).read_text()
        assert re.search(r"^(async )?def %s\(" % name, text, re.M), node


def test_what_serves_a_provider_or_why_nothing_does_is_said(tmp_path):
    def said(provider):
        path = tmp_path / "my.json"
        row = {"provider": provider, "user": "u", "password": "Key-7", "hosts": ["home.acme.org"]}
        path.write_text(json.dumps({"accounts": [row]}))
        path.chmod(0o600)
        return " ".join(line for lines in check.examine(path) for line in lines)

    assert said("cloudflare") == said("Cloudflare") == ""
    assert "did you mean cloudflare" in said("cloudfare")
    assert "Azure DNS cannot be kept by this agent: its access needs a token" in said("azure")
    assert "custom" not in said("cloudfare") + said("azure")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h 0 min"),
        (2309137, "26 days"),
    ],
)
def test_times_are_said_in_words(seconds, words):
    assert cli.span(seconds) == words


@pytest.mark.parametrize(("hosts", "words"), [(1, "1 host in 1 account"), (2, "2 hosts in 1 account")])
def test_one_is_one_and_two_are_two(tmp_path, hosts, words):
    row = {
        "provider": "dyn",
        "user": "anna",
        "password": "Key-7",
        "hosts": ["h%d.acme.org" % n for n in range(hosts)],
    }
    (tmp_path / "my.json").write_text(json.dumps({"accounts": [row]}))
    assert check.summary(tmp_path / "my.json") == words


@pytest.mark.parametrize("interpreter", [CPYTHON, MICROPYTHONS[0], MICROPYTHONS[2]])
def test_the_command_line_knows_what_the_readme_names(interpreter):
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, "demo.dyndns.org")) as agent,
    ):
        status, out, err = agent.run("providers", "noip")
        assert (status, err) == (0, "") and out.startswith("noip ") and "No-IP" in out
        agent.set_address("45.33.7.9")
        agent.start()
        agent.wait(lambda s: host(s)["state"] == "ok")
        status, out, err = agent.run("status", "--json")
        assert (status, err) == (0, "") and json.loads(out)["hosts"][0]["state"] == "ok"
        status, out, err = agent.run("status")
        assert "next: refresh in 27 days" in out and not re.search(r"\d{4,} s", out), out
        assert "ipv6" not in out, "a line without IPv6 is an IPv4 line"
        assert agent.run("status", "--health") == (0, "ok: 1 name\n", "")
        assert "hosts: 1" in agent.output


@pytest.mark.parametrize("contact", [None, "anna@acme.org"])
def test_no_example_address_is_ever_sent(contact):
    device = {"contact": contact} if contact else {}
    with (
        running("noip", bind="127.0.0.1") as lab,
        Agent(MICROPYTHONS[0], {**one_account(lab, "demo.ddns.net"), "device": device}) as agent,
    ):
        agent.set_address("45.33.7.9")
        agent.start()
        agent.wait(lambda s: host(s)["state"] == "ok")
        said = lab.updates[0]["headers"]["user-agent"]
        assert said.startswith("Wanbeacon") and "example" not in said and ("@" in said) == bool(contact), said


def test_no_test_binds_a_fixed_port():
    """Two runs on one machine would meet. Whoever needs a protocol's own port takes an address of its own."""
    fixed = re.compile(
        r"""(?:bind|Datagrams|serve)\([^\n]*?["'](?:127\.0\.0\.1|0\.0\.0\.0|::1?|)["'],\s*[1-9]\d+"""
    )
    for path in sorted((ROOT / "host_tests").rglob("*.py")):
        found = fixed.search(path.read_text())
        assert not found, (path, found and found[0])


def test_the_boards_page_names_every_file_that_a_board_has():
    page = (ROOT / "boards/README.md").read_text()
    for path in (ROOT / "boards").glob("ESP32*/*"):
        assert "`%s`" % path.name in page, path
    assert "`mip/BOARD.json`" in page, "what mip calls package.json"


def test_a_provider_with_two_keys_is_asked_for_both(monkeypatch):
    asked, answers = [], iter(["netcup", "7", "pw", "", "to", "a.acme.org"])

    def prompt(question, **options):
        asked.append((question, bool(options.get("password"))))
        return next(answers)

    monkeypatch.setattr(ask.Prompt, "ask", prompt)
    row = ask.account()
    assert row == {
        "provider": "netcup",
        "user": "7",
        "password": "pw",
        "token": "to",
        "hosts": ["a.acme.org"],
    }
    assert ("User name there (customer number)", False) in asked
    assert (
        "And there too (API key (CCP, master data, API); not for domains in CloudDNS; not shown)",
        True,
    ) in asked


def test_a_tool_runs_where_there_is_no_terminal_at_all():
    """TERM=dumb and no TERM, output into a file: lines, and nothing that only a terminal understands."""
    path = {"PATH": os.environ["PATH"]}
    for env in ({"TERM": "dumb"}, {}):
        done = subprocess.run(
            [sys.executable, "-m", "tools", "providers", "--search", "no-ip"],
            cwd=ROOT, capture_output=True, text=True, env={**path, **env})  # fmt: skip
        assert done.returncode == 0 and "No-IP" in done.stdout and "\x1b" not in done.stdout + done.stderr
        assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_readmes_verbs_are_the_command_lines():
    said = __main__.listing()
    for name in ("convert", "backup", "restore", "check", "ctl", "flash", "image", "web", "providers"):
        assert re.search(r"^  %s +\w" % name, said, re.M), name
