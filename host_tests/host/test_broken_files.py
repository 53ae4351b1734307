"""Names of files a user may well give: relative ones, and one where something else lies already."""

import subprocess

import pytest

from host_tests.host.agent_process import CPYTHON, MICROPYTHONS, Agent, one_account
from tools.lab import running

SOME = (CPYTHON, MICROPYTHONS[1])


@pytest.mark.parametrize("interpreter", SOME)
def test_status_and_control_in_the_current_folder(interpreter):
    with running("dyn", bind="127.0.0.1") as lab, Agent(interpreter, one_account(lab, "demo.dyndns.org")) as agent:
        agent.set_address("45.33.7.9")
        argv, env = agent.argv("run")
        short = {str(agent.status_path): agent.status_path.name, str(agent.control): agent.control.name}
        agent.argv = lambda *_: ([short.get(word, word) for word in argv], env)
        agent.start()
        agent.wait(lambda s: s["hosts"][0]["state"] == "ok")
        assert agent.now()["hosts"][0]["ipv4"] == "45.33.7.9"
        assert agent.stop() == 0 and agent.status_path.is_file() and not agent.control.exists()


@pytest.mark.parametrize("interpreter", SOME)
def test_a_file_that_is_no_socket_is_not_replaced_by_the_control_socket(interpreter):
    with running("dyn", bind="127.0.0.1") as lab, Agent(interpreter, one_account(lab, "demo.dyndns.org")) as agent:
        agent.control.write_text("my thesis")
        argv, env = agent.argv("run")
        done = subprocess.run(argv, env=env, cwd=agent.folder, capture_output=True, text=True, timeout=20)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and str(agent.control) in done.stderr, done
        assert "another wanbeacon" not in done.stderr, done.stderr
        assert agent.control.read_text() == "my thesis" and not lab.connections
