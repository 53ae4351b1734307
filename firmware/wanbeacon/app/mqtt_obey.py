# SPDX-License-Identifier: MIT
"""A command that came from the broker. A stage of mqtt.py."""

import json

from wanbeacon.app import commands, words

#: What a broker may make us do: nothing that takes a name off the net, changes settings or tells a secret.
ALLOWED = ("check", "pause", "resume", "retry", "update", "upgrade")
#: So many at once, and then one in so many seconds: each may cost a write of flash.
_TOKENS, _TOKEN_S = 8, 20
_UPGRADE = 4  # of them for a look at the server of new versions, a TLS session
_TEXT_MAX = 300  # characters of the answer


def obey(broker, raw):
    """One command (bytes): its answer as JSON (bytes), None when it is not even answered."""
    agent, now = broker.agent, broker.agent.clock.mono()
    if broker.tokens is None:
        broker.tokens, broker.refilled = _TOKENS, now
    fresh = (now - broker.refilled) // _TOKEN_S
    broker.tokens, broker.refilled = min(_TOKENS, broker.tokens + fresh), broker.refilled + fresh * _TOKEN_S
    try:
        text = raw.decode().strip()
    except (UnicodeError, ValueError):
        text = None
    price = _UPGRADE if text == "upgrade" else 1
    if broker.tokens < price:
        return None
    broker.tokens -= price
    if text is None:
        return None
    said = _done(agent, text)
    return json.dumps(
        {"command": text[:60], "ok": said["ok"], "text": agent.log.scrub(said["text"])[:_TEXT_MAX]}
    ).encode()


def _done(agent, text):
    name, _, host = text.partition(" ")
    if name not in ALLOWED:
        return {"ok": False, "text": words.say("no.mqtt", " ".join(ALLOWED))}
    if name != "retry" or host:
        said = commands.run(agent, text)
        if name == "upgrade" and said["ok"]:
            agent.board.ask("upgrade broker")
        return said
    stopped = [h.name for h in agent.hosts() if h.rec.stopped()]
    said = {"ok": False, "text": words.say("no.not-stopped")}
    for host in stopped:
        one = commands.run(agent, "retry " + host)
        said = one if one["ok"] or not said["ok"] else said
    return said
