# SPDX-License-Identifier: MIT
"""What the broker's connection needs once: names, the socket, TLS, CONNECT. Stages of mqtt.py; none of them
waits, but for a look-up of the broker's name."""

import binascii
import errno
import hashlib
import select
import socket

from wanbeacon.app.log import SECRET_MIN
from wanbeacon.app.mqtt import KEEP_S
from wanbeacon.net import Trouble, mqtt, refusal, trust
from wanbeacon.net.gate import Gate

_BUSY = (errno.EAGAIN, errno.EINPROGRESS, 115, 119)


def begin(broker):
    """Names, port and address of this device at the broker. Raises ValueError for what cannot work here."""
    agent, doc = broker.agent, broker.doc
    unique = hashlib.sha256(agent.board.unique).digest()
    broker.name = doc.get("name") or "wanbeacon-" + binascii.hexlify(unique[:4]).decode()
    broker.base = "%s/%s" % (doc["prefix"], broker.name)
    broker.port = doc.get("port") or (1883 if doc["plain"] else 8883)
    #: 0..99 and always the same: which part of a fleet this device is in
    broker.share = binascii.crc32(agent.board.unique) % 100
    if doc.get("password") and len(doc["password"]) >= SECRET_MIN:
        agent.log.keep_secrets([doc["password"]])
    if not doc["plain"] and not doc.get("ca") and not getattr(agent.board, "plenty", False):
        raise ValueError("mqtt.ca: missing; a board verifies the broker with the one CA root that this names")


def dial(row):
    """A socket that connects to one row of getaddrinfo. Raises OSError."""
    sock = socket.socket(row[0], row[1], row[2])
    try:
        sock.setblocking(False)
        sock.connect(row[4])
    except OSError as e:
        if e.errno not in _BUSY:
            sock.close()
            raise Trouble("connect", str(e))
    return sock


def wrap(broker, sock):
    """(stream, gate or None) over a socket that is connected by now. Raises Trouble, OSError, ValueError."""
    poller = select.poll()
    poller.register(sock, select.POLLOUT)
    ready = poller.poll(0)
    if not ready or ready[0][1] & ~select.POLLOUT:
        raise Trouble("connect" if ready else "timeout")
    board, doc = broker.agent.board, broker.doc
    stream = board.stream(sock)
    if doc["plain"]:
        return stream, None
    board.exchange_begins()
    try:
        context = trust.context([doc["ca"]] if doc.get("ca") else trust.everyone(board.roots))
    except ImportError:
        raise Trouble("no tls")
    except (OSError, ValueError) as e:
        raise Trouble("memory" if refusal.out_of_memory(e) else "roots")
    gate = Gate(stream)
    return context.wrap_socket(gate, server_hostname=doc["host"], do_handshake_on_connect=False), gate


def hello(broker):
    """CONNECT (3.1): a clean session; the last will says "offline", retained."""
    doc, flags = broker.doc, 0x26  # clean session, will, will retained (QoS 0)
    parts = [mqtt.text(broker.name), mqtt.text(broker.base + "/online"), mqtt.text("offline")]
    for key, flag in (("user", 0x80), ("password", 0x40)):
        if doc.get(key):
            parts.append(mqtt.text(doc[key]))
            flags |= flag
    body = mqtt.text("MQTT") + bytes((4, flags, KEEP_S >> 8, KEEP_S & 255)) + b"".join(parts)
    return b"\x10" + mqtt.length(len(body)) + body


def trouble(error):
    """The Trouble of what a socket or TLS raised."""
    if isinstance(error, ValueError):
        return refusal.refused(error)
    if refusal.out_of_memory(error):
        return Trouble("memory")
    code = error.args[0] if error.args else 0
    return Trouble("tls" if isinstance(code, int) and code < -255 else "reset", str(error))
