# SPDX-License-Identifier: MIT
"""A version on trial: it confirms itself by doing once what the version before could do, sends nothing for
it, and has seven minutes. A stage of board_main.py's watch, as long as /slot says "tried".

What the old version could not do right before the switch (no page, no provider in reach) is not asked of the
new one."""

import socket

import wanbeacon
from wanbeacon.app import stage, upgrade
from wanbeacon.net import Trouble

#: With the watchdog's three minutes after it, for one that hangs at the very end, the old version is back
#: within ten.
TRIAL_S = 400
_SHAKE_MS = 20000
PAGE_S = 3
_NO = "upgrade: no "  # what the next run is told of what was missing


def able(device):
    """The names of what works right now."""
    return [name for name in ("link", "clock", "source", "page", "tls") if _does(device, name)]


def begin(device):
    """The names that are still to be shown, [] when no version is on trial. What became of the last one that
    was: device.failed."""
    rows = upgrade.facts()
    if rows.get("bad"):
        if not rows.get("why"):  # the first start after it: nobody knows this better, nor will later
            rows["why"] = device.last_reason or "-"
            count = rows.get("failures", "0")
            rows["failures"] = str(int(count) % 9999 + 1 if count.isdigit() else 1)
            try:
                upgrade.keep(rows)
            except OSError as e:
                device.tell("err", "upgrade.flash", str(e))
        why = rows["why"]
        if why[: len(_NO)] == _NO:
            why = ("upgrade.lacks", ("trial." + why[len(_NO) :],))
        elif why == "-":
            why = ("upgrade.mute",)
        device.failed = rows["bad"], rows["failures"], why
        device.tell("warn", "upgrade.back", rows["bad"], why)
    if rows.get("state") != "tried":
        return []
    return rows.get("needs", "-").split() + ["end"]


def step(device, seconds):
    """Tries what is left of device.trial, `seconds` after the start. Confirms, or ends the trial with a
    restart into the old version."""
    left = device.trial
    while len(left) > 1 and (left[0] not in _TRIED or _does(device, left[0])):
        left.pop(0)
    if len(left) == 1:
        rows = upgrade.facts()
        rows.update({"state": "ok", "newest": wanbeacon.VERSION})
        for key in ("next", "needs", "bad", "why"):
            rows.pop(key, None)
        upgrade.keep(rows)
        left.clear()
        device.failed = None
        if device.agent:
            device.agent.on_trial, device.agent.failed = False, None
            device.agent.event.set()  # receivers and broker hear of it
        device.tell("info", "upgrade.done", wanbeacon.VERSION)
    elif seconds > TRIAL_S:
        device.tell("err", "upgrade.failed", ("trial." + left[0],))
        device.rtc("note", _NO + left[0])
        device.board.restart()


def _does(device, name):
    try:
        return bool(_TRIED[name](device))
    except (OSError, Trouble):
        return False


def _link(device):
    return device.board.link_up()


def _clock(device):
    return device.clock.wall() is not None


def _source(device):
    return device.agent and [1 for line in device.agent.lines if line.found[4] or line.found[6]]


def _tls(device):
    """A verified handshake with the first provider that is asked over TLS, and not a byte more."""
    for account in device.agent.accounts if device.agent else ():
        if account.row.get("dns"):
            continue
        tls, host, port = stage.run("dyndns.request", "place", account.row, account.doc)
        if tls:
            root = max([h.rec.root for h in account.hosts])
            more = root, account.row.get("roots") or (), account.doc.get("ca")
            stage.run("net.get", "shake", host, port, device.board, *more, budget=_SHAKE_MS)
            return True
    return False


def _page(device):
    """Whether the page came that an earlier call asked for; asks again if not."""
    sock, device.asked = device.asked, None
    try:
        if sock and sock.recv(7) == b"HTTP/1.":
            return True
    finally:
        if sock:
            sock.close()
    ask_page(device)
    return False


def ask_page(device, _=None):
    """Asks for a page of its own, as a browser in the home network would. The portal answers when we have let
    go."""
    portal = device.cfg["portal"]
    if not portal["enabled"] or device.asked:
        return
    sock = socket.socket()
    try:
        sock.settimeout(PAGE_S)
        address = device.board.lan_address()
        sock.connect(device.board.sockaddr(address, portal["port"]))
        sock.send(b"GET /login HTTP/1.0\r\nHost: %s\r\n\r\n" % address.encode())
    except OSError:
        sock.close()
    else:
        device.asked = sock


_TRIED = {"link": _link, "clock": _clock, "source": _source, "tls": _tls, "page": _page}
