# SPDX-License-Identifier: MIT
"""Two hundred exchanges with servers that misbehave, in one process per interpreter: each ends in time, heap
and descriptors are as before. All four interpreters go at the same time: most of it is waiting."""

import concurrent.futures
import contextlib
import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from tools.lab import running
from tools.netlab.agent_process import CPYTHON, EVERY, python

#: ms for an exchange that is to run into its deadline; TLS alone takes 30-60 of them on a busy machine.
SHORT = 250
#: ms for one that ends by itself.
LONG = 8000
#: ms beyond the budget that a loaded machine may take.
SLACK = 400

#: OpenSSL gives up after some records, Mbed TLS never does.
FLOODED = ("timeout", "tls")

# what -> (exchanges, budget, listener or None = https, fault, its options, how it must end)
ROUNDS = {
    "answers": (8, LONG, None, None, {}, "HTTP 200"),
    "long headers": (4, LONG, None, "long-headers", {}, "HTTP 200"),
    "odd header lines": (4, LONG, None, "odd-lines", {}, "HTTP 200, 15 "),
    "header lines without end of colons": (2, LONG, None, "odd-lines", {"count": 800}, "header"),
    "interim replies": (3, LONG, None, "interim", {"count": 3}, "HTTP 200, 15 "),
    "nothing but interim replies": (2, LONG, None, "interim", {"count": 50, "after": "no"}, "odd"),
    "chunks with trailers": (3, LONG, None, "trailers", {}, "HTTP 200, 15 "),
    "flood of alerts": (2, LONG, None, "flood", {"kind": "alert"}, "tls"),
    "flood of ChangeCipherSpec": (2, LONG, None, "flood", {"kind": "ccs"}, "tls"),
    "steady alerts": (2, SHORT, None, "flood", {"kind": "alert", "interval": 0.002}, FLOODED),
    "steady ChangeCipherSpec": (2, SHORT, None, "flood", {"kind": "ccs", "interval": 0.002}, FLOODED),
    "mute": (6, SHORT, None, "mute", {}, "timeout"),
    "mute after TLS": (6, SHORT, None, "mute-after-tls", {}, "timeout"),
    "dribbles": (5, SHORT, None, "dribble", {"interval": 0.02}, "timeout"),
    "does not accept": (4, SHORT, "full", None, {}, "timeout"),
    "endless body": (14, LONG, None, "endless-body", {}, "HTTP 200, 4096"),
    "endless header": (10, LONG, None, "endless-header", {}, "header"),
    "endless line": (10, LONG, None, "endless-line", {}, "header"),
    "reset": (8, LONG, None, "reset", {}, ("reset", "cut")),
    "closed at once": (36, LONG, None, "close", {}, "tls"),
    "reset at once": (24, LONG, None, "close", {"reset": 1}, ("tls", "connect")),
    "half an answer": (3, LONG, None, "half", {}, "cut"),
    "redirect": (6, LONG, None, "redirect", {}, "redirect"),
    "redirect to plain": (4, LONG, None, "redirect", {"tls": "no"}, "redirect"),
    "garbage": (6, LONG, None, "garbage", {}, "odd"),
    "wrong name": (16, LONG, "wrong-name", None, {}, ("untrusted", "wrong name")),
    "unknown authority": (14, LONG, "unknown-ca", None, {}, "untrusted"),
    "one connection": (8, LONG, None, None, {}, "HTTP 200"),
    "a connection each": (4, LONG, None, "lone", {}, "HTTP 200"),
    "closed after three": (8, LONG, None, "hang-up", {"after": 3}, "HTTP 200"),
    "closed at a request": (
        4,
        LONG,
        None,
        "hang-up",
        {"after": 2, "answer": "no"},
        ("HTTP 200", "cut", "reset"),
    ),
    "nobody there": (24, LONG, "closed", None, {}, "connect"),
}
assert sum(row[0] for row in ROUNDS.values()) >= 200


# Several requests that may share a connection -> (KEEP of exchange_loop.py, requests on each connection)
KEPT = {
    "one connection": (1, [8]),
    "a connection each": (1, [1, 1, 1, 1]),
    "closed after three": (2, [3, 3, 2]),
    "closed at a request": (1, [3, 1]),
}


class Loop:
    """exchange_loop.py under one interpreter."""

    def __init__(self, name):
        argv, env = python(name, Path(__file__).with_name("exchange_loop.py"))
        if name == CPYTHON:
            argv[-1] = "exchange_loop"
            env["PYTHONPATH"] += os.pathsep + str(Path(__file__).parent)
        self.name = name
        self.process = subprocess.Popen(
            argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "%s ended: exit status %s" % (self.name, self.process.wait(5))
        return dict(json.loads(line), descriptors=len(os.listdir("/proc/%d/fd" % self.process.pid)))

    def close(self):
        self.process.stdin.close()
        self.process.wait(5)


@contextlib.contextmanager
def full_port():
    """A port whose queue of connections is full: a SYN to it gets no answer, as behind a firewall that
    drops."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(2):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def results():
    """{interpreter: {round: what the loop said}}; "again" is a last round of answers, as the first."""
    out = {name: {} for name in EVERY}
    with (
        running("dyn", bind="127.0.0.1") as lab,
        full_port() as full,
        concurrent.futures.ThreadPoolExecutor() as pool,
    ):
        with socket.socket() as gone:
            gone.bind(("127.0.0.1", 0))
            ports = {"full": full, "closed": gone.getsockname()[1], None: lab.https_port, **lab.ports}
        loops = [Loop(name) for name in EVERY]
        try:
            for title in [*ROUNDS, "again"]:
                count, budget, listener, fault, options, _ = ROUNDS.get(title) or ROUNDS["answers"]
                if fault:
                    lab.fault(fault, **options)
                order = count, budget, ports[listener], lab.ca_der, KEPT.get(title, (0,))[0]
                before = len(lab.connections)
                asked = {loop.name: pool.submit(loop.ask, *order) for loop in loops}
                for name, said in asked.items():
                    out[name][title] = said.result()
                if title in KEPT:
                    out["served " + title] = sorted(one["served"] for one in lab.connections[before:])
                lab.clear()
            out["strangers"] = lab.ledger_of("stranger")
        finally:
            for loop in loops:
                loop.close()
    return out


@pytest.mark.parametrize("title", ROUNDS)
def test_each_exchange_ends_as_it_should_within_its_deadline(results, title):
    count, budget, *_, word = ROUNDS[title]
    words = word if isinstance(word, tuple) else (word,)
    for name in EVERY:
        said = results[name][title]
        ends = sum(n for end, n in said["words"].items() if end.startswith(words))
        assert ends == count, "%s: %s" % (name, said["words"])
        assert said["slowest"] <= budget + SLACK, name


@pytest.mark.parametrize("name", EVERY)
def test_the_heap_is_back_where_it_was_and_no_descriptor_is_left(results, name):
    first, last = results[name]["answers"], results[name]["again"]
    assert last["descriptors"] == first["descriptors"]
    # MicroPython's collector is conservative: a stale word on the C stack may hold an object or two
    spare = 1024 if name != CPYTHON else 4096
    assert last["heap"] <= first["heap"] + spare, {
        title: said["heap"] for title, said in results[name].items()
    }


@pytest.mark.parametrize("title", KEPT)
def test_a_connection_serves_as_many_requests_as_the_server_lets_it(results, title):
    """Four programs at a time. One that the server closed is left before anything is sent; what was sent on
    one that then ends is not sent again, and the next request has a connection of its own."""
    assert results["served " + title] == sorted(KEPT[title][1] * len(EVERY))
    if title == "closed at a request":
        for name in EVERY:
            words = results[name][title]["words"]
            assert sum(n for word, n in words.items() if word.startswith("HTTP 200")) == 3, words


def test_nothing_went_where_a_redirect_pointed(results):
    assert results["strangers"] == []
