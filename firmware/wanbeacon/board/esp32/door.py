# SPDX-License-Identifier: MIT
"""Set-up mode's own network while it is there: its pages, its name server, its end. access_point.py opens it;
this stays until then. What the pages are is handed in."""

import asyncio

from wanbeacon.net import udp, waits

SETUP_S = 900  # the set-up network goes after this when there are settings: it is a door
LOOK_S = 1


class Door:
    """device: app/board_main.py; ap: the access point, up; address: its own; serve, stage:
    see access_point.open_door."""

    def __init__(self, device, ap, address, serve, stage):
        self.device = device
        self.ap = ap
        self.address = address
        self.serve = serve
        self.stage = stage
        self.tasks = [asyncio.create_task(self._names())]
        portal = device.cfg and device.cfg["portal"]
        if portal and not (portal["enabled"] and portal["port"] == 80):
            self.tasks.append(asyncio.create_task(self._pages()))
        asyncio.create_task(self._end())

    async def _end(self):
        device = self.device
        until = device.clock.mono() + SETUP_S
        while not device.cfg or device.problems or device.clock.mono() < until or self.busy():
            await asyncio.sleep(LOOK_S)
        self.close()
        device.door = None
        self.stage.dismiss("board.esp32.door")
        device.say("set-up mode ends")

    def inside(self, ip):
        """True for an address of the set-up network. Answers go out where their address belongs, so whoever
        gets them has joined it; but not while the home network has the same addresses, which it may have got
        after the door opened."""
        link = self.device.board.link
        return ip.rpartition(".")[0] == self.address.rpartition(".")[0] and not self.stage.run(
            "board.esp32.nets", "meets", self.address, link and link.nic
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
                    reply = query and self.stage.run("board.esp32.captive_dns", "answer", query, packed)
                    if reply:
                        sock.sendto(reply, peer)
                except (OSError, MemoryError):
                    await asyncio.sleep_ms(100)
        finally:
            sock.close()
