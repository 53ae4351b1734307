# SPDX-License-Identifier: MIT
"""Before the agent is built: the accounts' rows out of the catalogue, what is unwise about the settings, the
names it gives itself. A stage of the start, whose large parts are stages of their own."""

import asyncio
import binascii

from wanbeacon.app import stage
from wanbeacon.app.log import SECRET_MIN, Log
from wanbeacon.core.record import Journal
from wanbeacon.core.url import quote


def begin(agent, cfg, board, clock, out, report, transport):
    """Fill an Agent, whose attributes these are; the accounts' rows."""
    agent.cfg = cfg
    agent.board = board
    agent.clock = clock
    agent.report = report
    agent.transport = transport
    agent.log = Log(clock, out, not (stage.scarce and stage.brief))
    agent.event = asyncio.Event()
    agent.counters = {"requests": 0, "events": 0, "faults": 0}
    agent.faults = {}  # where -> [what, until when (mono) it rests, how long]
    agent.exchange = None
    agent.history = b""  # the last changes, packed: past.py
    agent.again = None  # mono_ms of the second look after an event
    agent.clock_was_set, agent.clock_gone = clock.wall() is not None, False
    agent.save_after, agent.save_error = 0, None  # a code with its data
    agent.tasks, agent.lines, agent.accounts = {}, [], []
    agent.asked, agent.names = {}, {}  # line -> when its outside sources were asked; style -> User-Agent
    agent.journal = Journal(board.slots())
    return rows(agent)


def rows(agent):
    """The catalogue row of each account. What is unwise goes to the log;
    ValueError with one line about what cannot work."""
    for account in agent.cfg["accounts"]:
        for secret in ("password", "token"):
            agent.log.keep_secrets(forms(account.get(secret), account.get("user")))
    try:
        found, problems, warnings = stage.run(
            "dyndns.advice",
            "judge",
            agent.board.catalogue,
            agent.cfg["accounts"],
            agent.cfg["device"].get("contact"),
        )
    except OSError:
        raise ValueError("the catalogue of providers is missing: %s" % agent.board.catalogue)
    for text in warnings:
        agent.log(text, "warn")
    if problems:
        raise ValueError("; ".join(problems))
    device = dict(agent.cfg["device"])
    device["contact"] = None  # only the account's own provider learns it (Agent.agent_name)
    device["model"] = device.get("model") or agent.board.model() or "Generic"
    for style in (None, "dyn"):
        agent.names[style] = stage.run("dyndns.request", "user_agent", device, style)
    return found


def forms(secret, user=""):
    """How a secret may appear in a text: in clear, as it stands in a URL, and as it stands beside `user` in
    an Authorization header. [] for none, or one too short to be found among other words."""
    if not secret or len(secret) < SECRET_MIN:
        return []
    basic = binascii.b2a_base64(("%s:%s" % (user or "", secret)).encode()).decode().strip()
    return [secret, quote(secret), basic]
