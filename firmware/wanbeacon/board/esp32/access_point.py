# SPDX-License-Identifier: MIT
"""Set-up mode's own network: access point, and a name server that leads every name to the set-up page. Knows
no page.

The access point's password is this device's own (see label.py in tools):
WPA2, never open, never the same for all."""

import asyncio
import json
import os

import network

from wanbeacon.board.esp32 import board as esp32
from wanbeacon.board.esp32 import captive_dns as dns
from wanbeacon.board.esp32 import files
from wanbeacon.net import udp, waits

# Its own address: the first whose network (/24) has none of the home network's addresses.
# The label has the first.
ADDRESSES = ("192.168.4.1", "192.168.44.1", "10.44.44.1")
_NO_IP = "0.0.0.0"
SETUP_S = 900  # the set-up network goes after this when there are settings: it is a door
LOOK_S = 1
_LETTERS = "abcdefghijkmnpqrstuvwxyzACDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look alike on a label


def access(board):
    """The password of this device's own access point, as on its label; made now when there is none. Raises
    OSError."""
    doc = files.read_json(esp32.DEVICE)
    if not doc.get("ap_password"):
        doc["name"] = board.own_name()
        doc["ap_password"] = "".join([_LETTERS[b % len(_LETTERS)] for b in os.urandom(12)])
        files.replace(esp32.DEVICE, json.dumps(doc).encode())
    return doc["ap_password"]


def open_door(device, serve):
    """Begin set-up mode. With settings it ends by itself.
    serve(device, address, port): the pages, for ever."""
    try:
        device.door = SetupAccessPoint(device, access(device.board), serve)
    except (OSError, ValueError, AttributeError) as e:
        device.say("set-up access point: %s" % e)
        return
    asyncio.create_task(_close_door(device))


async def _close_door(device):
    until = device.clock.mono() + SETUP_S
    while not device.cfg or device.problems or device.clock.mono() < until or device.door.busy():
        await asyncio.sleep(LOOK_S)
    device.door.close()
    device.door = None
    device.say("set-up mode ends")


def _number(ip):
    out = 0
    for part in ip.split("."):
        out = out << 8 | int(part)
    return out


def meets(ip, nic):
    """True when the /24 network of `ip` and the network of an interface (None: there is none) have addresses
    in common."""
    lan, mask = nic.ifconfig()[:2] if nic else (_NO_IP, _NO_IP)
    return lan != _NO_IP and not (_number(ip) ^ _number(lan)) & _number(mask) & 0xFFFFFF00


class SetupAccessPoint:
    """device: app/board_main.py; password: of the access point; serve: see open_door. Raises OSError or
    ValueError when it cannot be opened."""

    def __init__(self, device, password, serve):
        self.device = device
        self.serve = serve
        board = device.board
        free = [one for one in ADDRESSES if not meets(one, self._lan())]
        self.address = free[0] if free else ADDRESSES[0]
        self.ap = ap = network.WLAN(network.AP_IF)
        ap.active(True)
        ap.config(ssid=board.own_name(), key=password, security=network.WLAN.SEC_WPA2)
        if ap.ifconfig()[0] != self.address:  # it may have another one from the last time
            ap.ifconfig((self.address, "255.255.255.0", self.address, self.address))
        # On the console, which is the owner's: the only other place is the label.
        print(
            "Set-up: join the Wi-Fi %s with the password %s, then open http://%s/"
            % (board.own_name(), password, self.address)
        )
        device.log("set-up mode: Wi-Fi %s" % board.own_name())
        self.tasks = [asyncio.create_task(self._names())]
        portal = device.cfg and device.cfg["portal"]
        if portal and not (portal["enabled"] and portal["port"] == 80):
            self.tasks.append(asyncio.create_task(self._pages()))

    def _lan(self):
        link = self.device.board.link
        return link.nic if link else None

    def inside(self, ip):
        """True for an address of the set-up network. Answers go out where their address belongs, so whoever
        gets them has joined it; but not while the home network has the same addresses, which it may have got
        after the door opened."""
        return ip.rpartition(".")[0] == self.address.rpartition(".")[0] and not meets(
            self.address, self._lan()
        )

    def busy(self):
        """True while somebody is joined."""
        try:
            return bool(self.ap.status("stations"))
        except (OSError, ValueError):
            return False

    def close(self):
        """The network goes, and with it the right of who was in it."""
        for task in self.tasks:
            task.cancel()
        self.ap.active(False)

    async def _pages(self):
        """The pages, on this network alone:
        the settings want none, or at another port than the label says."""
        try:
            await self.serve(self.device, self.address, 80)
        except OSError as e:
            self.device.say("set-up pages: %s" % e)

    async def _names(self):
        """The name server, on this network alone."""
        packed = bytes([int(part) for part in self.address.split(".")])
        try:
            sock = udp.open_udp(self.device.board, local=(self.address, 53))
        except OSError as e:
            self.device.say("set-up name server: %s" % e)
            return
        try:
            while True:
                await waits.ready(sock)
                try:
                    query, peer = udp.receive_from(sock)
                    reply = query and dns.answer(query, packed)
                    if reply:
                        sock.sendto(reply, peer)
                except OSError:
                    await asyncio.sleep_ms(100)
        finally:
            sock.close()
