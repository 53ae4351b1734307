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

A mistake is answered with 400 and {"error": ...}. It must not know more of the lab than its public
methods."""

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


def application(lab):
    """The aiohttp application that serves the admin pages of `lab`."""

    async def document(request):
        value = await request.json()
        if not isinstance(value, dict):
            raise ValueError("a JSON object is expected")
        return value

    async def ledger(request):
        return _json(
            {
                "requests": lab.ledger_of(request.query.get("kind")),
                "clients": lab.verdicts(),
                "connections": lab.connections,
            }
        )

    async def set_world(request):
        value = await document(request)
        unknown = set(value) - {*WORLD_KEYS, "advance"}
        if unknown:
            raise ValueError("unknown key %s" % ", ".join(sorted(unknown)))
        lab.world.advance(float(value.pop("advance", 0)))
        for key, item in value.items():
            setattr(lab.world, key, item)
        return await world(request)

    async def world(request):
        return _json({"now": lab.world.now(), **{key: getattr(lab.world, key) for key in WORLD_KEYS}})

    async def published(request):
        name = request.match_info.get("host")
        return _json(lab.published(name) if name else {host: lab.published(host) for host in lab.world.hosts})

    async def set_host(request):
        value = await document(request)
        host = lab.world.host(value.pop("name", ""))
        if host is None:
            raise ValueError("the lab has no such host")
        for key, item in value.items():
            getattr(host, key)  # an unknown field is a mistake
            setattr(host, key, item)
        return _json({"ok": True})

    async def fault(request):
        value = await document(request)
        lab.fault(value.pop("name", ""), **value)
        return _json({"active": lab.switchboard.active()})

    async def answer(request):
        value = await document(request)
        lab.answer(value.pop("text"), **value)
        return _json({"active": lab.switchboard.active()})

    def does(action):
        async def handler(request):
            action(request)
            return _json({"ok": True})

        return handler

    async def known_faults(request):
        return _json(
            {
                "known": {
                    name: {"stage": row[0], "number": row[2], "about": row[3]} for name, row in FAULTS.items()
                },
                "active": lab.switchboard.active(),
            }
        )

    def shows(value):
        async def handler(request):
            return _json(value())

        return handler

    def sends(data):
        async def handler(request):
            return web.Response(body=data(), content_type="application/octet-stream")

        return handler

    app = web.Application(middlewares=[_mistakes])
    app.add_routes(
        [
            web.get("/", shows(lab.description)),
            web.get("/ledger", ledger),
            web.get("/verdict", shows(lab.verdicts)),
            web.delete("/ledger", does(lambda request: lab.ledger_book.clear())),
            web.get("/published", published),
            web.get("/published/{host}", published),
            web.get("/history", shows(lambda: list(lab.world.history))),
            web.get("/world", world),
            web.post("/world", set_world),
            web.post("/host", set_host),
            web.get("/faults", known_faults),
            web.post("/fault", fault),
            web.post("/answer", answer),
            web.delete("/fault", does(lambda request: lab.clear())),
            web.delete("/fault/{name}", does(lambda request: lab.clear(request.match_info["name"]))),
            web.post("/forgive", does(lambda request: lab.forgive())),
            web.post("/reset", does(lambda request: lab.reset())),
            web.get("/ca.pem", sends(lambda: lab.authority.pem)),
            web.get("/ca.der", sends(lambda: lab.authority.der)),
        ]
    )
    return app
