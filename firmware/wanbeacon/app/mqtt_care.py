# SPDX-License-Identifier: MIT
"""The broker's beginning, its end and its return, for the agent: agent.mqtt is [mono time of the next act
here, Broker or None]. Stages; where nobody wants a broker none of this is loaded.

On a small heap a page needs the room of the broker's code: then the device leaves the broker, politely, and
comes back some time after the last page.
"""

import asyncio
import gc

from wanbeacon.app import stage
from wanbeacon.core.record import NEVER

_AT, _BROKER = 0, 1
_SPREADS = 2  # so many times the spread after the last page: pages come in rows


def _made(agent):
    return stage.resident("app.mqtt").Broker(agent)


def begin(agent):
    """What agent.mqtt is. Raises ValueError for settings that cannot work here."""
    return [NEVER, _made(agent)]


def start(agent):
    """The broker's task."""
    agent.tasks["mqtt"] = asyncio.create_task(agent.mqtt[_BROKER].run())


def after(agent):
    """After each round: something may have changed, or it is time to come back."""
    state = agent.mqtt
    if state[_BROKER]:
        state[_BROKER].event.set()
    elif agent.clock.mono() >= state[_AT]:
        state[:] = begin(agent)
        start(agent)


async def leave(agent):
    """Give back what the broker holds of the heap."""
    state = agent.mqtt
    if "mqtt" in agent.tasks:
        state[_BROKER].leave()
        state[_BROKER] = None
        agent.tasks.pop("mqtt").cancel()
        stage.dismiss("app.mqtt")
        await asyncio.sleep(0.02)  # it ends in a task of its own
        gc.collect()
    state[_AT] = agent.clock.mono() + _SPREADS * agent.cfg["mqtt"]["spread"]


def status(agent):
    """For the status document."""
    broker = agent.mqtt[_BROKER]
    why = broker.why if broker else ("mqtt.page",)
    return {
        "broker": agent.cfg["mqtt"]["host"], "state": "connected" if broker and broker.up else "waiting",
        "why": stage.run("app.words", "say", *why),
    }  # fmt: skip
