# SPDX-License-Identifier: MIT
"""The device at an MQTT broker: its retained state, its last will, and the few commands it takes from there.

Loaded only when `mqtt` is in the settings, and then it stays. A task of its own beside the rounds: it never
waits in C, so a broker that is dead or slow costs an update nothing. What is said is made by stages
(mqtt_words.py), what is obeyed too (mqtt_obey.py); mqtt_join.py is there while a connection is opened.

Nothing is kept in flash: after each connect all of it is said again, so a broker that lost everything has it
back; in between only what changed is said.
"""

import asyncio
import binascii
import time

from micropython import const

from wanbeacon.app import stage
from wanbeacon.net import Trouble, mqtt, waits

KEEP_S = 60  # keepalive that is asked for; a broker says we are gone after one and a half times this
_PING_MS = const(30000)  # without a word of ours for so long
_PONG_MS = const(20000)  # so long after a ping without a word of the broker: it is gone
_PUSH_MS = const(10000)  # a broker that takes no byte for so long is given up
AGAIN_MAX = 600  # longest wait between two tries
#: A session that ends sooner is not the end of all failures, but counts as so many: two devices of one name
#: part each other as often as they come.
_LASTS_S, _PARTED = 60, 2
_REFUSED = 5  # a broker that refuses us is tried as rarely as after so many failures
_INBOX = const(4)


class Broker:
    """agent: an Agent whose settings have `mqtt`."""

    def __init__(self, agent):
        self.agent = agent
        self.doc = agent.cfg["mqtt"]
        self.event = asyncio.Event()
        self.session = None
        self.rows, self.at, self.looked = [], 0, 0  # the broker's addresses, the next to try, when asked
        self.tries = 0  # in a row that failed
        self.since = 0  # mono time when the session came up
        self.up = self.aside = False
        self.why = ("mqtt.new",)
        self.inbox = []
        self.crc = 0  # of the state that the broker has
        self.kept = {}  # what mqtt_words remembers of it
        self.tokens, self.refilled = None, 0  # commands that are left: mqtt_obey.py
        self.answer = None  # return code of CONNACK
        stage.run("app.mqtt_open", "begin", self)
        if not self.doc["plain"]:
            agent.board.share_tls(self)

    # ---- for the agent; `event` is set after each round

    def leave(self):
        """Give the memory of TLS back at once: an exchange with the provider needs it. Never waits, never
        raises."""
        session, self.session = self.session, None
        if session:
            if self.up:
                try:
                    session.send(b"\xe0\x00")  # DISCONNECT: no last will, this is no outage
                    session.push()
                except (OSError, ValueError, Trouble):
                    pass
            session.close()
            self.aside, self.why = True, ("mqtt.aside",)
            self.event.set()

    # ---- the task

    async def run(self):
        """For ever: wait, connect, stay while that holds."""
        rest = 0
        while True:
            try:
                await self.pause(rest or self.wait_s())
                rest = 0
                if self.doc["plain"] or self.agent.clock.wall() is not None:
                    self._note(await self._once())
                else:
                    self.why = ("wait.clock",)  # no certificate can be judged
            except Exception as e:  # the task's root: a fault here is its own
                self._note(None)
                rest = self.agent.fault("mqtt", e)

    async def _once(self):
        """One visit: the Trouble that ended it, or None."""
        try:
            await self._visit()
        except Trouble as e:
            return e
        except MemoryError as e:  # the heap is full just now: this is the one that steps back
            self.agent.fault("mqtt", e)
            return Trouble("memory")
        except (OSError, ValueError) as e:
            error = e
        else:
            return None
        async with stage.floor:
            return stage.run("app.mqtt_open", "trouble", error)

    def wait_s(self):
        """Seconds until the next try: random, so that a fleet does not come back as a wave, and longer with
        each that failed."""
        window = self.doc["spread"] << min(self.tries, 5)
        if self.tries:
            window = min(window, max(AGAIN_MAX, self.doc["spread"]))
        least = window // 2 if self.tries else 0
        return least + (window - least) * self.agent.chance() / 65536

    async def pause(self, seconds):
        """Seconds of this device's life."""
        await asyncio.sleep(seconds)

    def _note(self, trouble):
        """A visit is over."""
        was, self.up = self.up, False
        if self.aside:
            self.tries = 0
            return
        lasted = self.agent.clock.mono() - self.since
        self.tries = 0 if was and lasted >= _LASTS_S else self.tries + 1
        if trouble:
            why = ("mqtt.refused", self.answer) if trouble.word == "refused" else ("trouble." + trouble.word,)
            if trouble.word == "refused":
                self.tries = max(self.tries, _REFUSED)
            if was or why != self.why:  # once, however often it is tried
                self.agent.log.tell("warn", "log.mqtt-lost", self.doc["host"], why)
            self.why = why

    # ---- one visit

    async def _visit(self):
        agent, tls = self.agent, not self.doc["plain"]
        self.answer = reader = session = None
        self.aside = False
        try:
            try:
                async with stage.floor:
                    join = stage.resident("app.mqtt_join").join
                session = await join(self)
            finally:
                join = None
                stage.dismiss("app.mqtt_join")
                if tls:
                    agent.board.exchange_ends()
            if self.session is not session:
                return
            if self.why[0] != "mqtt.aside":
                agent.log.tell("info", "log.mqtt", self.doc["host"])
            self.up, self.since, self.why = True, agent.clock.mono(), ("mqtt.up",)
            self.tries = min(self.tries, _PARTED)
            agent.sound("mqtt")
            reader = asyncio.create_task(self._read(session))
            await self._stay(session)
        finally:
            self.session = None
            if reader:
                reader.cancel()
                await asyncio.sleep(0)  # it must not wait for a socket that is closed
            if session:
                session.end()
                if tls:
                    agent.board.exchange_ends()

    async def _read(self, session):
        """What the broker says, until the session ends."""
        while self.session is session:
            await waits.ready(session.sock)
            if self.session is session:
                try:
                    while session.pull():
                        await asyncio.sleep(0)
                except (OSError, ValueError, Trouble) as e:
                    session.fault = e
                    self.event.set()
                    return

    async def _stay(self, session):
        """Say what changed, obey, prove that the broker is there; until it is not."""
        ping = None
        self.event.set()
        while self.session is session:
            if session.fault:
                raise session.fault
            if self.event.is_set():
                self.event.clear()
                if self.inbox:  # what that changes, the next round knows
                    await self._obey()
                else:
                    await self._say(session)
            if self.session is not session:
                return
            await self._flush(session)
            now = time.ticks_ms()
            if ping is not None and time.ticks_diff(session.heard, ping) >= 0:
                ping = None
            if ping is not None and time.ticks_diff(now, ping) > _PONG_MS:
                session.pull()  # the loop may have been held for so long
                if time.ticks_diff(session.heard, ping) < 0:
                    raise Trouble("timeout")
            if ping is None and time.ticks_diff(now, session.spoke) >= _PING_MS:
                session.send(b"\xc0\x00")
                ping = now
                continue
            until = _PONG_MS + 1 if ping is not None else _PING_MS
            wait = until - time.ticks_diff(now, ping if ping is not None else session.spoke)
            try:
                await asyncio.wait_for(self.event.wait(), max(wait, 10) / 1000)
            except asyncio.TimeoutError:
                pass

    async def _flush(self, session):
        """Until all has left, as fast as the broker takes it."""
        last, waiting = time.ticks_ms(), session.waiting
        while self.session is session and not session.push():
            if session.waiting < waiting:
                last, waiting = time.ticks_ms(), session.waiting
            if session.fault or time.ticks_diff(time.ticks_ms(), last) > _PUSH_MS:
                raise session.fault or Trouble("timeout")
            await waits.ready(session.sock, 500, True)
            await asyncio.sleep(0.02)

    async def _say(self, session):
        """The state, if it is not what the broker has."""
        async with stage.floor:
            state = stage.run("app.mqtt_words", "state", self)
        crc = binascii.crc32(state)
        if crc != self.crc and self.session is session:
            session.publish(self.base + "/state", (state,))
            self.crc = crc

    # ---- what comes

    def took(self, kind, flags, body):
        if kind == mqtt.CONNACK and len(body) > 1:
            self.answer = body[1]
        elif kind == mqtt.PUBLISH:
            start = 2 + (body[0] << 8 | body[1]) if len(body) > 1 else len(body)
            # what is retained was meant for some other day, what comes again (DUP) was heard; there is one
            # topic that we asked for, with QoS 0
            if not flags and body[2:start] == (self.base + "/set").encode() and len(self.inbox) < _INBOX:
                self.inbox.append(body[start:])
                self.event.set()
        elif kind == mqtt.SUBACK and body[2:] != b"\x00":  # 3.9.3: an access list lets us say, not hear
            self.why = ("mqtt.deaf", self.base)
            if not self.kept.get("deaf"):
                self.kept["deaf"] = True
                self.agent.log.tell("warn", "mqtt.deaf", self.base)

    async def _obey(self):
        while self.inbox:
            async with stage.floor:
                said = stage.run("app.mqtt_obey", "obey", self, self.inbox.pop(0))
            if said and self.session:
                self.session.publish(self.base + "/answer", (said,), False)
