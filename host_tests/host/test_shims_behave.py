# SPDX-License-Identifier: MIT
"""The stand-ins for `tls` and `requests` do what MicroPython's do: one client script, every interpreter, one
server. Host only."""

import os
import socket
import ssl
import subprocess
import sys
import threading

import pytest
import trustme

from host_tests.needs import usable
from tools import ROOT, interpreters

TLS_CLIENT = r"""
import sys, socket, select, tls
port, ca, name, mode = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
ctx = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
print(ctx.verify_mode == tls.CERT_REQUIRED)
if ca != "-":
    with open(ca, "rb") as f:
        ctx.load_verify_locations(f.read())
s = socket.socket()
s.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
s.setblocking(False)
try:
    w = ctx.wrap_socket(s, server_hostname=name or None, do_handshake_on_connect=False)
    p = select.poll()
    p.register(s, select.POLLIN)
    while not w.write(b"ping\n"):
        p.poll(1000)
    print("quiet", w.read(10))
    while not w.write(b"go\n"):
        p.poll(1000)
    got = b""
    while True:
        part = w.read(3)
        if part is None:
            p.poll(1000)
        elif part:
            got += part
        else:
            break
    print(got)
    w.close()
except ValueError as e:
    print("ValueError")
except OSError as e:
    print("OSError", e.args[0] if mode == "code" else "")
"""

REQUESTS_CLIENT = r"""
import requests
class Wire:
    def __init__(self, *args): self.lines = SCRIPT[:]; log.append(("socket", len(args)))
    def settimeout(self, t): log.append(("settimeout", t))
    def connect(self, address): log.append(("connect", address))
    def write(self, data): sent.append(data if isinstance(data, bytes) else data.encode())
    def readline(self, *a): return self.lines.pop(0)
    def read(self, *a): return b"good 192.0.2.1\n"
    def close(self): log.append(("close",))
class Net:
    SOCK_STREAM = 1
    def getaddrinfo(self, *args): log.append(("getaddrinfo", args)); return [(2, 1, 6, "", ("192.0.2.9", 80))]
    def socket(self, *args): return Wire(*args)
requests.socket = Net()
for SCRIPT in ([b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", b"\r\n"],
               [b"HTTP/1.1 200\r\n", b""],
               [b"garbage\r\n"],
               [b"HTTP/1.1 200 OK\r\n", b"Transfer-Encoding: chunked\r\n", b"\r\n"],
               [b"HTTP/1.1 399 What\r\n", b"Location: http://x/\r\n", b"\r\n"]):
    log, sent = [], []
    try:
        headers = {"User-Agent": "T/1", "Authorization": "Basic eA=="}
        r = requests.get("http://members.example:8080/nic/update?a=b", headers=headers, timeout=7)
        print(r.status_code, r.reason, sorted(r.headers.items()), r.text)
        r.close()
    except Exception as e:
        print(type(e).__name__)
    print(log)
    lines = b"".join(sent).split(b"\r\n")
    print(lines[0], [l for l in sorted(lines[1:]) if not l.startswith(b"Connection")])
"""


@pytest.fixture(params=["cpython", "micropython-wheel", "micropython-amd64", "micropython-i386"])
def client(request, tmp_path):
    """A function (code, *args) -> lines printed by `code` under this interpreter."""

    def call(code, *args):
        script = tmp_path / "client.py"
        script.write_text(code)
        if request.param == "cpython":
            argv = [sys.executable, "-m", "wanbeacon_cpython"]
            env = dict(os.environ, PYTHONPATH="%s:%s" % (ROOT / "firmware/wanbeacon/board/cpython", tmp_path))
            script = "client"
        else:
            argv, env = usable(request.param).argv, interpreters.environment()
        done = subprocess.run(
            [*argv, script, *map(str, args)], capture_output=True, text=True, timeout=30, env=env
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()

    return call


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    one, folder = trustme.CA(), tmp_path_factory.mktemp("ca")
    (folder / "ca.der").write_bytes(ssl.PEM_cert_to_DER_cert(one.cert_pem.bytes().decode()))
    (folder / "other.der").write_bytes(ssl.PEM_cert_to_DER_cert(trustme.CA().cert_pem.bytes().decode()))
    return one, folder


@pytest.fixture
def server(ca):
    """Port of a TLS server that, after "go", answers "0123456789" and closes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # 1.3 reports a rejected client late; both are covered elsewhere
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    ca[0].issue_cert("members.example").configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20)

    def serve():
        try:
            with listener.accept()[0] as raw, context.wrap_socket(raw, server_side=True) as tls:
                tls.settimeout(10)
                got = b""
                while not got.endswith(b"go\n"):
                    part = tls.recv(100)
                    if not part:
                        return
                    got += part
                tls.sendall(b"0123456789")
        except OSError:
            pass

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    listener.close()
    thread.join(10)


def test_tls_reads_none_while_quiet_then_the_answer(client, server, ca):
    assert client(TLS_CLIENT, server, ca[1] / "ca.der", "members.example", "") == [
        "True",
        "quiet None",
        "b'0123456789'",
    ]


def test_tls_rejected_certificates_are_value_errors(client, server, ca):
    assert client(TLS_CLIENT, server, ca[1] / "ca.der", "evil.example", "") == ["True", "ValueError"]


def test_tls_unknown_ca_is_a_value_error(client, server, ca):
    assert client(TLS_CLIENT, server, ca[1] / "other.der", "members.example", "") == ["True", "ValueError"]


def test_tls_without_a_name_to_check_is_a_value_error(client, server, ca):
    assert client(TLS_CLIENT, server, ca[1] / "ca.der", "", "") == ["True", "ValueError"]


def test_tls_without_roots_is_the_same_os_error(client, server):
    assert client(TLS_CLIENT, server, "-", "members.example", "code") == ["True", "OSError -30336"]


def test_requests_uses_its_socket_the_same_way_everywhere(client):
    assert client(REQUESTS_CLIENT) == EXPECTED


_CALLS = (
    "[('getaddrinfo', ('members.example', 8080, 0, 1)), ('socket', 3), ('settimeout', 7), ('connect', "
    "('192.0.2.9', 80))%s]"
)
_SENT = (
    "b'GET /nic/update?a=b HTTP/1.0' [b'', b'', b'Authorization: Basic eA==', b'Host: members.example', "
    "b'User-Agent: T/1']"
)
EXPECTED = [
    "200 b'OK' [('X', 'y')] good 192.0.2.1",
    "",
    _CALLS % ", ('close',)",
    _SENT,
    "200  [] good 192.0.2.1",
    "",
    _CALLS % ", ('close',)",
    _SENT,
    "ValueError",
    _CALLS % "",
    _SENT,
    "ValueError",
    _CALLS % "",
    _SENT,
    "NotImplementedError",
    _CALLS % "",
    _SENT,
]
