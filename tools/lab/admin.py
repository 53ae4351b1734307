# SPDX-License-Identifier: MIT
"""The lab's admin pages, for other processes; JSON in and out, on 127.0.0.1 only, never shown to a client
under test.

    GET    /                  what this lab is: provider, ports, CA file, demo accounts
    GET    /ledger            {"requests": [...], "clients": [verdicts], "connections": [...]}; ?kind=update
    DELETE /ledger            forgets all of it
    GET    /verdict           the verdicts alone
    GET    /published[/HOST]  what DNS answers: {"A", "AAAA"}
    GET    /history           every change of a record
    GET    /world             {"now", "check_address", "check_address6", "outage"}
    POST   /world             the same keys to set them, and {"advance": SECONDS}
    POST   /host              {"name": ..., fields of world.Host}: changes a host,
                              e.g. {"name": "a", "state": "blocked"}
    GET    /faults            {"known": {...}, "active": [...]}
    POST   /fault             {"name": ..., "times": N or null, "host": ...,
                              "kind_of": "update"|"check"|"any", options}
    DELETE /fault[/NAME]      switches one or all off, forced answers included
    POST   /answer            {"text": ..., "status": 200, "headers": {}, "times": N or null}:
                              a raw reply instead
    POST   /forgive           lifts refusals, holds and blocks, as when the users acted
    POST   /reset             as new: no faults, an empty ledger, nothing published
    GET    /ca.pem /ca.der    the lab's authority

A mistake is answered with 400 and {"error": ...}."""

import json

from aiohttp import web

from .. import UserError
from .faults import FAULTS

WORLD_KEYS = ("check_address", "check_address6", "outage")


def _plain(value):
    return (
        value.decode("latin-1")
        if isinstance(value, bytes)
        else sorted(value)
        if isinstance(value, set)
        else str(value)
    )


def _json(value, status=200):
    return web.Response(
        text=json.dumps(value, default=_plain) + "\n", status=status, content_type="application/json"
    )


@web.middleware
async def _mistakes(request, handler):
    try:
        return await handler(request)
    except (UserError, ValueError, TypeError, KeyError, AttributeError) as error:
        return _json({"error": str(error)}, 400)


async def _document(request):
    value = await request.json()
    if not isinstance(value, dict):
        raise ValueError("a JSON object is expected")
    return value


class _Pages:
    """The pages that take or choose something, of one lab."""

    def __init__(self, lab):
        self.lab = lab

    async def ledger(self, request):
        lab = self.lab
        requests = lab.ledger_of(request.query.get("kind"))
        return _json({"requests": requests, "clients": lab.verdicts(), "connections": lab.connections})

    async def world(self, request):
        world = self.lab.world
        return _json({"now": world.now(), **{key: getattr(world, key) for key in WORLD_KEYS}})

    async def set_world(self, request):
        value = await _document(request)
        unknown = set(value) - {*WORLD_KEYS, "advance"}
        if unknown:
            raise ValueError("unknown key %s" % ", ".join(sorted(unknown)))
        self.lab.world.advance(float(value.pop("advance", 0)))
        for key, item in value.items():
            setattr(self.lab.world, key, item)
        return await self.world(request)

    async def published(self, request):
        name, published = request.match_info.get("host"), self.lab.published
        return _json(published(name) if name else {host: published(host) for host in self.lab.world.hosts})

    async def set_host(self, request):
        value = await _document(request)
        host = self.lab.world.host(value.pop("name", ""))
        if host is None:
            raise ValueError("the lab has no such host")
        for key, item in value.items():
            getattr(host, key)  # an unknown field is a mistake
            setattr(host, key, item)
        return _json({"ok": True})

    async def fault(self, request):
        value = await _document(request)
        self.lab.fault(value.pop("name", ""), **value)
        return _json({"active": self.lab.switchboard.active()})

    async def answer(self, request):
        value = await _document(request)
        self.lab.answer(value.pop("text"), **value)
        return _json({"active": self.lab.switchboard.active()})

    async def known_faults(self, request):
        known = {name: {"stage": row[0], "number": row[2], "about": row[3]} for name, row in FAULTS.items()}
        return _json({"known": known, "active": self.lab.switchboard.active()})


def _does(action):
    async def handler(request):
        action(request)
        return _json({"ok": True})

    return handler


def _shows(value):
    async def handler(request):
        return _json(value())

    return handler


def _sends(data):
    async def handler(request):
        return web.Response(body=data(), content_type="application/octet-stream")

    return handler


def application(lab):
    """The aiohttp application that serves the admin pages of `lab`."""
    pages = _Pages(lab)
    app = web.Application(middlewares=[_mistakes])
    app.add_routes(
        [
            web.get("/", _shows(lab.description)),
            web.get("/ledger", pages.ledger),
            web.get("/verdict", _shows(lab.verdicts)),
            web.delete("/ledger", _does(lambda request: lab.ledger_book.clear())),
            web.get("/published", pages.published),
            web.get("/published/{host}", pages.published),
            web.get("/history", _shows(lambda: list(lab.world.history))),
            web.get("/world", pages.world),
            web.post("/world", pages.set_world),
            web.post("/host", pages.set_host),
            web.get("/faults", pages.known_faults),
            web.post("/fault", pages.fault),
            web.post("/answer", pages.answer),
            web.delete("/fault", _does(lambda request: lab.clear())),
            web.delete("/fault/{name}", _does(lambda request: lab.clear(request.match_info["name"]))),
            web.post("/forgive", _does(lambda request: lab.forgive())),
            web.post("/reset", _does(lambda request: lab.reset())),
            web.get("/ca.pem", _sends(lambda: lab.authority.pem)),
            web.get("/ca.der", _sends(lambda: lab.authority.der)),
        ]
    )
    return app
