# SPDX-License-Identifier: MIT
"""The workflow of docs/grading.md, for the CI of other projects, run as it is written there. Host only."""

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import textwrap
from xml.etree import ElementTree

import pytest

from tools import ROOT

PAGE = (ROOT / "docs" / "grading.md").read_text()
WORKFLOW = re.search(r"```yaml\n(.*?)```", PAGE, re.S)[1]
#: A test of somebody's own against the lab: one update, with the lab's authority.
TESTS = """
import base64, ssl, sys, urllib.request
word = dict(zip(sys.argv[1::2], sys.argv[2::2]))
login = base64.b64encode(("%s:%s" % (word["--user"], word["--password"])).encode()).decode()
url = "https://%s/nic/update?hostname=demo.dyndns.org&myip=45.33.7.9" % word["--server"]
request = urllib.request.Request(url, headers={"User-Agent": "AGENT", "Authorization": "Basic " + login})
print(urllib.request.urlopen(request, context=ssl.create_default_context(cafile=word["--ca"])).read())
"""
TEMPLATE = """{"host": "{host}", "port": {port}, "user": "{user}", "password": "{password}",
 "hosts": "{hostnames}", "service": "{service}", "file": "{address_file}",
 "check": "{check_url}", "source": "{source}", "ca": "{ca}",
 "state": "{dir}/state.json"}"""


def commands(job):
    """The commands of a job that are not an installation, as one script."""
    text = WORKFLOW[WORKFLOW.index("\n  %s:\n" % job) :]
    text = re.split(r"\n  [a-z]+:\n", text[1:])[0]
    found = re.findall(r"^      - run: (?:\|\n((?:          .*\n)+)|(.*)\n)", text, re.M)
    script = "".join(textwrap.dedent(block) or line + "\n" for block, line in found)
    assert "pip install" in script and "wanbeacon-tools" in script
    return re.sub(r"^python -m pip install .*\n", "", script, flags=re.M)


def executable(path, text):
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def project(tmp_path):
    """(run(script) in the folder of somebody's project, that folder): the tools are on its PATH."""
    (tmp_path / "bin").mkdir()
    executable(
        tmp_path / "bin" / "wanbeacon-tools",
        '#!/bin/sh\nPYTHONPATH=%s exec %s -m tools "$@"\n'
        % (shlex.quote(str(ROOT)), shlex.quote(sys.executable)),
    )
    env = dict(os.environ, PATH="%s:%s" % (tmp_path / "bin", os.environ["PATH"]))

    def run(script):
        # as a workflow's runner starts it
        with subprocess.Popen(
            ["bash", "-e", "-c", script],
            cwd=tmp_path,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        ) as process:
            try:
                out, err = process.communicate(timeout=180)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)  # a lab that a failed step left
        return subprocess.CompletedProcess(script, process.returncode, out, err)

    return run, tmp_path


def lab_of(script):
    """On a port that is free here; with the same nuisances in every run."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return script.replace("8443", str(free.getsockname()[1])).replace(
            "lab --strict", "lab --strict --seed 1"
        )


def test_the_lab_is_a_test_server_for_others(project):
    run, folder = project
    executable(folder / "run-my-tests", "#!%s\n" % sys.executable + TESTS.replace("AGENT", "Me - Mine - 1.0"))
    done = run(lab_of(commands("lab")))
    assert done.returncode == 0, done.stderr
    assert "45.33.7.9" in done.stdout


def test_and_says_what_the_client_did_wrong(project):
    run, folder = project
    executable(
        folder / "run-my-tests", "#!%s\n" % sys.executable + TESTS.replace("AGENT", "python-requests/2")
    )
    done = run(lab_of(commands("lab")))
    assert done.returncode == 1 and "User-Agent" in done.stdout + done.stderr, done.stdout


@pytest.mark.skipif(not os.environ.get("WANBEACON_NIGHTLY"), reason="nightly: half a minute")
@pytest.mark.timeout(300)
def test_a_client_is_graded_with_a_report(project):
    run, folder = project
    (folder / "ci").mkdir()
    (folder / "ci" / "dyndns.template").write_text(TEMPLATE)
    client = ROOT / "host_tests" / "host" / "bad_client.py"
    executable(folder / "my-client", '#!/bin/sh\nexec %s %s "$2" 1\n' % (sys.executable, client))
    done = run(commands("grade"))
    assert done.returncode == 0, done.stderr
    suite = ElementTree.parse(folder / "grade.xml").getroot().find("testsuite")
    assert (suite.get("name"), suite.get("failures")) == ("my-client", "0")
