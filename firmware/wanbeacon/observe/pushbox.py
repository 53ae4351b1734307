# SPDX-License-Identifier: MIT
"""What a router pushed through a board's own pages, kept between two readings: all of `push` that stays in
memory there. The pages' server takes it (portal/pushes.py); `push` reads it."""

import asyncio


class Box:
    """found: {4: packed, 6: packed}; networks as in base.py; peer: who pushed (text)."""

    def __init__(self):
        self.found = {}
        self.networks = self.peer = None
        self.event = asyncio.Event()

    async def changed(self):
        """Return after a push of something new."""
        await self.event.wait()
        self.event.clear()

    def close(self):
        """Nothing is kept open."""
