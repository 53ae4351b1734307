# SPDX-License-Identifier: MIT
"""Asks the router for its WAN address with NAT-PMP: two bytes out, twelve back. RFC 6886 section 3.2.

The cheapest way there is, so the first one behind a router. It opens no port and changes nothing there. The
protocol has no nonce: who floods us with answers in the router's name may hit the port we asked from. So an
address that is new is checked: by the router's own SOAP over TCP, where it speaks UPnP, else by `quiet`.
"""

import asyncio

from wanbeacon.observe import announce, quiet
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

#: Milliseconds to wait after each question. RFC 6886 goes on doubling to 64 s; a slow poll does that for us.
_WAITS = (250, 500, 1000, 2000)
#: A router that did not answer last time is not given those seconds again:
#: others may know, and they wait for us.
_WAITS_SILENT = (250,)
_RESULTS = 5  # of the protocol; each has words of its own
#: Seconds until the next check by TCP after one that refuted what NAT-PMP said:
#: somebody forges, and may go on.
_CHECK_S = 10
#: Seconds until a router without UPnP is asked for it again.
_SEARCH_S = 3600


def parse(data):
    """Return (result, epoch, packed address or None) of an answer, or None when the datagram is not one."""
    if not 8 <= len(data) <= 12 or data[0] or data[1] != 128:
        # a router that only speaks PCP answers in its version, with result 1 (RFC 6887 section 9)
        return (1, 0, None) if len(data) >= 4 and data[0] == 2 and data[1] & 128 and data[3] == 1 else None
    result = data[2] << 8 | data[3]
    if not result and len(data) != 12:
        return None
    return result, int.from_bytes(data[4:8], "big"), None if result else bytes(data[8:])


def _address(data):
    """What must be equal in several answers: result and address."""
    found = parse(data)
    return found and (found[0], found[2])


class Observer:
    """Options: `gateway` (default: the router of the default route)."""

    OUTSIDE = False
    FAMILIES = (4,)
    PORT = 5351

    def __init__(self, options, kit):
        self.kit = kit
        self.gateway = options.get("gateway")
        self.known = None  # the published address: to hear it again is no change
        self.answered = True  # until it is known better
        self.told = None  # the last address that was certain
        self.epoch = announce.Epoch()
        self.listener = announce.Listener(kit.board, self.gateway or kit.board.gateway)
        self.changed = self.listener.changed
        self.asker = quiet.Asker(kit.board, kit.clock, self.PORT)
        # (router, its SOAP services or None while it has not answered any, when it was looked for last or
        # None)
        self.memo = (None, None, None)
        self.finding = None  # the task that looks for it
        self.later = None  # the same, for a quiet moment
        self.refuted = None  # when SOAP last contradicted

    def rest(self):
        """See observe/base.py."""
        return (
            self.listener,
            self.epoch,
            self.memo,
            self.answered,
            self.told,
            self.refuted,
        ) + self.asker.rest()

    def resume(self, kept):
        """Go on where the observer before rested."""
        self.listener, self.epoch, self.memo, self.answered, self.told, self.refuted = kept[:6]
        self.changed = self.listener.changed
        self.asker.resume(kept[6:])

    def router(self):
        """IPv4 address (text) of the router, or None."""
        return self.gateway or self.kit.board.gateway()

    async def read(self, family):
        """See observe/base.py. Result 3 does not tell a line that is down from CGNAT, so it is not NONE."""
        router = self.router()
        if not router:
            return UNKNOWN, None, ("router.none",)
        reply = None
        try:
            if router != self.memo[0]:
                self.told, self.memo = None, (router, None, None)
            self.asker.turn_to(router)
            reply = await self.asker.once(b"\0\0", parse, _WAITS if self.answered else _WAITS_SILENT)
        except OSError:  # "port unreachable" or no route: nobody there
            pass
        self.answered = bool(reply)
        if not reply:
            return UNKNOWN, None, ("natpmp.silent", router)
        result, epoch, packed = reply
        back = self.epoch.back(epoch, self.kit.clock.mono())
        if result:
            known = (
                ("natpmp.result%d" % result, router)
                if result <= _RESULTS
                else ("natpmp.refuses", router, result)
            )
            return UNKNOWN, None, known
        self._find()
        disturbed = self.asker.disturbed()
        if packed != (self.told or self.known) or disturbed:
            return await self._check(router, packed)
        if back:
            self.kit.log("router.restarted", router)
        self.told = packed
        return FOUND, packed, ("router.told", router)

    async def _check(self, router, packed):
        """A new address, or a known one while somebody disturbs: is it true?"""
        if self.finding:
            await asyncio.wait_for(self._found(), 4)
        if self.memo[1]:
            now = self.kit.clock.mono()
            if self.refuted is not None and now - self.refuted < _CHECK_S:
                return UNKNOWN, None, ("natpmp.forged", router)
            kind, said, why = await self._soap()
            if kind == FOUND:
                self.told = said
                if said == packed:
                    return FOUND, said, ("router.told", router)
                self.refuted = now
                return FOUND, said, ("router.corrected", router)
            self.memo = router, None, None  # the next read looks for it again
            if kind == NONE:
                return UNKNOWN, None, ("natpmp.unconfirmed", packed, why)
            # its SOAP could not tell (an error, garbage, no answer): that is no word against NAT-PMP
        if not await self.asker.sure(b"\0\0", _address, (0, packed)):
            return (
                UNKNOWN,
                None,
                ("natpmp.forged" if self.asker.disturbed() else "natpmp.contradicts", router),
            )
        self.told = packed
        return FOUND, packed, ("router.told", router)

    # ---- the router's SOAP

    def _find(self):
        """See that it is known whether the router has SOAP, before a change comes: the search takes seconds
        where it has not."""
        now = self.kit.clock.mono()
        router, soap, searched = self.memo
        if not soap and not self.finding and (searched is None or now - searched >= _SEARCH_S):
            self.memo = router, None, now
            if self.kit.brief:
                self.later = "observe.upnp", "services_of", self.kit, router
            else:
                self.finding = asyncio.create_task(self._search())

    def found(self, soap):
        """The services of the router (None: it has none), looked for in a quiet moment."""
        router, _, searched = self.memo
        self.memo = router, soap, searched

    async def _search(self):
        try:
            await self._soap()
        except Exception:  # a task's root, of a helper: without it, quiet's way remains (no package, no heap)
            pass
        finally:
            self.finding = None

    async def _soap(self):
        """Ask the router by SOAP: what upnp's observer answers. It is loaded for this alone; only its
        services are kept. A router that answers SOAP, be it only that it has no address now, will do so
        later."""
        one = self.kit.load("upnp").Observer({"events": False, "gateway": self.router()}, self.kit)
        try:
            router, soap, searched = self.memo
            if soap:
                one.services, one.host = soap, router
            answer = await one.read(4)
            if (answer[0] == FOUND or one.services) and self.memo[0] == router:
                self.memo = router, one.services, searched
            return answer
        finally:
            one.close()
            one = None
            self.kit.dismiss("upnp")

    async def _found(self):
        while self.finding:
            await asyncio.sleep(0.01)

    def close(self):
        """Stop listening."""
        if self.finding:
            self.finding.cancel()
            self.finding = None
        self.listener.close()
        self.asker.close()
