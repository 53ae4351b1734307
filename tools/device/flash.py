# SPDX-License-Identifier: MIT
"""`python -m tools flash`: puts the agent on a board that runs MicroPython, and stays until its first
update.

The order makes a power cut harmless: main.py goes first and comes last, so a half-installed agent never
starts; every file is written under another name and renamed; the next run compares by sha256 and copies only
what is missing."""

import hashlib
import json
import re
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from .. import UserError
from ..build import boards, bundle, label
from . import ask, on_board
from . import config as board_config
from . import link as board_link

OLDEST = (1, 23)
#: LittleFS needs room to copy a block before it frees the old one; a journal and a saved configuration need
#: some too.
SPARE = 64 * 1024
#: A board joins the Wi-Fi, sets its clock, asks for its address and sends: half a minute; a slow provider
#: some more.
FIRST_GOOD_S = 120

say = Console(stderr=True, highlight=False)


def app(
    port: str = typer.Option(None, help="serial port of the board; found by itself when there is only one"),
    config: Path = typer.Option(
        None, help="settings as JSON; without it the board keeps its own, or you are asked"
    ),
    board: str = typer.Option(None, help="which board (boards/); default: the generic one of its chip"),
    svg: Path = typer.Option(None, "--label", help="write a label to print (SVG, 60 x 30 mm)"),
    portal: bool = typer.Option(True, help="with the set-up and status pages"),
    upgrade_key: list[Path] = typer.Option(
        None, help="public key (PEM) that signs upgrades over the network; twice for a spare one"
    ),
    wait: int = typer.Option(FIRST_GOOD_S, help="seconds to wait for the first update; 0: do not wait"),
):
    """Install or upgrade the agent on an ESP32 board with MicroPython 1.23 or newer."""
    settings = board_config.from_file(config) if config else None
    key = {"/upgrade.key": bundle.keys(upgrade_key)} if upgrade_key else {}
    if svg:
        board_config.check_place(svg)
    with board_link.Link(board_link.the_port(port)) as link:
        link.enter()
        kind = check_board(link, board)
        if settings:
            board_config.check_link(settings[0], kind, config)
        done = install(link, kind, portal, settings, key)
        if svg:
            label.svg(json.loads(link.value("open('/device.json').read()", "reading its name")), svg)
        pages = pages_port(link) if portal else None
        link.set_clock()
        there = on_board.OnBoard(link)
        link.run(there.code(_BELIEVED), "setting the clock")
        link.restart()
        if wait:
            follow(link, wait, pages, there.readable)
        else:
            say.print("Restarted." if done else "Nothing to copy. Restarted.")


def check_board(link, name):
    """The board's row from boards/; UserError when this MicroPython or chip will not do."""
    version = link.value("__import__('sys').implementation[1][:3]", "asking its version")
    machine = link.value("__import__('sys').implementation._machine", "asking its name")
    platform = link.value("__import__('sys').platform", "asking its name")
    if platform != "esp32":
        raise UserError("%s is a %s board; the agent's board support is for ESP32" % (link.port, platform))
    if version < OLDEST:
        raise UserError(
            "the board runs MicroPython %d.%d; the agent needs %d.%d or newer: install a current one with "
            "`python -m tools image`" % (version[:2] + OLDEST)
        )
    kind = boards.read(name) if name else boards.guess(machine)
    chip = machine.rsplit(" with ", 1)[-1].replace("-", "").upper()
    if kind["chip"].replace("-", "") != chip:
        raise UserError(
            "%s is for the chip %s, this board has %s; choose another --board"
            % (kind["name"], kind["chip"], chip)
        )
    say.print("%s, MicroPython %s, board %s" % (machine, ".".join(map(str, version)), kind["name"]))
    return kind


def install(link, kind, portal, settings, more=()):
    """Brings the board's files to this checkout's state, with `more` {path: bytes} of the user's; returns how
    many were written or removed."""
    wanted = boards.files(kind, portal, link.frozen("wanbeacon"))
    present = link.sizes()
    wanted.update(more)
    if settings:
        wanted.update(settings[1])
        wanted["/config.json"] = settings[0]
    elif "/config.json" not in present:
        wanted["/config.json"] = ask.settings(kind)
    if "/device.json" not in present:
        identity = label.new()
        wanted["/device.json"] = json.dumps(identity).encode()
        label.show(identity, say)
    main = wanted.pop("/main.py")
    old = boards.leftovers(present, dict(wanted, **{"/main.py": None}))
    sums = link.sums([path for path in wanted if path in present])
    todo = {path: data for path, data in wanted.items() if sums.get(path) != hashlib.sha256(data).hexdigest()}
    check_space(link, present, todo)
    start = link.sums(["/main.py"])["/main.py"] == hashlib.sha256(main).hexdigest()
    if todo or old or not start:
        link.remove("/main.py")
        todo["/main.py"] = main
    for path in old:
        link.remove(path)
    copy(link, todo)
    link.tidy()
    say.print("%d files of %d copied, %d left-overs removed." % (len(todo), len(wanted) + 1, len(old)))
    return len(todo) + len(old)


def check_space(link, present, todo):
    """UserError when the new files do not fit beside the old ones, before anything is touched."""
    block, _, _, free = link.value("__import__('os').statvfs('/')[:4]", "asking for free space")
    more = sum(-(-len(data) // block) * block - present.get(path, 0) for path, data in todo.items())
    if more + SPARE > block * free:
        raise UserError(
            "the board's file system is too small: %d KB more are needed, %d KB are free; "
            "delete files of yours there, or leave the portal out with --no-portal"
            % ((more + SPARE) // 1024, block * free // 1024)
        )


def copy(link, todo):
    """Writes the files with a progress bar."""
    columns = (TextColumn("{task.description:32.32}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=say, transient=True) as progress:
        task = progress.add_task("", total=sum(map(len, todo.values())))
        for path, data in todo.items():
            progress.update(task, description=path)
            link.put(path, data, lambda n: progress.advance(task, n))


#: The agent believes what the chip's clock holds at start only where RTC memory says so: the time of the
#: user's own computer is as good to try the first TLS with as what a time server would tell. An older agent
#: in the firmware has no such question.
_BELIEVED = """
try:
 from wanbeacon.board.esp32.rtc import Memory
 Memory().note_time(True)
except (ImportError, AttributeError): pass"""

#: What the console says -> what to tell the user, and whether that is the end: None goes on, False fails,
#: True is done. The left side is what firmware/ prints; host_tests/board walks each of them.
SIGNS = (
    (re.compile(r"-> \d+ .*\bgood\b|: ok, up to date"), "", True),
    (
        re.compile(r"Wi-Fi (.*) refuses the password"),
        "the Wi-Fi refuses the password; put the right one into the settings",
        False,
    ),
    (
        re.compile(r"^\S+ settings: (.*)"),
        "the board cannot use its settings: {0}; correct them and run the same command again",
        False,
    ),
    (
        re.compile(r": stopped\. (.*)"),
        "the provider refuses: {0}; correct the settings and run the same command again",
        False,
    ),
    (re.compile(r"^Traceback"), "the agent crashed; the lines above and below are for a bug report", None),
    (
        re.compile(r"safe mode: "),
        "the agent crashes again and again; the lines above are for a bug report",
        False,
    ),
    (
        re.compile(r"^MicroPython v?\S+ on \d{4}-"),
        "the agent ended and left the console; the lines above say why",
        False,
    ),
)


def pages_port(link):
    """The port of the board's pages, None when its settings switch them off."""
    try:
        portal = json.loads(link.read("/config.json", "reading its settings")).get("portal") or {}
    except (UserError, ValueError, AttributeError):
        return 80
    return portal.get("port", 80) if portal.get("enabled", True) else None


#: How the link says which address it got (board/esp32/link.py).
_ADDRESS = re.compile(r", address (\d+\.\d+\.\d+\.\d+)$")


def follow(link, seconds, pages=None, readable=str):
    """Shows the board's log until its first update, and the URL of its pages (on the port `pages`); UserError
    with the diagnosis when it cannot come."""
    say.print("The board's own log follows (Ctrl-C leaves it running):", style="dim")
    last = address = ""
    for line in link.lines(seconds):
        if not line:
            continue
        say.print("  " + readable(line), markup=False)
        last = line
        found = _ADDRESS.search(line)
        address = found[1] if found else address
        for pattern, text, end in SIGNS:
            found = pattern.search(line)
            if found:
                if end is False:
                    raise UserError(text.format(*found.groups()))
                if end:
                    say.print("Done: the board keeps your name up to date.", style="green")
                    if pages and address:
                        say.print(
                            "Its status page: http://%s%s/" % (address, "" if pages == 80 else ":%d" % pages)
                        )
                    return
    raise UserError("no update in %d s; the board's last word was: %s" % (seconds, last or "nothing at all"))
