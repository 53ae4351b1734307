# SPDX-License-Identifier: MIT
"""The sources of one line, in their order: built, kept and closed here. How one is chosen: choosing.py,
loaded while they are asked."""

#: What outlives an observer is of a module of its own, which comes first, or it would be forgotten with the
#: observer's.
_EARS = {"natpmp": "announce", "upnp": "gena", "push": "pushbox"}


class Slot:
    def __init__(self, options, auto):
        self.options = options
        self.name = options["source"]
        self.auto = auto
        self.observer = None
        self.kept = ()  # what an observer that rests left to the next one
        self.later = None  # and what it asks for in a quiet moment
        self.told = False  # it told a publishable address the last time
        self.told6 = False  # the same of IPv6
        self.asked = {}  # outside sources: family -> (when asked, kind, packed, why)


class Chooser:
    """`sources`: the config's ordered "address" list. kit: base.Kit. bind: network device the account sends
    by; who is outside is asked by it too.

    .seen: a row per source asked lately, for the status: {"name", "family", "kind": "found", "none" or
    "unknown", "address": packed or None, "why": code tuple}. .rest: set it to ask nobody outside meanwhile.
    .homes: set it where hosts at home want IPv6 addresses of the home's prefix. .networks, .router6: what
    came with the last IPv6 address (base.py). .missing: names of the sources where this machine has none of
    them; () where there is one to ask.
    """

    def __init__(self, sources, kit, cross_check=False, outside_s=600, bind=None):
        self.kit = kit
        self.cross_check = cross_check
        self.outside_s = outside_s
        self.bind = bind
        self.seen = []
        # no host may be updated: nobody outside is asked meanwhile (No-IP: not after an error code)
        self.rest = False
        self.before = {}  # what choosing.asked_at() gave before a restart: not asked before their time
        self.homes = False  # hosts at home want addresses in its IPv6 prefix: a router may be asked for it
        self.networks, self.router6 = (), False  # what the source of the IPv6 address said besides (base.py)
        self.slots = []
        # needed for this alone: it goes with the stage that makes choosers
        from wanbeacon.observe import slots

        self.missing = slots.fill(self, sources, Slot)

    def build(self, slot):
        """The slot's observer. "auto" loads it only when those before it did not tell:
        a board has no heap to spare."""
        if not slot.observer:
            if self.bind:
                slot.options = dict(slot.options, bind=self.bind)
            if self.kit.brief and slot.name in _EARS and slot.options.get("events", True):
                self.kit.load(_EARS[slot.name])
            slot.observer = self.kit.load(slot.name).Observer(slot.options, self.kit)
            if slot.kept:
                slot.observer.resume(slot.kept)
        return slot.observer

    def watchers(self):
        """What has changed(): observers, or the listeners of those that have one. The list grows when "auto"
        loads another: ask after each read()."""
        built = [
            slot.kept[0] if slot.kept else getattr(slot.observer, "listener", slot.observer)
            for slot in self.slots
        ]
        return [one for one in built if getattr(one, "changed", None)]

    def close(self):
        """Close all observers."""
        for slot in self.slots:
            self._end(slot)

    def tidy(self):
        """Close those of "auto" that come after the one that told: they were asked once, to check it, and
        take room. Where memory is scarce the others rest, as far as they can."""
        told = False
        for slot in self.slots:
            if slot.auto and told and not slot.told6:
                self._end(slot)
            told = told or slot.auto and slot.told
        self.rest_all()

    def rest_all(self, close=False):
        """Where memory is scarce: observers that can rest do, until the next read. close: those that cannot
        are closed. True when one was."""
        closed = False
        for slot in self.slots if self.kit.brief else ():
            one = slot.observer
            if hasattr(one, "rest"):
                slot.kept, slot.later = one.rest(), one.later
                slot.observer = one = None
                self.kit.dismiss(slot.name)
            elif close and one:
                one = None
                self._end(slot)
                closed = True
        return closed

    async def afterwards(self):
        """What a source put off until nothing else is to be done."""
        for slot in self.slots:
            if slot.later:
                later, slot.later = slot.later, None
                found = await self.kit.run(*later)
                self.build(slot).found(found)
        self.rest_all()

    def _end(self, slot):
        ends, slot.observer, slot.kept, slot.later = (slot.observer,) + slot.kept, None, (), None
        for one in ends:
            try:
                if hasattr(one, "close"):
                    one.close()
            except Exception:  # the others are closed all the same
                pass
        ends = one = None
        self.kit.dismiss(slot.name)

    async def read(self, family, known=None):
        """Ask the sources for the address of `family` (4 or 6) now.

        `known`: the packed address published last, or None. Returns (kind, packed or None, source name or
        None, why), why a code tuple as in base.py. FOUND with an address that is not publishable comes only
        when no source could tell better; `why` then says what is wrong with it. Never raises for what a
        source does; some seconds at most per source.
        """
        return await self.kit.run("observe.choosing", "read", self, family, known)
