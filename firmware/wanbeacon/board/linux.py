# SPDX-License-Identifier: MIT
"""Linux: a PC, a Raspberry Pi, an OpenWrt router, under MicroPython's unix port or CPython. The
contract is base.py; esp32/board.py keeps the same one."""

import os
import socket
import sys

from micropython import const

from wanbeacon.net import kernel, route

_MICRO = sys.implementation.name == "micropython"
if not _MICRO:
    from wanbeacon.net.cpython import Stream
_LEVELS = {"err": 3, "warn": 4, "info": 6, "debug": 7}  # syslog(3)
# Linux' numbers: MicroPython's socket has no names for them
_IPPROTO_TCP = const(6)
_TCP_NODELAY = const(1)
_SLOT_MAX = const(131072)  # the journal of all the hosts that config.py allows (1000) fits


class Slot:
    """One journal slot: a file in its own folder. flush() is fsync on MicroPython's unix port."""

    def __init__(self, path):
        self.path = path

    def read(self):
        """bytes, or None when there is no such file. Raises OSError when it cannot be read."""
        try:
            with open(self.path, "rb") as f:
                return f.read(min(os.stat(self.path)[6], _SLOT_MAX))
        except OSError as e:
            if e.errno == 2:
                return None
            raise

    def write(self, data):
        """Replace the content; the folder is made again when somebody removed it. Raises OSError."""
        make_folder(self.path.rpartition("/")[0])
        with open(self.path, "wb") as f:
            f.write(data)
            f.flush()
            if not _MICRO:
                os.fsync(f.fileno())


class Whole(Slot):
    """A slot without a twin: a power cut leaves the old or the new one."""

    def write(self, data):
        """As Slot.write; readers see the old or the new content."""
        Slot(self.path + ".new").write(data)
        os.rename(self.path + ".new", self.path)


def _text(path):
    try:
        with open(path) as f:
            return f.read(128)
    except (OSError, UnicodeError):
        return ""


def exists(path):
    """True when the path can be stat'ed."""
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def make_folder(path):
    """Create a folder and its parents. Raises OSError."""
    parts, at = path.split("/"), ""
    for i in range(len(parts)):
        at = "/".join(parts[: i + 1])
        if at and not exists(at):
            os.mkdir(at)


class Board:
    """What the rest of the agent may ask of this machine."""

    name = "linux"
    ipv6 = True
    plenty = True  # room for all CA roots in one handshake (net/http.py)
    reset_cause = "start"

    def __init__(self, state="/etc/wanbeacon", home=None):
        self.state = state
        # relative when started in the package's folder
        path = __file__ if __file__[:1] == "/" else "./" + __file__
        here = home or path.rsplit("/", 3)[0]  # .../firmware or wherever the package lies
        self.catalogue = here + "/catalogue/providers.dat"
        self.roots = here + "/catalogue/roots"
        seed = _text("/etc/machine-id").strip() or _text("/sys/class/net/%s/address" % self.default_device())
        self.unique = (seed or "wanbeacon").encode()

    def slots(self):
        """The two journal slots; their folder is made when missing. Raises OSError when it can never be
        written; a full disk may get room."""
        make_folder(self.state)
        path = self.state + "/journal.a"
        new = not exists(path)
        try:
            open(path, "ab").close()  # writes nothing
            if new:
                os.remove(path)
        except OSError as e:
            if e.errno != 28:
                raise
        return Slot(self.state + "/journal.a"), Slot(self.state + "/journal.b")

    def asked(self):
        """The file that keeps when outside pages were asked."""
        return Slot(self.state + "/asked")

    def notices(self):
        """The file that keeps what people were told."""
        return Whole(self.state + "/notices")

    def ids(self):
        """The file with the ids of records (core/ids.py)."""
        return Slot(self.state + "/ids")

    def random(self):
        """0..255, unpredictable."""
        return os.urandom(1)[0]

    def say(self, line, level="info"):
        """Print a line of the log; systemd reads its level from a number in front (sd-daemon(3))."""
        print("<%d>%s" % (_LEVELS.get(level, 6), line) if os.getenv("JOURNAL_STREAM") else line)

    def keep_alive(self):
        """procd and systemd watch the process; there is no watchdog to feed."""

    def exchange_begins(self):
        """There is memory enough: nothing to do."""

    exchange_ends = exchange_begins

    def memory_low(self):
        """Never known here."""
        return False

    def short_of_memory(self, where):
        """The agent goes on with what it has; procd or systemd would do no better."""

    share_tls = short_of_memory  # there is memory for both sessions

    def model(self):
        """The hardware's name for the User-Agent, or None."""
        return _text("/tmp/sysinfo/board_name").strip() or None

    def link_up(self):
        """True when there is a default route."""
        return self.default_device() is not None

    def sources(self):
        """What "auto" means here, in order."""
        if exists("/var/run/ubus/ubus.sock"):
            return ["ubus", "netlink", "natpmp", "upnp"]
        return ["netlink", "natpmp", "upnp"]

    def default_device(self):
        """Name of the device of the IPv4 (else IPv6) default route, or None."""
        return route.any_device()

    def gateway(self):
        """IPv4 address of the default router, or None."""
        return route.gateway()

    def lan_address(self):
        """Own IPv4 address on the device of the default route, or None."""
        return kernel.first_ipv4(self.default_device())

    def resolver(self):
        """The name server that this machine asks, or None."""
        try:
            with open("/etc/resolv.conf") as f:
                for line in f:
                    words = line.split()
                    if words[:1] == ["nameserver"] and words[1:] and "%" not in words[1]:
                        return words[1]
        except (OSError, UnicodeError):
            pass
        return None

    def stream(self, sock):
        """A TCP socket with read(n), readinto(b) and write(b) that give None when they would block."""
        # Without Nagle's algorithm (RFC 896). Mbed TLS writes the end of its handshake in two pieces and the
        # request in a third, which would wait for the server to acknowledge the first: 40 ms and more where
        # that is delayed (RFC 1122, 4.2.3.2), a round trip elsewhere.
        sock.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
        if _MICRO:
            return sock
        return Stream(sock)

    def bind(self, sock, device):
        """Leave by this network device only (SO_BINDTODEVICE; root, or Linux 5.7 and later).
        Raises OSError."""
        sock.setsockopt(socket.SOL_SOCKET, 25, device.encode() + b"\0")

    def sockaddr(self, host, port):
        """What connect, bind and sendto want for an IP address:
        raw bytes on MicroPython's unix port, else a tuple."""
        if _MICRO:
            return socket.getaddrinfo(host, port)[0][-1]
        return (host, port)

    def ip_port(self, addr):
        """(ip text, port) of what recvfrom gives."""
        if not isinstance(addr, (bytes, bytearray)):
            return addr[0], addr[1]
        family, raw, port = socket.sockaddr(addr)[:3]
        return socket.inet_ntop(family, raw), port

    def set_clock(self, kit):
        """ntpd, chrony or systemd-timesyncd set the clock of a Linux machine; we only wait for it."""


def board(options):
    """The machine as the command line wants it:
    its class, unless "board" holds another, with its folder "--state"."""
    return (options.get("board") or Board)(options["--state"])
