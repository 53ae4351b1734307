# SPDX-License-Identifier: MIT
"""Notices over the real wire: each known service as strict as it is documented, a command, a dead receiver.
Host only."""

import contextlib
import http.server
import os
import socket
import threading
import time

import pytest

from host_tests.host import notice_services
from tools.lab import running
from tools.netlab.agent_process import CPYTHON, EVERY, Agent, account

A, B = "45.33.7.9", "45.33.7.10"
NAME = "demo.dyndns.org"


@pytest.fixture(scope="module")
def lab():
    with running("dyn") as lab:
        yield lab


def poked(agent, condition, timeout=40):
    """Until `condition()` holds; the agent is made to look again at once."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end and agent.process.poll() is None, agent.output
        agent.command("check")
        time.sleep(0.3)


def telling(lab, name, notify, password="wrong-pass-word"):
    """An agent whose password is wrong, so that its name stops: the event that every receiver gets."""
    lab.reset()
    agent = Agent(name, {"accounts": [account(lab, NAME, password=password)], "notify": notify})
    agent.set_address(A)
    return agent


@pytest.mark.parametrize(
    "name", EVERY if os.environ.get("WANBEACON_NIGHTLY") else (CPYTHON, "micropython-i386")
)
def test_every_service_takes_the_notice_and_none_of_them_is_told_a_secret(lab, name):
    with notice_services.Services(lab.authority.context()) as services:
        notify = [dict(entry, ca=str(lab.ca_der)) for entry in notice_services.entries(services.url)]
        with telling(lab, name, notify) as agent:
            agent.start()
            poked(agent, lambda: len(services.taken) == len(notice_services.PLACES) or services.wrong)
            time.sleep(0.5)
            assert not services.wrong
            for service, texts in services.taken.items():
                assert len(texts) == 1 and texts[0].startswith(
                    NAME + ": stopped\n" + NAME + ": stopped. badauth: "
                ), (service, texts)
                assert "wrong-pass-word" not in texts[0]
            agent.kill()
            agent.start()
            agent.wait(lambda s: s["hosts"][0]["state"] == "stopped")
            for _ in range(3):
                agent.command("check")
                time.sleep(0.2)
            assert all(len(texts) == 1 for texts in services.taken.values()), "told again after a restart"
            for secret in notice_services.SECRETS + ("wrong-pass-word",):
                assert secret.encode() not in agent.everything(), secret


def test_a_receiver_whose_certificate_is_unknown_is_told_nothing(lab):
    with (
        notice_services.Services(lab.authority.context()) as services,
        telling(lab, "micropython-wheel", notice_services.entries(services.url)[:1]) as agent,
    ):
        agent.start()
        poked(agent, lambda: "untrusted" in agent.output)
        assert not services.taken and not services.wrong


def test_a_dead_receiver_costs_ten_seconds_at_most_and_updates_go_on(lab):
    lab.reset()
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes the connection and says nothing
        url = "http://localhost:%d/x" % mute.getsockname()[1]
        agent = telling(lab, "micropython-wheel", [{"url": url, "events": ["published"]}], "demo-key")
        with agent:
            agent.start()
            start = time.monotonic()
            while "may have arrived" not in agent.output:  # nobody else wants anything: ten seconds
                assert time.monotonic() - start < 30, agent.output
                time.sleep(0.05)
            assert 9 < time.monotonic() - start < 13
            assert lab.published(NAME)["A"] == A, "the update came first"


LATE = 1.0  # seconds that a receiver may cost an update


def publish(lab, agent, address):
    """The line has another address: seconds until the provider has it."""
    time.sleep(1.2)  # the least time between two updates
    agent.set_address(address)
    start = time.monotonic()
    agent.command("check")
    while lab.published(NAME)["A"] != address:
        assert time.monotonic() - start < 30, agent.output
        time.sleep(0.01)
    return time.monotonic() - start


EACH = [(CPYTHON, False), ("micropython-i386", True)]
if os.environ.get("WANBEACON_NIGHTLY"):
    EACH += [(CPYTHON, True), ("micropython-i386", False)]


@pytest.mark.parametrize(("name", "tls"), EACH)
def test_a_receiver_that_hangs_makes_no_update_late(lab, name, tls):
    """An address that changes while a notice waits for a mute server, before its request left (TLS) and
    after."""
    lab.reset()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        place = "http%s://localhost:%d/x" % ("s" if tls else "", mute.getsockname()[1])
        config = {
            "accounts": [account(lab, NAME)], "intervals": {"minimum": 1},
            "notify": [{"url": place, "events": ["published"], "ca": str(lab.ca_der)}],
        }  # fmt: skip
        with Agent(name, config) as agent:
            agent.set_address(A)
            agent.start()
            mute.settimeout(30)
            hanging = mute.accept()[0]  # now it waits for an answer that does not come
            took = publish(lab, agent, B)
            assert ("something else came first" if tls else "may have arrived") in agent.output
            hanging.close()
            mute.close()
            usual = publish(lab, agent, A)
            print("%s, %s: %.2f s, usually %.2f s" % (name, "TLS" if tls else "plain", took, usual))
            assert took < usual + LATE, agent.output


class Hostile(http.server.BaseHTTPRequestHandler):
    """/endless: 100 MB and more as its answer; /away: a redirect to a place without TLS."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.path)
        away = self.path == "/away"
        self.send_response(302 if away else 200)
        self.send_header("Location" if away else "X-Long", self.server.away if away else "x" * 3000)
        self.end_headers()
        with contextlib.suppress(OSError):
            while not away:
                self.wfile.write(b"x" * 65536)

    def log_message(self, *_):
        pass


def test_a_receiver_that_answers_without_end_or_sends_us_elsewhere(lab):
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
        server.socket = lab.authority.context().wrap_socket(server.socket, server_side=True)
        server.asked, server.away = [], "http://localhost:%d/" % other.getsockname()[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        place = "https://localhost:%d/" % server.server_address[1]
        notify = [{"url": place + path, "ca": str(lab.ca_der)} for path in ("endless", "away")]
        with telling(lab, "micropython-wheel", notify) as agent:
            agent.start()
            start = time.monotonic()
            poked(agent, lambda: "given up" in agent.output and "sent to localhost" in agent.output)
            assert time.monotonic() - start < 10
            other.settimeout(0.2)
            with pytest.raises(TimeoutError):
                other.accept()
            agent.now()
        server.shutdown()
        server.server_close()
        assert server.asked == ["/endless", "/away"], server.asked


@pytest.mark.parametrize("name", (CPYTHON, "micropython-wheel"))
def test_a_command_has_the_event_in_its_environment_and_nobody_waits_for_it(lab, name, tmp_path):
    out = tmp_path / "told"
    (tmp_path / "tell").write_text(
        "sleep 1; env | grep ^WANBEACON_ > %s.new; ls /proc/$$/fd | wc -l >> %s.new; mv %s.new %s; sleep 50"
        % ((out,) * 4)
    )
    hook = "sh %s/tell" % tmp_path
    with telling(lab, name, [{"hook": hook}]) as agent:
        agent.start()
        agent.wait(lambda s: s["hosts"][0]["state"] == "stopped")
        start = time.monotonic()
        agent.now()
        assert time.monotonic() - start < 0.9
        poked(agent, out.exists)
        lines = out.read_text().splitlines()
        told = dict(line.split("=", 1) for line in lines if "=" in line)
        assert (
            told["WANBEACON_EVENT"] == "stopped"
            and told["WANBEACON_HOST"] == NAME
            and "badauth" in told["WANBEACON_TEXT"]
        )
        assert set(told) - set(os.environ) == {
            "WANBEACON_" + key for key in ("EVENT", "HOST", "TITLE", "TEXT", "ADDRESS", "TIME")
        }
        assert int(lines[-1]) <= 6, "sockets of ours were handed on"
