# SPDX-License-Identifier: MIT
"""A command to many devices over their broker, one after another, and what they answer."""

import asyncio
import contextlib
import json

from ..check import firmware
from . import client

#: What a device takes from a broker (app/mqtt_obey.py); some of them go with a host's name.
COMMANDS = firmware("app.mqtt_obey").ALLOWED
#: Without a word for so long all that is retained has come.
QUIET_S = 1.0
#: For the last answer. A device with one TLS session at a time may be away for an exchange.
PATIENCE_S = 15
#: Devices a second, unless the user wants more time: an upgrade makes each fetch 0.4 MB from one server.
RATE = 20


async def send(place, tls, seen, chosen, command, over=0.0):
    """Send `command` to the devices of chosen(), spread over so many seconds; {name: answer}, an answer is
    (ok, text), None for a device that gave none. seen: a model.Fleet, filled first. Raises UserError,
    OSError."""
    host, port, user, password = place
    link = await client.Client.open(host, port, user, password, tls)
    answers = {}
    hearing = asyncio.create_task(_hear(link, seen, answers))
    try:
        link.subscribe(*seen.filters(), seen.prefix + "+/answer")
        heard = -1
        while heard != seen.heard and not hearing.done():
            heard = seen.heard
            await asyncio.wait([hearing], timeout=QUIET_S)
        names = [one.name for one in chosen()]
        answers.update(dict.fromkeys(names))
        pause = max(over, len(names) / RATE) / max(1, len(names))
        for number, name in enumerate(names):
            link.publish("%s%s/set" % (seen.prefix, name), command)
            await asyncio.sleep(pause if number < len(names) - 1 else 0)
        for _ in range(PATIENCE_S * 10):
            if None not in answers.values() or hearing.done():
                break
            await asyncio.wait([hearing], timeout=0.1)
    finally:
        if hearing.done() and not hearing.cancelled() and hearing.exception():
            raise hearing.exception()
        hearing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await hearing
        await link.close()
    return answers


async def _hear(link, seen, answers):
    async for topic, payload, retained in link.messages():
        name, _, what = topic.removeprefix(seen.prefix).partition("/")
        if what != "answer":
            seen.take(topic, payload)
        elif name in answers and not retained:
            answers[name] = _read(payload)


def _read(payload):
    """(ok, text) of an answer, short and printable: whoever has a device's password may say anything."""
    try:
        doc = json.loads(payload)
        ok, text = doc["ok"] is True, str(doc["text"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return False, "an answer that makes no sense"
    return ok, "".join(c for c in text[:300] if c.isprintable())
