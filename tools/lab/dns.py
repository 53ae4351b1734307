# SPDX-License-Identifier: MIT
"""Authoritative DNS over UDP and TCP for the lab's zones, answered from the world. TTL 60, as dynamic
names have."""

import asyncio

from dnslib import AAAA, MX, NS, QTYPE, RCODE, RR, SOA, A, DNSError, DNSRecord

TTL = 60
#: A TCP client may idle this long, in seconds.
IDLE = 10


def answer(world, packet):
    """The reply to one query: bytes to bytes, or None for what is no DNS query."""
    try:
        query = DNSRecord.parse(packet)
    except DNSError:
        return None
    if query.header.qr or len(query.questions) != 1:
        return None
    reply = query.reply(ra=0, aa=1)
    name = str(query.q.qname).rstrip(".").lower()
    kind = QTYPE.get(query.q.qtype)
    zone = next(
        (
            zone
            for zone in sorted(world.zones, key=len, reverse=True)
            if name == zone or name.endswith("." + zone)
        ),
        None,
    )
    records = _records(world, name, zone)
    if zone is None and records is None:
        reply.header.aa, reply.header.rcode = 0, RCODE.REFUSED
        return reply.pack()
    for rtype, data in records or ():
        if kind in (rtype, "ANY"):
            reply.add_answer(RR(query.q.qname, getattr(QTYPE, rtype), rdata=data, ttl=TTL))
    if not reply.rr and zone:
        reply.add_auth(RR(zone, QTYPE.SOA, rdata=_soa(world, zone), ttl=TTL))
    if records is None:
        reply.header.rcode = RCODE.NXDOMAIN
    return reply.pack()


def _soa(world, zone):
    return SOA("ns1." + zone, "hostmaster." + zone, (world.serial, 3600, 600, 86400, TTL))


def _records(world, name, zone):
    """[(type, rdata)] of a name that exists, [] if it has no record, None if it does not exist."""
    if name in world.extra:
        return [(kind, {"A": A, "AAAA": AAAA}[kind](text)) for kind, text in world.extra[name].items()]
    if zone and name == zone:
        return [("SOA", _soa(world, zone)), ("NS", NS("ns1." + zone))]
    if zone and name == "ns1." + zone:
        return [("A", A("127.0.0.1"))]
    host = world.host(name)
    if host is None and "." in name:  # wildcard: anything.host, one label deep or more
        parent = name
        while "." in parent and host is None:
            parent = parent.split(".", 1)[1]
            host = world.host(parent)
        if host is None or not host.options.get("wildcard"):
            return None
    if host is None:
        return None
    found = world.published(host.name)
    records = [(kind, {"A": A, "AAAA": AAAA}[kind](text)) for kind, text in found.items() if text]
    if host.options.get("mx"):
        records.append(("MX", MX(host.options["mx"], 10 if host.options.get("backmx") else 5)))
    return records


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, world):
        self._world = world

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, peer):
        reply = answer(self._world, data)
        if reply:
            self._transport.sendto(reply, peer)


async def _tcp(world, reader, writer):
    try:
        while True:
            async with asyncio.timeout(IDLE):
                size = int.from_bytes(await reader.readexactly(2), "big")
                reply = answer(world, await reader.readexactly(size))
            if not reply:
                break
            writer.write(len(reply).to_bytes(2, "big") + reply)
            await writer.drain()
    except (OSError, EOFError, TimeoutError):
        pass
    finally:
        writer.close()


async def serve(world, bind, port):
    """Starts both servers on one port; returns (port, [things with close()])."""
    loop = asyncio.get_running_loop()
    for attempt in range(10):
        server = await asyncio.start_server(lambda r, w: _tcp(world, r, w), bind, port)
        number = server.sockets[0].getsockname()[1]
        try:
            transport, _ = await loop.create_datagram_endpoint(lambda: _Udp(world), local_addr=(bind, number))
        except OSError:
            server.close()
            if port or attempt == 9:  # with any port allowed, the next one may be free for both
                raise
            continue
        return number, [server, transport]
