# SPDX-License-Identifier: MIT
"""A liar on the LAN and a router that talks nonsense: the agent may ask more, but what it sends stays
right."""

import contextlib
import random
import socket
import struct
import threading
import time

import pytest

from host_tests.netlab.agent_rig import NAME, SPEED, arrival, config
from host_tests.netlab.conftest import Driver
from tools.netlab.agent_process import Agent, host
from tools.netlab.lab import DEV, LAN, WAN, wait_for
from tools.netlab.namespaces import inside, ip

UNKNOWN = -1
EVIL = "192.168.77.66"
COUNT = 10000
#: KB by which the process may grow under a flood. MicroPython's heap has a fixed size; CPython's arenas do
#: not.
GROWTH = 1024


@pytest.fixture(scope="module")
def evil(net):
    """A namespace on the LAN whose owner means harm."""
    name = net.tag + "e"
    net.space(name)
    net.join(name)
    ip("-n", name, "addr", "add", EVIL + "/24", "dev", "eth0")
    ip("-n", name, "route", "add", "default", "via", LAN)
    ip("-n", name, "neigh", "replace", DEV, "lladdr", mac(net), "dev", "eth0")
    return name


def mac(net):
    return ip("-n", net.dev, "link", "show", "eth0").split("link/ether ")[1].split()[0]


def forged(source, target, sport, dport, payload):
    """An IPv4 UDP datagram with any source. The kernel fills in the IP checksum; a UDP checksum of 0 means
    none."""
    udp = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 1, 17, 0, socket.inet_aton(source),
                       socket.inet_aton(target))  # fmt: skip
    return head + udp


ANSWER = b"\0\x80\0\0\0\0\0\x09" + socket.inet_aton("6.6.6.6")
CGN = b"\0\x80\0\0\0\0\0\x09" + socket.inet_aton("100.64.9.9")
PCP = b"\2\x80\0\0" + bytes(20)
PCP_MAP = (
    b"\2\x81\0\0"
    + bytes(8)
    + bytes(12)
    + bytes(12)
    + b"\x11\0\0\0\xc3\x50\xc3\x50"
    + b"\0" * 10
    + b"\xff\xff\6\6\6\6"
)
SSDP = b"HTTP/1.1 200 OK\r\nST: x\r\nLOCATION: http://192.168.77.66:5000/rootDesc.xml\r\n\r\n"
STUN = b"\1\1\0\x0c\x21\x12\xa4\x42" + bytes(12) + b"\0\x20\0\x08\0\1\x12\x34\x27\x14\xa2\x44"
DNS = b"\x12\x34\x81\x80\0\1\0\1\0\0\0\0\2me\7example\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\0\0\4\6\6\6\6"


def packets(noise):
    """COUNT forged or damaged datagrams of every protocol, in the router's name and in others'."""
    kinds = (ANSWER, CGN, PCP, PCP_MAP, SSDP, STUN, DNS)
    for i in range(COUNT):
        payload = bytearray(kinds[i % len(kinds)])
        how = noise.randrange(4)
        if how == 1:
            del payload[noise.randrange(len(payload)) :]
        elif how == 2:
            payload[noise.randrange(len(payload))] = noise.randrange(256)
        elif how == 3:
            payload += bytes(noise.randrange(900))
        source = (LAN, EVIL, "45.33.9.21", "10.0.0.1")[noise.randrange(4)]
        to, port = (DEV, noise.randrange(32768, 61000)) if i % 3 else ("224.0.0.1", (5350, 5351)[i & 1])
        yield forged(source, to, (5351, 1900, 3478, 53)[noise.randrange(4)], port, bytes(payload))


def flood(evil):
    """Send them all; returns how many left."""

    def send():
        noise = random.Random(7)
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(EVIL))
            sent = 0
            for packet in packets(noise):
                target = socket.inet_ntoa(packet[16:20])
                with contextlib.suppress(OSError):
                    sock.sendto(packet, (target, 0))
                    sent += 1
                if sent % 50 == 0:
                    time.sleep(0.002)  # a flood that the device's queue can hold
            return sent

    return inside(evil, send)


@pytest.mark.parametrize("interpreter", ["cpython", "micropython-wheel", "micropython-amd64"])
def test_ten_thousand_lies_cause_no_update_and_no_growth(net, lab, evil, interpreter):
    net.change(WAN)
    lab.reset()
    with Agent(
        interpreter, config(lab, "natpmp", "pcp", "upnp"), before=net.exec(net.dev), speed=SPEED
    ) as agent:
        agent.start()
        agent.wait(lambda s: host(s)["state"] == "ok")
        time.sleep(0.3)
        memory, files = agent.memory()["VmRSS"], agent.descriptors()
        asked, events = net.crossed()[1], agent.now()["counters"]["events"]
        sent = flood(evil)
        time.sleep(0.5)
        document = agent.now()
        print("%s: %d lies, %d hints taken, %d packets to the router, resident memory %+d KB" % (
            interpreter, sent, document["counters"]["events"] - events, net.crossed()[1] - asked,
            agent.memory()["VmRSS"] - memory))  # fmt: skip
        assert sent > 0.99 * COUNT and document["counters"]["events"] > events, (
            "nothing arrived: the test shows nothing"
        )
        assert len(lab.updates) == 1 and host(document)["ipv4"] == WAN
        assert agent.memory()["VmRSS"] - memory < GROWTH
        assert agent.descriptors() <= files + 2  # one question may be under way
        net.change("45.33.7.40")
        assert arrival(lab, "45.33.7.40", 3), agent.output
        assert lab.published(NAME)["A"] == "45.33.7.40" and len(lab.updates) == 2


def test_lies_at_the_event_port_are_refused(net, lab, evil):
    """Other hosts' NOTIFYs, with a guessed SID or none, and callers that say nothing."""
    net.change(WAN)
    lab.reset()
    with Agent("micropython-wheel", config(lab, "upnp"), before=net.exec(net.dev), speed=SPEED) as agent:
        agent.start()
        agent.wait(lambda s: host(s)["state"] == "ok" and s["counters"]["events"] >= 1)
        time.sleep(2)  # the first event's second look
        port = int(wait_for(lambda: listening_port(net), "no event port"))
        before = agent.now()["counters"]["events"]

        def lie():
            for i in range(200):
                with socket.socket() as sock, contextlib.suppress(OSError):
                    sock.settimeout(1)
                    sock.connect((DEV, port))
                    if i % 4:
                        sock.sendall(b"NOTIFY / HTTP/1.1\r\nSID: uuid:%d\r\nContent-Length: 0\r\n\r\n" % i)
                    if i % 4 == 2:
                        sock.recv(100)

        inside(evil, lie)
        assert agent.now()["counters"]["events"] == before
        net.change("45.33.7.41")
        assert arrival(lab, "45.33.7.41", 3), agent.output


def listening_port(net):
    """The TCP port on which the device listens (61000 and above), from /proc."""
    text = net.run(net.dev, "cat", "/proc/net/tcp")
    ports = [
        int(line.split()[1].split(":")[1], 16) for line in text.splitlines()[1:] if line.split()[3] == "0A"
    ]
    return next((port for port in ports if port >= 61000), None)


class Nonsense:
    """A router that answers every protocol with something else; counts the TCP calls it gets."""

    def __init__(self, net, evil):
        self.end = threading.Event()
        self.calls = []
        noise = random.Random(3)
        self.noise = lambda: bytes(noise.randrange(256) for _ in range(noise.randrange(40)))
        self.threads = []
        inside(net.rtr, lambda: [self.go(self.udp, 5351), self.go(self.udp, 1900), self.go(self.tcp, 5000)])
        inside(evil, lambda: self.go(self.tcp, 80))

    def go(self, what, port):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if what == self.udp else socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("0.0.0.0", port))
        sock.settimeout(0.05)
        if what == self.tcp:
            sock.listen()
        thread = threading.Thread(target=what, args=(sock, port))
        thread.start()
        self.threads.append(thread)

    def udp(self, sock, port):
        with sock:
            while not self.end.is_set():
                try:
                    _, source = sock.recvfrom(2000)
                except TimeoutError:
                    continue
                lies = [self.noise(), ANSWER[:11], b"\0\x80\0\x63" + bytes(8), bytes(12)]
                if port == 1900:
                    lies = [self.noise(), b"HTTP/1.1 200 OK\r\n\r\n",
                            SSDP.replace(b"192.168.77.66:5000", b"192.168.77.66:80"),
                            SSDP.replace(b"192.168.77.66", b"192.168.77.1")]  # fmt: skip
                for one in lies:
                    with contextlib.suppress(OSError):
                        sock.sendto(one, source)

    def tcp(self, sock, port):
        with sock:
            while not self.end.is_set():
                try:
                    call, source = sock.accept()
                except TimeoutError:
                    continue
                with call, contextlib.suppress(OSError):
                    call.settimeout(1)
                    self.calls.append((port, source[0]))
                    call.recv(1000)
                    call.sendall(b"HTTP/1.1 200 OK\r\n\r\n<root><service>" + self.noise() * 600)

    def stop(self):
        self.end.set()
        for thread in self.threads:
            thread.join()


@pytest.mark.parametrize("name", ["cpython", "micropython-i386"])
def test_a_router_that_talks_nonsense_is_could_not_tell(net, evil, name):
    net.change(WAN)
    net.upnpd_end(9)
    nonsense = Nonsense(net, evil)
    try:
        lines = [one for one in Driver(net, name).ask("read", ["natpmp", "upnp", "pcp"]) if one[0] != "log"]
        assert [(one[1], one[2]) for one in lines] == [(UNKNOWN, None)] * 3, lines
        assert all(one[4] < 6000 for one in lines)
        assert (5000, DEV) in nonsense.calls
        assert not [one for one in nonsense.calls if one[0] == 80], (
            "it called where the router's answer pointed"
        )
    finally:
        nonsense.stop()
        net.upnpd()
