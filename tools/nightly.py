# SPDX-License-Identifier: MIT
"""`make nightly`: every test file at its longest (WANBEACON_NIGHTLY), each in a time box, with counts of what
was tried.

A file whose box is over is not a failure: what it had tried until then is counted. SHARD=1/4 takes every
fourth file, for four machines; the seed is printed, and given back with SEED= it repeats the random tests."""

import os
import re
import secrets
import signal
import subprocess
import sys
import time

import typer

from . import ROOT, UserError

#: Minutes a file may take; what explores at random gets more.
BOX_MIN = 20
LONG = {"test_core_state_machine": 120, "test_world": 120, "test_heap": 60, "test_power_cut": 60,
        "test_fuzz_reply": 60, "test_fuzz_request": 60, "test_simulate": 60}  # fmt: skip
#: After a box is over: for pytest to say what it has tried.
_END_S = 30
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed)")


def files(under):
    """Test files, sorted; `under`: paths that they are in, all of host_tests without."""
    places = [ROOT / one for one in under] or [ROOT / "host_tests"]
    return sorted(
        path for place in places for path in ([place] if place.is_file() else place.rglob("test_*.py"))
    )


def shard(found, which):
    """Every n-th of a list for "i/n", i from 1."""
    match = re.fullmatch(r"(\d+)/(\d+)", which)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise UserError("the shard %r should be like 1/4: this one of so many" % which)
    return found[int(match[1]) - 1 :: int(match[2])]


def counts(text):
    """{"passed": 3, "failed": 1} of pytest's last line that has such words; what was done by then when it was
    interrupted."""
    for line in reversed(text.splitlines()):
        found = {word: int(number) for number, word in _COUNT.findall(line)}
        if found:
            return found
    return {}


def run(path, seed, minutes):
    """(counts, seconds, how it ended: "", "box over" or "exit status N", output) of one file."""
    env = dict(os.environ, WANBEACON_NIGHTLY="1", WANBEACON_SEED=str(seed))
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "0",
         "--hypothesis-seed", str(seed), str(path)],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip
    try:
        text, how = process.communicate(timeout=minutes * 60)[0], ""
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        try:
            text = process.communicate(timeout=_END_S)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            text = process.communicate()[0]
        how = "box over"
    found = counts(text)
    bad = found.get("failed", 0) + found.get("error", 0) + found.get("errors", 0)
    if not how and process.returncode not in (0, 5) and not bad:
        how = "exit status %d" % process.returncode
    return found, time.monotonic() - began, how, text if bad or how.startswith("exit") else ""


def app(
    under: list[str] = typer.Argument(None, help="test files or folders; default: all"),
    seed: int = typer.Option(None, help="of the random tests; default: another one each night"),
    shard_: str = typer.Option("1/1", "--shard", help="this part of so many: 1/4"),
    box: float = typer.Option(None, help="minutes for every file, instead of its own"),
):
    """Run all tests at their longest, each file in a time box, and print how much was tried."""
    seed = secrets.randbelow(1 << 31) if seed is None else seed
    chosen, total, failed = shard(files(under or []), shard_), {}, []
    print("seed %d, shard %s, %d files" % (seed, shard_, len(chosen)), flush=True)
    for path in chosen:
        found, took, how, text = run(path, seed, box or LONG.get(path.stem, BOX_MIN))
        for word, number in found.items():
            total[word] = total.get(word, 0) + number
        words = ", ".join("%d %s" % (number, word) for word, number in found.items()) or "nothing ran"
        print(
            "%6.0f s  %-50s %s%s" % (took, path.relative_to(ROOT), words, "; " + how if how else ""),
            flush=True,
        )
        if text:
            failed.append(str(path.relative_to(ROOT)))
            print(text[-20000:], flush=True)
    print("in all: " + (", ".join("%d %s" % (number, word) for word, number in total.items()) or "nothing"))
    if failed:
        raise UserError('failed, repeat with SEED=%d TESTS="%s"' % (seed, " ".join(failed)))
