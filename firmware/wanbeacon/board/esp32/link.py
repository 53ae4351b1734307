# SPDX-License-Identifier: MIT
"""The way into the home network, watched while it is up. What brings it up is wifi.py or cable.py, loaded
for that alone.

One shape for both: `word` (up, no link, wrong password), `text` for a person, address(), router().
ESP32's driver reconnects by itself, but its status is unreliable after it gave up (micropython #12315): so
short drops are left to it, and after 15 s we start over ourselves."""

import asyncio
import time

JOIN_MS = 20000  # association and DHCP together; slow access points need 10 s
DROP_MS = 15000  # the driver's own attempts after a drop get this long
STABLE_MS = 3000  # up means: was up for so long
PAUSES = (2, 5, 10, 20, 40, 60)  # seconds between two rounds through the networks
LOOK_MS = 250
_NO_IP = "0.0.0.0"


class Link:
    """how: the module that brings it up, "wifi" or "cable": its coroutine function up(link) returns what to
    watch, when there is an address. networks: of Wi-Fi, the config's rows (ssid, password, hidden)."""

    def __init__(self, how, nic, say, networks=()):
        self.how = how
        self.nic = nic
        self.say = say
        self.networks = networks
        self.refused = {}  # network -> how often it refused the password
        self.lost = None  # the network that was lost last
        self.rounds = 0  # through the networks without success
        self.hurry = asyncio.Event()
        self.word = "no link"
        self.text = "starting"
        self.hint = None  # an event to be set when the link comes up (the agent's)
        self.ever = False  # was up since the start

    def change(self, networks):
        """Other networks from now on; a link that is up stays up."""
        if networks != self.networks:
            self.networks, self.refused, self.word = networks, {}, "no link" if self.word != "up" else "up"
        self.hurry.set()

    def address(self):
        """Own IPv4 address, or None while there is none."""
        ip = self.nic.ifconfig()[0] if self.nic.isconnected() else _NO_IP
        return None if ip == _NO_IP else ip

    def router(self):
        """The default router's address, or None."""
        ip = self.nic.ifconfig()[2] if self.nic.isconnected() else _NO_IP
        return None if ip == _NO_IP else ip

    def resolver(self):
        """The name server that the router named, or None."""
        ip = self.nic.ifconfig()[3] if self.nic.isconnected() else _NO_IP
        return None if ip == _NO_IP else ip

    def note(self, word, text):
        """A change of state: said once, and told to whoever waits."""
        if (word, text) != (self.word, self.text):
            self.word, self.text = word, text
            self.say(text)
            if word == "up" and self.hint:
                self.hint.set()

    async def stable(self):
        """True when the link was up for STABLE_MS from now."""
        start = time.ticks_ms()
        while time.ticks_diff(time.ticks_ms(), start) < STABLE_MS:
            if not self.address():
                return False
            await asyncio.sleep_ms(LOOK_MS)
        return True

    async def watch(self, what):
        """Stays while the link is up or only drops shortly; returns when it is down for DROP_MS."""
        self.ever = True
        self.hurry.clear()
        down = None
        while True:
            if self.address():
                down = None
                self.note("up", "%s, address %s" % (what, self.address()))
            else:
                now = time.ticks_ms()
                if down is None:
                    down = now
                    self.note("no link", "%s lost" % what)
                elif self.hurry.is_set() or time.ticks_diff(now, down) > DROP_MS:
                    return
            await asyncio.sleep_ms(LOOK_MS)
