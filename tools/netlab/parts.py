# SPDX-License-Identifier: MIT
"""Programs and interpreters that a rig needs. What is not on this machine is Absent: a test that meets it is
skipped (in CI it fails), a measurement says so in its row."""

from .. import UserError, debian, interpreters


class Absent(UserError):
    """Something is not on this machine; the text says what, and what to install."""


def program(name):
    """Full path of a program; Absent with the package to install when it is not here."""
    found = debian.find(name)
    if not found:
        raise Absent("%s is not installed (apt-get install %s)" % (name, debian.package_of(name)))
    return found


def usable(name):
    """The Interpreter of that name ("micropython-wheel", "-amd64", "-i386"); Absent when it is not here."""
    one = next(one for one in interpreters.all() if one.name == name)
    if one.why:
        raise Absent("%s: %s" % (one.name, one.why))
    return one
