# SPDX-License-Identifier: MIT
"""The HTTP side: an aiohttp server per port that turns a request into a Request, asks judge and
personality, lets the faults loose and files everything."""

import asyncio
import time
from email.utils import formatdate

from aiohttp import web

from . import faults, findings, judge
from .messages import Reply, Request, addresses

#: Bytes of a request body that are read: no update needs more.
MAX_BODY = 8192


class Protocol(web.RequestHandler):
    """aiohttp's HTTP protocol for one connection of the tap; notes what TLS lets through."""

    __slots__ = ("_desk", "connection")

    def __init__(self, desk, connection, manager, **options):
        super().__init__(manager, loop=asyncio.get_running_loop(), access_log=None, **options)
        self.connection, self._desk = connection, desk

    def data_received(self, data):
        if self.connection.listener not in self._desk.plain:
            self.connection.keep("plain", data)
        super().data_received(data)

    def log_exception(self, *args, **kwargs):
        """A client's broken request is a matter for the ledger, not for the terminal; the lab's own faults
        are shown."""
        error = kwargs.get("exc_info")
        if (
            isinstance(error, BaseException)
            and not isinstance(error, web.HTTPException | ConnectionError)
            and type(error).__module__ != "aiohttp.http_exceptions"
        ):
            super().log_exception(*args, **kwargs)

    def handle_error(self, request, status=500, exc=None, message=None):
        if status == 400:
            self._desk.malformed(self.connection, request, message)
        return super().handle_error(request, status, exc, message)


class ClientLeft(ConnectionError):
    """The client went away before its answer was sent. aiohttp takes any ConnectionError as the end of a
    connection."""


class Out:
    """One answer on its way, for the wire faults."""

    def __init__(self, connection, transport, protocol, version):
        self._connection, self._transport, self._protocol, self._version = (
            connection,
            transport,
            protocol,
            version,
        )
        self.closed_here = False

    @property
    def served(self):
        """Requests that came over this connection, with the one that is being answered."""
        return self._connection.served

    @property
    def gone(self):
        """True when the client is no longer there."""
        return self._transport.is_closing() or self._protocol.transport is None

    def write(self, data):
        if not self.gone:
            self._transport.write(data)

    async def drain(self):
        while not self.gone and self._transport.get_write_buffer_size() > 65536:
            await asyncio.sleep(0.002)

    def close(self):
        self.closed_here = True
        self._transport.close()

    def reset(self):
        self.closed_here = True
        self._connection.reset()

    def body(self, reply):
        return reply.body.encode()

    def head(self, reply, length=-1, extra="", version="", reason=None, stays="close"):
        """The status line and headers; length None = no Content-Length, reason "" = none; stays: what becomes
        of the connection."""
        reason = {200: "OK"}.get(reply.status, "Answer") if reason is None else reason
        lines = [("HTTP/%s %d %s" % (version or self._version, reply.status, reason)).rstrip()]
        lines += ["%s: %s" % item for item in reply.headers.items() if item[0].lower() != "connection"]
        if length is not None:
            lines.append("Content-Length: %d" % (len(self.body(reply)) if length < 0 else length))
        return ("\r\n".join([*lines, "Connection: " + stays]) + "\r\n" + extra + "\r\n").encode()


class Desk:
    """Where every request is dealt with. `stranger`: base URLs (plain, TLS) of the redirect target."""

    def __init__(self, world, ledger, switchboard, module):
        self.world, self.ledger, self.switchboard, self.module = world, ledger, switchboard, module
        self.plain = set()  # names of the listeners without TLS
        self.stranger = ("", "")
        self.busy = 0  # requests that are being answered
        self.nuisances = None  # nuisances.Nuisances: applied to updates that no fault was asked for

    def factory(self):
        """What a Tap needs: a function that makes the protocol of one connection; call it inside the loop."""
        manager = web.Server(self.handle, access_log=None)

        def make(connection):
            return Protocol(self, connection, manager, keepalive_timeout=30.0, lingering_time=0.5)

        return make

    def malformed(self, connection, request, message):
        entry = self.ledger.request(
            at=time.monotonic(),
            time=self.world.now(),
            kind="other",
            client="-|-",
            user="",
            agent="",
            method="",
            target=bytes(connection.plain[:200]).decode("latin-1"),
            path="",
            hosts=[],
            listener=connection.listener,
            connection=connection.number,
            peer=connection.peer,
            findings=["malformed request"],
        )
        client = self.ledger.client("", "")
        client.findings.append(
            {
                "finding": "malformed request",
                "detail": str(message or "")[:120],
                "request": entry["number"],
                "time": self.world.now(),
            }
        )
        self.ledger.finish(entry, status=400, reply="")

    async def handle(self, incoming):
        self.busy += 1
        try:
            return await self._handle(incoming)
        finally:
            self.busy -= 1

    async def _handle(self, incoming):
        arrived = time.monotonic()
        protocol = incoming.protocol
        connection = protocol.connection
        connection.served += 1
        # Read bounded: what a hostile client sends beyond it is not the lab's business.
        body = await incoming.content.read(MAX_BODY) if incoming.can_read_body else b""
        secure = incoming.transport.get_extra_info("ssl_object") if incoming.transport else None
        request = Request(
            incoming.method,
            incoming.raw_path,
            {key.lower(): value for key, value in incoming.headers.items()},
            body,
            connection.peer,
            "%d.%d" % incoming.version,
            secure.version() if secure else "",
            connection.listener,
            self.world.now(),
            connection=connection.number,
        )
        reply, entry = self._decide(request, arrived)
        self.ledger.finish(
            entry,
            status=reply.status,
            reply=reply.body,
            reply_headers=dict(reply.headers),
            answered=time.monotonic(),
        )
        if faults.SPOILS_THE_ANSWER & set(entry.get("faults", ())):
            judge.lost(request)
        try:
            if reply.wire:
                await self._send_oddly(incoming, connection, protocol, request, reply)
            return await self._send(incoming, request, reply)
        except ClientLeft:
            judge.lost(request)
            raise

    def _decide(self, request, arrived):
        """The reply with all faults applied to it, and the ledger's entry."""
        rules, world = self.world.rules, self.world
        kind = self._kind(request)
        find = getattr(self.module, "hosts_of", lambda request, world: request.names(*rules.host_keys))
        hosts = find(request, world) if kind == "update" else []
        user = request.user or (rules.query_auth and request.params.get(rules.query_auth[0] or "", "")) or ""
        request.client = client = self.ledger.client(user, request.agent)
        entry = self.ledger.request(
            at=arrived,
            time=request.now,
            kind=kind,
            client=client.key,
            user=user,
            agent=request.agent,
            method=request.method,
            target=request.target,
            path=request.path,
            hosts=hosts,
            headers=dict(request.headers),
            body=request.body.decode("latin-1"),
            version=request.version,
            peer=request.peer,
            listener=request.listener,
            connection=request.connection,
            tls=request.tls,
            faults=[],
            findings=[],
        )
        request.siblings = [other for other in self.ledger.clients() if other.agent == request.agent]
        request.number = entry["number"]
        if kind == "update":
            found = judge.before(request, hosts, rules)
        elif kind == "check":
            found, request.wait = judge.check(request, rules)
        elif kind == "stranger":
            return self._stranger(request, entry), entry
        elif request.path in self.module.ROUTES:
            found = []
        else:
            found = [findings.note(client, request, "other page than the update URL", request.path)]
        reply, active = self._reply(request, kind, hosts)
        entry["faults"] = [item["name"] for item in active]
        if kind == "update" and self.nuisances and not active:
            entry["faults"] += self.nuisances.apply(reply, request)
        if kind == "update":
            wanted = request.wanted or addresses(request.params.get("myip", ""))[0]
            found += judge.after(request, reply, hosts, wanted, rules)
        else:
            found += [findings.note(client, request, name, detail) for name, detail in reply.findings]
        world.apply(reply.effects)
        entry["findings"] = [item["finding"] for item in found]
        entry["wanted"] = dict(request.wanted)
        return reply, entry

    def _kind(self, request):
        rules = self.world.rules
        if request.listener.startswith("stranger"):
            return "stranger"
        if request.path in rules.update_paths or (
            "*" in rules.update_paths and request.path not in rules.check_paths
        ):
            return "update"
        return "check" if request.path in rules.check_paths else "other"

    def _reply(self, request, kind, hosts):
        """(Reply, faults applied): a forced answer, or the personality's; then the reply faults in their
        order."""
        forced = self.switchboard.take("answer", kind=kind, hosts=hosts)
        route = self.module.ROUTES.get(request.path) or self.module.ROUTES.get("*")
        if forced:
            options = forced[0]["options"]
            reply = Reply(
                options["text"], options["status"], {"Content-Type": "text/plain", **options["headers"]}
            )
        elif route:
            reply = route(request, self.world)
        else:
            reply = Reply("Not found\n", 404, {"Content-Type": "text/plain"})
        if kind == "check" and request.wait and not forced:
            return reply, []
        active = self.switchboard.take("reply", "wire", kind=kind, hosts=hosts)
        active.sort(key=lambda item: item["name"] in faults.DRESS)  # what is said first, then its spelling
        for item in active:
            if item["name"] in faults.STORES_NOTHING:
                reply.effects = []
            function = faults.FAULTS[item["name"]][1]
            if item["stage"] == "reply":
                function(reply, request, {"stranger": self.stranger, **item["options"]})
            else:
                reply.wire = (function, item["options"])
        return reply, forced + active

    def _stranger(self, request, entry):
        """A host that no credentials were meant for."""
        if request.user or request.password or request.params.keys() & {"password", "token", "key"}:
            findings.note(request.client, request, "credentials sent to another host", request.listener)
            entry["findings"] = ["credentials sent to another host"]
        return Reply(
            "good %s\n" % request.params.get("myip", "45.33.66.66"), 200, {"Content-Type": "text/plain"}
        )

    async def _send_oddly(self, incoming, connection, protocol, request, reply):
        """Lets a wire fault answer; returns only if the ordinary answer shall follow."""
        function, options = reply.wire
        if incoming.transport is None:
            raise ClientLeft
        out = Out(connection, incoming.transport, protocol, request.version)
        answered = await function(out, reply, options)
        if out.gone and not out.closed_here:
            raise ClientLeft
        if answered:
            out.close()
            raise ConnectionResetError("answered outside of aiohttp")

    async def _send(self, incoming, request, reply):
        if incoming.transport is None:
            raise ClientLeft
        response = web.StreamResponse(status=reply.status, headers=reply.headers)
        # aiohttp's own would be this machine's time, which a client with a faster clock can tell from the
        # lab's
        response.headers.setdefault("Date", formatdate(self.world.now(), usegmt=True))
        data = reply.body.encode()
        if reply.headers.get("Connection") == "close":
            response.force_close()
        if reply.chunked and request.version == "1.1":
            response.enable_chunked_encoding()
        else:
            response.content_length = len(data)
        await response.prepare(incoming)
        # In two pieces, so that a chunked answer has more than one chunk and a plain one more than one
        # segment.
        for piece in (data[:5], data[5:]):
            if piece and request.method != "HEAD" and reply.status != 204:
                await response.write(piece)
        await response.write_eof()
        return response
