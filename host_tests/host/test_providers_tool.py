# SPDX-License-Identifier: MIT
"""`python -m tools providers`: a table for a person, a document for a script, and help for a name that is not
there."""

import json
import subprocess
import sys

import pytest

from tools import ROOT, UserError, providers
from tools.build import catalogue, names, rest_rows


def run(*args):
    done = subprocess.run(
        [sys.executable, "-m", "tools", "providers", *args], cwd=ROOT, capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


def test_the_table_has_a_line_for_each_provider():
    status, out, err = run()
    assert (status, err) == (0, "")
    lines = out.splitlines()
    for row in catalogue.rows():
        assert any(line.split()[:1] == [row["id"]] for line in lines), row["id"]
    assert (
        "closed" in next(line for line in lines if line.startswith("zerigo")) and max(map(len, lines)) <= 80
    )
    assert "untested" in next(line for line in lines if line.startswith("joker"))


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("no-ip", "noip"),
        ("dyndns", "dyn"),
        ("Securepoint", "spdyn"),
        ("afraid", "freedns-v2"),
        ("dukdns", "duckdns"),
    ],
)
def test_a_search_finds_by_name_and_shows_the_name(word, first):
    status, out, _ = run("--search", word)
    lines = out.splitlines()
    assert status == 0 and lines[1].split()[0] == first and max(map(len, lines)) <= 80
    assert dict(line[:2] for line in names.lines())[first][:20] in lines[1]


def test_a_search_that_finds_nothing_is_one_line():
    status, out, err = run("--search", "xyzzy")
    assert status == 1 and not out and err.count("\n") == 1 and "custom" in err


def test_upper_case_and_hyphens_of_a_name_do_not_count():
    assert providers.find("DuckDNS")[1]["id"] == "duckdns" and providers.find("No-IP")[1]["id"] == "noip"


def test_one_provider_is_explained():
    status, out, _ = run("freedns-v1")
    assert status == 0
    for text in (
        "https://freedns.afraid.org/dynamic/update.php",
        "not verified",
        "has not changed",
        "sure",
        "inadyn",
    ):
        assert text in out, text
    assert "closed" in run("zerigo")[1]


def test_json_for_all_and_for_one():
    everything = json.loads(run("--json")[1])
    assert len(everything) == len(catalogue.rows()) + len(rest_rows.ROWS) and {
        one["sure"] for one in everything
    } <= set(providers.SURE)
    one = json.loads(run("noip", "--json")[1])
    assert one["id"] == "noip" and one["words"] == {"abuse": "ACCOUNT"} and one in everything


def test_an_unknown_name_gets_the_nearest_ones_in_one_line():
    status, out, err = run("dukdns")
    assert status == 1 and not out and err.count("\n") == 1 and "did you mean duckdns" in err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("afraid.org", "freedns-v1"),
        ("kasserver", "all-inkl"),
        ("transip", "RSA signatures"),
        ("beget", "others' too"),
        ("dynadot rest", "whole zone"),
        ("xyzzy", "provider: custom"),
        ("Securepoint", "spdyn"),
    ],
)
def test_other_ways_to_ask(name, said):
    with pytest.raises(UserError, match=said):
        providers.find(name)


def test_each_provider_has_its_detail():
    from rich.console import Console

    for fact, row in providers.pairs():
        console = Console(width=100, record=True, quiet=True)
        providers.detail(console, fact, row)
        assert row["host"] in json.dumps(providers.document(fact, row))


def test_how_sure_we_are_follows_from_sources_and_open_questions():
    facts = {fact["id"]: providers.sure(fact) for fact, _ in providers.pairs()}
    assert facts["dyn"] == "high" and facts["freedns-nic"] == "some" and facts["noip"] == "good"
