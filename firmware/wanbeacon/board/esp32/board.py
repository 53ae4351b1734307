# SPDX-License-Identifier: MIT
"""An ESP32 under MicroPython 1.23 or newer: files, names, clock, watchdog. board/linux.py offers the same
names.

Independent of providers and hosts. The link (Wi-Fi, cable) is link.py, the order of a board's
life app/board_main.py."""

import os
import sys
import time

import machine

from wanbeacon.board.esp32.memory import Memory

CONFIG = "/config.json"
DEVICE = "/device.json"
STATE = "/state"

# The watchdog bites after this: longer than the worst DNS look-ups of one exchange. getaddrinfo blocks
# everything, up to 4 tries of lwIP per name server (about 30 s), and one exchange may need the name and once
# more an NTP server's.
WATCHDOG_MS = 180000
_CAUSES = {1: "power", 2: "reset", 3: "watchdog", 4: "sleep", 5: "restart"}


class Slot:
    """One journal slot: a file on LittleFS, where closing a file commits it as a whole."""

    def __init__(self, path):
        self.path = path

    def read(self):
        """bytes, or None when there is no such file. Raises OSError when it cannot be read."""
        try:
            with open(self.path, "rb") as f:
                # not 64 KB at once: the heap has no such hole
                return f.read(min(os.stat(self.path)[6], 65536))
        except OSError as e:
            if e.errno == 2:
                return None
            raise

    def write(self, data):
        """Replace the content. Raises OSError."""
        with open(self.path, "wb") as f:
            f.write(data)


class Board:
    """What the rest of the agent may ask of this machine."""

    name = "esp32"
    home = "/lib"  # where the agent lies; a frozen one keeps its data there too
    ipv6 = False  # MicroPython's ESP32 port gives no IPv6 address (micropython #3683)

    def __init__(self, memory=None, about=None, slot=None):
        """about: what files.py knows of this device: (its pins and names, the label's name or None);
        slot: the folder of the running agent's files and data, if it is another than `home`
        (app/upgrade.py)."""
        self.memory = memory or Memory()
        self.pins, self.label = about or ({}, None)
        self.short = 0  # times the agent ran out of memory since it last went well
        self.state = STATE
        self.catalogue = (slot or self.home) + "/catalogue/providers.dat"
        self.roots = (slot or self.home) + "/catalogue/roots"
        self.unique = machine.unique_id()
        self.reset_cause = _CAUSES.get(machine.reset_cause(), "reset")
        self.link = None  # set by device.py
        self.ntp = "pool.ntp.org"
        self.portal = 0  # the pages' port, while there are pages
        self.dog = None
        self.ask = None  # set by app/board_main.py: ask("upgrade")
        self.run_stage = None  # the same: app/stage.py's run, for the steps of net/http.py
        self.tenant = None  # who keeps a TLS session and gives it up for an exchange
        # the portal's: called while an exchange holds the event loop, and before one that found no memory
        self.while_waiting = self.at_need = None
        self.refused = {}  # time servers that do not want to be asked, and until when (ticks)

    # ---- names and files

    def own_name(self):
        """Name of this one device: the label's, else one with four digits of the MAC. No secret."""
        return self.label or "Wanbeacon-%02X%02X" % tuple(self.unique[-2:])

    def model(self):
        """The hardware's name for the User-Agent, or None."""
        return self.pins.get("name") or "ESP32"

    def slots(self):
        """The two journal slots; their folder is made when missing. Raises OSError."""
        try:
            os.mkdir(STATE)
        except OSError as e:
            if e.errno != 17:
                raise
        return Slot(STATE + "/journal.a"), Slot(STATE + "/journal.b")

    def asked(self):
        """The file that keeps when outside pages were asked."""
        return Slot(STATE + "/asked")

    def notices(self):
        """The file that keeps what people were told."""
        return Slot(STATE + "/notices")

    def ids(self):
        """The file with the ids of records (core/ids.py)."""
        return Slot(STATE + "/ids")

    def random(self):
        """0..255, unpredictable."""
        return os.urandom(1)[0]

    # ---- watchdog

    def start_watchdog(self):
        """From now on somebody must call keep_alive(). It cannot be stopped, not even by a soft reset."""
        self.dog = machine.WDT(timeout=WATCHDOG_MS)

    def feed(self):
        """Called after proven progress only:
        a round of the agent, a living event loop with nothing to run."""
        if self.dog:
            self.dog.feed()

    def keep_alive(self):
        """Called while an exchange, which has a deadline, waits: that is progress too."""
        self.feed()
        if self.while_waiting:
            self.while_waiting()

    # ---- memory

    def share_tls(self, tenant):
        """Without PSRAM there is memory for one TLS session at a time."""
        if not self.memory.roomy():
            self.tenant = tenant

    def exchange_begins(self):
        """TLS gets its part of the memory; who has a session just now ends it."""
        if self.tenant:
            self.tenant.leave()
        self.memory.begin()

    def exchange_ends(self):
        """And gives it back; a session that goes on keeps its own."""
        self.memory.end(bool(self.tenant and self.tenant.session))

    def memory_low(self):
        """True when the system heap has less than TLS or lwIP need."""
        return self.memory.low()

    def short_of_memory(self, where):
        """Noted; app/board_main.py restarts the board when it stays."""
        self.short += 1

    # ---- network

    def sources(self):
        """What "auto" means here, in order."""
        return ["natpmp", "upnp"]

    def link_up(self):
        """True while there is an address."""
        return bool(self.link and self.link.address())

    def lan_address(self):
        """Own IPv4 address, or None."""
        return self.link.address() if self.link else None

    def gateway(self):
        """IPv4 address of the default router, or None."""
        return self.link.router() if self.link else None

    def resolver(self):
        """The name server to ask, or None."""
        return self.link.resolver() if self.link else None

    def stream(self, sock):
        """A socket with read(n), readinto(b) and write(b) that give None when they would block."""
        return sock

    def bind(self, sock, device):
        """Raises OSError: one link, nothing to choose."""
        raise OSError(95, "bind is for Linux")

    def sockaddr(self, host, port):
        """What connect, bind and sendto want for an IP address."""
        return (host, port)

    def ip_port(self, addr):
        """(ip text, port) of what recvfrom gives."""
        return addr[0], addr[1]

    # ---- clock

    def set_clock(self, agent):
        """Ask the time servers when it is due (clock.ask_due); what they say is unproven. True when the clock
        was set."""
        if not self.link_up() or not agent.clock.ask_due():
            return False
        return agent.run_stage("board.esp32.ntp", "set_clock", self, agent)

    def set_time(self, wall):
        """Set the clock to these unix seconds."""
        t = time.gmtime(wall - (946684800 if time.gmtime(0)[0] == 2000 else 0))
        machine.RTC().datetime((t[0], t[1], t[2], t[6], t[3], t[4], t[5], 0))

    def restart(self):
        """A reset of the whole chip; does not return."""
        machine.reset()


def machine_name():
    """What MicroPython calls this hardware."""
    return getattr(sys.implementation, "_machine", "ESP32")
