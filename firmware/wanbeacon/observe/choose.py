"""The sources of one line, in their order: built, kept and closed here; how one is chosen stands in asking.py, which is
only loaded while they are asked."""

import sys


def load(name):
    """Return the module of the source `name`."""
    name = "wanbeacon.observe." + name
    __import__(name)
    return sys.modules[name]


class _Slot:
    def __init__(self, options, auto):
        self.options = options
        self.name = options["source"]
        self.auto = auto
        self.observer = None
        self.asked = {}  # outside sources: family -> (when asked, kind, text, why)


def _auto(kit, bind):
    """What "auto" stands for: the board's own list, or the kernel's word on the device the account sends by (the others
    tell of the default line), and `kit.outside` (sources), what the user agreed to ask outside."""
    own = [{"source": "netlink", "device": bind}] if bind else list(kit.board.sources())
    return own + list(getattr(kit, "outside", None) or ())


class Chooser:
    """`sources`: the config's ordered "address" list. bind: network device the account sends by; who is outside is asked by it too.
    `.seen`: a row per source asked lately, for the status."""

    def __init__(self, sources, kit, cross_check=False, outside_s=600, bind=None):
        self.kit = kit
        self.cross_check = cross_check
        self.outside_s = outside_s
        self.bind = bind
        self.seen = []
        self.rest = False  # no host may be updated: nobody outside is asked meanwhile (No-IP: not after an error code)
        self.slots = []
        for source in sources:
            auto = source == "auto" or source == {"source": "auto"}
            for one in _auto(kit, bind) if auto else (source,):
                self.slots.append(_Slot({"source": one} if isinstance(one, str) else one, auto))
        for slot in self.slots:
            if not slot.auto:
                self.build(slot)

    def build(self, slot):
        """The slot's observer. "auto" loads it only when those before it did not tell: a board has no heap to spare."""
        if not slot.observer:
            if self.bind:
                slot.options = dict(slot.options, bind=self.bind)
            slot.observer = load(slot.name).Observer(slot.options, self.kit)
        return slot.observer

    def watchers(self):
        """The loaded observers that have changed(). The list grows when "auto" loads another: ask after each read()."""
        built = [slot.observer for slot in self.slots if slot.observer]
        return [one for one in built if getattr(one, "changed", None)]

    def close(self):
        """Close all observers."""
        for slot in self.slots:
            if slot.observer:
                slot.observer.close()
                slot.observer = None

    async def read(self, family, known=None):
        """Ask the sources for the address of `family` (4 or 6) now.

        `known`: text of the address published last, or None. Returns (kind, canonical text or None, source name or
        None, why). FOUND with an address that is not publishable comes only when no source could tell better; `why`
        then says what is wrong with it. Never raises for what a source does; takes a few seconds at most per source.
        """
        from wanbeacon.observe import asking

        return await asking.read(self, family, known)
