# SPDX-License-Identifier: MIT
"""The wheel of a release: wanbeacon_tools with firmware/ and boards/ in it. pyproject.toml says what it
holds."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .. import ROOT, UserError

#: What setuptools reads; a copy, so that nothing it leaves behind (build/, egg-info) ends in the next wheel.
_PARTS = ("tools", "firmware", "boards", "pyproject.toml", "README.md", "LICENSE")
_BUILD_S = 120


def build(when):
    """(file name, bytes), the same for the same sources; when: Unix seconds for every time stamp in it."""
    with tempfile.TemporaryDirectory() as folder:
        for part in _PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(
                    ROOT / part,
                    Path(folder, part),
                    ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*"),
                )
            else:
                shutil.copy(ROOT / part, folder)
        code = "from setuptools import build_meta; build_meta.build_wheel('dist')"
        os.mkdir(Path(folder, "dist"))
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_BUILD_S,
            env=dict(os.environ, SOURCE_DATE_EPOCH=str(when)),
        )
        if done.returncode:
            raise UserError(
                "the wheel cannot be built: %s"
                % (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            )
        made = next(Path(folder, "dist").glob("*.whl"))
        return made.name, made.read_bytes()
