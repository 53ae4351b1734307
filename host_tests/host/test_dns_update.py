# SPDX-License-Identifier: MIT
"""DNS UPDATE against the real BIND, Knot and PowerDNS: what they take and how they refuse, over UDP and TCP,
and what strangers on the way can do. Recorded exchanges and damaged answers are shared/test_tsig.py."""

import contextlib
import json
import socket
import subprocess
import threading
import time

import pytest
from wanbeacon.board import linux
from wanbeacon.dyndns import catalog, reply, tsig
from wanbeacon.net import Trouble, dnsupdate

from host_tests.needs import absent, usable
from tools import ROOT, UserError, interpreters
from tools.netlab import dns_servers
from tools.netlab.dns_servers import KINDS, SECRET

HOST = "home.example.test"
V4, OTHER = bytes((45, 33, 7, 9)), bytes((45, 33, 7, 10))
V6 = b"\x26\x00" + bytes(13) + b"\x07"
ROW = catalog.find(str(ROOT / "firmware/catalogue/providers.dat"), "rfc2136")


@pytest.fixture(scope="module", params=KINDS)
def server(request, tmp_path_factory):
    try:
        with dns_servers.running(request.param, tmp_path_factory.mktemp(request.param)) as made:
            yield made
    except UserError as error:
        absent(str(error))


@pytest.fixture(scope="module")
def bind(tmp_path_factory):
    try:
        with dns_servers.running("bind", tmp_path_factory.mktemp("bind")) as made:
            yield made
    except UserError as error:
        absent(str(error))


def update(
    port,
    records=(V4, None),
    host=HOST,
    key="wb-key",
    secret=SECRET,
    zone="example.test",
    off=0,
    algorithm="hmac-sha256",
):
    return tsig.Update(
        "127.0.0.1",
        port,
        zone,
        host,
        records,
        60,
        key,
        tsig.secret(secret),
        algorithm,
        int(time.time()) + off,
    )


def send(port, *args, budget=None, **more):
    """(word, Answer), or (the Trouble's word, the Trouble)."""
    try:
        answer = dnsupdate.exchange(update(port, *args, **more), linux.Board("/tmp"), budget=budget)
        return answer.body.decode(), answer
    except Trouble as trouble:
        return trouble.word, trouble


def class_of(word):
    (out,) = reply.read(ROW, 200, word.encode(), [HOST], (V4, None))
    return out.cls, out.reach


def test_an_update_replaces_what_was_there(server):
    for records, a, aaaa in (((V4, None), ["45.33.7.9"], []), ((OTHER, None), ["45.33.7.10"], []),
                             ((None, V6), ["45.33.7.10"], ["2600::7"]),
                             ((V4, V6), ["45.33.7.9"], ["2600::7"]), ((V4, V6), ["45.33.7.9"], ["2600::7"]),
                             ((True, None), [], ["2600::7"]), ((True, True), [], [])):  # fmt: skip
        word, answer = send(server.port, records)
        assert word == "NOERROR" and abs(answer.date - time.time()) < 5 and answer.status == 200, records
        assert (server.published(HOST, "A"), server.published(HOST, "AAAA")) == (a, aaaa), records


def test_sha_512_where_the_interpreter_has_it(server):
    assert send(server.port, key="wb-long", algorithm="hmac-sha512")[0] == "NOERROR"


# what is wrong -> (words of BIND, Knot, PowerDNS)
REFUSALS = {
    "wrong secret": ({"secret": "d3Jvbmc="}, ("BADSIG", "BADSIG", "REFUSED no TSIG")),
    "unknown key": ({"key": "nobody"}, ("BADKEY", "BADKEY", "REFUSED no TSIG")),
    "key may not": ({"key": "wb-other"}, ("REFUSED", "BADKEY", "REFUSED")),
    "alias there": ({"host": "alias.example.test"}, ("YXRRSET", "YXRRSET", "YXRRSET")),
    "zone not served": (
        {"host": "home.example.org", "zone": "example.org"},
        ("NOTAUTH", "NOTAUTH", "NOTAUTH"),
    ),
    "outside the zone": ({"host": "home.example.org"}, ("NOTZONE", "BADKEY", "NOTZONE")),
}
CLASSES = {
    "BADSIG": ("AUTH", 1), "BADKEY": ("AUTH", 0), "REFUSED no TSIG": ("ODD", 0), "REFUSED": ("HOST", 0),
    "YXRRSET": ("HOST", 0), "NOTAUTH": ("HOST", 0), "NOTZONE": ("HOST", 0), "NOERROR": ("OK", 0),
    "SERVFAIL": ("LATER", 1), "BADTIME": ("LATER", 1), "NOTIMP": ("FEATURE", 0), "FORMERR": ("AGENT", 2),
    "NXRRSET": ("LATER", 1), "RCODE 11": ("ODD", 0), "TSIG error 22": ("ODD", 0), "BADTRUNC": ("ODD", 0),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSALS)
def test_each_server_refuses_in_its_own_way_and_nothing_is_published(server, what):
    options, words = REFUSALS[what]
    send(server.port, (True, True))
    word, _ = send(server.port, **options)
    assert word == words[KINDS.index(server.kind)]
    assert class_of(word) == CLASSES[word]
    assert server.published(options.get("host", HOST), "A") in ([], ["127.0.0.1"])  # the alias points there


def test_every_word_has_its_class():
    for word, wanted in CLASSES.items():
        assert class_of(word) == wanted, word
        assert len(word) <= 15


@pytest.mark.parametrize("off", [-3600, 86400, -1790000000])
def test_a_clock_that_is_off_is_corrected_by_the_servers_own(server, off):
    word, answer = send(server.port, (OTHER, None), off=off)
    if server.kind == "powerdns":  # it never says its time
        assert word == "REFUSED no TSIG"
    else:
        assert (
            word == "NOERROR"
            and abs(answer.date - time.time()) < 5
            and server.published(HOST, "A") == ["45.33.7.10"]
        )


CLIENT = """
import json, sys, time
from wanbeacon.board import linux
from wanbeacon.dyndns import tsig
from wanbeacon.net import Trouble, dnsupdate
port, host, key, secret, hexes, off = sys.argv[1:]
records = [bytes([int(h[i:i + 2], 16) for i in range(0, len(h), 2)]) if h else None for h in hexes.split(",")]
try:
    now = int(time.time()) + int(off)
    signed = key, tsig.secret(secret), "hmac-sha256", now
    u = tsig.Update("127.0.0.1", int(port), "example.test", host, records, 60, *signed)
    a = dnsupdate.exchange(u, linux.Board("/tmp"))
    print(json.dumps([a.body.decode(), a.date]))
except Trouble as e:
    print(json.dumps([e.word, e.text]))
"""


@pytest.mark.parametrize("name", ["micropython-wheel", "micropython-amd64", "micropython-i386"])
def test_the_same_on_micropython(server, name, tmp_path):
    (tmp_path / "client.py").write_text(CLIENT)

    def run(records, off=0, host=HOST, key="wb-key", secret=SECRET):
        done = subprocess.run(
            usable(name).command(
                tmp_path / "client.py",
                server.port,
                host,
                key,
                secret,
                records,
                off,
                heap="84k" if "i386" in name else None,
            ),
            env=interpreters.environment("firmware"),
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    for records, a, aaaa in (
        ("2d210709,", ["45.33.7.9"], None),
        ("2d21070a," + V6.hex(), ["45.33.7.10"], ["2600::7"]),
    ):
        word, date = run(records)
        assert word == "NOERROR" and abs(date - time.time()) < 5
        assert server.published(HOST, "A") == a and aaaa in (None, server.published(HOST, "AAAA"))
    assert run("2d210709,", key="nobody")[0] == REFUSALS["unknown key"][1][KINDS.index(server.kind)]
    assert run("2d210709,", off=-9999)[0] == ("REFUSED no TSIG" if server.kind == "powerdns" else "NOERROR")


# ---- strangers and nuisances on the way


class Way:
    """A port between client and server. udp(data, forward) -> datagrams to answer with; forward(data) asks
    the server. udp None: nobody listens there. tcp: how many connections are passed on."""

    def __init__(self, server, udp, tcp=True):
        self.server, self.udp = server, udp
        self.datagrams, self.connections = [], 0
        self._tcp = socket.create_server(("127.0.0.1", 0)) if tcp else None
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(self._tcp.getsockname() if tcp else ("127.0.0.1", 0))
        self.port = self._udp.getsockname()[1]
        if not udp:
            self._udp.close()
        for sock, work in ((self._udp if udp else None, self._datagrams), (self._tcp, self._streams)):
            if sock:
                sock.settimeout(0.05)
                threading.Thread(target=work, daemon=True).start()
        self.open = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open = False
        for sock in (self._udp, self._tcp):
            if sock:
                sock.close()

    def forward(self, data):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.settimeout(5)
            out.sendto(data, ("127.0.0.1", self.server.port))
            return out.recv(2000)

    def _datagrams(self):
        with contextlib.suppress(OSError, ValueError):
            while True:
                try:
                    data, peer = self._udp.recvfrom(2000)
                except TimeoutError:
                    continue
                self.datagrams.append(data)
                for answer in self.udp(data, self.forward):
                    self._udp.sendto(answer, peer)

    def _streams(self):
        with contextlib.suppress(OSError, ValueError):
            while True:
                try:
                    near, _ = self._tcp.accept()
                except TimeoutError:
                    continue
                self.connections += 1
                with near, socket.create_connection(("127.0.0.1", self.server.port)) as far:
                    near.settimeout(5)
                    far.settimeout(5)
                    request = near.recv(2000)
                    far.sendall(request)
                    answer = far.recv(2000)
                    for i in range(len(answer)):  # byte by byte
                        near.sendall(answer[i : i + 1])


def refusal(data, rcode=5):
    return data[:2] + bytes((0xA8, rcode)) + bytes(8)


def tsig_refusal(data):
    """BADKEY as BIND and Knot say it, which anybody can."""
    key = (
        b"\6wb-key\0\0\xfa\0\xff\0\0\0\0\0\x1d\x0bhmac-sha256\0"
        + bytes(6)
        + b"\1\x2c\0\0"
        + data[:2]
        + b"\0\x11\0\0"
    )
    return data[:2] + b"\xa8\x09" + bytes(6) + b"\0\1" + key


@pytest.mark.parametrize(
    "forge", [refusal, tsig_refusal, lambda data: refusal(data, 9), lambda data: refusal(data, 4)]
)
def test_a_forged_refusal_over_udp_stops_nothing(bind, forge):
    send(bind.port, (True, None))
    with Way(bind, lambda data, forward: [forge(data)]) as way:
        word, _ = send(way.port)
        assert word == "NOERROR" and way.connections == 1 and bind.published(HOST, "A") == ["45.33.7.9"]


def test_a_refusal_that_tcp_cannot_confirm_is_no_refusal(bind):
    with Way(bind, lambda data, forward: [refusal(data)], tcp=False) as way:
        word, trouble = send(way.port)
        assert word == "timeout" and trouble.sent


def test_answers_that_are_not_the_servers_are_waited_past(bind):
    def mixed(data, forward):
        good = forward(data)
        return [
            b"",
            b"\0" * 12,
            data,
            good[:40],
            b"\xff\xff" + good[2:],
            good[:-20] + bytes(20),
            good[:3] + b"\0" + good[4:-1],
            refusal(data, 0),
            good,
        ]

    with Way(bind, mixed) as way:
        word, answer = send(way.port, (OTHER, None))
        assert word == "NOERROR" and answer.ms < 1000 and way.connections == 0 and len(way.datagrams) == 1


def test_a_lost_datagram_is_sent_again_as_it_was(bind):
    seen = []
    with Way(
        bind, lambda data, forward: seen.append(data) or ([forward(data)] if len(seen) > 1 else [])
    ) as way:
        word, answer = send(way.port)
        assert word == "NOERROR" and 1400 < answer.ms < 3500 and len(seen) == 2 and seen[0] == seen[1]


def test_where_udp_does_not_pass_tcp_is_taken(bind):
    with Way(bind, None) as way:  # refused
        word, answer = send(way.port)
        assert word == "NOERROR" and way.connections == 1 and answer.ms < 1500
    with Way(bind, lambda data, forward: [data[:2] + b"\xaa\0" + bytes(8)]) as way:  # truncated
        assert send(way.port)[0] == "NOERROR" and way.connections == 1


def test_the_deadline_holds_and_nobody_there_is_said(bind):
    with Way(bind, lambda data, forward: [], tcp=False) as way:
        begin = time.monotonic()
        word, trouble = send(way.port, budget=700)
        assert word == "timeout" and trouble.sent and 0.6 < time.monotonic() - begin < 1.7
    with Way(bind, None, tcp=False) as way:
        word, trouble = send(way.port)
        assert word == "connect" and not trouble.sent


def test_a_time_that_a_stranger_writes_into_badtime_is_not_believed(bind):
    def liar(data, forward):
        good = bytearray(forward(data))
        return [bytes(good[:-6]) + (4000000000).to_bytes(6, "big")]

    with Way(bind, liar, tcp=False) as way:
        assert send(way.port, off=-3600, budget=1000)[0] == "timeout"
        assert len({data[:2] for data in way.datagrams}) == 1


def test_one_update_is_one_round_trip_of_at_most_200_bytes(bind):
    sizes = []
    with Way(bind, lambda data, forward: sizes.append(len(data)) or [forward(data)]) as way:
        assert send(way.port)[0] == send(way.port, (None, V6))[0] == "NOERROR"
    assert len(sizes) == 2 and max(sizes) <= 200, sizes


def test_nothing_of_tls_or_http_is_loaded(elf32, tmp_path):
    script = tmp_path / "loaded.py"
    script.write_text("import sys\nfrom wanbeacon.net import dnsupdate\nprint(sorted(sys.modules))\n")
    done = subprocess.run(
        elf32.command(script, heap="84k"),
        env=interpreters.environment("firmware"),
        capture_output=True,
        text=True,
    )
    assert "wanbeacon.dyndns.tsig" in done.stdout and "tls" not in done.stdout.replace("'", " ").split()
    assert "wanbeacon.net.wire" not in done.stdout and "wanbeacon.net.http" not in done.stdout, (
        done.stdout + done.stderr
    )
