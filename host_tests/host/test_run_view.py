# SPDX-License-Identifier: MIT
"""The picture of `make run`: fits the terminal, and says in words what a person wants to know. Host only."""

import io

import pytest
from rich.console import Console

from tools.run import screen
from tools.run.view import Picture, age, headline, next_words, render

NOW = 1_800_000_000


def host(name, state="ok", **more):
    return {
        "name": name,
        "state": state,
        "ipv4": "45.33.7.9",
        "ipv6": None,
        "since": NOW - 70,
        "next": "refresh",
        "next_at": NOW + 86400 * 28,
        "why": "up to date",
        **more,
    }


def status(*hosts, **more):
    line = {
        "ipv4": {"address": "45.33.7.9", "source": "netlink", "since": NOW - 75, "why": ""},
        "ipv6": {"address": None, "source": None, "since": None, "why": "not needed"},
    }
    return {
        "now": NOW,
        "started": NOW - 100,
        "clock": "ok",
        "paused": False,
        "lines": [line],
        "hosts": list(hosts),
        "exchange": {
            "when": NOW - 70,
            "provider": "dyn",
            "hosts": ["a"],
            "status": 200,
            "reply": "good 45.33.7.9",
            "ms": 40,
        },
        "counters": {"requests": 1, "events": 2},
        "journal": {"state": "ok", "lost": None, "sequence": 2},
        **more,
    }


def draw(picture, width=100, height=32):
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=True, color_system=None)
    console.print(render(picture, console, NOW))
    return console.file.getvalue().splitlines()


def picture(document, **more):
    return Picture(
        "Wanbeacon",
        ("The line got a new address", "The kernel told the agent.", "Done."),
        status=document,
        hints=["Ctrl-C ends."],
        log=[(n, "12:00:00", "line %d of the log" % n) for n in range(60)],
        **more,
    )


STOPPED = host(
    "stopped.example.org",
    "stopped",
    next="nothing",
    next_at=None,
    why="abuse: the provider blocked this host",
)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 32), (160, 50), (60, 20)])
@pytest.mark.parametrize("count", [1, 3, 40])
def test_it_fits_the_terminal(width, height, count):
    hosts = [host("name%d.example.org" % n) for n in range(count)] + [STOPPED]
    lines = draw(
        picture(status(*hosts), step="scene 1 of 9", done=0.5, dns={h["name"]: "45.33.7.9" for h in hosts}),
        width,
        height,
    )
    assert max(map(len, lines)) <= width
    if (width, height) != (60, 20):
        assert len(lines) <= height
        assert "Ctrl-C ends." in lines[-1]
        assert any("stopped.example.org" in line for line in lines), (
            "what needs attention is shown before what does not"
        )


def test_it_says_address_source_answer_state_and_why():
    text = "\n".join(draw(picture(status(host("home.example.org"), STOPPED)), 120, 40))
    for words in (
        "45.33.7.9  from the kernel (netlink), for 75 s",
        "HTTP 200 good 45.33.7.9",
        "1 request, 2 events",
        "journal written 2 times",
        "✓ ok",
        "refresh in 28 days: up to date",
        "■ stopped",
        "nothing before you act: abuse: the provider blocked this host",
        "line 59 of the log",
    ):
        assert words in text, words


def test_an_address_that_is_not_published_says_why():
    document = status(
        host("home.example.org", "waiting", next="wait", next_at=None, why="100.64.1.1 is inside CGNAT")
    )
    document["lines"][0]["ipv4"].update(address="100.64.1.1", why="100.64.1.1 is inside CGNAT")
    text = "\n".join(draw(picture(document)))
    assert "not published: it is inside CGNAT" in text and text.count("inside CGNAT") == 1
    assert "wait: the line's address cannot be published" in text


def test_trouble_of_journal_and_clock_is_shown():
    document = status(host("a.org"), clock="not set")
    document["journal"] = {
        "state": "the journal cannot be written",
        "lost": "slot a was damaged",
        "sequence": 0,
    }
    text = "\n".join(draw(picture(document)))
    assert (
        "the journal cannot be written" in text and "slot a was damaged" in text and "clock not set" in text
    )


def test_before_the_first_status_it_says_that_the_agent_starts():
    assert any("starting" in line for line in draw(picture(None)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ("refresh in 28 days", "up to date")),
        (
            {"state": "waiting", "next": "send", "next_at": NOW + 42, "why": "the address changed"},
            ("send in 42 s", "the address changed"),
        ),
        (
            {
                "state": "waiting",
                "next": "send",
                "next_at": NOW + 42,
                "why": "the address changed; cut: trying again later",
                "class": "LATER",
                "text": "the answer was cut off; will be tried again",
            },
            ("send in 42 s", "the answer was cut off; will be tried again"),
        ),
        ({"state": "waiting", "next": "wait", "next_at": None, "why": "no address"}, ("wait", "no address")),
        (
            {"state": "stopped", "next": "nothing", "next_at": None, "why": "nohost"},
            ("nothing before you act", "nohost"),
        ),
        (
            {"state": "paused", "next": "nothing", "next_at": None, "why": "paused by the user"},
            ("nothing", "paused by the user"),
        ),
    ],
)
def test_next_step_in_words(changes, words):
    assert next_words(host("a.org", **changes), NOW) == words


def test_headline_names_the_worst_first():
    assert headline(None)[0] == "The agent is starting"
    assert headline(status(host("a"), host("b")))[0] == "Everything is up to date"
    assert headline(status(host("a"), STOPPED))[0] == "1 of 2 hosts stopped"
    assert headline(status(host("a"), host("b", "waiting")))[0] == "1 of 2 hosts up to date"
    assert headline(status(host("a"), paused=True))[0] == "Paused by the user"


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (172800, "2 days")]
)
def test_age(seconds, text):
    assert age(seconds) == text


@pytest.mark.parametrize("count", [3, 32])
def test_a_small_terminal_shows_hosts_log_and_where_it_was_cut(count):
    hosts = [host("h%d.example.org" % n) for n in range(count)]
    lines = draw(
        picture(status(*hosts), step="scene 1 of 9", done=0.5, dns={h["name"]: "45.33.7.9" for h in hosts}),
        80,
        24,
    )
    assert len(lines) <= 24 and all(len(line.rstrip()) <= 80 for line in lines)
    text = "\n".join(lines)
    assert "Log of the agent" in text and "Next, and why" in text
    shown = sum("h%d." % number in text for number in range(count))
    assert shown >= 3
    if shown < count:
        assert "and %d more" % (count - shown) in text


@pytest.mark.parametrize(("term", "whole"), [("dumb", False), ("xterm-256color", True)])
def test_a_dumb_terminal_gets_lines(monkeypatch, term, whole):
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(
        screen, "Console", lambda **more: Console(**more, force_terminal=True, file=io.StringIO())
    )
    assert bool(screen.Screen(None, False, None).live) is whole
