# SPDX-License-Identifier: MIT
"""`wanbeacon run`: starts the agent on Linux and stays below it. All that is needed before is in cli.py.

A user's mistake is one line on stderr and exit status 1.
"""

import asyncio
import errno
import gc
import json
import os
import socket
import sys

import micropython

from wanbeacon.app import control, stage
from wanbeacon.board import linux
from wanbeacon.board.words import Mistake, words_of
from wanbeacon.net import clock, unix

# Bytes between two collections, in a small heap and in a large one: garbage left lying scatters what lives,
# and then no large block is free. 700 hosts fit into the default heap this way, without it 300 do not. Pages
# once touched stay ours: with 65536 a router's agent has 50 KB more private memory, and is no faster.
_TIDY, _TIDY_LARGE = 4096, 8192
# The same in a large heap until the first round is over: what a start loads stays, so there is little garbage
# to find, and to look for it each 8 KB took a fifth of the time until the first request.
_TIDY_START = 65536
# Bytes of heap in all below which code goes after its stage. With all of it loaded the agent needs up to 180
# KB where a word has 32 bits and twice that where it has 64; a router's interpreter has a megabyte.
_SMALL = 256 * 1024 if sys.maxsize < 1 << 32 else 512 * 1024
# Hosts up to which it goes in a large heap too: a page once touched is never given back, so that is 60 KB
# less private memory, for a millisecond of processor time in each round. Many hosts need the time more.
_FEW = 10


def run(options, cfg):
    """Run the agent until it is stopped, or with --once for one round. cfg: the checked config. Returns an
    exit status. Raises Mistake when it cannot start."""
    # Ctrl-C ends the process, as a kill does:
    # caught, it would jump out of any code, a collection of garbage included
    micropython.kbd_intr(-1)
    try:
        import tls  # noqa: F401
    except ImportError:
        raise Mistake(
            "this MicroPython has no TLS: install the variant that has it (OpenWrt: micropython-mbedtls)"
        )
    path, place = options["--status"], options["--control"]
    claim = _claim(options["--state"])
    try:
        linux.make_folder(path.rpartition("/")[0])
        linux.make_folder(place.rpartition("/")[0])
        sock = control.listen(place)
    except OSError as e:
        if e.errno == errno.EADDRINUSE:
            raise Mistake("another wanbeacon runs already and answers at %s" % place)
        raise Mistake("cannot make the control socket %s (%s)" % (place, words_of(e)))
    try:
        agent = _agent(cfg, options)
        if options.get("--once"):
            return stage.run("app.once", "run", agent)

        async def both():
            asyncio.create_task(control.serve(sock, agent))
            await agent.run()

        asyncio.run(both())
    finally:
        sock.close()
        control.remove(place)
        claim.close()


def _claim(folder):
    """A socket that only one process at a time can have for this folder: two agents with one journal would
    both send. Its name is no file (unix(7), "abstract"): it goes with the process, however that ends.
    Raises Mistake."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        linux.make_folder(folder)
        sock.bind(unix.unix_address("\0wanbeacon %d %d" % tuple(os.stat(folder)[1:3])))
    except OSError as e:
        sock.close()
        if e.errno == errno.EADDRINUSE:
            raise Mistake(
                "another wanbeacon runs already and keeps its journal in %s: end it, or use another --state"
                % folder
            )
        raise _unusable(folder, e)
    return sock


def _unusable(folder, e):
    return Mistake("cannot use the journal's folder %s (%s)" % (folder, words_of(e)))


def _agent(cfg, options):
    agent = stage.resident("app.agent")

    path = options["--status"]
    written = []

    def report(a):
        if not stage.scarce:
            gc.threshold(_TIDY_LARGE)  # the start is over
        try:
            linux.make_folder(path.rpartition("/")[0])  # somebody may have tidied up
            _write(path, a.status())
            written.clear()
        except OSError as e:
            if not written:
                written.append(1)
                a.log("the status cannot be written to %s (%s)" % (path, words_of(e)))

    try:
        board = linux.board(options)
        out = _silent if options.get("--once") else board.say
        one = agent.Agent(cfg, board, clock.Clock(), out=out, report=report)
    except ValueError as e:
        raise Mistake("%s: %s" % (options["--config"], e))
    except OSError as e:
        raise _unusable(options["--state"], e)
    if not (stage.scarce and stage.brief):
        for account in one.accounts:
            account.keep = stage.resident("net.kept").Kept()
    return one


def _silent(line, level):
    """Instead of a log on the console: app/once.py prints it if there is something to say."""


def _write(path, doc):
    """Replace the status file; readers see the old or the new one. Raises OSError."""
    part = path + ".new"
    with open(part, "w") as f:
        json.dump(doc, f)
    os.rename(part, path)


def _tidy():
    """To be called first of all: a small heap is collected often from then on, and code goes after its
    stage."""
    stage.scarce = gc.mem_alloc() + gc.mem_free() < _SMALL
    gc.threshold(_TIDY if stage.scarce else _TIDY_START)


def _spare(cfg):
    """The same once the settings are known. (CPython has no heap of its own: nothing is gained there.)"""
    if sys.implementation.name == "micropython" and not stage.scarce:
        hosts = sum([len(account["hosts"]) for account in cfg["accounts"]])
        stage.scarce = hosts <= _FEW
        if stage.scarce:
            stage.brief = False
            gc.threshold(_TIDY_LARGE)  # what a start loads does not stay


def main(argv, board=None):
    """Run one command; exits with 1 after a mistake. board: class of the machine instead of linux.Board."""
    _tidy()
    try:
        options, cfg = stage.once("app.cli", "prepare", argv, board)
        if cfg:
            _spare(cfg)
        status = run(options, cfg) if cfg else 0
    except Mistake as e:
        _end(e)
    except MemoryError:
        _end("no memory for so many hosts: fewer of them, or a larger heap (micropython -X heapsize=4M)")
    else:
        if status:
            sys.exit(status)


def _end(why):
    sys.stderr.write("wanbeacon: %s\n" % why)
    sys.exit(1)
