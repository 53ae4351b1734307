# SPDX-License-Identifier: MIT
"""What a user or a machine can get wrong: one clear line each, no traceback, no secret; where it can go on it
recovers."""

import contextlib
import json
import os
import subprocess
import time

import pytest

from tools.lab import running
from tools.netlab.agent_process import CPYTHON, EVERY, MICROPYTHONS, Agent, account, host, one_account, python

A = "45.33.7.9"
SECRET = "my-secret-key-7"
SOME = pytest.mark.parametrize("interpreter", [CPYTHON, MICROPYTHONS[0], MICROPYTHONS[2]])


def config(**more):
    return {
        "accounts": [
            {
                "provider": "dyn",
                "user": "demo",
                "password": SECRET,
                "hosts": ["demo.dyndns.org"],
                "server": "localhost:1",
                **more,
            }
        ]
    }


def fails(agent, *words):
    """`run` ends by itself with status 1 and says on stderr what is wrong: each line starts with the
    program's name, or is a line of the settings that is shown below it."""
    status, out, err = agent.run(*(words or ("run",)))
    assert status == 1, (status, out, err)
    assert "Traceback" not in err + out and SECRET not in err + out and "Error:" not in err
    lines = err.splitlines()
    assert lines and all(line.startswith(("wanbeacon: ", "  ")) and len(line) < 300 for line in lines), err
    return lines


BAD = {
    "accounts": [
        {
            "provider": "dyn",
            "user": "demo",
            "password": SECRET,
            "hosts": ["a.dyndns.org", "b c"],
            "sever": "x",
        },
        {"provider": "dyn", "user": 7, "password": SECRET + "\n", "hosts": [{"ipv6": "yes"}]},
        {"provider": "noip", "hosts": []},
    ],
    "adress": [],
    "address": [{"source": "netlnk"}, {"source": "web"}],
    "intervals": {"check": 5},
}
# where each problem lies -> a word of what it should be
PROBLEMS = {
    "accounts[0].sever": "server",
    "accounts[0].hosts[1].name": "blank",
    "accounts[1].user": "text",
    "accounts[1].password": "control characters",
    "accounts[1].hosts[0].name": "missing",
    "accounts[2].hosts": "1 to",
    "accounts[1].hosts[0].ipv6": "true or false",
    "adress": "address",
    "address[0]": "netlink",
    "address[1]": "url",
    "intervals.check": "60",
}


@SOME
def test_all_problems_of_a_config_are_told_at_once_each_with_its_place(interpreter):
    with Agent(interpreter, BAD) as agent:
        lines = fails(agent)
        assert fails(agent, "check") == lines
        found = {}
        for line in lines:
            place, _, text = line.partition("config.json: ")[2].partition(": ")
            found[place] = text
        for place, word in PROBLEMS.items():
            if place in found:
                assert word in found[place], place
        # what needs the whole document (sense between keys) is told once the shape is right
        assert set(PROBLEMS) - set(found) <= {"accounts[0].hosts[1].name", "address[1]"}, sorted(found)
        assert set(found) <= set(PROBLEMS)


@SOME
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        (b"\xff\xfe{}", "text"),
        (b"", "empty"),
        (b"{", "still open"),
        (b"[]", "object"),
        (b'{"accounts": [}', "does not match"),
        (b'{"accounts": "x\n"}', "quotation mark"),
        (b"x" * 100000, "too long"),
        ("folder", ""),
    ],
    ids=["missing", "binary", "empty", "brace", "list", "brackets", "quote", "long", "folder"],
)
def test_a_config_that_cannot_be_read_is_one_line_or_shows_the_place(interpreter, content, words):
    with Agent(interpreter, content if isinstance(content, bytes) else "") as agent:
        if content is None or content == "folder":
            agent.config_path.unlink()
        if content == "folder":
            agent.config_path.mkdir()
        line, *shown = fails(agent)
        assert str(agent.config_path) in line and words in line
        assert len(shown) == (2 if "column" in line else 0), "the line itself and a caret below it"


@pytest.mark.parametrize("interpreter", EVERY)
def test_a_config_that_was_cut_off_anywhere_is_refused(interpreter, tmp_path):
    """MicroPython before 1.29 reads a document that ends too early without a word."""
    text = json.dumps(
        {**config(), "address": ["auto", {"source": "netlink"}], "intervals": {"check": 300}}, indent=1
    )
    program = (
        "import sys\nfrom wanbeacon.app import config\ntext = open(sys.argv[1]).read()\ntaken = []\n"
        "for n in range(len(text)):\n    try:\n        config.load(text[:n])\n        taken.append(n)\n"
        "    except config.ConfigError as e:\n        assert e.problems and len(e.problems[0]) < 200\n"
        "config.load(text)\nprint('taken', taken)\n"
    )
    (tmp_path / "cuts.py").write_text(program)
    (tmp_path / "config.json").write_text(text)
    argv, env = python(interpreter, tmp_path / "cuts.py", tmp_path / "config.json")
    if interpreter == CPYTHON:
        argv[-2] = "cuts"
        env["PYTHONPATH"] += os.pathsep + str(tmp_path)
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60)
    assert done.stdout == "taken []\n", done.stdout + done.stderr


@SOME
def test_an_unknown_provider_or_host_option_is_one_line_with_a_hint(interpreter):
    with Agent(interpreter, config(provider="dynn")) as agent:
        (line,) = fails(agent)
        assert "dynn" in line and "dyn" in line


def test_words_of_the_command_line_that_nobody_knows():
    with Agent(MICROPYTHONS[0], config()) as agent:
        for words, said in (
            (("rum",), "rum"),
            (("run", "--colour"), "--colour"),
            (("retry",), "host name"),
            (("status",), "is it running"),
            (("update",), "is it running"),
        ):
            (line,) = fails(agent, *words)
            assert said in line or "no agent answers" in line


@SOME
def test_a_second_agent_leaves_the_first_alone(interpreter):
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, "demo.dyndns.org")) as agent,
    ):
        agent.set_address(A)
        agent.start()
        agent.wait(lambda s: host(s)["state"] == "ok")
        agent.state = agent.folder / "other"
        (line,) = fails(agent)
        assert "another wanbeacon runs already" in line and str(agent.control) in line
        assert agent.now()["hosts"] and len(lab.updates) == 1


@SOME
def test_a_second_agent_on_the_same_journal_is_refused_whatever_its_other_files(interpreter):
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, "demo.dyndns.org")) as agent,
        Agent(interpreter, one_account(lab, "demo.dyndns.org")) as second,
    ):
        agent.set_address(A)
        second.set_address(A)
        agent.start()
        agent.wait(lambda s: host(s)["state"] == "ok")
        second.state = agent.folder / "link"
        second.state.symlink_to(agent.state)
        (line,) = fails(second)
        assert "another wanbeacon runs already" in line and str(second.state) in line
        assert not second.control.exists() and not second.status_path.exists() and len(lab.updates) == 1
        agent.kill()  # what it leaves behind stops nobody
        second.start()
        second.wait(lambda s: host(s)["state"] == "ok")
        assert len(lab.updates) == 1


@SOME
def test_an_agent_that_is_killed_during_its_command_leaves_nothing_behind(interpreter):
    """Neither a file nor a socket that the command's shell keeps open."""
    with Agent(interpreter, config()) as agent:
        asked, before = agent.folder / "asked", set(os.listdir("/tmp"))
        agent.write_config(
            {**config(), "address": [{"source": "command", "command": "touch %s; sleep 4" % asked}]}
        )
        for _ in range(2):
            asked.unlink(missing_ok=True)
            agent.start()
            end = time.monotonic() + 30
            while not asked.exists():
                assert time.monotonic() < end and agent.process.poll() is None, agent.output
                time.sleep(0.01)
            agent.kill()
        assert [
            name
            for name in set(os.listdir("/tmp")) - before
            if name.startswith("wanbeacon-") and len(name) == 34
        ] == []


def many(number):
    """A config with so many hosts."""
    return {
        "accounts": [
            {
                **config(user="u%d" % first)["accounts"][0],
                "hosts": ["h%d.dyndns.org" % n for n in range(first, first + 50)],
            }
            for first in range(0, number, 50)
        ]
    }


@pytest.mark.parametrize("interpreter", MICROPYTHONS)
def test_more_hosts_than_the_heap_holds_are_one_line(interpreter):
    with Agent(interpreter, many(700), heap="240k") as agent:
        (line,) = fails(agent)
        assert "memory" in line and "heapsize" in line


def test_hundreds_of_hosts_fit_into_the_default_heap():
    with Agent(MICROPYTHONS[2], many(700)) as agent:
        agent.set_address(A)
        agent.start()
        document = agent.wait(lambda s: all(h["class"] for h in s["hosts"]))
        assert len(document["hosts"]) == 700 and "fault" not in agent.output


@SOME
def test_an_interpreter_without_tls_is_told_what_is_missing(interpreter):
    with Agent(interpreter, config(), hide="tls") as agent:
        (line,) = fails(agent)
        assert "no TLS" in line and "micropython-mbedtls" in line


@SOME
def test_a_state_folder_that_cannot_be_used_is_one_line(interpreter):
    with Agent(interpreter, config()) as agent:
        (agent.folder / "file").write_text("")
        for state in (agent.folder / "file" / "state", agent.folder / "file", "/proc/wanbeacon"):
            agent.state = state
            agent.set_address(A)
            (line,) = fails(agent)
            assert str(state) in line, line
            assert not agent.control.exists()


# places made by root


@contextlib.contextmanager
def small_disk(folder, size="16k", options=""):
    """A tmpfs of `size` mounted on `folder`."""
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=%s%s" % (size, options), "wanbeacon", folder], check=True
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder):
    """Write until the disk is full; returns the file that takes the room."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))
    return filler


@pytest.mark.needs_root
@SOME
def test_a_read_only_state_folder_is_one_line(interpreter):
    with Agent(interpreter, config()) as agent, small_disk(agent.folder / "disk", options=",ro") as disk:
        agent.state = disk / "state"
        (line,) = fails(agent)
        assert "read-only" in line


@pytest.mark.needs_root
@SOME
def test_nothing_is_sent_while_the_journal_cannot_be_written_and_then_it_is(interpreter):
    """Room for neither slot: without a journal a power cut could make a client ask twice."""
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, "demo.dyndns.org"), speed=60) as agent,
        small_disk(agent.folder / "disk") as disk,
    ):
        agent.state = disk / "state"
        agent.state.mkdir()
        filler = fill(disk)
        agent.set_address(A)
        agent.start()
        document = agent.wait(lambda s: s["journal"]["state"] != "ok")
        assert (
            "cannot be written" in document["journal"]["state"] and "nothing is sent" in host(document)["why"]
        )
        assert lab.connections == [] and "Traceback" not in agent.output
        filler.unlink()
        recovered(agent)
        assert len(lab.updates) == 1 and agent.now()["journal"]["state"] == "ok"
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)  # what Linux does when a disk fails
        agent.set_address("45.33.7.10")
        end = time.monotonic() + 30
        while agent.now()["journal"]["state"] == "ok":  # the minimum interval goes by first
            assert time.monotonic() < end, agent.output
            agent.command("check")
            time.sleep(0.1)
        agent.kill()
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        agent.set_address(A)
        agent.start()
        agent.wait(lambda s: host(s)["state"] == "ok" and host(s)["ipv4"] == A)
        assert len(lab.updates) == 1 and lab.findings() == []


@pytest.mark.needs_root
def test_a_full_disk_below_the_status_file_is_told_once_and_stops_nothing():
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(MICROPYTHONS[2], one_account(lab, "demo.dyndns.org")) as agent,
        small_disk(agent.folder / "disk") as disk,
    ):
        agent.status_path = disk / "status.json"
        fill(disk)
        agent.set_address(A)
        agent.start()
        assert lab.wait_for(1, 10, "update")
        end = time.monotonic() + 30
        while "the status cannot be written" not in agent.output:
            assert time.monotonic() < end, agent.output
            time.sleep(0.01)
        for _ in range(3):
            agent.command("check")
            time.sleep(0.1)
        assert host(agent.now())["state"] == "ok"
        assert agent.output.count("the status cannot be written") == 1


@pytest.mark.needs_root
@SOME
def test_without_any_network_it_waits_and_says_for_what(interpreter):
    with Agent(interpreter, {**config(), "address": ["auto"]}, before=("unshare", "--net")) as agent:
        agent.start()
        document = agent.wait(lambda s: host(s)["why"])
        assert "no IPv4 default route" in host(document)["why"] and host(document)["state"] == "waiting"
        assert agent.command("check")["ok"] and agent.process.poll() is None


@SOME
def test_a_server_that_is_not_there_yet_is_found_later(interpreter):
    with running("dyn", bind="127.0.0.1") as lab:
        config = {
            "accounts": [
                account(lab, "demo.dyndns.org"),
                account(lab, "other.dyndns.org", server="no-such-name.invalid:443", user="other"),
            ]
        }
        port = lab.https_port
        config["accounts"][0]["server"] = "localhost:1"
        with Agent(interpreter, config, speed=2000) as agent:
            agent.set_address(A)
            agent.start()
            document = agent.wait(lambda s: all(h["class"] for h in s["hosts"]))
            assert host(document, "demo.dyndns.org")["result"] == "connect"
            assert host(document, "other.dyndns.org")["result"] == "dns"
            assert agent.command("status")["hosts"] and "Traceback" not in agent.output
            agent.kill()
            config["accounts"][0]["server"] = "localhost:%d" % port
            agent.write_config({"accounts": config["accounts"][:1]})
            agent.start()
            recovered(agent)


def recovered(agent):
    """The first host gets well while the agent only looks again and again, as its timers would let it."""
    end = time.monotonic() + 30
    while host(agent.now())["state"] != "ok":
        assert time.monotonic() < end, agent.output
        agent.command("check")
        time.sleep(0.1)


def test_a_reader_of_the_log_that_goes_away_ends_nothing():
    """`wanbeacon run | head -1`"""
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(MICROPYTHONS[1], one_account(lab, "demo.dyndns.org")) as agent,
    ):
        agent.set_address(A)
        argv, env = agent.argv("run")
        agent.process = subprocess.Popen(argv, env=env, cwd=agent.folder, stdout=subprocess.PIPE)
        agent.process.stdout.close()
        agent.wait(lambda s: host(s)["state"] == "ok")
