# SPDX-License-Identifier: MIT
"""Shows the installer's page on this computer. A browser lets a page use a serial port when it came over
https or from 127.0.0.1; so nothing else is offered."""

import asyncio

from aiohttp import web

from .. import UserError

HOST = "127.0.0.1"


def application(folder, more=()):
    """The aiohttp application that serves the folder. more: routes that come first."""

    async def index(request):
        return web.FileResponse(folder / "index.html")

    async def fresh(request, response):
        response.headers["Cache-Control"] = "no-store"  # a page that was just built is the one that is shown

    app = web.Application()
    app.on_response_prepare.append(fresh)
    app.add_routes([*more, web.get("/", index), web.static("/", folder)])
    return app


async def start(app, port=0):
    """Serve an application; (runner, port it got). Raises OSError when the port is taken."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    return runner, runner.addresses[0][1]


def run(folder, port, say):
    """Serve until Ctrl-C."""

    async def forever():
        try:
            _, got = await start(application(folder), port)
        except OSError as error:
            raise UserError("port %d cannot be had (%s); leave --port out" % (port, error.strerror))
        say.print("http://%s:%d/  (in Chrome or Edge on this computer; Ctrl-C ends it)" % (HOST, got))
        await asyncio.Event().wait()

    asyncio.run(forever())
