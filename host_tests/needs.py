# SPDX-License-Identifier: MIT
"""What to do when a test needs something that is not on this machine: skip with the reason, in CI fail.

tools.netlab.parts.Absent, raised by a rig, means the same: conftest.py turns it into this."""

import pytest

from tools import in_ci
from tools.netlab import parts


def absent(reason):
    """Ends the test: something it needs is not on this machine. A skip with the reason, in CI a failure."""
    (pytest.fail("missing in CI: " + reason, pytrace=False) if in_ci() else pytest.skip(reason))


def program(name):
    """Full path of a program; absent() with the package to install when it is not here."""
    try:
        return parts.program(name)
    except parts.Absent as error:
        absent(str(error))


def usable(name):
    """The Interpreter of that name ("micropython-wheel", "-amd64", "-i386"); absent() when it is not here."""
    try:
        return parts.usable(name)
    except parts.Absent as error:
        absent(str(error))
