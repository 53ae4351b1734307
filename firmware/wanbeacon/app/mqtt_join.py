# SPDX-License-Identifier: MIT
"""From no connection to one that has said who we are. Loaded while that lasts (mqtt.py); every wait is one of
asyncio's."""

import time

from wanbeacon.app import stage
from wanbeacon.net import Trouble, mqtt, waits

JOIN_MS = 15000  # for the connection, and once more for TLS and the broker's answer
_LOOKUP_S = 900  # least seconds between two look-ups of a name whose addresses are known: a look-up blocks


async def join(broker):
    """A Session that the broker has accepted; broker.session is another one when it was left meanwhile.
    Raises Trouble, OSError, ValueError."""
    session = await _open(broker)
    try:
        await _hello(broker, session)
    except BaseException:
        session.end()
        raise
    return session


async def _open(broker):
    """A Session whose socket is connected. Each try takes the next of the broker's addresses."""
    now = broker.agent.clock.mono()
    if broker.at >= len(broker.rows):
        broker.at = 0
        if not broker.rows or now - broker.looked >= _LOOKUP_S:
            async with stage.floor:
                broker.rows = stage.run("net.names", "resolve", broker.doc["host"], broker.port)
            broker.looked = now
    row, broker.at = broker.rows[broker.at], broker.at + 1
    async with stage.floor:
        sock = stage.run("app.mqtt_open", "dial", row)
    try:
        await waits.ready(sock, JOIN_MS, True)
        async with stage.floor:
            stream, gate = stage.run("app.mqtt_open", "wrap", broker, sock)
    except BaseException:
        sock.close()
        raise
    broker.at -= 1  # this address answers
    broker.session = mqtt.Session(sock, stream, gate, broker.took)
    return broker.session


async def _hello(broker, session):
    """CONNECT and its answer, with TLS the handshake before them; then all that is said first."""
    async with stage.floor:
        session.send(stage.run("app.mqtt_open", "hello", broker))
    start = time.ticks_ms()
    while broker.answer is None:
        left = JOIN_MS - time.ticks_diff(time.ticks_ms(), start)
        if left <= 0:
            raise Trouble("timeout")
        if broker.session is not session:
            return
        waiting = not session.push()
        if not waiting:
            session.pull()
        if broker.answer is None:
            await waits.ready(session.sock, min(left, 500), waiting and not session.gate)
    if broker.answer:
        raise Trouble("refused")
    # SUBSCRIBE (3.8), QoS 0: what comes while nobody listens is old news
    topic = mqtt.text(broker.base + "/set")
    session.send(b"\x82", mqtt.length(len(topic) + 3), b"\x00\x01", topic, b"\x00")
    session.publish(broker.base + "/online", (b"online",))
    broker.crc, broker.inbox = 0, []
    async with stage.floor:
        parts = stage.run("app.mqtt_words", "discovery", broker.agent, broker)
        if parts and broker.session is session:
            session.publish(parts[0], parts[1:])
