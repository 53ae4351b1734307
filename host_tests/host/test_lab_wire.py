# SPDX-License-Identifier: MIT
"""The lab below HTTP: certificates, what TLS let through, DNS, ports, the admin pages and the command
line."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from dnslib import QTYPE, RCODE, DNSRecord

from host_tests.host.lab_client import admin, basic, connect, exchange
from tools import ROOT, UserError
from tools.lab import running
from tools.lab.ca import BAD

TARGET = "/nic/update?hostname=demo.dyndns.org&myip=45.33.7.9"
SECRET = basic("demo", "demo-key").encode()


@pytest.fixture(scope="module")
def shared():
    with running(provider="dyn", bind="127.0.0.1") as made:
        yield made


@pytest.fixture
def lab(shared):
    shared.reset()
    return shared


def closed(lab):
    """The newest connection once the lab has seen its end."""
    assert lab.wait_quiet()
    return lab.connections[-1]


@pytest.mark.parametrize(
    "kind, words",
    [
        ("expired", "expired"),
        ("not-yet", "not yet valid"),
        ("wrong-name", "mismatch"),
        ("self-signed", "self-signed"),
        ("unknown-ca", "issuer"),
        ("plain-on-tls", "WRONG_VERSION"),
    ],
)
def test_a_verifying_client_leaves_before_it_says_anything(lab, kind, words):
    before = len(lab.ledger_book.requests("update"))
    assert words in str(exchange(lab, TARGET, port=kind).error)
    seen = closed(lab)
    assert seen["listener"] == kind and seen["received"] > 0
    assert b"Authorization" not in seen["raw"] + seen["plain"] and SECRET not in seen["raw"] + seen["plain"]
    assert kind == "plain-on-tls" or (seen["plain"] == b"" and seen["tls"].startswith("failed: "))
    assert len(lab.ledger_book.requests("update")) == before


def test_every_bad_certificate_has_its_listener(lab):
    assert set(BAD) < set(lab.ports)


def test_what_tls_let_through_is_on_file(lab):
    exchange(lab, TARGET)
    seen = closed(lab)
    assert SECRET in seen["plain"] and SECRET not in seen["raw"]
    assert seen["tls"].startswith("TLSv1.") and seen["sni"] == "localhost"
    assert lab.ledger[-1]["tls"] == seen["tls"]


def test_a_client_that_speaks_plainly_to_the_tls_port_is_caught(lab):
    with socket.create_connection(("localhost", lab.https_port)) as sock:
        sock.sendall(b"GET / HTTP/1.0\r\nAuthorization: " + SECRET + b"\r\n\r\n")
        sock.recv(100)
    assert SECRET in closed(lab)["raw"]


def test_tls_1_2_only():
    with running(bind="127.0.0.1", tls="1.2") as lab, connect(lab) as sock:
        assert sock.version() == "TLSv1.2"


def test_a_malformed_request_is_filed(lab):
    with connect(lab, "http") as sock:
        sock.sendall(b"WHAT IS THIS\r\n\r\n")
        assert b" 400 " in sock.recv(100)
    assert "malformed request" in lab.findings()


def test_impatient_clients_leave_nothing_behind(lab):
    exchange(lab, TARGET)
    assert lab.wait_quiet()
    before = len(os.listdir("/proc/self/fd"))
    for name in ("mute", "mute-after-tls", "endless-body", "dribble", "reset", "close"):
        lab.fault(name)
        for _ in range(5):
            exchange(lab, TARGET, timeout=0.02, limit=5000)
        lab.clear()
    with connect(lab, "http") as sock:  # neither request nor handshake
        sock.sendall(b"GET / HT")
    assert lab.wait_quiet()
    end = time.monotonic() + 20  # the lab's own ends close a moment later
    while len(os.listdir("/proc/self/fd")) > before and time.monotonic() < end:
        time.sleep(0.01)
    assert len(os.listdir("/proc/self/fd")) <= before
    assert exchange(lab, TARGET).status == 200


def test_latency_can_be_measured(lab):
    before = time.monotonic()
    exchange(lab, TARGET)
    assert before < lab.ledger[-1]["at"] <= lab.ledger[-1]["answered"] < time.monotonic()


def ask(lab, name, kind="A", tcp=False):
    packet = DNSRecord.question(name, kind).send("127.0.0.1", lab.dns_port, tcp=tcp, timeout=3)
    reply = DNSRecord.parse(packet)
    return RCODE[reply.header.rcode], [(QTYPE[rr.rtype], str(rr.rdata), rr.ttl) for rr in reply.rr], reply


@pytest.mark.parametrize("tcp", [False, True])
def test_dns_answers_what_was_published(lab, tcp):
    exchange(lab, "/nic/update?hostname=demo2.dyndns.org&myip=45.33.7.77,2600:3c00::77&wildcard=ON")
    assert ask(lab, "demo2.dyndns.org", tcp=tcp)[:2] == ("NOERROR", [("A", "45.33.7.77", 60)])
    assert ask(lab, "DEMO2.dyndns.org", "AAAA", tcp)[:2] == ("NOERROR", [("AAAA", "2600:3c00::77", 60)])
    assert ask(lab, "any.thing.demo2.dyndns.org", tcp=tcp)[:2] == ("NOERROR", [("A", "45.33.7.77", 60)])


def test_dns_knows_what_is_not_there(lab):
    for name, kind, code in (
        ("nobody.dyndns.org", "A", "NXDOMAIN"),
        ("demo3.dyndns.org", "A", "NOERROR"),
        ("demo3.dyndns.org", "AAAA", "NOERROR"),
    ):
        rcode, answers, reply = ask(lab, name, kind)
        assert (rcode, answers) == (code, []) and QTYPE[reply.auth[0].rtype] == "SOA" and reply.header.aa
    assert ask(lab, "example.com")[0] == "REFUSED"
    assert ask(lab, "dyndns.org", "NS")[1] == [("NS", "ns1.dyndns.org.", 60)]
    assert ask(lab, "ns1.dyndns.org")[1] == [("A", "127.0.0.1", 60)]


def test_dns_can_carry_the_providers_own_names(lab):
    lab.world.extra["members.dyndns.org"] = {"A": "127.0.0.1"}
    assert ask(lab, "members.dyndns.org")[1] == [("A", "127.0.0.1", 60)]


def test_other_processes_drive_the_lab_by_its_admin_pages():
    with running(bind="127.0.0.1") as lab:
        assert admin(lab, "/")["https"] == lab.https_port
        assert admin(lab, "/world", {"check_address": "45.33.5.5"})["check_address"] == "45.33.5.5"
        assert "45.33.5.5<" in exchange(lab, "/", user=None).text
        admin(lab, "/fault", {"name": "crlf", "times": 1})
        assert exchange(lab, TARGET).text == "good 45.33.7.9\r\n"
        assert admin(lab, "/published/demo.dyndns.org") == {"A": "45.33.7.9", "AAAA": None}
        admin(lab, "/answer", {"text": "badauth\n", "status": 401, "times": 1})
        assert exchange(lab, TARGET).status == 401
        exchange(lab, TARGET)
        ledger = admin(lab, "/ledger?kind=update")
        assert [row["reply"] for row in ledger["requests"]] == [
            "good 45.33.7.9\r\n",
            "badauth\n",
            "nochg 45.33.7.9\n",
        ]
        names = {
            row["finding"]: row["document"] for client in ledger["clients"] for row in client["findings"]
        }
        assert names["update after a refusal"] == "help.dyn.com, Remote Access API, Return Codes"
        admin(lab, "/host", {"name": "demo.dyndns.org", "state": "blocked"})
        assert exchange(lab, TARGET).text == "abuse\n"
        now = admin(lab, "/world")["now"]
        assert admin(lab, "/world", {"advance": 3600})["now"] - now >= 3600
        for path, document in (
            ("/fault", {"name": "nope"}),
            ("/world", {"nope": 1}),
            ("/host", {"name": "nope"}),
            ("/fault", []),
            ("/answer", {}),
        ):
            assert "error" in admin(lab, path, document)
        admin(lab, "/fault", {"name": "204"})
        assert admin(lab, "/faults")["active"][0]["name"] == "204"
        admin(lab, "/fault", method="DELETE")
        assert admin(lab, "/faults")["active"] == []
        admin(lab, "/ledger", method="DELETE")
        assert admin(lab, "/ledger")["requests"] == []
        admin(lab, "/reset", {})
        assert (
            admin(lab, "/published/demo.dyndns.org")["A"] is None
            and admin(lab, "/world")["check_address"] is None
        )
        assert exchange(lab, TARGET).text == "good 45.33.7.9\n"


def test_wait_for_and_the_clock():
    with running(bind="127.0.0.1", speed=1000, start=1e9) as lab:
        assert not lab.wait_for(1, timeout=0.05)
        exchange(lab, TARGET)
        assert lab.wait_for(1, timeout=3, kind="update")
        assert lab.world.now() > 1e9 + 40
        lab.world.clock = lambda: 5.0
        assert lab.world.now() == 5.0


def test_a_port_in_use_is_one_clear_line(lab):
    with pytest.raises(
        UserError,
        match=r"port %d on 127.0.0.1 is already in use: choose another with --https" % lab.http_port,
    ):
        running(bind="127.0.0.1", https=lab.http_port).start()


@pytest.mark.parametrize(
    "content, words",
    [(None, "cannot read"), ("{", "not JSON"), ('{"accounts": [{"name": 1}]}', "does not understand")],
)
def test_a_bad_accounts_file_is_one_clear_line(tmp_path, content, words):
    path = tmp_path / "accounts.json"
    if content:
        path.write_text(content)
    with pytest.raises(UserError, match=words):
        running(accounts=str(path))


def tool(*args):
    return subprocess.Popen(
        [sys.executable, "-m", "tools", "lab", *args],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_the_command_line_serves_and_ends_cleanly(tmp_path):
    accounts = tmp_path / "accounts.json"
    accounts.write_text(
        json.dumps({"accounts": [{"user": "u", "password": "p", "hosts": ["a.example.org"]}]})
    )
    with tool(
        "--dir", str(tmp_path / "lab"), "--accounts", str(accounts), "--fault", "crlf:times=1"
    ) as process:
        try:
            assert process.stdout.readline().startswith("lab dyn: http ")
            made = json.loads((tmp_path / "lab" / "lab.json").read_text())
            assert made["accounts"][0]["hosts"] == ["a.example.org"] and made["pid"] == process.pid

            class Remote:
                ports, ca_pem = made["ports"], made["ca_pem"]

            answer = exchange(
                Remote, "/nic/update?hostname=a.example.org&myip=45.33.7.9", user="u", password="p"
            )
            assert answer.text == "good 45.33.7.9\r\n"
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0 and process.stderr.read() == ""


@pytest.mark.parametrize(
    "args, words",
    [
        (["--provider", "nobody"], "the lab has no provider 'nobody'"),
        (["--fault", "nope"], "no fault 'nope'"),
        (["--bind", "192.0.2.1"], "cannot listen on 192.0.2.1"),
        (["--dir", "/proc/lab"], "cannot write to the lab's directory /proc/lab"),
        (["--fault", "crlf:times"], "is no KEY=VALUE"),
        (["--accounts", "/nonexistent"], "cannot read the accounts file"),
    ],
)
def test_the_command_lines_mistakes_are_one_line(args, words):
    with tool(*args) as process:
        out, err = process.communicate(timeout=15)
    assert process.returncode == 1 and err.count("\n") == 1 and words in err and out == ""
