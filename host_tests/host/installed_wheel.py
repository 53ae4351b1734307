# SPDX-License-Identifier: MIT
"""The wheel as pip installs it, in a folder of its own."""

import subprocess
import sys

from tools.build import wheel


def install(folder):
    """(site-packages, the wheel's path), both below the folder. What it depends on comes from this
    environment: nothing is fetched."""
    name, data = wheel.build(1700000000)
    (folder / name).write_bytes(data)
    options = ["-q", "--no-deps", "--no-index", "--disable-pip-version-check", "--target", folder / "site"]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, folder / name], check=True)
    return folder / "site", folder / name
