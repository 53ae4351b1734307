# SPDX-License-Identifier: MIT
"""A relay between a client and the lab that counts bytes and turns: what one update costs."""

import socket
import threading


class Relay:
    """A TCP relay from `bind` to `target`, both (address, port); 0: any port. up, down: bytes; turns: how
    often the client spoke after it had listened."""

    def __init__(self, target, bind):
        self.target = target
        self.up = self.down = self.turns = 0
        self._speaker = None
        self._lock = threading.Lock()
        self._listener = socket.create_server(bind)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.target)
            for one, other, up in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pump, args=(one, other, up), daemon=True).start()

    def _pump(self, one, other, up):
        try:
            while data := one.recv(65536):
                with self._lock:
                    self.turns += up and self._speaker != "client"
                    self._speaker = "client" if up else "server"
                    if up:
                        self.up += len(data)
                    else:
                        self.down += len(data)
                other.sendall(data)
        except OSError:
            pass
        finally:
            for end in (one, other):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self._listener.close()
