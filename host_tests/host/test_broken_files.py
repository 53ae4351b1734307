# SPDX-License-Identifier: MIT
"""Names of files a user may well give: relative ones, and one where something else lies already."""

import json
import shutil
import subprocess

import pytest

from tools import ROOT
from tools.lab import running
from tools.netlab.agent_process import CPYTHON, MICROPYTHONS, Agent, one_account

SOME = (CPYTHON, MICROPYTHONS[1])


@pytest.mark.parametrize("interpreter", SOME)
def test_status_and_control_in_the_current_folder(interpreter):
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, "demo.dyndns.org")) as agent,
    ):
        agent.set_address("45.33.7.9")
        argv, env = agent.argv("run")
        short = {str(agent.status_path): agent.status_path.name, str(agent.control): agent.control.name}
        agent.argv = lambda *_: ([short.get(word, word) for word in argv], env)
        agent.start()
        agent.wait(lambda s: s["hosts"][0]["state"] == "ok")
        assert agent.now()["hosts"][0]["ipv4"] == "45.33.7.9"
        assert agent.status_path.is_file() and agent.control.is_socket()


@pytest.mark.parametrize("interpreter", SOME)
def test_a_file_that_is_no_socket_is_not_replaced_by_the_control_socket(interpreter):
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, "demo.dyndns.org")) as agent,
    ):
        agent.control.write_text("my thesis")
        argv, env = agent.argv("run")
        done = subprocess.run(argv, env=env, cwd=agent.folder, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and str(agent.control) in done.stderr, (
            done
        )
        assert "another wanbeacon" not in done.stderr, done.stderr
        assert agent.control.read_text() == "my thesis" and not lab.connections


@pytest.mark.parametrize("interpreter", SOME)
def test_the_folders_of_journal_and_status_may_go_while_it_runs(interpreter):
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, "demo.dyndns.org"), speed=100, check=1) as agent,
    ):
        agent.set_address("45.33.7.9")
        agent.status_path = agent.folder / "seen" / "status.json"
        agent.start()
        agent.wait(lambda s: s["hosts"][0]["state"] == "ok")
        shutil.rmtree(agent.state)
        shutil.rmtree(agent.status_path.parent)
        agent.set_address("45.33.7.10")
        agent.command("check")
        agent.wait(lambda s: s["hosts"][0]["ipv4"] == "45.33.7.10")
        agent.kill()
        agent.start()
        agent.wait(lambda s: s["hosts"][0]["state"] == "ok")
        assert len(lab.updates) == 2 and lab.findings() == []


@pytest.mark.parametrize("interpreter", SOME)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 32000, "still open"),
        ('{"a":' * 6000, "still open"),
        (
            '{"accounts": [{"provider": "dyn", "password": "key", "hosts": ["m\u00fcller.dyndns.org"]}]}',
            "xn--",
        ),
        (
            '{"accounts": [{"provider": "dyn", "password": "key", "hosts": ["demo.dyndns.org."]}]}',
            "dot at its end",
        ),
    ],
    ids=["lists", "objects", "umlaut", "dot"],
)
def test_configs_that_went_wrong_end_in_one_line(interpreter, text, says):
    with Agent(interpreter, text) as agent:
        status, _, err = agent.run("check")
        # one line, and where the form is at fault the place and a caret below it
        assert (
            status == 1
            and err.count("\n") in (1, 3)
            and says in err.split("\n")[0]
            and "Traceback" not in err
        ), err


@pytest.mark.parametrize("interpreter", SOME)
def test_a_byte_order_mark_does_no_harm(interpreter):
    config = {
        "accounts": [{"provider": "dyn", "user": "u", "password": "some-key", "hosts": ["demo.dyndns.org"]}]
    }
    with Agent(interpreter, "\ufeff" + json.dumps(config)) as agent:
        status, out, err = agent.run("check")
        assert status == 0 and "ok, 1 host" in out, err


@pytest.mark.parametrize("interpreter", SOME)
def test_update_for_all_leaves_a_host_offline_that_the_user_set_offline(interpreter):
    names = "demo.dyndns.org", "demo2.dyndns.org"
    with (
        running("dyn", bind="127.0.0.1") as lab,
        Agent(interpreter, one_account(lab, *names), speed=2000) as agent,
    ):
        agent.set_address("45.33.7.9")
        agent.start()
        agent.wait(lambda s: all(h["state"] == "ok" for h in s["hosts"]))
        agent.wait(lambda _: agent.command("offline " + names[0])["ok"])
        agent.wait(lambda s: s["hosts"][0]["why"] == "set offline by the user")
        agent.wait(lambda _: agent.command("update")["ok"])
        agent.wait(lambda s: s["counters"]["requests"] == 3)
        assert agent.now()["hosts"][0]["offline"]
        agent.wait(lambda _: agent.command("update " + names[0])["ok"])
        agent.wait(lambda s: s["hosts"][0]["ipv4"] == "45.33.7.9")


@pytest.mark.parametrize("interpreter", SOME)
def test_a_catalogue_that_is_missing_or_damaged_is_one_line(interpreter, tmp_path):
    shutil.copytree(ROOT / "firmware", tmp_path / "firmware")
    catalogue = tmp_path / "firmware/catalogue/providers.dat"
    config = {
        "accounts": [{"provider": "dyn", "user": "demo", "password": "key", "hosts": ["demo.dyndns.org"]}]
    }
    with Agent(interpreter, config, firmware=tmp_path / "firmware") as agent:
        for damage in (lambda: catalogue.write_bytes(bytes(range(128, 256))), catalogue.unlink):
            damage()
            for command in ("check", "run"):
                status, out, err = agent.run(command)
                assert (
                    (status, out, err.count("\n")) == (1, "", 1) and "catalogue" in err and "Error" not in err
                ), (command, err)
