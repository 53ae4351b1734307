"""What one update costs on the wire: a relay between agent and lab counts bytes and turns. Knows no TLS and no HTTP."""

import socket
import threading

from host_tests.host.agent_process import Agent, host, one_account
from tools.bench.measure import usable
from tools.lab import running


class Relay:
    """A TCP relay to localhost:`port`. up, down: bytes; turns: how often the client spoke after it had listened."""

    def __init__(self, port):
        self.target = port
        self.up = self.down = self.turns = 0
        self._speaker = None
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.target))
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


def _update(bench, interpreter):
    """The Relay after one update of one host."""
    interpreter = usable(interpreter)
    with running("dyn", bind="127.0.0.1") as lab:
        relay = Relay(lab.https_port)
        try:
            config = one_account(lab, "demo.dyndns.org", server="localhost:%d" % relay.port)
            with Agent(interpreter, config, firmware=bench.compiled) as agent:
                agent.set_address("45.33.7.1")
                agent.start()
                agent.wait(lambda s: host(s)["state"] == "ok")
            bench.note(lab.connections[-1]["tls"])
        finally:
            relay.close()
        return relay


def size(bench, interpreter):
    """Bytes in TCP payload, both ways, of one update: TLS with a small certificate chain, request and answer."""
    relay = _update(bench, interpreter)
    bench.note("%d sent, %d received" % (relay.up, relay.down))
    return relay.up + relay.down


def trips(bench, interpreter):
    """Round trips of one update, that of TCP's own handshake included."""
    return _update(bench, interpreter).turns + 1
