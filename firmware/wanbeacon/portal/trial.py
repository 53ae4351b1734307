# SPDX-License-Identifier: MIT
"""Tries settings before they are saved: join, time, address, name of the provider's server. Sends no password
anywhere.

Runs beside the pages; the last page of the set-up shows its rows and loads again while it runs. This module
lives as long as its task; what must load is a stage of its own."""

import asyncio
import socket

from wanbeacon.app import stage, words
from wanbeacon.core import address as core
from wanbeacon.net import believe

JOIN_S = 50  # two rounds through a network: only a second refusal makes a password wrong


def start(device, cfg):
    """Begin, in the background. cfg: checked settings. Returns the state that pages read, plain values: rows
    (mood, text) so far, running, ip: own address once joined, task."""
    trial = {"rows": [], "running": True, "ip": None}
    # kept: a task nobody holds may be collected
    trial["task"] = asyncio.create_task(_run(trial, device, cfg))
    return trial


async def _run(trial, device, cfg):
    rows = trial["rows"]
    try:
        await asyncio.sleep(0.3)  # the page that started it is sent first
        if await _network(trial, device, cfg):
            for step in (_time, address, _provider):
                async with stage.floor:
                    if step is address:
                        await stage.run_async("portal.trial", "address", rows, device, cfg)
                    else:
                        step(rows, device, cfg)
                await asyncio.sleep(0.1)
    except Exception as e:  # the root: a test that fails must not take the portal with it
        rows.append(("bad", "the test failed: %s %s" % (type(e).__name__, e)))
    finally:
        trial["running"] = False


async def _network(trial, device, cfg):
    """True when there is a way out."""
    rows, link = trial["rows"], device.connect(cfg)
    rows.append(
        ("wait", "joining %s ..." % (" or ".join([row["ssid"] for row in cfg.get("wifi") or ()]) or "cable"))
    )
    for _ in range(JOIN_S * 4):
        trial["ip"] = link and link.address()
        if trial["ip"] or not link or link.word == "wrong password":
            break
        await asyncio.sleep(0.25)
    rows.pop()
    if not trial["ip"]:
        rows.append(("bad", link.text if link else "no network hardware"))
        return False
    rows.append(("good", "joined the network, own address %s" % trial["ip"]))
    return True


def _time(rows, device, cfg):
    from wanbeacon.net import clock  # a trial that never joins the network has no use for it

    try:
        believe.set_unproven(
            device.clock,
            stage.run("board.esp32.ntp", "ask", device.board, cfg["ntp"], clock.BUILD, clock.LATEST),
        )
        rows.append(("good", "time from %s" % cfg["ntp"]))
    except (OSError, ValueError) as e:
        rows.append(("bad", "time server %s: %s" % (cfg["ntp"], e)))


async def address(rows, device, cfg):
    """Ask the sources of the settings for the address; a stage."""

    def fetch(url, family=0, ca=None, bind=None):
        return stage.run(
            "net.get",
            "get",
            url,
            device.board,
            "Wanbeacon",
            family,
            10000,
            4096,
            ca,
            bind,
            lambda date: believe.prove(device.clock, date),
        )

    def log(code, *data):
        device.say(words.say(code, *data))

    kit = stage.load("observe.base").Kit(
        device.board, device.clock, log, fetch, lambda name: stage.load("observe." + name), stage.run_async
    )
    chooser = stage.load("observe.choose").Chooser(cfg["address"], kit, False, 0)
    try:
        _, packed, source, why = await chooser.read(4)
    finally:
        chooser.close()
    if packed and source:
        text = "internet address %s, reported by %s" % (core.text(packed), source)
        rows.append(("warn" if core.why_not(packed) else "good", text))
    else:
        rows.append(("bad", "internet address: %s" % words.say(*why)))


def _provider(rows, device, cfg):
    for account in cfg["accounts"]:
        row = stage.run("dyndns.catalog", "find", device.board.catalogue, account["provider"]) or {}
        host = (account.get("server") or row.get("host") or "").split("//")[-1].split(":")[0].split("/")[0]
        if not host:
            continue
        try:
            socket.getaddrinfo(host, 443)
            rows.append(("good", "%s found" % host))
        except OSError:
            rows.append(("bad", "no server %s found" % host))
