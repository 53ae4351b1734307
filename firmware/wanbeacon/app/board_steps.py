# SPDX-License-Identifier: MIT
"""What a board does once or seldom: start the link and the agent, carry out what the button or a page asked
for. Stages of board_main.py: functions of a Device."""

import asyncio
import gc
import sys
import time

import machine
import micropython

import wanbeacon
from wanbeacon.app import stage
from wanbeacon.app.board_main import CRASH_S, TIDY
from wanbeacon.app.log import Log
from wanbeacon.board.esp32 import board as esp32
from wanbeacon.board.esp32 import files
from wanbeacon.net.clock import Clock

# A person at the console (Ctrl-C, mpremote) stops the agent, but no watchdog can be stopped: it gets this
# long.
CONSOLE_MS = 3600000

#: What stays loaded comes first where memory is scarce:
#: code between which nothing short-lived has left holes.
_STAY = (
    "net",  # what exchanges hand on is of its classes
    "net.clock",
    "core.record",
    "app.log",
    "portal.server",
    "app.agent",
    "app.model",
    "observe.base",
    "observe.choose",
    "observe.announce",
    "board.esp32.link",
)


def first(device, slot):
    """Memory first, then what stays loaded, then everything that a Device has. slot: see board_main.main."""
    memory = stage.run("board.esp32.settle", "of_this_board")
    if stage.scarce:
        gc.threshold(TIDY)
        stage.run("board.esp32.settle", "settle", memory)
        for name in _STAY:
            try:
                stage.resident(name)
            except ImportError:  # a board without pages
                pass
    wanbeacon.catalogue = (slot or esp32.Board.home) + "/catalogue"
    about = stage.run("board.esp32.files", "about", esp32.Board.home)
    _fill(device, esp32.Board(memory, about, slot))
    print("Wanbeacon on %s, start after %s" % (esp32.machine_name(), device.board.reset_cause))
    device.board.start_watchdog()


def _fill(device, board):
    device.board = board
    board.ask, board.run_stage = device.ask, stage.run
    device.boots, device.last_reason, device.crashes, device.safe, device.timed = stage.run(
        "board.esp32.rtc", "begin", board.reset_cause
    )
    # what the chip's clock has at start may only have been heard, a run or many ago
    device.clock = Clock(board.set_time, inherited=device.timed)
    device.proved = False  # this run was no crash at start
    device.cfg = None
    device.problems = []
    device.agent = None
    device.running = False
    device.round = time.ticks_ms()
    device.portal = None  # portal/server.py, where it is installed
    device.door = None  # the access point of set-up mode (board/esp32/door.py) while it is open
    device.wish = None  # "restart", "reset", "setup", "upgrade": what the button or a page asked for
    device.wake = asyncio.Event()
    device.said = {}
    device.trial = ()  # of a new version: what it has still to show (app/upgrade_trial.py)
    device.failed = None  # (version, how many so far, why) of one that was tried and taken back
    device.asked = None  # a connection to its own pages, for that
    device.upgrade_at = None  # wall time of the next look for a new version, 0: not known yet
    device.was_short = 0  # board.short after the round before
    device.keeper = None  # the task that keeps the link up
    device.console = None  # the task that listens on the serial port (console.py)
    device.log = Log(device.clock)


def failed(device, error):
    """Nothing runs, for `error`: said, kept, and the board starts again."""
    micropython.kbd_intr(3)
    sys.print_exception(error)
    device.rtc("crash", "%s: %s" % (type(error).__name__, error))
    time.sleep(CRASH_S)
    device.board.restart()


def begin(device):
    """The settings read, the link made: the coroutines of a board's life."""
    usable = _load(device)
    device.connect(device.cfg or networks())
    for p in device.problems:
        device.say("settings: " + p)
    if device.last_reason:
        device.say("the previous run ended badly: %s" % device.last_reason)
    device.trial = stage.run("app.upgrade_trial", "begin", device)
    if device.cfg and device.cfg.get("upgrade"):
        device.upgrade_at = 0
    if device.safe and device.cfg:
        device.say("safe mode: the agent crashed %d times in a row and rests now" % device.crashes)
    device.console = asyncio.create_task(device.serial())
    tasks = [device.watch(), device.wishes()]
    pins = device.board.pins
    if pins.get("led") or pins.get("button"):
        tasks.append(stage.resident("app.board_state").lights(device))
    if not usable or device.cfg["portal"]["enabled"]:
        tasks.append(device.guard("portal", device.pages))
    if usable and not device.safe:
        tasks.append(device.live())
    if device.problems:
        device.wish = "setup"
    return tasks


def _load(device):
    """Read the settings; what is wrong with them goes to `problems`. True when there is something to run."""
    try:
        device.cfg = stage.run("app.tidy", "copy", stage.run("app.config", "read", esp32.CONFIG))
    except (OSError, ValueError) as e:
        device.problems = problems(e)
        return False
    device.board.ntp = device.cfg["ntp"]
    portal = device.cfg["portal"]  # where a router's push comes in (observe/push.py)
    device.board.portal = portal["port"] if portal["enabled"] else 0
    return True


def problems(e):
    """Why there are no settings to use, a list of lines; e: what reading them raised."""
    if isinstance(e, OSError) or list(files.read_json(esp32.CONFIG)) == ["wifi"]:
        return [stage.run("app.words", "say", "settings.none")]
    return getattr(e, "problems", None) or [str(e)]


def networks():
    """The networks of settings that are no good otherwise, or that have nothing else yet
    (app/improv_serial.py): the pages can be reached from home then."""
    rows = files.read_json(esp32.CONFIG).get("wifi")
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else ()
    rows = [row for row in rows if isinstance(row.get("ssid"), str) and row["ssid"]]
    return {"wifi": rows} if rows else {}


def connect(device, cfg):
    """See board_main.Device.connect; returns the link, or None."""
    board = device.board
    if board.link:
        if cfg.get("wifi") and board.link.how == "wifi":
            board.link.change(cfg["wifi"])
        return board.link
    stage.resident("board.esp32.link")
    name = cfg.get("device", {}).get("hostname") or board.own_name().lower()
    row = board.pins.get("lan")
    try:
        if row:
            board.link = stage.resident("board.esp32.cable").make(row, name, device.say)
        elif cfg.get("wifi"):
            board.link = stage.resident("board.esp32.wifi").make(cfg["wifi"], name, device.say)
        elif cfg:
            device.problems.append("wifi: missing; this board has no cable: it needs the name of a network")
    except (OSError, ValueError, AttributeError) as e:
        device.problems.append("network hardware: %s" % e)
    return board.link


def make_agent(device):
    """The agent; None when it cannot work with these settings, which is then among the problems."""
    try:
        agent = stage.resident("app.agent").Agent(
            device.cfg, device.board, device.clock, report=device.report
        )
        agent.on_trial, agent.failed = bool(device.trial), device.failed
        missing = [name for line in agent.lines for name in line.chooser.missing]
        if not missing:
            return agent
        for line in agent.lines:
            line.chooser.close()
        why = "address: this board does not have the source %s" % ", ".join(missing)  # one of Linux
    except ValueError as e:  # settings that only the catalogue could judge
        why = str(e)
    device.problems.append(why)
    device.say("settings: " + why)
    return None


def restart(device):
    """New settings, or somebody wants it."""
    device.restart()


def reset(device):
    """Factory reset."""
    files.forget()
    device.say("factory reset: settings and journal are gone")
    device.restart()


def setup(device):
    """Set-up mode: the access point of its own, if its pages are installed."""
    try:
        serve = stage.resident("portal.server").serve
    except ImportError:
        device.say("no set-up pages on this device: use `python -m tools flash`")
    else:
        stage.run("board.esp32.access_point", "open_door", device, serve, stage)


def console(device):
    """A person has taken the console."""
    if device.board.dog:
        device.board.dog = machine.WDT(timeout=CONSOLE_MS)
    device.rtc("proven")
    print("stopped: the console is yours for an hour; machine.reset() starts the agent again")
