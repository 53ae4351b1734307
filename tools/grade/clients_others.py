# SPDX-License-Identifier: MIT
"""The clients of others, as Debian, PyPI and npm have them: rows of tools/data/clients.toml, read here."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from .. import CACHE, HERE, debian
from .client import Client, fill

FILE = HERE / "data" / "clients.toml"
#: A program that does not print its version in this time has none.
_PROBE_S = 10


def _rows():
    """{name: row} of the file; a row that is `like` another has its keys where it has none of its own."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: {**rows.get(row.get("like"), {}), **row} for name, row in rows.items()}


def _folder():
    return CACHE / "clients"


def _program(row):
    """The full path of its program, None when it is not installed."""
    name = Path(row["program"]).name
    places = [_folder() / row["program"]] if "/" in row["program"] else []
    if places and not row.get("nowhere_else"):
        places.append(Path(sys.executable).parent / name)
    for place in places:
        if os.access(place, os.X_OK):
            return str(place)
    return None if row.get("nowhere_else") else debian.find(name)


def _why(name, row, program):
    """Why it cannot run here, one sentence; "" when it can."""
    if program is None:
        return "%s is not installed: %s" % (name, fill(row["get"], {"cache": str(_folder())}))
    needed, text = row.get("needs", ("", ""))
    return text if needed and not debian.there(needed) else ""


def _words(row, program, setup):
    """Every word that its row may use -> text, for one scene."""
    words = {
        **setup.words(),
        "program": str(program),
        "check_host": setup.check_host,
        "check_port": str(setup.check_port),
    }
    for scene in (setup.service, words["source"], "dual" if setup.dual else "single"):
        words.update((key, fill(text, words)) for key, text in row.get("when", {}).get(scene, {}).items())
    words["each"] = row.get("between", "").join(_for_each(row.get("host", ""), words, setup.hosts))
    return words


def _for_each(text, words, hosts):
    return [fill(text, {**words, "name": name, "number": str(n)}) for n, name in enumerate(hosts)]


def _version(program, arguments, pattern):
    try:
        done = subprocess.run([program, *arguments.split()], capture_output=True, text=True, timeout=_PROBE_S)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1] if found else ""


def client(name, row):
    """The Client of a row; its `why` says what is missing here."""
    program = _program(row)

    def settings(setup):
        words = _words(row, program, setup)
        parts = [fill(row["settings"], words), *_for_each(row.get("more", ""), words, setup.hosts)]
        return "".join(part.lstrip("\n") for part in parts)

    more = {key: row[key] for key in ("real_names", "resolves", "speed", "look", "cannot") if key in row}
    return Client(
        name,
        settings,
        lambda setup: [fill(word, _words(row, program, setup)) for word in row["run"]],
        lambda: _version(program, *row["version"]),
        why=_why(name, row, program),
        **more,
    )


def _profile(name, row):
    return lambda: client(name, row)


#: ddns 4.2 (PyPI) and ddupdate (Debian) send their login only when a server asks for it with 401, as No-IP
#: does and Dyn does not: nearly every scene would say no more than that.
OTHERS = {name: _profile(name, row) for name, row in _rows().items()}
