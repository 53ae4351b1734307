"""Tries settings before they are saved: join, time, address, name of the provider's server. Sends no password anywhere.

Runs beside the pages; the last page of the set-up shows its rows and loads again while it runs."""

import asyncio
import sys

JOIN_S = 50  # two rounds through a network: only a second refusal makes a password wrong


class Trial:
    """cfg: checked settings; rows: (mood, text) so far; running; ip: own address once joined."""

    def __init__(self, device, cfg):
        self.device = device
        self.cfg = cfg
        self.rows = []
        self.running = True
        self.ip = None
        self.before = list(sys.modules)

    def start(self):
        """In the background."""
        self.task = asyncio.create_task(self._run())

    def note(self, mood, text):
        self.rows.append((mood, text))

    async def _run(self):
        try:
            await asyncio.sleep_ms(300)  # the page that started it is sent first
            if await self._network():
                self._time()
                await asyncio.sleep_ms(100)
                await self._address()
                await asyncio.sleep_ms(100)
                self._provider()
        except Exception as e:  # the root: a test that fails must not take the portal with it
            self.note("bad", "the test failed: %s %s" % (type(e).__name__, e))
        finally:
            self.running = False

    async def _network(self):
        """True when there is a way out."""
        device = self.device
        link = device.connect(self.cfg)
        names = " or ".join([row["ssid"] for row in self.cfg["wifi"]]) or "cable"
        self.note("wait", "joining %s ..." % names)
        for _ in range(JOIN_S * 4):
            self.ip = link and link.address()
            if self.ip or not link or link.word == "wrong password":
                break
            await asyncio.sleep_ms(250)
        self.rows.pop()
        if not self.ip:
            self.note("bad", link.text if link else "no network hardware")
            return False
        self.note("good", "joined the network, own address %s" % self.ip)
        return True

    def _time(self):
        from wanbeacon.board.esp32 import ntp
        from wanbeacon.net import clock

        try:
            self.device.board.set_time(ntp.ask(self.device.board, self.cfg["ntp"], clock.BUILD, clock.LATEST))
            self.note("good", "time from %s" % self.cfg["ntp"])
        except (OSError, ValueError) as e:
            self.note("bad", "time server %s: %s" % (self.cfg["ntp"], e))

    async def _address(self):
        from wanbeacon.app import stage, words
        from wanbeacon.core import address
        from wanbeacon.net import http
        from wanbeacon.observe import base, choose

        device = self.device

        def fetch(url, family=0, ca=None, bind=None):
            return http.get(url, device.board, "Wanbeacon", family, budget=10000, ca=ca)

        def say(code, *data):
            device.log(words.say(code, *data))

        kit = base.Kit(device.board, device.clock, say, fetch, lambda name: stage.resident("observe." + name))
        chooser = choose.Chooser(self.cfg["address"], kit, False, 0)
        kind, packed, source, why = await chooser.read(4)
        chooser.close()
        if packed and source:
            mood = "warn" if address.why_not(packed) else "good"
            self.note(mood, "internet address %s, told by %s" % (address.text(packed), source))
        else:
            self.note("bad", "internet address: %s" % words.say(*why))

    def _provider(self):
        import socket

        from wanbeacon.dyndns import catalog

        for account in self.cfg["accounts"]:
            row = catalog.find(self.device.board.catalogue, account["provider"]) or {}
            host = (account.get("server") or row.get("host") or "").split("//")[-1].split(":")[0].split("/")[0]
            if not host:
                continue
            try:
                socket.getaddrinfo(host, 443)
                self.note("good", "%s: %s found" % (account["provider"], host))
            except OSError:
                self.note("bad", "%s: no server %s found" % (account["provider"], host))
