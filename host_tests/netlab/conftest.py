# SPDX-License-Identifier: MIT
"""Fixtures of the netlab: one line per module, its servers started when first wanted. All of it needs
root."""

import json
import os
import subprocess
import sys

import pytest

from host_tests.needs import absent, usable
from tools import ROOT, interpreters
from tools.netlab import servers
from tools.netlab.home6 import Home
from tools.netlab.lab import Net, sweep
from tools.netlab.link6 import Link6

CPYTHON = "cpython"
EVERY = (CPYTHON, "micropython-wheel", "micropython-amd64", "micropython-i386")


@pytest.fixture(scope="module")
def net():
    """A line whose router answers and whose device has a lease."""
    if os.getuid() != 0:
        absent("needs root rights (network namespaces)")
    sweep()
    with Net() as made:
        yield made


@pytest.fixture(scope="module")
def stun(net):
    return servers.coturn(net)


@pytest.fixture(scope="module")
def lab(net):
    """The provider lab on the internet."""
    made = servers.provider(net)
    yield made
    made.stop()


class Driver:
    """Runs driver.py in a namespace under one interpreter."""

    def __init__(self, net, name):
        self.net, self.name = net, name

    def argv(self, space, what, sources, family=4):
        """(argv, environment) of driver.py."""
        script = ROOT / "host_tests/netlab/driver.py"
        sources = [{"source": one} if isinstance(one, str) else one for one in sources]
        file = self.net.folder / "sources.json"
        file.write_text(json.dumps(sources))
        words = [what, str(file), str(family)]
        if self.name == CPYTHON:
            path = os.pathsep.join(
                str(ROOT / part) for part in ("firmware/wanbeacon/board/cpython", "firmware")
            )
            argv = [sys.executable, "-c", "import wanbeacon_cpython, runpy, sys; del sys.argv[0]; "
                    "runpy.run_path(sys.argv[0], run_name='__main__')", str(script), *words]  # fmt: skip
            return self.net.exec(space, *argv), dict(os.environ, PYTHONPATH=path)
        one = usable(self.name)
        return self.net.exec(space, *one.command(script, *words)), interpreters.environment("firmware")

    def ask(self, what, sources, family=4, space=None):
        """The lines that driver.py prints, decoded."""
        argv, env = self.argv(space or self.net.dev, what, sources, family)
        done = subprocess.run(argv, env=env, cwd=ROOT, capture_output=True, text=True, timeout=40)
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def watch(self, sources, family=4, space=None):
        """Start driver.py watching; returns a Watch."""
        return Watch(self, sources, family, space or self.net.dev)


class Watch:
    """The events that a driver hears, as it hears them."""

    def __init__(self, driver, sources, family, space):
        self.log = driver.net.folder / ("watch-%d" % id(self))
        argv, env = driver.argv(space, "watch", sources, family)
        self.net = driver.net
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(argv, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT)  # fmt: skip
        self.net.processes.append(self.process)

    def lines(self):
        """All lines so far."""
        text = self.log.read_text()
        assert "Traceback" not in text, text
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def events(self):
        """[(name, text)] so far."""
        return [(one[1], one[2]) for one in self.lines() if one[0] == "event"]

    def stop(self):
        self.net.stop(self.process)


@pytest.fixture(params=EVERY)
def each_driver(request, net):
    """The test runs once per interpreter."""
    return Driver(net, request.param)


@pytest.fixture
def driver_at():
    """driver_at(place): the same in another place that has namespaces, exec(), folder and processes as a Net
    has."""
    return lambda place: Driver(place, "micropython-wheel")


@pytest.fixture
def driver(net):
    """Under the interpreter that the agent runs under by default."""
    return Driver(net, "micropython-wheel")


@pytest.fixture
def home():
    """A home6.Home on a link of its own."""
    if os.getuid() != 0:
        absent("needs root rights (network namespaces)")
    with Link6() as link:
        made = Home(link)
        try:
            yield made
        finally:
            made.stop()
