"""The way into the home network: Wi-Fi or a cable, kept up for good. Knows `network`, nothing of what is sent over it.

One shape for both: `word` (up, no link, wrong password), `text` for a person, address(), router(), keep() (a task for
ever), `event` (set at every change). ESP32's driver reconnects by itself, but its status is unreliable after it gave up
(micropython #12315): so short drops are left to it, and after 15 s we start over ourselves."""

import asyncio
import time

import network

from wanbeacon.core.text import name_of

JOIN_MS = 20000  # association and DHCP together; slow access points need 10 s
DROP_MS = 15000  # the driver's own attempts after a drop get this long
STABLE_MS = 3000  # up means: was up for so long
WRONG = 2  # refusals in a row before a password is called wrong: one may be a bad radio moment
PAUSES = (2, 5, 10, 20, 40, 60)  # seconds between two rounds through the networks
RESTART_ROUNDS = 3  # rounds without success after which the radio itself is started anew
LOOK_MS = 250
_NO_IP = "0.0.0.0"
# IDF's disconnect reasons that mean the key was not accepted: 202 AUTH_FAIL, 204 HANDSHAKE_TIMEOUT, 15 4-way handshake
# timeout. 200, 201, 203, 205 and the rest are radio, range or the access point's load.
_REFUSED = (202, 204, 15)
_ABSENT = (201, 210, 211, 212)


class Link:
    """What Wi-Fi and cable have in common."""

    def __init__(self, nic, say):
        self.nic = nic
        self.say = say
        self.word = "no link"
        self.text = "starting"
        self.event = asyncio.Event()
        self.ever = False  # was up since the start

    def address(self):
        """Own IPv4 address, or None while there is none."""
        ip = self.nic.ifconfig()[0] if self.nic.isconnected() else _NO_IP
        return None if ip == _NO_IP else ip

    def router(self):
        """The default router's address, or None."""
        ip = self.nic.ifconfig()[2] if self.nic.isconnected() else _NO_IP
        return None if ip == _NO_IP else ip

    def note(self, word, text):
        """A change of state: said once, and told to whoever waits."""
        if (word, text) != (self.word, self.text):
            self.word, self.text = word, text
            self.say(text)
            self.event.set()

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
                elif time.ticks_diff(now, down) > DROP_MS:
                    return
            await asyncio.sleep_ms(LOOK_MS)


class Wifi(Link):
    """networks: the config's rows (ssid, password, hidden), best first."""

    def __init__(self, networks, hostname, say):
        network.hostname(name_of(hostname))  # before active(True), or DHCP does not carry it
        super().__init__(network.WLAN(network.STA_IF), say)
        self.networks = networks
        self.refused = {}
        self.hurry = asyncio.Event()
        self.start()

    def change(self, networks):
        """Other networks from now on; a link that is up stays up."""
        if networks != self.networks:
            self.networks, self.refused, self.word = networks, {}, "no link" if self.word != "up" else "up"
        self.hurry.set()

    def start(self):
        """Radio on. Power save would delay every answer by a beacon interval: this device has mains power."""
        self.nic.active(True)
        try:
            self.nic.config(pm=network.WLAN.PM_NONE)
        except (AttributeError, ValueError, OSError):
            pass  # a build without it

    async def keep(self):
        """For ever: join one of the networks, stay, start over."""
        rounds = 0
        while True:
            for row in self.order():
                if await self.join(row) and await self.stable():
                    rounds = 0
                    await self.watch("Wi-Fi %s" % row["ssid"])
                self.nic.disconnect()
            rounds += 1
            if rounds % RESTART_ROUNDS == 0:
                self.nic.active(False)
                await asyncio.sleep_ms(500)
                self.start()
            try:
                await asyncio.wait_for(self.hurry.wait(), PAUSES[min(rounds, len(PAUSES)) - 1])
            except asyncio.TimeoutError:
                pass
            self.hurry.clear()

    def order(self):
        """The networks to try: those in the air first (loudest wins among ours), then hidden ones. All of them when the
        scan fails or shows none: a scan misses some now and then."""
        heard = {}
        try:
            for row in self.nic.scan():
                heard[row[0].decode()] = max(row[3], heard.get(row[0].decode(), -200))
        except (OSError, UnicodeError):
            pass
        there = [row for row in self.networks if row["ssid"] in heard]
        there.sort(key=lambda row: -heard[row["ssid"]])
        hidden = [row for row in self.networks if row.get("hidden") and row["ssid"] not in heard]
        if not there and not hidden:
            self.note("no link", "Wi-Fi %s not found; is it on, near enough and on 2.4 GHz?" % self.names())
            return self.networks
        return there + hidden

    def names(self):
        """For people."""
        return " or ".join([row["ssid"] for row in self.networks])

    async def join(self, row):
        """True when there is an address; else word and text say what went wrong."""
        ssid = row["ssid"]
        self.nic.disconnect()
        await asyncio.sleep_ms(LOOK_MS)
        try:
            self.nic.connect(ssid, row.get("password") or None)
        except (OSError, ValueError) as e:
            self.note("no link", "Wi-Fi %s: %s" % (ssid, e))
            return False
        start, status = time.ticks_ms(), None
        while time.ticks_diff(time.ticks_ms(), start) < JOIN_MS:
            await asyncio.sleep_ms(LOOK_MS)
            if self.address():
                self.refused.pop(ssid, None)
                return True
            status = self.nic.status()
            if status in _REFUSED or status in _ABSENT:
                break
        self._why(ssid, status)
        return False

    def _why(self, ssid, status):
        if status in _REFUSED:
            self.refused[ssid] = self.refused.get(ssid, 0) + 1
            if self.refused[ssid] >= WRONG:
                self.note("wrong password", "Wi-Fi %s refuses the password" % ssid)
        elif status in _ABSENT:
            self.note("no link", "Wi-Fi %s not found; is it on, near enough and on 2.4 GHz?" % ssid)
        elif self.nic.isconnected():
            self.note("no link", "Wi-Fi %s gives no address (DHCP)" % ssid)
        else:
            self.note("no link", "Wi-Fi %s: no connection (reason %s)" % (ssid, status))


class Cable(Link):
    """row: the board's "lan" pins. Raises OSError or ValueError when the chip does not answer."""

    def __init__(self, row, hostname, say):
        network.hostname(name_of(hostname))
        super().__init__(_lan(row), say)
        self.nic.active(True)

    async def keep(self):
        """For ever: wait for cable and address, watch, start over."""
        while True:
            if self.address() and await self.stable():
                await self.watch("cable")
            down = self.nic.status() in (network.ETH_DISCONNECTED, network.ETH_STARTED)
            self.note("no link", "no cable" if down else "cable: waiting for an address (DHCP)")
            await asyncio.sleep_ms(LOOK_MS)


def _lan(row):
    """network.LAN as the board's pins want it (boards/README.md)."""
    import machine

    words = {"phy_type": getattr(network, "PHY_" + row["phy"]), "phy_addr": row.get("phy_addr", 0)}
    for key in ("mdc", "mdio", "power", "reset", "ref_clk", "cs", "int"):
        if key in row:
            words[key] = machine.Pin(row[key])
    if "ref_clk_mode" in row:
        words["ref_clk_mode"] = machine.Pin.OUT if row["ref_clk_mode"] == "out" else machine.Pin.IN
    if "spi" in row:
        spi = row["spi"]
        words["spi"] = machine.SPI(
            spi["id"], sck=machine.Pin(spi["sck"]), mosi=machine.Pin(spi["mosi"]), miso=machine.Pin(spi["miso"])
        )
    return network.LAN(**words)
