# SPDX-License-Identifier: MIT
"""`python -m tools version`: what to put into a bug report, and whether every place names the same version of
the agent.
"""

import platform
import re

from rich.console import Console
from rich.table import Table

from .. import CHECKOUT, ROOT, UserError, interpreters


def agent_version(root=ROOT):
    """VERSION of the firmware, read as text: it must not be imported to be named."""
    try:
        found = re.search(
            r'^VERSION = "([^"]+)"', (root / "firmware/wanbeacon/__init__.py").read_text(), re.M
        )
    except OSError:
        found = None
    return found.group(1) if found else "not found"


#: Files that name the agent's version besides firmware/wanbeacon/__init__.py, and where in them it stands.
PLACES = {
    "pyproject.toml": r'^version = "([^"]+)"',
    "boards/openwrt/wanbeacon/Makefile": r"^PKG_VERSION:=(\S+)",
    "boards/openwrt/luci-app-wanbeacon/Makefile": r"^PKG_VERSION:=(\S+)",
    "CHANGELOG.md": r"^## (\d\S*)",
}


def places(root=ROOT):
    """{file: the version it names, or "no version"}; in CHANGELOG.md the newest entry counts."""
    found = {}
    for name, pattern in PLACES.items():
        try:
            match = re.search(pattern, (root / name).read_text(), re.M)
        except OSError:
            match = None
        found[name] = match.group(1) if match else "no version"
    return found


def must_agree(root=ROOT):
    """UserError when a place names another version than the agent itself."""
    ours = agent_version(root)
    wrong = ["%s (%s)" % item for item in places(root).items() if item[1] != ours]
    if wrong:
        raise UserError("the agent is version %s, but not in %s: correct it there" % (ours, ", ".join(wrong)))


def app():
    """Print the versions of the agent, of Python and of every MicroPython the tests use; all places must
    agree."""
    table = Table(box=None, show_header=False)
    table.add_row("agent", agent_version(), "also named in " + ", ".join(PLACES) if CHECKOUT else "")
    table.add_row("python", platform.python_version(), platform.platform())
    for one in interpreters.all():
        if one.why:
            table.add_row(one.name, "missing", one.why)
            continue
        try:
            version = ".".join(map(str, interpreters.check_version(one.argv[0])))
        except UserError as error:
            version = str(error)
        table.add_row(one.name, version, one.argv[0])
    Console(soft_wrap=True).print(table)
    if CHECKOUT:
        must_agree()
