# SPDX-License-Identifier: MIT
"""What a board is: the names that the rest of the agent may ask of the machine it runs on. linux.py and
esp32/board.py offer them, and so do the stand-ins of tests and simulations (host_tests/host/test_contracts.py
holds all of them against this).

Nothing inherits from it: a board is whatever has these names.
"""


class Board:
    """The contract. Attributes:

    name          "linux", "esp32"
    unique        bytes that differ from device to device; no secret
    catalogue     path of the providers' rows (catalogue/providers.dat)
    roots         folder of the CA roots, one DER file each
    reset_cause   why it started: "power" after a power cut, else any word
    """

    # optional: plenty = True where memory is no concern: all CA roots are offered at once; ipv6 = False where
    # it has none
    name = catalogue = roots = reset_cause = ""
    unique = b""

    def slots(self):
        """The journal's two slots: objects with read() -> bytes or None and write(bytes), each raising
        OSError. A written slot is in flash when write() returns.
        Raises OSError when their folder cannot be made."""

    def asked(self):
        """Like a slot: keeps over a restart when outside pages were asked. Losing it costs one question."""

    def notices(self):
        """Like a slot that a power cut leaves whole, old or new:
        keeps what people were told (app/notify.py)."""

    def ids(self):
        """Like a slot: keeps the ids of records at providers with a JSON API.
        Losing it costs some questions."""

    def random(self):
        """0..255, unpredictable."""

    def model(self):
        """The hardware's name for the User-Agent, or None."""

    def sources(self):
        """Names of the sources that "auto" stands for, in order."""

    def keep_alive(self):
        """Called every 0.1 s while an exchange, which has a deadline, holds the event loop:
        feeds a watchdog."""

    def set_clock(self, agent):
        """The wall clock is not set: do what can be done about it.
        Must not raise, nor take longer than some seconds."""

    def exchange_begins(self):
        """An exchange over the network begins: make the memory for TLS available."""

    def exchange_ends(self):
        """It is over, its sockets are closed."""

    def share_tls(self, tenant):
        """Somebody keeps a TLS session (app/mqtt.py). Where memory is scarce tenant.leave() is called before
        each exchange: there is room for one at a time."""

    def memory_low(self):
        """True when a failed handshake or connection is most likely due to memory."""

    def short_of_memory(self, where):
        """The agent ran out of memory in `where`, and goes on.
        A board may restart in good order when that stays."""

    # the network, for observers and the wire

    def link_up(self):
        """True while there is a way out."""

    def gateway(self):
        """IPv4 address (text) of the default router, or None."""

    def resolver(self):
        """IP address (text) of the name server that this machine asks, or None."""

    def lan_address(self):
        """Own IPv4 address (text) in the home network, or None."""

    def stream(self, sock):
        """A socket with read(n), readinto(b) and write(b) that return None when they would block."""

    def bind(self, sock, device):
        """Leave by this network device only. Raises OSError."""

    def sockaddr(self, host, port):
        """What connect, bind and sendto want for an IP address."""

    def ip_port(self, addr):
        """(IP address as text, port) of what recvfrom gives."""
