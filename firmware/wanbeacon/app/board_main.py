# SPDX-License-Identifier: MIT
"""A board's life: start, join the network, run the agent, listen to the button, end well or badly.

Every way a run can end:
  told to (new settings, button)   clean: counters cleared, reset
  exception in the agent           reason kept in RTC memory, reset after CRASH_S; the third in a row
                                   starts safe
  hang                             the watchdog, because nobody proves progress any more
  Ctrl-C                           the console has the board for an hour
"""

import asyncio
import gc
import os
import sys
import time

import micropython

import wanbeacon
from wanbeacon.app import stage
from wanbeacon.board.esp32 import board as esp32
from wanbeacon.board.esp32.memory import PLENTY

PROVEN_S = 300  # a run that got so far was no crash at start
SAFE_S = 1800  # a safe run ends by itself after this: what broke the others may be gone
CRASH_S = 10  # time to read the traceback on the console before the reset
LOST_S = 180  # never joined the Wi-Fi for so long since the start: the access point for the set-up comes up
STUCK_S = 300  # beyond the longest pause of the agent: then it hangs
SHORT_RUNS = 3  # rounds in a row without enough memory after which the board restarts
SHORT_S = 3600  # but at most once an hour
# bytes between two collections: garbage left lying scatters what lives, and then no large block is free
TIDY = 8192
WATCH_S = 5
PAGE_S = 2  # for a page of its own to be served

current = None  # the Device, for a person at the console


class Device:
    """problems: why the settings cannot be used, one line each;
    safe: a safe run; agent: None until it is made."""

    # ---- for the portal, the button and people

    def save(self, data):
        """New settings (bytes of JSON, already checked): written, then the board restarts. Raises OSError."""
        stage.run("board.esp32.files", "replace", esp32.CONFIG, data)
        self.ask("restart")

    def say(self, text):
        """One line for the console and the log ring."""
        (self.agent.log if self.agent else self.log)(text)

    def tell(self, level, code, *data):
        """The same made of a code of words.txt."""
        (self.agent.log if self.agent else self.log).tell(level, code, *data)

    def ask(self, wish):
        """ "restart", "reset" (factory), "setup" or "upgrade" ("upgrade auto", "upgrade broker"); done by the
        main task, after the page has been sent."""
        self.wish = wish
        self.wake.set()

    def state(self):
        """One word for the LED and the page: see board_state.py."""
        return stage.run("app.board_state", "word", self)

    def rtc(self, method, *args):
        """What is to be known after a reset: a method of board/esp32/rtc.py's Memory."""
        stage.run("board.esp32.rtc", "use", method, *args)

    def restart(self):
        """A clean end; does not return."""
        self.rtc("proven")
        self.board.restart()

    # ---- the tasks

    async def run(self):
        """Everything at once, until a reset."""
        tasks = stage.run("app.board_steps", "begin", self)
        tasks = [asyncio.create_task(t) for t in tasks]  # kept: a task nobody holds may be collected
        await asyncio.gather(*tasks)

    def connect(self, cfg):
        """The link, made and kept from now on if there is none yet, with the networks of `cfg`; None when
        this board has no way out (see `problems`). A cable port beats Wi-Fi."""
        if stage.run("app.board_steps", "connect", self, cfg) and not self.keeper:
            self.keeper = asyncio.create_task(self.guard("network", self._keep))
        return self.board.link

    async def _keep(self):
        """The link, for ever: brought up by code that is loaded for that alone, then watched."""
        link = self.board.link
        while True:
            name = "board.esp32." + link.how
            what = await stage.resident(name).up(link)
            stage.dismiss(name)
            link.rounds += 1
            if await link.stable():
                link.rounds = 0
                await link.watch(what)

    async def live(self):
        """The agent, from the moment the link is up. Its end is the board's."""
        board = self.board
        try:
            agent = self.agent = stage.run("app.board_steps", "make_agent", self)
            if not agent:
                self.ask("setup")
                return
            agent.counters["boots"] = self.boots
            gc.collect()
            while not board.link_up():
                await asyncio.sleep_ms(200)
            self.running = True
            self.round = time.ticks_ms()
            board.link.hint = agent.event  # the link came back: look at once
            await agent.run()
        except Exception as e:  # the one catch-all: whatever it is, the run is over
            self.running = False
            sys.print_exception(e)
            try:
                self.rtc("crash", "%s: %s" % (type(e).__name__, e))
            except MemoryError:
                self.agent = agent = None
                gc.collect()
                self.rtc("crash", "MemoryError")
            self.say("the agent crashed; restart in %d s" % CRASH_S)
            await asyncio.sleep(CRASH_S)
            self.board.restart()

    def report(self, agent):
        """After each round: progress is proven; what changed for a host is said on the console."""
        if self.board.short == self.was_short:
            self.board.short = 0  # a round that went well
        self.was_short = self.board.short
        self.round = time.ticks_ms()
        if self.timed != (self.clock.proven() is not None):
            self.timed = not self.timed
            self.rtc("note_time", self.timed)
        self.board.feed()
        for h in agent.hosts():
            now = (h.state, h.rec.word)
            if self.said.get(h.name) != now:
                self.said[h.name] = now
                print(
                    "   %s: %s, %s"
                    % (h.name, h.state, agent.log.scrub(stage.run("app.words", "join", h.why)))
                )

    async def guard(self, what, work):
        """Runs work() for ever; an exception there is said, not deadly: the agent may still do its work."""
        while True:
            try:
                await work()
            except Exception as e:
                sys.print_exception(e)
                self.say("%s: %s: %s; again in 30 s" % (what, type(e).__name__, e))
            await asyncio.sleep(30)

    async def serial(self):
        """Who installed this board from a browser sets its Wi-Fi over the cable. Then, and at once when
        somebody else is at the cable, the console listens to Ctrl-C."""
        try:
            await stage.resident("board.esp32.console").run(self, self._client)
        except Exception as e:  # whatever it is: the console must not stay deaf
            sys.print_exception(e)
        finally:
            micropython.kbd_intr(3)
            stage.dismiss("board.esp32.console")
            self.console = None  # a task that is over keeps its coroutine, and that its module

    async def _client(self, *args):
        try:
            return await stage.resident("app.improv_serial").run(*args)
        finally:
            stage.dismiss("app.improv_serial")

    async def pages(self):
        """The pages, where they and their texts are installed."""
        try:
            os.stat(wanbeacon.catalogue[:-9] + "wanbeacon/portal/www")
            server = stage.resident("portal.server")
        except (ImportError, OSError):
            while True:
                await asyncio.sleep(3600)
        await server.serve(self)

    async def watch(self):
        """Feeds the watchdog while there is progress; opens the door for a device that cannot join; counts a
        run proven."""
        start = self.clock.mono()
        while True:
            now = self.clock.mono() - start
            quiet = time.ticks_diff(time.ticks_ms(), self.round) // 1000
            if not self.running or quiet < self.cfg["intervals"]["check"] + STUCK_S:
                self.board.feed()
            if self.safe:
                if now > SAFE_S:
                    self.rtc("try_again")
                    self.board.restart()
            elif now > PROVEN_S and not self.proved:
                self.proved = True
                self.rtc("proven")
            if self.board.short >= SHORT_RUNS and now > SHORT_S:
                self.say("out of memory in several rounds in a row: restarting")
                self.rtc("note", "memory")
                self.board.restart()
            link = self.board.link
            if link and not link.ever and not self.door and now > LOST_S and not self.wish:
                self.ask("setup")
            if self.trial:
                async with stage.floor:
                    stage.run("app.upgrade_trial", "step", self, now)
            if self.upgrade_at is not None and (self.clock.wall() or -1) >= self.upgrade_at:
                async with stage.floor:
                    stage.run("app.upgrade", "due", self)
            await asyncio.sleep(WATCH_S)

    async def wishes(self):
        """Does what the button or a page asked for, one after the other."""
        while True:
            wish, self.wish = self.wish, None
            if wish in ("restart", "reset"):
                await asyncio.sleep(1)  # the page that asked gets its answer
            if wish and wish[:7] == "upgrade":
                try:
                    for name, function in (("app.upgrade_trial", "ask_page"), ("app.upgrade", "run")):
                        async with stage.floor:
                            stage.run(name, function, self, wish[8:])
                        await asyncio.sleep(PAGE_S)
                except Exception as e:
                    sys.print_exception(e)
                    self.say("upgrade: %s %s" % (type(e).__name__, e))
            elif wish and not (wish == "setup" and self.door):
                stage.run("app.board_steps", wish, self)
            await self.wake.wait()
            self.wake.clear()


def main(slot=None):
    """What main.py calls, with the folder of the agent to run. Returns only when a person takes the
    console."""
    global current
    stage.scarce = gc.mem_alloc() + gc.mem_free() < PLENTY
    current = device = Device()
    stage.run("app.board_steps", "first", device, slot)
    try:
        asyncio.run(device.run())
    except KeyboardInterrupt:
        stage.run("app.board_steps", "console", device)
    except Exception as e:  # set-up of the tasks failed: nothing runs, nobody would feed the watchdog
        stage.run("app.board_steps", "failed", device, e)
