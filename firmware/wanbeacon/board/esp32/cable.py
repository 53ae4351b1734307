# SPDX-License-Identifier: MIT
"""A cable's way into the network. Loaded until it is there."""

import asyncio

import machine
import network

from wanbeacon.board.esp32 import link as watched
from wanbeacon.core.text import name_of


def make(row, hostname, say):
    """The Link of a board's "lan" pins. Raises OSError or ValueError when the chip does not answer."""
    network.hostname(name_of(hostname))
    link = watched.Link("cable", _lan(row), say)
    link.nic.active(True)
    return link


async def up(link):
    """Wait for cable and address."""
    while not link.address():
        down = link.nic.status() in (network.ETH_DISCONNECTED, network.ETH_STARTED)
        link.note("no link", "no cable" if down else "cable: waiting for an address (DHCP)")
        await asyncio.sleep_ms(watched.LOOK_MS)
    return "cable"


def _lan(row):
    """network.LAN as the board's pins want it (boards/README.md)."""
    words = {"phy_type": getattr(network, "PHY_" + row["phy"]), "phy_addr": row.get("phy_addr", 0)}
    for key in ("mdc", "mdio", "power", "reset", "ref_clk", "cs", "int"):
        if key in row:
            words[key] = machine.Pin(row[key])
    if "ref_clk_mode" in row:
        words["ref_clk_mode"] = machine.Pin.OUT if row["ref_clk_mode"] == "out" else machine.Pin.IN
    if "spi" in row:
        spi = row["spi"]
        words["spi"] = machine.SPI(
            spi["id"],
            sck=machine.Pin(spi["sck"]),
            mosi=machine.Pin(spi["mosi"]),
            miso=machine.Pin(spi["miso"]),
        )
    return network.LAN(**words)
