# SPDX-License-Identifier: MIT
"""The internet line of the demo: its address changes when the story says so.

with open_world(folder, port) as world:      the best that this machine allows
    world.source      what to put into the agent's "address" list
    world.command(argv) -> argv that starts a program where the line is
    world.change("45.33.7.9")                None: no address
    world.nudge       True when the agent must be told to look
"""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

from .. import UserError

#: A namespace and two devices take some 50 ms.
PATIENCE = 10


class NamespaceWorld:
    """A network namespace with a real device "wan": the kernel tells the agent of every change. Needs root,
    or a kernel that lets users have namespaces. The agent reaches the lab's `port` by a relay; nothing on the
    host's network is touched, and everything vanishes with the holder process, however this program ends."""

    nudge = False
    source = {"source": "netlink", "device": "wan"}
    how = "The kernel told the agent"
    about = "a network device in a namespace of its own"

    def __init__(self, port):
        self.address = None
        self._port = port
        self._user = os.getuid() != 0

    def __enter__(self):
        ours, theirs = socket.socketpair()
        new = ["unshare", "--net"] + (["--map-root-user"] if self._user else [])
        with ours, theirs:
            self._holder = subprocess.Popen(
                new
                + [
                    sys.executable,
                    str(Path(__file__).with_name("holder.py")),
                    str(theirs.fileno()),
                    str(self._port),
                    str(os.stat("/proc/self/ns/net").st_ino),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                bufsize=1,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            theirs.close()
            answer = self._holder.stdout.readline().strip()
            if answer != "ok":
                self._holder.stdin.close()
                why = self._holder.stderr.read().strip().splitlines()
                self._holder.wait(PATIENCE)
                raise UserError(why[-1] if why else answer or "unshare failed")
            _, fds, _, _ = socket.recv_fds(ours, 1, 1)
        self._relay = _Relay(socket.socket(fileno=fds[0]), self._port)
        return self

    def __exit__(self, *_):
        self._relay.stop()
        with contextlib.suppress(OSError):
            self._holder.stdin.close()
        try:
            self._holder.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._holder.kill()
            self._holder.wait()
        self._holder.stdout.close()
        self._holder.stderr.close()

    def command(self, argv):
        enter = ["nsenter", "--target", str(self._holder.pid), "--net"]
        return enter + (["--user", "--preserve-credentials"] if self._user else []) + ["--"] + argv

    def change(self, address):
        """UserError when the kernel refuses."""
        answer = ""
        with contextlib.suppress(BrokenPipeError):
            self._holder.stdin.write("set %s %s\n" % (self.address or "-", address or "-"))
            answer = self._holder.stdout.readline().strip()
        if answer != "ok":
            raise UserError("the simulated line broke: %s" % (answer or "its process is gone"))
        self.address = address


class FileWorld:
    """Without namespaces: the address stands in a file that the agent's `command` source reads. Nothing tells
    the agent of a change then, so the story must nudge it (`wanbeacon check`), as a dial-up script would."""

    nudge = True
    how = "A script told the agent to look"
    about = "a file, as no network namespace can be made here"

    def __init__(self, folder):
        self.address = None
        self._file = Path(folder) / "line"
        self.source = {"source": "command", "command": "cat '%s'" % self._file}

    def __enter__(self):
        self.change(None)
        return self

    def __exit__(self, *_):
        self._file.unlink(missing_ok=True)

    def command(self, argv):
        return argv

    def change(self, address):
        part = self._file.with_suffix(".new")
        part.write_text(address + "\n" if address else "")
        part.replace(self._file)
        self.address = address


class _Relay:
    """Copies connections from a listener (of another network) to the lab's port here."""

    def __init__(self, listener, port):
        self._listener, self._port = listener, port
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="relay", daemon=True)
        self._up = threading.Event()
        self._thread.start()
        self._up.wait(PATIENCE)

    async def _main(self):
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, sock=self._listener)
        self._up.set()
        await self._end.wait()
        server.close()

    async def _serve(self, reader, writer):
        try:
            there = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(self._copy(reader, there[1]), self._copy(there[0], writer))
        except OSError:
            pass
        finally:
            writer.close()

    @staticmethod
    async def _copy(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    def stop(self):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(PATIENCE)


@contextlib.contextmanager
def open_world(folder, port, simple=False):
    """The namespace world, or where that is impossible (or `simple` is wanted) the file world."""
    with contextlib.ExitStack() as stack:
        world = None
        if not simple and all(map(shutil.which, ("ip", "unshare", "nsenter"))):
            with contextlib.suppress(UserError, OSError):
                world = stack.enter_context(NamespaceWorld(port))
        yield world or stack.enter_context(FileWorld(folder))
