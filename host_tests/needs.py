"""What to do when a test needs something that is not on this machine: skip with the reason, in CI fail. Knows no room."""

import pytest

from tools import debian, in_ci, interpreters


def absent(reason):
    """Ends the test: something it needs is not on this machine. A skip with the reason, in CI a failure."""
    (pytest.fail("missing in CI: " + reason, pytrace=False) if in_ci() else pytest.skip(reason))


def program(name):
    """Full path of a program; absent() with the package to install when it is not here."""
    return debian.find(name) or absent("%s is not installed (apt-get install %s)" % (name, debian.package_of(name)))


def usable(name):
    """The Interpreter of that name ("micropython-wheel", "-amd64", "-i386"); absent() when it is not here."""
    one = next(one for one in interpreters.all() if one.name == name)
    if one.why:
        absent("%s: %s" % (one.name, one.why))
    return one
