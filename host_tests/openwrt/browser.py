# SPDX-License-Identifier: MIT
"""Real Chromium, driven over its own debugging protocol (CDP) by a websocket.

with Browser() as browser:
    page = browser.open("http://127.0.0.1:8000/", width=390)
    page.run("document.title")          # the value of a JavaScript expression; promises are awaited
    page.shot("out/page.png")
    page.requests, page.errors          # every URL asked for; uncaught errors and console errors
"""

import asyncio
import base64
import json
import subprocess
import tempfile
import threading
from pathlib import Path

import aiohttp

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
#: A browser on a loaded machine with two cores takes seconds to start.
_START_S, _ANSWER_S = 40, 20


class Browser:
    """One Chromium process with a profile of its own; closed and removed at the end of the `with`."""

    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        self.said = Path(self.profile.name, "stderr")
        with self.said.open("w") as file:
            self.process = subprocess.Popen(
                ["chromium", *_FLAGS, "--user-data-dir=" + self.profile.name, "about:blank"],
                stdout=file,
                stderr=file,
            )
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.session = self.wait(self._session(), _START_S)
        return self

    def __exit__(self, *_):
        try:
            self.wait(self.session.close())
        finally:
            self.process.kill()
            self.process.wait()
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join()
            self.loop.close()
            self.profile.cleanup()

    def wait(self, job, seconds=_ANSWER_S):
        """The result of a coroutine, run in the browser's own loop."""
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(job, seconds), self.loop).result()

    async def _session(self):
        port = Path(self.profile.name, "DevToolsActivePort")
        while not port.exists() or "\n" not in port.read_text():
            if self.process.poll() is not None:
                raise OSError(
                    "chromium ended with status %d: %s"
                    % (self.process.returncode, self.said.read_text()[-500:])
                )
            await asyncio.sleep(0.05)
        self.port = int(port.read_text().splitlines()[0])
        return aiohttp.ClientSession()

    def open(self, url, width=1100, height=900):
        """A new tab of that size, with the page loaded."""
        page = Page(self, width, height)
        self.wait(page.start(url), _START_S)
        return page


class Page:
    """One tab."""

    def __init__(self, browser, width, height):
        self.browser, self.size = browser, (width, height)
        self.requests, self.errors, self.answers, self.loaded, self.last = [], [], {}, None, 0

    async def start(self, url):
        """Opens the tab and waits until the page has loaded."""
        base = "http://127.0.0.1:%d" % self.browser.port
        async with self.browser.session.put(base + "/json/new?about:blank") as reply:
            target = (await reply.json())["webSocketDebuggerUrl"]
        self.socket = await self.browser.session.ws_connect(target, max_msg_size=0)
        self.reader = asyncio.ensure_future(self._read())
        for domain in ("Page", "Runtime", "Network"):
            await self.call(domain + ".enable")
        width, height = self.size
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.loaded = asyncio.Event()
        await self.call("Page.navigate", url=url)
        await self.loaded.wait()

    async def _read(self):
        async for message in self.socket:
            event = json.loads(message.data)
            if "id" in event:
                self.answers.pop(event["id"]).set_result(event)
            elif event["method"] == "Page.loadEventFired":
                self.loaded.set()
            elif event["method"] == "Network.requestWillBeSent":
                self.requests.append(event["params"]["request"]["url"])
            elif event["method"] == "Runtime.exceptionThrown":
                self.errors.append(str(event["params"]["exceptionDetails"]))
            elif event["method"] == "Runtime.consoleAPICalled" and event["params"]["type"] == "error":
                self.errors.append(str(event["params"]["args"]))

    async def call(self, method, **params):
        """One CDP command; its result."""
        self.last += 1
        self.answers[self.last] = answer = self.browser.loop.create_future()
        await self.socket.send_json({"id": self.last, "method": method, "params": params})
        event = await answer
        if "error" in event:
            raise OSError("%s: %s" % (method, event["error"]))
        return event["result"]

    def run(self, expression):
        """Its value (JSON). An exception of the page is raised here."""
        done = self.browser.wait(
            self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        )
        if "exceptionDetails" in done:
            raise AssertionError(
                "in the page: %s" % done["exceptionDetails"].get("exception", done)["description"]
            )
        return done["result"].get("value")

    def shot(self, path):
        """The whole page as a PNG file."""
        size = self.browser.wait(self.call("Page.getLayoutMetrics"))["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        done = self.browser.wait(
            self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        )
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(base64.b64decode(done["data"]))
