# SPDX-License-Identifier: MIT
"""Joining one of the home's Wi-Fi networks. Loaded until one is joined; knows `network`."""

import asyncio
import time

import network

from wanbeacon.board.esp32 import link as watched
from wanbeacon.core.text import name_of

WRONG = 2  # refusals in a row before a password is called wrong: one may be a bad radio moment
HEARD_MAX = 15  # networks that are offered for a choice
RESTART_ROUNDS = 3  # rounds without success after which the radio itself is started anew
# IDF's disconnect reasons that mean the key was not accepted: 202 AUTH_FAIL, 204 HANDSHAKE_TIMEOUT, 15 4-way
# handshake timeout. 200, 201, 203, 205 and the rest are radio, range or the access point's load.
_REFUSED = (202, 204, 15)
_ABSENT = (201, 210, 211, 212)


def make(networks, hostname, say):
    """The Link of these networks, best first. Raises OSError or ValueError."""
    network.hostname(name_of(hostname))  # before active(True), or DHCP does not carry it
    link = watched.Link("wifi", network.WLAN(network.STA_IF), say, networks)
    _start(link)
    return link


def _start(link):
    """Radio on. Power save would delay every answer by a beacon interval: this device has mains power."""
    link.nic.active(True)
    try:
        link.nic.config(pm=network.WLAN.PM_NONE)
    except (AttributeError, ValueError, OSError):
        pass  # a build without it


async def up(link):
    """Join one of the networks, however long it takes; the one that was lost last is tried last."""
    while True:
        if not link.networks:  # what was tried was no good, and is forgotten
            await link.hurry.wait()
            link.hurry.clear()
        elif link.rounds:
            await _pause(link)
        rows = _order(link)
        for row in [row for row in rows if row is not link.lost] + [row for row in rows if row is link.lost]:
            if await _join(link, row):
                link.lost = row
                return "Wi-Fi %s" % row["ssid"]
            link.nic.disconnect()
        link.lost = None
        link.rounds += 1


async def _pause(link):
    """Between two rounds."""
    if link.rounds % RESTART_ROUNDS == 0:
        link.nic.active(False)
        await asyncio.sleep_ms(500)
        _start(link)
    try:
        await asyncio.wait_for(link.hurry.wait(), watched.PAUSES[min(link.rounds, len(watched.PAUSES)) - 1])
    except asyncio.TimeoutError:
        pass
    link.hurry.clear()


def _order(link):
    """The networks to try: those in the air first (loudest wins among ours), then hidden ones. All of them
    when the scan fails or shows none: a scan misses some now and then."""
    heard = {}
    try:
        for row in link.nic.scan():
            heard[row[0].decode()] = max(row[3], heard.get(row[0].decode(), -200))
    except (OSError, RuntimeError, UnicodeError):  # RuntimeError: "Wifi Unknown Error", a want of memory
        pass
    there = [row for row in link.networks if row["ssid"] in heard]
    there.sort(key=lambda row: -heard[row["ssid"]])
    hidden = [row for row in link.networks if row.get("hidden") and row["ssid"] not in heard]
    if not there and not hidden:
        link.note("no link", "Wi-Fi %s not found; is it on, near enough and on 2.4 GHz?" % _names(link))
        return link.networks
    return there + hidden


def _names(link):
    """For people."""
    return " or ".join([row["ssid"] for row in link.networks])


async def _join(link, row):
    """True when there is an address; else word and text say what went wrong."""
    ssid = row["ssid"]
    link.nic.disconnect()
    await asyncio.sleep_ms(watched.LOOK_MS)
    try:
        link.nic.connect(ssid, row.get("password") or None)
    except (OSError, RuntimeError, ValueError) as e:
        link.note("no link", "Wi-Fi %s: %s" % (ssid, e))
        return False
    start, status = time.ticks_ms(), None
    while time.ticks_diff(time.ticks_ms(), start) < watched.JOIN_MS:
        await asyncio.sleep_ms(watched.LOOK_MS)
        if link.address():
            link.refused.pop(ssid, None)
            return True
        status = link.nic.status()
        if status in _REFUSED or status in _ABSENT:
            break
    _why(link, ssid, status)
    return False


def _why(link, ssid, status):
    if status in _REFUSED:
        link.refused[ssid] = link.refused.get(ssid, 0) + 1
        if link.refused[ssid] >= WRONG:
            link.note("wrong password", "Wi-Fi %s refuses the password" % ssid)
    elif status in _ABSENT:
        link.note("no link", "Wi-Fi %s not found; is it on, near enough and on 2.4 GHz?" % ssid)
    elif link.nic.isconnected():
        link.note("no link", "Wi-Fi %s gives no address (DHCP)" % ssid)
    else:
        link.note("no link", "Wi-Fi %s: no connection (reason %s)" % (ssid, status))


def networks():
    """The networks in the air, loudest first: (name, dBm, open); [] while it cannot be known. Takes 2 s on a
    board, and everything waits for it."""
    best = {}
    try:
        station = network.WLAN(network.STA_IF)
        if not station.active():
            station.active(True)
        for row in station.scan():
            try:
                ssid = row[0].decode()
            except UnicodeError:
                continue
            if ssid and (ssid not in best or best[ssid][1] < row[3]):
                best[ssid] = (ssid, row[3], row[4] == 0)
    except (OSError, RuntimeError):
        return []  # it is joining a network just now
    return sorted(best.values(), key=lambda row: -row[1])[:HEARD_MAX]
