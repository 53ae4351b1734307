"""`python -m tools version`: what to put into a bug report. Knows no tool but the interpreters."""

import platform
import re

from rich.console import Console
from rich.table import Table

from tools import ROOT, UserError, interpreters


def agent_version():
    """VERSION of the firmware, read as text: it must not be imported to be named."""
    try:
        found = re.search(r'^VERSION = "([^"]+)"', (ROOT / "firmware/wanbeacon/__init__.py").read_text(), re.M)
    except OSError:
        found = None
    return found.group(1) if found else "not found"


def app():
    """Print the versions of the agent, of Python and of every MicroPython the tests use."""
    table = Table(box=None, show_header=False)
    table.add_row("agent", agent_version(), "")
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
