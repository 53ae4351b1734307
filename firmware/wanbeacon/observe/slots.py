# SPDX-License-Identifier: MIT
"""The sources of one line as a chooser (choose.py) begins with them. Needed once."""

_BEYOND = ("stun", "whoami", "web")  # before them, and after all at home, comes what the router pushed


def _auto(kit, bind):
    """What "auto" stands for: the board's own list, or the kernel's word on the device the account sends by
    (the others tell of the default line), and `kit.outside` (sources), what the user agreed to ask
    outside."""
    own = [{"source": "netlink", "device": bind}] if bind else list(kit.board.sources())
    return own + list(kit.outside)


def fill(chooser, sources, kind):
    """The slots of a chooser. Returns the names of the sources where this machine has none of them, () where
    there is one to ask. kind: choose.Slot."""
    missing = []
    for source in sources:
        auto = source == "auto" or source == {"source": "auto"}
        for one in _auto(chooser.kit, chooser.bind) if auto else (source,):
            chooser.slots.append(kind({"source": one} if isinstance(one, str) else one, auto))
    for slot in [slot for slot in chooser.slots if slot.name == "push"]:
        chooser.slots.remove(slot)
        home = [i for i in range(len(chooser.slots)) if chooser.slots[i].name not in _BEYOND]
        chooser.slots.insert(home[-1] + 1 if home else 0, slot)
    for slot in chooser.slots:
        if not slot.auto:
            try:
                chooser.build(slot)
            except ImportError:  # said at the first read(), as the next row
                missing.append(slot.name)
            except Exception:  # said at the first read(), which tries again
                pass
            chooser.rest_all()
    return missing if len(missing) == len(chooser.slots) else ()
