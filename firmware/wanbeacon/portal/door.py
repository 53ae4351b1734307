"""Set-up mode's own network: access point, and a name server that leads every name to the set-up page. Knows no page.

The access point's password is this device's own (see label.py in tools): WPA2, never open, never the same for all."""

import asyncio

import network

from wanbeacon.net import udp
from wanbeacon.portal import dns

ADDRESS = "192.168.4.1"
OTHER = "192.168.44.1"  # when the home network is 192.168.4.x itself


class Door:
    """device: board/device.py; password: of the access point. Raises OSError or ValueError when it cannot be opened."""

    def __init__(self, device, password):
        self.device = device
        board = device.board
        lan = board.lan_address() or ""
        self.address = OTHER if lan.startswith("192.168.4.") else ADDRESS
        self.ap = ap = network.WLAN(network.AP_IF)
        ap.active(True)
        ap.config(ssid=board.own_name(), key=password, security=network.WLAN.SEC_WPA2)
        if self.address != ADDRESS:
            ap.ifconfig((self.address, "255.255.255.0", self.address, self.address))
        # On the console, which is the owner's: the only other place is the label.
        print("Set-up: join the Wi-Fi %s with the password %s, then open http://%s/" % (board.own_name(), password, self.address))
        device.log("set-up mode: Wi-Fi %s" % board.own_name())
        self.task = asyncio.create_task(self._names())

    def inside(self, ip):
        """True for an address of the set-up network."""
        return ip.rpartition(".")[0] == self.address.rpartition(".")[0]

    def busy(self):
        """True while somebody is joined."""
        try:
            return bool(self.ap.status("stations"))
        except (OSError, ValueError):
            return False

    def close(self):
        """The network goes, and whoever was logged in by being in it."""
        self.task.cancel()
        self.ap.active(False)
        if self.device.portal and self.device.portal.guard:
            self.device.portal.guard.sessions = []

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
                await udp.ready(sock)
                try:
                    query, peer = udp.receive_from(sock)
                    reply = query and dns.answer(query, packed)
                    if reply:
                        sock.sendto(reply, peer)
                except OSError:
                    await asyncio.sleep_ms(100)
        finally:
            sock.close()
