"""Tries settings before they are saved: join, time, address, name of the provider's server. Sends no password anywhere.

Runs beside the pages; the last page of the set-up shows its rows and loads again while it runs."""

import asyncio
import sys

JOIN_S = 50  # two rounds through a network: only a second refusal makes a password wrong


class Kit:
    """What observers may ask, while there is no agent (see agent.Agent for the one that has them all)."""

    def __init__(self, device):
        self.clock, self.board, self.log = device.clock, device.board, device.log
        self.outside = ()

    def fetch(self, url, family=0, ca=None):
        from wanbeacon.net import http

        return http.get(url, self.board, "Wanbeacon", family, budget=10000, ca=ca)


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
        from wanbeacon.observe import choose

        chooser = choose.Chooser(self.cfg["address"], Kit(self.device), False, 0)
        kind, text, source, why = await chooser.read(4)
        chooser.close()
        if text and source:
            self.note("warn" if why and text in why and text != why else "good", "internet address %s, told by %s" % (text, source))
        else:
            self.note("bad", "internet address: %s" % why)

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
