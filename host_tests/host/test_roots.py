# SPDX-License-Identifier: MIT
"""The CA roots in the catalogue are certifi's, whole, small and valid for long. Host only."""

import datetime
import subprocess

from tools import interpreters
from tools.build import roots

LOAD = """
import sys, tls
folder = sys.argv[1]
for line in open(folder + "/index.txt"):
    name = line.split()[0]
    if name != "#":
        ctx = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        with open(folder + "/" + name + ".der", "rb") as f:
            ctx.load_verify_locations(f.read())
        print(name)
"""


def test_the_committed_roots_are_what_certifi_says():
    cut = roots.cut()
    assert sorted(p.name for p in roots.FOLDER.iterdir()) == sorted([n + ".der" for n in cut] + ["index.txt"])
    for name, (der, _, _) in cut.items():
        assert (roots.FOLDER / (name + ".der")).read_bytes() == der, name
    assert (roots.FOLDER / "index.txt").read_text() == roots.index(cut)


def test_no_root_expires_within_a_year():
    soon = datetime.date.today() + datetime.timedelta(days=365)
    assert not [name for name, (_, day, _) in roots.cut().items() if day < soon]


def test_names_fit_a_small_file_system_and_all_files_fit_a_board():
    for name in roots.CHOSEN:
        assert len(name) + len(".der") <= 20 and name == name.lower()
    assert sum(p.stat().st_size for p in roots.FOLDER.glob("*.der")) < roots.MOST_BYTES


def test_every_micropython_takes_every_root(each_micropython, tmp_path):
    (tmp_path / "load.py").write_text(LOAD)
    done = subprocess.run(
        each_micropython.command(tmp_path / "load.py", roots.FOLDER),
        capture_output=True,
        text=True,
        env=interpreters.environment(),
        timeout=30,
    )
    assert done.stdout.split() == list(roots.CHOSEN), done.stdout + done.stderr
