# SPDX-License-Identifier: MIT
"""What every room of tests may use: interpreters, "needs" markers.

@pytest.mark.needs_root                 skipped without root rights; a failure in CI
@pytest.mark.needs("dig", "named")      skipped without these programs; a failure in CI
absent("reason")                        the same from inside a fixture or test
                                        (from host_tests.needs import absent, program, usable)
fixture micropython                     the Interpreter the agent runs under by default (the wheel, or
                                        $MICROPYTHON)
fixture each_micropython                the test runs once per MicroPython: wheel, amd64, i386
fixture elf                             the stand-alone 64-bit program: for memory and time measurements
fixture elf32                           the stand-alone 32-bit one
"""

import gc
import os
import signal

import hypothesis
import pytest
import wanbeacon_cpython  # noqa: F401  (gives CPython's time and gc what MicroPython's have)

from host_tests.needs import absent, program, usable
from host_tests.on_micropython import Plugin
from tools import ROOT, UserError, in_ci, interpreters
from tools.netlab.parts import Absent

# A busy machine must not make a property test fail; CI always tries the same cases, so a red run can be
# repeated.
hypothesis.settings.register_profile(
    "wanbeacon", deadline=None, derandomize=in_ci() and not os.environ.get("WANBEACON_NIGHTLY")
)
hypothesis.settings.load_profile("wanbeacon")


def pytest_configure(config):
    # a shell starts what goes to the background with Ctrl-C ignored, and all that is started from here would
    # inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(ROOT)  # data files are named relative to the checkout, on both interpreters
    try:
        config.pluginmanager.register(Plugin(), "wanbeacon-micropython")
    except UserError as error:  # $MICROPYTHON names no usable program
        raise pytest.UsageError(str(error))


#: Files that take the longest begin, so that several workers end together.
LONGEST = (
    "test_core_state_machine",
    "test_grade",
    "test_world",
    "test_heap",
    "test_portal_browser",
    "test_web",
    "test_life",
    "test_docs",
    "test_agent_life",
    "test_agent_core",
    "test_package",
)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


def pytest_collection_finish(session):
    gc.freeze()  # the agent collects garbage in each round: thousands of tests are none of it


def _told_as_absent(step):
    """A rig's Absent, raised while a fixture is made or a test runs, is a skip with its reason, in CI a
    failure."""
    try:
        return (yield)
    except Absent as error:
        absent(str(error))


pytest_fixture_setup = pytest.hookimpl(wrapper=True)(
    lambda fixturedef: (yield from _told_as_absent(fixturedef))
)
pytest_pyfunc_call = pytest.hookimpl(wrapper=True)(
    lambda pyfuncitem: (yield from _told_as_absent(pyfuncitem))
)


def pytest_runtest_setup(item):
    if item.get_closest_marker("needs_root") and os.getuid() != 0:
        absent("needs root rights")
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            program(name)


@pytest.fixture(scope="session")
def micropython():
    return interpreters.default()


@pytest.fixture(params=["micropython-wheel", "micropython-amd64", "micropython-i386"])
def each_micropython(request):
    return usable(request.param)


@pytest.fixture
def elf():
    return usable("micropython-amd64")


@pytest.fixture
def elf32():
    return usable("micropython-i386")
