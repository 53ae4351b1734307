# SPDX-License-Identifier: MIT
"""`python -m tools check`: the same judgement as the device's own, all problems at once, and the reference.
Host only."""

import json
import os
import re
import subprocess
import sys

import pytest

from tools import ROOT, check, interpreters

GOOD = {"accounts": [{"provider": "dyn", "user": "u", "password": "secret-key", "hosts": ["a.dyndns.org"]}]}


def account(**changes):
    """GOOD with another account."""
    return {
        "accounts": [
            {key: value for key, value in {**GOOD["accounts"][0], **changes}.items() if value is not None}
        ]
    }


def two(**changes):
    """GOOD's account and another one for the same host."""
    return {"accounts": GOOD["accounts"] + account(**changes)["accounts"]}


def family(number):
    return [{"name": "a.dyndns.org", "ipv%d" % number: False}]


#: document or text, the key path that must be named, a word of the reason
WRONG = [
    ("{", "line 1, column 2", "still open"),
    ("", "line 1, column 1", "empty"),
    ({}, "accounts", "missing"),
    ({"accounts": []}, "accounts", "1 to 20"),
    (account(provider=None), "accounts[0].provider", "missing"),
    (account(provider="noipp"), "accounts[0].provider", "did you mean noip"),
    (account(provider="zzzzzz"), "accounts[0].provider", "not in the catalogue"),
    (account(pasword="x"), "accounts[0].pasword", "did you mean password"),
    (account(password=None), "accounts[0].password", "missing"),
    (account(password=5), "accounts[0].password", "text"),
    (account(password=""), "accounts[0].password", "empty"),
    (account(password="a\nb"), "accounts[0].password", "control"),
    (account(password="x" * 256), "accounts[0].password", "at most 255"),
    (account(hosts=[]), "accounts[0].hosts", "1 to 50"),
    (account(hosts=["a b.org"]), "accounts[0].hosts[0].name", "spaces"),
    (account(hosts=["a.org", "A.ORG"]), "accounts[0].hosts[1].name", "twice"),
    (
        two(hosts=["b.dyndns.org", "A.dyndns.org"], password="other"),
        "accounts[1].hosts[1].name",
        "listed in accounts[0] too",
    ),
    (two(hosts=family(6)), "accounts[1].hosts[0].name", "remove one"),
    (account(hosts=[{"name": "a.org", "wildcard": "yes"}]), "accounts[0].hosts[0].wildcard", "ON, OFF"),
    (account(server="a b"), "accounts[0].server", "host:port"),
    (account(auth="bearer"), "accounts[0].auth", "basic"),
    (account(ca="no-such.der"), "accounts[0].ca", "no-such.der"),
    (account(user=None), "accounts[0].user", "missing"),
    (account(custom={"url": "https://x.org/?ip={ip}"}), "accounts[0].provider", "custom"),
    (account(provider="custom"), "accounts[0].custom", "missing"),
    (
        account(provider="custom", custom={"url": "https://x.org/{nonsense}"}),
        "accounts[0].custom.url",
        "nonsense",
    ),
    (
        account(provider="custom", custom={"url": "https://x.org/?ip={ip}", "auth": "query"}),
        "accounts[0].custom.auth",
        "{password}",
    ),
    ({**GOOD, "address": ["netlnk"]}, "address[0]", "did you mean netlink"),
    ({**GOOD, "address": [{"source": "stun"}]}, "address[0].servers", "missing"),
    ({**GOOD, "intervals": {"check": 5}}, "intervals.check", "60 to 86400"),
    ({**GOOD, "cross_check": "yes"}, "cross_check", "true or false"),
    ({**GOOD, "device": {"company": "x" * 33000}}, "the config is", "at most 32768"),
]


def file(folder, document):
    path = folder / "my.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    path.chmod(0o600)
    return path


def run(*args):
    return subprocess.run(
        [sys.executable, "-m", "tools", "check", *map(str, args)], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize(("document", "key", "word"), WRONG, ids=[row[1] + " " + row[2] for row in WRONG])
def test_a_problem_names_file_key_and_reason(tmp_path, document, key, word):
    path = file(tmp_path, document)
    problems, _ = check.examine(path)
    assert len(problems) == 1, problems
    assert problems[0].startswith("%s: %s" % (path, key)) and word in problems[0][len(str(path)) :]
    assert "secret-key" not in problems[0]


def test_the_device_says_the_same_of_every_one_of_them(tmp_path, micropython):
    """One MicroPython for all of them: a start costs more than a check."""
    for number, (document, _, _) in enumerate(WRONG):
        (tmp_path / str(number)).mkdir()
        file(tmp_path / str(number), document)
    program = (
        "from wanbeacon.app import linux_main as start\n"
        "for n in range(%d):\n"
        "  try:\n    start.main(['check', '--config', '%s/%%d/my.json' %% n])\n"
        "  except SystemExit as e:\n    print('exit', e.args[0])\n" % (len(WRONG), tmp_path)
    )
    done = subprocess.run(
        micropython.command("-c", program),
        text=True,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=interpreters.environment("firmware"),
    )
    assert done.stdout.count("exit 1") == len(WRONG), done.stdout
    for number in range(len(WRONG)):
        path = tmp_path / str(number) / "my.json"
        ours = {line[len("%s: " % path) :].split(": ")[0] for line in check.examine(path)[0]}
        theirs = set(re.findall(r"^wanbeacon: %s: ([^:\n]*)" % re.escape(str(path)), done.stdout, re.M))
        # the device reads no further than its limit, so that it cannot say how long a long file is
        assert {re.sub(r"\d+ bytes", "", key) for key in ours} == {
            re.sub(r"\d+ bytes", "", key) for key in theirs
        }, WRONG[number]


def test_all_problems_come_at_once_on_a_line_each(tmp_path):
    path = file(
        tmp_path,
        {"accounts": [{"provider": "dyn", "pasword": "x", "hosts": ["a b"]}], "adress": ["auto"], "ntp": 5},
    )
    done = run(path)
    assert done.returncode == 1 and done.stdout == ""
    assert [line.split(": ")[2] for line in done.stderr.splitlines()] == [
        "adress",
        "accounts[0].pasword",
        "ntp",
    ]
    assert all(line.startswith("wanbeacon: %s: " % path) for line in done.stderr.splitlines())


@pytest.mark.parametrize(
    ("provider", "more", "said"),
    [
        ("cloudflare", {}, "accounts[0].token: missing; cloudflare wants an API token with Zone.DNS Edit"),
        ("porkbun", {"user": "pk1_x"}, "accounts[0].password: missing; porkbun wants user: API key (pk1_"),
        ("rfc2136", {"user": "k", "server": "ns.home.arpa"}, "may change A and AAAA of this name alone"),
        ("dyn", {"user": "u"}, "accounts[0].password: missing; password, update key or token"),
    ],
)
def test_a_missing_key_is_named_with_the_rights_that_it_needs(tmp_path, provider, more, said):
    document = {"accounts": [{"provider": provider, "hosts": ["a.example.net"], **more}]}
    done = run(file(tmp_path, document))
    assert done.returncode == 1 and said in done.stderr, done.stderr


def test_a_good_file_is_ok_and_relative_names_start_at_the_file(tmp_path):
    (tmp_path / "own.der").write_bytes(b"x")
    done = run(file(tmp_path, account(ca="own.der")))
    assert (done.returncode, done.stderr) == (0, "") and "ok, 1 host in 1 account" in done.stdout


def test_the_ca_file_of_an_address_page_is_looked_for_too(tmp_path):
    page = [{"source": "web", "url": "https://ip.example/", "ca": "gone.der"}]
    problems = check.examine(file(tmp_path, {**account(address=page), "address": page}))[0]
    assert [line.split(": ")[1] for line in problems] == ["address[0].ca", "accounts[0].address[0].ca"]


def test_a_byte_order_mark_is_taken_as_the_agent_takes_it(tmp_path):
    done = run(file(tmp_path, "\ufeff" + json.dumps(GOOD)))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


#: settings that work and yet deserve a word, and the word
UNWISE = [
    (account(provider="zerigo"), "is closed"),
    (account(server="http://dyn.example.org"), "without encryption"),
    (
        account(provider="custom", custom={"url": "https://x.org/u?h={hostname}&p={password}&ip={ip}"}),
        "password stands in the URL",
    ),
    (
        account(provider="custom", custom={"url": "https://x.org/u?h={hostname}&a={ip}&b={ipv6}"}),
        "make it url_dual",
    ),
    ({**GOOD, "address": [{"source": "web", "url": "http://checkip.example.org/"}]}, "plain HTTP"),
    (
        (
            '{"accounts": [{"provider": "dyn", "user": "u", "password": "p", "password": "q", "hosts": '
            '["a.dyndns.org"]}]}'
        ),
        "password is listed twice",
    ),
    ({"accounts": GOOD["accounts"] + [{**GOOD["accounts"][0], "bind": "wan2"}]}, "overwrite each other"),
]


@pytest.mark.parametrize(("document", "word"), UNWISE, ids=[row[1] for row in UNWISE])
def test_what_is_unwise_is_a_warning_and_not_a_failure(tmp_path, document, word):
    done = run(file(tmp_path, document))
    assert done.returncode == 0 and done.stderr == ""
    assert [line for line in done.stdout.splitlines() if line.startswith("warning: ") and word in line], (
        done.stdout
    )


@pytest.mark.parametrize("change, said", [
    ({}, "a board takes it: 93 of 4096 bytes"),
    ({"address": ["auto", "netlink"]}, "address: the source netlink is for Linux"),
    ({"notify": [{"hook": "/bin/true"}]}, "notify[0].hook: a command is for Linux"),
    (account(hosts=[{"name": "%02d%s.dyndns.org" % (number, "x" * 60), "ipv6": False}
                    for number in range(50)]), "a board takes at most 4096"),
])  # fmt: skip
def test_what_a_board_can_take(tmp_path, change, said):
    path = tmp_path / "my.json"
    path.write_text(json.dumps({**GOOD, **change}))
    path.chmod(0o600)
    problems, _ = check.examine(path, board=True)
    done = run(path, "--board")
    assert said in done.stdout + done.stderr and done.returncode == bool(problems) == bool(change), done


def test_many_hosts_are_too_many_for_a_board(tmp_path):
    hosts = ["h%d.dyndns.org" % number for number in range(check.BOARD_HOSTS + 1)]
    assert check.examine(file(tmp_path, account(hosts=hosts[1:])), board=True) == ([], [])
    assert "11 hosts: each takes" in check.examine(file(tmp_path, account(hosts=hosts)), board=True)[1][0]


def test_a_file_that_cannot_be_read_is_one_line(tmp_path):
    for path, word in ((tmp_path / "none.json", "No such file"), (tmp_path, "directory")):
        done = run(path)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and word in done.stderr
    (tmp_path / "latin").write_bytes(b'{"accounts": "\xff"}')
    assert "not a text file" in run(tmp_path / "latin").stderr
    assert run().returncode == 1


def test_the_reference_names_every_key_with_its_form_and_default(tmp_path):
    text = run("--reference").stdout
    settings = check.firmware("app.config_rows")
    sections = ["", *re.findall(r"^\[(.+)\]$", (ROOT / "firmware/catalogue/settings.txt").read_text(), re.M)]
    for section in sections:
        for key, required, _, default, what in settings.rows(section):
            row = next(line for line in text.splitlines() if "| `%s` | %s |" % (key, what) in line)
            assert ("**required**" in row) == required
            assert default in ("-", "{}") or "`%s`" % default in row
    named = {part[0] for part in check.PARTS} | {"source " + name for name in settings.sources()}
    assert named == set(sections), "a section of the table is missing in the reference"
    assert text.count("\n") > 80 and os.path.basename(str(tmp_path)) not in text


def test_the_configuration_reference_is_the_validators_own():
    """python -m tools check --reference > docs/configuration.md"""
    done = subprocess.run(
        [sys.executable, "-m", "tools", "check", "--reference"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout == (ROOT / "docs/configuration.md").read_text()


@pytest.mark.parametrize(
    "change",
    [
        {"bind": "wan2"},
        {"address": ["netlink"]},
        {"user": "v"},
        {"server": "x.org"},
        {"provider": "noip"},
        {"hosts": ["b.dyndns.org"]},
    ],
    ids=str,
)
def test_a_host_may_stand_in_two_accounts_that_differ_in_line_or_login(tmp_path, change):
    assert check.examine(file(tmp_path, two(**change)))[0] == []


def test_a_host_may_have_an_account_for_each_family(tmp_path):
    document = {"accounts": [{**GOOD["accounts"][0], "hosts": family(number)} for number in (4, 6)]}
    assert check.examine(file(tmp_path, document))[0] == []


def test_half_a_character_is_refused():
    path = "accounts[0].password"
    settings = check.firmware("app.config")
    text = '{"accounts": [{"provider": "dyn", "password": "\\ud800x", "hosts": ["a.b"]}]}'
    with pytest.raises(settings.ConfigError) as caught:
        settings.load(text)
    assert caught.value.problems[0].startswith(path)


# ---- the first hour (field-faults.md, G): each mistake with the words that are said now

FIRST_HOUR = [
    (
        '{"accounts": [{"provider": "dyn"\n "user": "u"}]}',
        "line 2, column 2: a comma is missing before this",
        '   "user": "u"}]}',
    ),
    (
        '{"accounts": [{"provider": "dyn",}]}',
        "line 1, column 34: there is a comma too many before this bracket",
        "^",
    ),
    (account(hosts=["a..b.org"]), "accounts[0].hosts[0].name", "dot too many"),
    (
        account(hosts=["user@host.org"]),
        "accounts[0].hosts",
        "a host name has no @; a user name belongs into user",
    ),
    (
        account(provider="custom", custom={"url": "https://x.org/?h=%h&u={user}"}),
        "accounts[0].custom.url",
        "a place is written",
    ),
    (account(provider="cloudflre"), "accounts[0].provider", "is not in the catalogue"),
]


@pytest.mark.parametrize(("document", "where", "words"), FIRST_HOUR, ids=[row[2] for row in FIRST_HOUR])
def test_a_first_mistake_is_named_with_its_place(tmp_path, document, where, words):
    done = run(file(tmp_path, document))
    assert done.returncode == 1 and where in done.stderr and words in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["duckdns", "DuckDNS", "No-IP", "NOIP", "Dynu"])
def test_a_provider_is_known_by_its_name_in_any_spelling(tmp_path, name):
    document = account(provider=name)
    document["accounts"][0]["hosts"] = ["a.duckdns.org"]
    assert check.examine(file(tmp_path, document))[0] == []


def test_a_token_is_as_good_as_a_password_where_the_provider_calls_it_so(tmp_path):
    document = {
        "accounts": [
            {
                "provider": "duckdns",
                "token": "a7c4d0ad-114e-40ef-ba1d-d217904a50f2",
                "hosts": ["a.duckdns.org"],
            }
        ]
    }
    assert check.examine(file(tmp_path, document)) == ([], [])


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"user": "your-user-name"}, "user"),
        ({"password": "your-update-key"}, "password"),
        ({"password": "changeme"}, "password"),
        ({"password": "<key>"}, "password"),
        ({"hosts": ["yourname.dyndns.org"]}, "hosts"),
        ({"hosts": ["home.example.org"]}, "hosts"),
    ],
)
def test_what_was_left_as_an_example_had_it_is_a_warning(tmp_path, changes, key):
    warnings = check.examine(file(tmp_path, account(**changes)))[1]
    assert [line for line in warnings if "accounts[0].%s: " % key in line and "put your own there" in line], (
        warnings
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"user": "tokyo"},
        {"password": "mykonos-Key7"},
        {"hosts": ["passwordless.dyndns.org"]},
        {"user": "keymaster"},
    ],
)
def test_real_names_are_no_examples(tmp_path, changes):
    assert check.examine(file(tmp_path, account(**changes))) == ([], [])


@pytest.mark.parametrize(
    ("mode", "who"), [(0o644, "everybody on this machine"), (0o640, "your group"), (0o600, None)]
)
def test_passwords_that_others_can_read_are_a_warning_with_the_command(tmp_path, mode, who):
    path = file(tmp_path, GOOD)
    path.chmod(mode)
    warnings = check.examine(path)[1]
    assert warnings == (
        ["%s: %s can read the passwords in it; run: chmod 600 %s" % (path, who, path)] if who else []
    )
