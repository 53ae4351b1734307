# SPDX-License-Identifier: MIT
"""What the MQTT tests share: somebody who hears all that is said at a broker, and a way to it that can be
bad."""

import asyncio
import contextlib
import json
import socket
import threading
import time

from tools.fleet.client import Client, context
from tools.netlab import broker as brokers

PATIENCE = 20


class Watch:
    """Hears every topic of a broker, in a thread. said: [(topic, payload, retained)]; last: topic ->
    payload."""

    def __init__(self, broker):
        self.broker = broker
        self.said, self.last = [], {}
        self._loop = asyncio.new_event_loop()
        self._client = self._task = None
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._main(),), daemon=True
        )

    def __enter__(self):
        self._thread.start()
        self.until(lambda: self._client, "no connection to the broker")
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(5)

    async def _main(self):
        self._task = asyncio.current_task()
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                with contextlib.suppress(OSError):
                    await self._listen()
                await asyncio.sleep(0.1)

    async def _listen(self):
        tls = context(self.broker.ca_der)
        client = await Client.open(
            "localhost", self.broker.tls_port, brokers.ADMIN, brokers.ADMIN_PASSWORD, tls
        )
        client.subscribe("#")
        self._client = client
        try:
            async for topic, payload, retained in client.messages():
                self.said.append((topic, payload, retained))
                self.last[topic] = payload
        finally:
            await client.close()

    def send(self, topic, payload, retain=False):
        self._loop.call_soon_threadsafe(self._client.publish, topic, payload, retain)

    def state(self, name):
        """The device's newest state, {} when there is none."""
        return json.loads(self.last.get("wanbeacon/%s/state" % name) or "{}")

    def until(self, condition, what="", timeout=PATIENCE):
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, "%s; heard: %s" % (what or "did not happen", self.said[-5:])
            time.sleep(0.01)


class Way:
    """A TCP way to `port` that may be bad. rate: bytes a second each way (None: all); mute: nothing goes
    through any more."""

    def __init__(self, port):
        self.target, self.rate, self.mute, self.came = port, None, False, 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()
        self.cut()

    def cut(self):
        """All connections end."""
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._open.clear()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near = self._server.accept()[0]
                self.came += 1
                near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                try:
                    far = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    near.close()
                    continue
                self._open += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, source, sink):
        with contextlib.suppress(OSError):
            while True:
                while self.mute:
                    time.sleep(0.02)
                rate = self.rate
                data = source.recv(max(1, rate // 10) if rate else 4096)
                if not data:
                    break
                sink.sendall(data)
                if rate:
                    time.sleep(0.1)
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
