# SPDX-License-Identifier: MIT
"""The agent as a process under any interpreter, with its files in a folder of its own: start, watch, command,
kill.

    with running("dyn") as lab, Agent("micropython-wheel", one_account(lab, "demo.dyndns.org")) as agent:
        agent.set_address("45.33.7.9")
        agent.start()
        agent.wait(lambda s: host(s)["state"] == "ok")
        agent.command("check")
        agent.kill(); agent.start()
"""

import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from .. import HERE, ROOT, interpreters
from . import parts

CPYTHON = "cpython"
MICROPYTHONS = ("micropython-wheel", "micropython-amd64", "micropython-i386")
EVERY = (CPYTHON, *MICROPYTHONS)
#: Seconds that a condition may take unless a test says otherwise: a start and some exchanges on a busy
#: machine.
PATIENCE = 40
WRAPPER = HERE / "netlab" / "agent_wrapper.py"


def python(name, *args, firmware="firmware", heap=None):
    """(argv, environment) of a Python process with the firmware on its path; name: one of EVERY.

    firmware: repo-relative folder, or an absolute one with .mpy files; heap: as in `-X heapsize=`."""
    if name == CPYTHON:
        path = os.pathsep.join(str(ROOT / part) for part in ("firmware/wanbeacon/board/cpython", firmware))
        runner = [sys.executable, "-m", "wanbeacon_cpython"]
        return runner + [str(a) for a in args if a != "-m"], dict(os.environ, PYTHONPATH=path)
    return parts.usable(name).command(*args, heap=heap), interpreters.environment(firmware)


class Agent:
    """config: a dict (or text, for broken ones). switches: those of agent_wrapper.py; without any the agent
    is started as a user would. before: words put before the interpreter (`ip netns exec NAME`). state: folder
    of the journal. module: what is run instead of `-m wanbeacon`, from the firmware's folder.

    Attributes: folder, state, status_path, control, address_file, process, output (all that was printed so
    far)."""

    def __init__(
        self,
        interpreter,
        config,
        firmware="firmware",
        heap=None,
        before=(),
        state=None,
        module="wanbeacon",
        **switches,
    ):
        # short: a unix socket's path has 107 bytes at most
        self.folder = Path(tempfile.mkdtemp(prefix="wb-"))
        self.state = Path(state) if state else self.folder / "state"
        self.status_path, self.control = self.folder / "status.json", self.folder / "control"
        self.address_file = self.folder / "address"
        self.config_path = self.folder / "config.json"
        self._out = self.folder / "output"
        self.interpreter, self.firmware, self.heap = interpreter, firmware, heap
        self.before, self.switches, self.module = list(before), switches, module
        self.process = None
        self.write_config(config)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def write_config(self, config):
        """For the next start. A dict without "address" gets the file of set_address() as its source."""
        if isinstance(config, dict):
            config = json.dumps(
                {"address": [{"source": "command", "command": "cat %s" % self.address_file}], **config}
            )
        self.config_path.write_bytes(config if isinstance(config, bytes) else config.encode())

    def set_address(self, *addresses):
        """What the line's address is from now on; nothing tells the agent but its timer or
        command("check")."""
        part = self.folder / "address.new"
        part.write_text("\n".join(addresses) + "\n" if addresses else "none\n")
        part.replace(self.address_file)

    # life

    def argv(self, *words):
        """(argv, environment) of `wanbeacon WORDS` with this agent's files."""
        files = [
            "--config",
            self.config_path,
            "--state",
            self.state,
            "--status",
            self.status_path,
            "--control",
            self.control,
        ]
        start = ["-m", self.module]
        if self.switches:
            start = [WRAPPER, *("%s=%s" % item for item in self.switches.items()), "--"]
            if self.interpreter == CPYTHON:
                start[0] = "agent_wrapper"
        argv, env = python(self.interpreter, *start, *words, *files, firmware=self.firmware, heap=self.heap)
        if self.interpreter == CPYTHON:
            env["PYTHONPATH"] += os.pathsep + str(WRAPPER.parent)
        return [*self.before, *argv], env

    def start(self):
        """Start `run`; does not wait for anything. The status of an earlier run is taken away first."""
        assert self.process is None, "it runs already"
        self.status_path.unlink(missing_ok=True)
        argv, env = self.argv("run")
        with open(self._out, "ab") as out:
            self.process = subprocess.Popen(
                argv, env=env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )
        return self

    def kill(self):
        """As a power cut would: SIGKILL."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self):
        """Ctrl-C, at whatever it does just now."""
        self.process.send_signal(signal.SIGINT)
        assert self.end() == -signal.SIGINT

    def end(self, timeout=PATIENCE):
        """Wait for its end; returns the exit status."""
        status = self.process.wait(timeout)
        self.process = None
        return status

    def run(self, *words, timeout=PATIENCE):
        """A sub-command in a process of its own: (exit status, stdout, stderr)."""
        argv, env = self.argv(*words)
        done = subprocess.run(argv, env=env, cwd=self.folder, capture_output=True, text=True, timeout=timeout)
        return done.returncode, done.stdout, done.stderr

    @property
    def output(self):
        return self._out.read_text(errors="replace") if self._out.exists() else ""

    @property
    def pid(self):
        return self.process.pid

    # what it says

    def status(self):
        """The status file's document, {} while there is none."""
        try:
            return json.loads(self.status_path.read_text())
        except FileNotFoundError:
            return {}

    def wait(self, condition, timeout=PATIENCE):
        """The first status document for which `condition(document)` is true. Fails when the agent ends or
        time is up."""
        end = time.monotonic() + timeout
        while True:
            document = self.status()
            with contextlib.suppress(KeyError, IndexError):  # not there yet
                if document and condition(document):
                    return document
            ended = self.process.poll() is not None
            if ended or time.monotonic() > end:
                raise AssertionError(
                    "%s %s; it said:\n%s\nstatus: %s"
                    % (
                        self.interpreter,
                        "ended early" if ended else "did not get there in %d s" % timeout,
                        self.output,
                        json.dumps(document, indent=1),
                    )
                )
            time.sleep(0.01)

    def command(self, line, timeout=PATIENCE):
        """One command over the control socket; its answer (dict)."""
        end = time.monotonic() + timeout
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(timeout)
            while True:
                try:
                    sock.connect(str(self.control))
                    break
                except OSError:  # not there yet
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.01)
            sock.sendall(line.encode() + b"\n")
            with sock.makefile() as file:
                return json.loads(file.readline())

    def now(self):
        """The status document as it is now, over the control socket: also shows that the agent lives."""
        return self.command("status")

    def everything(self):
        """Every byte it ever put where others can read it: output, status, journal and what else is in its
        folder."""
        parts = [
            path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path != self.config_path
        ]
        return b"\n".join(parts)

    def memory(self):
        """{"VmRSS": KiB, "VmHWM": KiB} of the process."""
        text = Path("/proc/%d/status" % self.pid).read_text()
        return {
            line.split(":")[0]: int(line.split()[1])
            for line in text.splitlines()
            if line[:5] in ("VmRSS", "VmHWM")
        }

    def descriptors(self):
        """How many files and sockets it has open."""
        return len(os.listdir("/proc/%d/fd" % self.pid))


def account(lab, *hosts, server=None, user="demo", password="demo-key", **more):
    """One entry of "accounts" that talks to `lab` over verified TLS; server: a port or listener name, else
    its own."""
    port = lab.ports.get(server, server) if server else lab.https_port
    place = port if isinstance(port, str) else "localhost:%d" % port
    return {
        "provider": lab.provider,
        "user": user,
        "password": password,
        "hosts": list(hosts),
        "server": place,
        "ca": str(lab.ca_der),
        **more,
    }


def one_account(lab, *hosts, **more):
    """A whole config with one account; keys of the document by `top={...}`."""
    top = more.pop("top", {})
    return {"accounts": [account(lab, *hosts, **more)], "device": {"contact": "dev@wanbeacon.example"}, **top}


def host(document, name=None):
    """The entry of a host in a status document; without a name the first."""
    return next(h for h in document["hosts"] if name in (None, h["name"]))


def forms_of(secret, user="demo"):
    """A secret as it may leak: in clear, in a URL, and in an Authorization header."""
    basic = base64.b64encode(("%s:%s" % (user, secret)).encode())
    return {
        secret.encode(),
        urllib.parse.quote(secret, safe="").encode(),
        basic,
        base64.b64encode(secret.encode()),
    }
