# SPDX-License-Identifier: MIT
"""A board on a USB port, as a page in a browser sees it: navigator.serial in Chromium, and behind it an
emulated board whose flash can be written. The page's bytes and signals come over a web socket.

    with UsbBoard(folder, interpreter, page_folder) as usb:
        context.add_init_script(usb.script)
        page.goto(usb.url)"""

import asyncio
import contextlib
import json
import os
import threading
import tty

from aiohttp import WSMsgType, web

from host_tests.board import home
from host_tests.board.rig import BLOCK, BLOCKS, Board
from host_tests.board.rom import FLASH, Loader
from tools.device import image
from tools.web import serve

#: navigator.serial with one port, as the Web Serial specification has it: streams that are made again
#: after they were cancelled, an open port that cannot be opened twice, signals.
SCRIPT = """
(() => {
  let socket = null, backlog = [], reader = null, readable = null, writable = null;
  const port = new EventTarget();
  const feed = () => { while (reader && backlog.length) reader.enqueue(backlog.shift()); };
  Object.defineProperty(port, "readable", { get() {
    if (!socket) return null;
    readable ??= new ReadableStream({
      start(controller) { reader = controller; feed(); },
      cancel() { reader = readable = null; } });
    return readable;
  }});
  Object.defineProperty(port, "writable", { get() {
    if (!socket) return null;
    writable ??= new WritableStream({
      write(chunk) { socket.send(chunk); },
      close() { writable = null; }, abort() { writable = null; } });
    return writable;
  }});
  port.getInfo = () => ({ usbVendorId: 0x10c4, usbProductId: 0xea60 });
  port.open = async () => {
    if (socket) throw new DOMException("The port is already open.", "InvalidStateError");
    const opened = new WebSocket("ws://" + location.host + "/serial");
    opened.binaryType = "arraybuffer";
    opened.onmessage = (event) => { backlog.push(new Uint8Array(event.data)); feed(); };
    await new Promise((done, failed) => { opened.onopen = done; opened.onerror = failed; });
    socket = opened; backlog = [];
  };
  port.close = async () => {
    if (!socket) throw new DOMException("The port is already closed.", "InvalidStateError");
    if (readable?.locked || writable?.locked) throw new TypeError("Cannot close a locked stream.");
    socket.close(); socket = reader = readable = writable = null;
  };
  port.setSignals = async (signals) => { socket.send(JSON.stringify(signals)); };
  Object.defineProperty(navigator, "serial", { value: {
    requestPort: async () => port, getPorts: async () => [port],
    addEventListener() {}, removeEventListener() {} }, configurable: true });
})();
"""


class UsbBoard:
    """board: the emulated board, off until it is reset into its program; loader: the last ROM loader that
    ran."""

    script = SCRIPT

    def __init__(self, folder, interpreter, page, **world):
        self.flash = bytearray(b"\xff" * FLASH)
        self.page = page
        self.board = Board(folder, interpreter)
        self.board.world(**home.seen(world))
        self.loader = self.console = self.socket = None
        self.signals = {"dataTerminalReady": False, "requestToSend": False}
        self.in_reset = False

    def write(self, files):
        """Put files (path -> bytes) into the flash, as if they had been there for long, and start."""
        data = image.filesystem(BLOCK * BLOCKS, files)
        self.flash[-len(data) :] = data
        self._run()

    # ---- the server, in a thread of its own

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        started = threading.Event()

        def work():
            asyncio.set_event_loop(self.loop)
            app = serve.application(self.page, [web.get("/serial", self._serial)])
            self.runner, port = self.loop.run_until_complete(serve.start(app))
            self.url = "http://%s:%d/" % (serve.HOST, port)
            started.set()
            self.loop.run_forever()

        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()
        assert started.wait(10)
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self.runner.cleanup(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self._unplug)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.board.close()

    async def _serial(self, request):
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        self.socket = socket
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                self.signals.update(json.loads(message.data))
                self._wires(**self.signals)
            elif self.loader and not self.console:
                await socket.send_bytes(self.loader.take(message.data))
            elif self.console:
                os.write(self.console, message.data)
        self.socket = None if self.socket is socket else self.socket
        return socket

    # ---- the board

    def _wires(self, dataTerminalReady, requestToSend):
        """The two transistors of a development board: RTS alone holds the chip in reset; what DTR says
        when it ends is IO0. With both, neither is pulled: EN's capacitor keeps the chip down until one of
        them goes."""
        if requestToSend:
            self.in_reset = self.in_reset or not dataTerminalReady
            if self.in_reset:
                self._unplug()
        elif self.in_reset:
            self.in_reset = False
            if dataTerminalReady:
                self.loader = Loader(self.flash)
            else:
                self._run()

    def _unplug(self):
        """The program stops; what it wrote stays in the flash."""
        if self.console is not None:
            self.loop.remove_reader(self.console)
            os.close(self.console)
            self.console = None
            self.board.cut()
            data = self.board.image.read_bytes()
            self.flash[-len(data) :] = data

    def _run(self):
        self.board.image.write_bytes(self.flash[-BLOCK * BLOCKS :])
        self.board.power_on()
        self.console = os.open(self.board.port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.console)
        self.loop.call_soon_threadsafe(self.loop.add_reader, self.console, self._said)

    def _said(self):
        with contextlib.suppress(OSError):
            data = os.read(self.console, 65536)
            if self.socket is not None and not self.socket.closed:
                self.loop.create_task(self.socket.send_bytes(data))
