# SPDX-License-Identifier: MIT
"""`python -m tools image`: one file for an empty board: MicroPython + agent + settings.

The file starts where the chip's bootloader does, as MicroPython's own downloads do, and ends with the flash:
nothing that was there before is left. Same input, same bytes."""

import json
import struct
from pathlib import Path

import typer
from littlefs import LittleFS
from rich.console import Console

from .. import UserError
from ..build import boards, bundle, label
from . import config as board_config
from . import esp_firmware

OLDEST = (1, 23)
BLOCK = esp_firmware.BLOCK
#: As extmod/vfs_lfs.c and vfs_lfsx.c: read and program 32 bytes, cache 4 times that, look ahead 32 bytes,
#: move after 100 erases. Disk version 2.0 is what every LittleFS 2 mounts; a newer one raises it at its first
#: write.
LFS = {
    "read_size": 32,
    "prog_size": 32,
    "cache_size": 128,
    "lookahead_size": 32,
    "block_cycles": 100,
    "disk_version": 0x20000,
}
#: A look-up reads a folder's whole log, so the image's logs are short: with this limit the modules up to the
#: first request cost a third fewer reads (tools/bench/lookups.py). Not kept on the disk; a board goes on with
#: logs as long as a block.
_SHORT = 512
#: What MicroPython writes on a blank flash; without it the first boot would look different from every later
#: one.
_BOOT = b"# This file is executed on every boot (including wake-boot from deepsleep)\n"

#: Files that every image has besides the agent's.
STARTING = {"/boot.py": _BOOT}

#: Where the files begin on 4 and 8 MB of flash with MicroPython's own table.
FILES_AT = 0x200000

say = Console(stderr=True, highlight=False)


def app(
    firmware: Path = typer.Option(
        ..., help="MicroPython's .bin for the board, from micropython.org/download"
    ),
    board: str = typer.Option(..., help="which board: a folder in boards/"),
    config: Path = typer.Option(
        None, help="settings as JSON; without it the board opens its own Wi-Fi for the set-up"
    ),
    output: Path = typer.Option(None, "--output", "-o", help="file to write"),
    write: str = typer.Option(None, help="serial port of a board in download mode: write it there"),
    device: Path = typer.Option(
        None, help="file with this one device's name and Wi-Fi password; made when missing"
    ),
    flash: int = typer.Option(None, help="MB of flash on the board; default: what boards/ or the chip says"),
    svg: Path = typer.Option(None, "--label", help="write a label to print (SVG, 60 x 30 mm)"),
    portal: bool = typer.Option(True, help="with the set-up and status pages"),
    upgrade_key: list[Path] = typer.Option(
        None, help="public key (PEM) that signs upgrades over the network; twice for a spare one"
    ),
):
    """Build one flash image for an empty ESP32 board, and write it on request."""
    if not output and not write:
        raise UserError("say where to: -o FILE for an image, --write PORT for a board, or both")
    for path in (output, svg, device if device and not device.exists() else None):
        if path:
            board_config.check_place(path)
    kind = boards.read(board)
    settings, extra = board_config.from_file(config) if config else (None, {})
    if settings:
        board_config.check_link(settings, kind, config)
    parsed = esp_firmware.parse(read(firmware), str(firmware))
    check(parsed, kind)
    port = None
    if write:
        from . import esp_port

        port = esp_port.Port(write, parsed.chip)
        flash = flash or port.flash_mb
    size = (flash or kind["flash"]) * 1048576
    identity = label.identity(device or (output and output.with_suffix(".device.json")))
    files = contents(kind, portal, identity, upgrade_key, settings, extra)
    image = build(parsed, size, files)
    at = "0x%X" % parsed.base
    if output:
        save(output, image)
        say.print("%s: %d bytes, %d files; write it with" % (output, len(image), len(files)))
        say.print(
            "  esptool --chip %s write-flash %s %s" % (parsed.chip.lower().replace("-", ""), at, output)
        )
    label.show(identity, say)
    if svg:
        label.svg(identity, svg)
    if port:
        port.write(parsed.base, image, say)
        say.print("Written and verified; the board starts now.")


def contents(kind, portal, identity, upgrade_key, settings, extra):
    """{path on the board: bytes} of the image's file system."""
    files = dict(
        boards.files(kind, portal), **{"/device.json": json.dumps(identity).encode(), "/boot.py": _BOOT}
    )
    if upgrade_key:
        files["/upgrade.key"] = bundle.keys(upgrade_key)
    if settings:
        files.update(extra, **{"/config.json": settings})
    return files


def read(path):
    """A file's bytes, UserError in one line when that fails."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError("%s cannot be read (%s)" % (path, error.strerror))


def save(path, image):
    """Writes the image for its owner alone: Wi-Fi and provider passwords are in it."""
    try:
        path.touch(mode=0o600)
        if path.is_file():  # and no /dev/stdout
            path.chmod(0o600)
        path.write_bytes(image)
    except OSError as error:
        raise UserError("%s cannot be written (%s)" % (path, error.strerror))


def check(parsed, kind):
    """UserError when this firmware is not for that board."""
    if parsed.chip != kind["chip"]:
        raise UserError(
            "the firmware is for %s, %s has %s; download %s"
            % (parsed.chip, kind["name"], kind["chip"], kind["firmware"])
        )
    if parsed.version[:2] < OLDEST:
        raise UserError(
            "the firmware is MicroPython %d.%d.%d; the agent needs %d.%d or newer" % (parsed.version + OLDEST)
        )


def build(parsed, flash, files):
    """The image's bytes for a flash of so many bytes."""
    offset, size = parsed.filesystem(flash)
    start = offset - parsed.base
    if parsed.data[start:].strip(b"\xff"):
        raise UserError(
            "the firmware is larger than its partition table allows (%d KB before the files)"
            % (start // 1024)
        )
    image = bytearray(b"\xff" * (flash - parsed.base))
    image[: len(parsed.data)] = parsed.data
    image[start : start + size] = filesystem(size, files)
    return bytes(image)


def without_firmware(kind):
    """The files' part of the flash alone, for a board of boards/ with MicroPython's own partition table: to
    be written at FILES_AT beside the firmware. Without the blank end, which LittleFS erases itself before it
    uses it.

    The board's name and Wi-Fi password are not in it: it makes them at its first start and prints them on its
    console."""
    data = filesystem((kind["flash"] << 20) - FILES_AT, dict(boards.files(kind), **{"/boot.py": _BOOT}))
    return data[: -(-len(data.rstrip(b"\xff")) // BLOCK) * BLOCK]


def filesystem(size, files):
    """A LittleFS of `size` bytes with {path: bytes}, as MicroPython on an ESP32 would have made it."""
    count = size // BLOCK
    fs = LittleFS(block_size=BLOCK, block_count=count, mount=False, metadata_max=_SHORT, **LFS)
    fs.context.buffer = bytearray(b"\xff" * size)
    fs.format()
    fs.mount()
    need = sum(-(-len(data) // BLOCK) + 1 for data in files.values())
    if need + 16 > count:
        raise UserError(
            "the files need %d KB, the file system has %d KB; leave the portal out with --no-portal"
            % (need * 4, count * 4)
        )
    for path in sorted(files):
        fs.makedirs(path.rsplit("/", 1)[0] or "/", exist_ok=True)
        with fs.open(path, "wb") as file:
            file.write(files[path])
    fs.unmount()
    made = bytes(fs.context.buffer)
    assert struct.unpack_from("<8s", made, 8)[0] == b"littlefs"
    return made
