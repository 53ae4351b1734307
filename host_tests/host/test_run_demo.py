# SPDX-License-Identifier: MIT
"""`make run`: the demo as a new user sees it, in lines and on a full screen; nothing of it stays behind. Host
only."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from host_tests.needs import program
from tools import ROOT, interpreters
from tools.lab import running
from tools.run import agent, story
from tools.run.story import ACCOUNTS, ADDRESSES, PASSWORD
from tools.run.world import FileWorld

#: The promise is 60 s after the set-up; a busy machine needs about 3.
FIRST_GOOD_S = 60
#: Its own `ticks` and the agent's clean end.
END_S = 40


def processes(mark):
    """Pids of processes whose environment holds `mark`: everything a run has started inherits it."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (path / "environ").read_bytes():
                found.append(int(path.name))
    return found


def namespaces(pids):
    out = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            out.add(os.stat("/proc/%d/ns/net" % pid).st_ino)
    return out


def gone(mark):
    """True once no process of the run is left."""
    until = time.monotonic() + END_S
    while processes(mark) and time.monotonic() < until:
        time.sleep(0.05)
    return not processes(mark)


@pytest.fixture
def mark(tmp_path):
    """A value for the run's environment that nobody else has; whatever a failed test leaves is killed."""
    yield str(tmp_path)
    for pid in processes(str(tmp_path)):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


class Run:
    """A run in lines: `until(pattern)` reads on and gives the match."""

    def __init__(self, mark, *args, **env):
        self.text = ""
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools", "run", "--plain", *args],
            cwd=ROOT,
            bufsize=0,
            env=dict(os.environ, TMPDIR=mark, **env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def until(self, pattern, seconds=30):
        until = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self.text)
            if match:
                self.text = self.text[match.end() :]
                return match
            ready = select.select([self.process.stdout], [], [], max(0, until - time.monotonic()))[0]
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert data, "%r did not come; instead: %s" % (pattern, self.text)
            self.text += data.decode()

    def interrupt(self):
        """Ctrl-C; returns (exit status, the rest of the text)."""
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=END_S)
        return self.process.returncode, self.text + rest.decode()


def dig(command):
    words = command.split()
    assert words[0] == "dig"
    return subprocess.run(
        [program("dig"), *words[1:], "+time=2"], capture_output=True, text=True, timeout=20
    ).stdout.split()


@pytest.mark.needs("dig")
def test_the_demo_publishes_and_follows_a_change(mark):
    run = Run(mark, "--pace", "3")
    ask = run.until(r"name server: (dig .+)").group(1)
    run.until(r"The provider had it .* later: one request for 3 hosts", FIRST_GOOD_S)
    assert time.monotonic() - run.began < FIRST_GOOD_S
    assert dig(ask) == [ADDRESSES[0]]
    inside = namespaces(processes(mark)) - namespaces([os.getpid()])
    if os.getuid() == 0:
        assert len(inside) == 1, "as root the line is a device in a namespace of its own"
    run.until(r"The line got a new address: " + ADDRESSES[1].replace(".", r"\."))
    run.until(r"one request for 3 hosts")
    assert dig(ask) == [ADDRESSES[1]]
    status, rest = run.interrupt()
    assert status == 0 and "2 requests in all, no rule broken" in rest
    assert "Traceback" not in rest
    assert gone(mark) and os.listdir(mark) == []


def test_the_story_goes_on_to_cgnat_a_forged_certificate_a_refusal_and_a_power_cut(mark, monkeypatch):
    """The scenes after the first two, faster than a viewer could follow."""
    monkeypatch.setattr(story, "SURE_S", 1)

    folder = Path(mark)
    with running("dyn", accounts=ACCOUNTS) as lab, FileWorld(folder) as world:
        settings = folder / "config.json"
        document = story.config(lab, world.source)
        document["intervals"]["minimum"] = 1
        settings.write_text(json.dumps(document))
        (folder / "state").mkdir()
        one = agent.Agent(interpreters.default(), settings, folder / "state")
        stage = story.Stage(lab, world, one)

        def play(scene, expected):
            time.sleep(max(0, 1.1 - stage.seconds()))  # the least interval
            stage.begin()
            scene.act(stage)
            until = time.monotonic() + 30
            while not re.search(expected, scene.result(stage) or "") and time.monotonic() < until:
                time.sleep(0.05)
            assert re.search(expected, scene.result(stage)), (scene.title, scene.result(stage), list(one.log))

        titles = {scene.title.split(":")[0].split(",")[0]: scene for scene in story.SCENES}
        try:
            play(titles["The agent starts for the first time"], "one request for 3 hosts")
            play(titles["Carrier-grade NAT"], "^0 requests sent")
            play(
                titles["An impostor answers in the provider's place"],
                "^0 bytes of user name or password reached it",
            )
            play(titles["The real provider is back"], "one request for 3 hosts")
            play(titles["The provider blocks one host"], "good .* / abuse.*only camera.dyndns.org is stopped")
            until = time.monotonic() + 30  # the lab knows its answer before the agent has kept it
            while [h["state"] for h in one.status()["hosts"]].count(
                "stopped"
            ) != 1 and time.monotonic() < until:
                time.sleep(0.05)
            play(titles["Power cut"], "^0 requests after the restart; .* 1 host is stopped")
            play(
                titles["The user had the host unblocked"],
                "^1 request for camera.dyndns.org, answered with good",
            )
        finally:
            one.stop()
        assert lab.findings() == []
        assert PASSWORD not in " ".join(text for _, _, text in one.log)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_however_it_ends_no_process_stays(mark, number):
    run = Run(mark)
    run.until("The provider had it", FIRST_GOOD_S)
    assert len(processes(mark)) > 1
    run.process.send_signal(number)
    run.process.communicate(timeout=END_S)
    assert gone(mark)
    assert run.process.returncode == (0 if number == signal.SIGTERM else -number)


def test_a_reader_that_goes_away_ends_it_silently(mark):
    line = "%s -m tools run --plain --pace 3 | head -1" % sys.executable
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=ROOT,
        env=dict(os.environ, TMPDIR=mark),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.startswith("Wanbeacon") and done.stderr == ""
    assert gone(mark) and os.listdir(mark) == []


def test_on_a_terminal_it_takes_the_whole_screen_and_gives_it_back(mark):
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.environ.update(TMPDIR=mark, TERM="xterm-256color", COLUMNS="100", LINES="32")
        os.execv(sys.executable, [sys.executable, "-m", "tools", "run", "--simple"])
    seen, until = b"", time.monotonic() + FIRST_GOOD_S
    with contextlib.suppress(OSError):  # EIO: the other end is closed
        while b"one request for 3 hosts" not in seen and time.monotonic() < until:
            seen += os.read(terminal, 65536)
        os.write(terminal, b"\x03")
        while data := os.read(terminal, 65536):
            seen += data
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
    assert seen.index(b"\x1b[?1049h") < seen.index(b"The provider had it") < seen.rindex(b"\x1b[?1049l")
    assert b"\x1b[?25h" in seen[seen.rindex(b"\x1b[?25l") :], "the cursor is shown again"
    assert b"Traceback" not in seen and b"Ask the provider's name server" in seen
    assert gone(mark) and os.listdir(mark) == []


def own(folder, lab, **more):
    """A user's settings for `lab`, in a file."""
    document = {
        "accounts": [
            {
                "provider": "dyn",
                "user": "demo",
                "password": PASSWORD,
                "ca": "ca.der",
                "server": "localhost:%d" % lab.https_port,
                "hosts": ["home.dyndns.org"],
                **more,
            }
        ],
        "address": [{"source": "command", "command": "echo 45.33.7.9"}],
    }
    (folder / "ca.der").write_bytes(lab.ca_der.read_bytes())
    (folder / "my.json").write_text(json.dumps(document))
    return str(folder / "my.json")


def test_with_own_settings_it_remembers_beside_them_and_two_at_once_are_refused(mark, tmp_path):
    with running("dyn", accounts=ACCOUNTS) as lab:
        config = own(tmp_path, lab)
        run = Run(mark, "--config", config)
        run.until(r"state in %s/my\.state" % re.escape(mark))
        run.until("200 good")
        second = Run(mark, "--config", config)
        second.until("wanbeacon: another wanbeacon runs already")
        assert second.process.wait(END_S) == 1
        status, rest = run.interrupt()
        assert status == 0 and "Traceback" not in rest
        again = Run(mark, "--config", config, "--seconds", "2")
        again.until("Everything is up to date")
        assert again.process.wait(END_S) == 0
        assert len(lab.updates) == 1 and lab.findings() == []
    assert sorted(os.listdir(tmp_path / "my.state")) == ["control", "journal.a", "journal.b", "status.json"]
    assert gone(mark)


def refuse(mark, *args, **env):
    done = subprocess.run(
        [sys.executable, "-m", "tools", "run", "--plain", *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=dict(os.environ, TMPDIR=mark, **env),
        timeout=60,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    return done.stderr.splitlines()


def test_an_interpreter_that_cannot_do_it_is_one_line(mark, tmp_path):
    old = tmp_path / "old"
    old.write_text("#!/bin/sh\necho micropython 1 22 2\n")
    old.chmod(0o755)
    assert "needs 1.23 or newer" in " ".join(refuse(mark, MICROPYTHON=str(old)))
    assert len(refuse(mark, MICROPYTHON="/no/such")) == 1


def test_what_the_agent_says_at_its_end_is_what_the_user_reads(mark, tmp_path):
    program = tmp_path / "other"
    program.write_text(
        '#!/bin/sh\n[ "$1" = -c ] && exec echo micropython 1 27 0\necho "wanbeacon: no TLS here" >&2\n'
        "exit 1\n"
    )
    program.chmod(0o755)
    assert refuse(mark, MICROPYTHON=str(program)) == ["wanbeacon: no TLS here"]
    program.write_text(
        '#!/bin/sh\n[ "$1" = -c ] && exec echo micropython 1 27 0\nprintf "Traceback\\n  x\\nKeyError: 1\\n'
        '" >&2\nexit 1\n'
    )
    assert refuse(mark, MICROPYTHON=str(program)) == [
        "wanbeacon: the agent crashed: KeyError: 1 (please report this)"
    ]


def test_a_port_in_use_and_bad_settings_are_a_line_each(mark, tmp_path):
    with running("dyn", accounts=ACCOUNTS) as lab:
        lines = refuse(mark, "--dns", str(lab.dns_port))
    assert len(lines) == 1 and "in use" in lines[0] and "--dns" in lines[0]
    bad = tmp_path / "bad.json"
    bad.write_text(
        '{"accounts": [{"provider": "dyn", "pasword": "x", "hosts": ["a b"]}], "adress": ["auto"]}'
    )
    lines = refuse(mark, "--config", str(bad))
    assert len(lines) == 2 and all(line.startswith("wanbeacon: %s: " % bad) for line in lines)
