# SPDX-License-Identifier: MIT
"""What everybody may see: the status page and document, and the static files. A stage that sends: what
there is to tell, and the writing, are stages of their own, a few hosts at a time."""

import json

import wanbeacon
from wanbeacon.app import stage

_AT_ONCE = 5  # hosts whose rows are in memory together


async def answer(server, guest, what, *args):
    """What: "page", "document" or "file"."""
    if what == "page":
        await _page(server, guest, *args)
    elif what == "document":
        await _document(server, guest)
    else:
        await _file(server, guest, *args)


def _failed(device):
    """What became of a new version that was tried and taken back, or None."""
    if not device.failed:
        return None
    text = stage.run("app.words", "say", "upgrade.back", device.failed[0], device.failed[2])
    return (device.agent or device).log.scrub(text)


async def _page(server, guest, csrf, logout):
    """The status page. csrf: "" for who is not logged in."""
    device = server.device
    agent, link = device.agent, device.board.link
    facts = (
        device.state(),
        device.problems,
        (device.last_reason or "") if device.safe else None,
        link.text if link and not link.address() else None,
        agent and agent.journal.paused,
        bool(device.cfg and device.cfg.get("upgrade")),
        bool(device.cfg and device.cfg.get("notify")),
        _failed(device),
    )
    now, at, total, names = device.clock.wall(), 0, 0, {}
    if agent:
        total = len(agent.hosts())
        ids = [account.row["id"] for account in agent.accounts]
        names = stage.run("dyndns.search", "named", wanbeacon.catalogue + "/names.txt", ids)
    part = 1
    while part == 1 or at < total:
        rows = stage.run("app.status", "rows", agent, at, at + _AT_ONCE) if agent else ()
        args = csrf, facts if part == 1 else None, bool(agent), rows, now, names
        await stage.run_async(
            "portal.html", "write", server, guest, "status", args, logout, "/", 0, None, part if agent else 3
        )
        part, at = 0, at + _AT_ONCE
    if agent:
        args = rows = None
        args = now, names, stage.run("app.status", "rest", agent, device.board.memory.figures())
        await stage.run_async("portal.html", "write", server, guest, "more", args, logout, "/", 0, None, 2)


async def _document(server, guest):
    """The status document."""
    device = server.device
    extra = {"device": {"state": device.state(), "problems": device.problems, "safe": device.safe}}
    if device.failed:
        extra["device"]["reverted"] = {"version": device.failed[0], "why": _failed(device)}
    if not device.agent:
        await guest.send(json.dumps(extra).encode())
        return
    for piece in stage.load("app.status").pieces(device.agent, extra):
        await guest.send(piece.encode())


async def _file(server, guest, name):
    """A static file."""
    with open(server.device.board.home + "/wanbeacon/portal/www/" + name, "rb") as f:
        data = f.read(512)
        while data:
            await guest.send(data)
            data = f.read(512)
