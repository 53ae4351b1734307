# SPDX-License-Identifier: MIT
"""Code that only one stage of the work needs: loaded when the stage begins, forgotten when it ends.

A board has 84 KB of Python heap for everything that runs together (docs/architecture.md, "memory of a
board"). What is imported at the top of a resident module stays; what `run` loads goes, with all it imported.
Where memory is plenty (`scarce` is false) nothing is forgotten.

A stage must hand back values only, never an object whose class it brought along: that would keep the class's
module.
"""

import asyncio
import gc
import sys

#: How the names of our modules begin; on a board they have short ones and it is "" (tools/build/shrink.py).
_PACKAGE = "wanbeacon."

#: True where modules are forgotten after their stage; set once, by the composition root.
scarce = False
#: False where observers stay awake between two reads although code goes: a large heap has room for them, and
#: who rests hears nothing.
brief = True
#: Held by whoever runs stages in a task of its own (a round, a page, a command): one at a time, so that the
#: heap holds the code of one of them only, and the end of one stage cannot forget what another just loaded.
floor = asyncio.Lock()


def load(name):
    """The module "app.plan" of this package."""
    name = _PACKAGE + name
    __import__(name)
    return sys.modules[name]


def resident(name):
    """Load a module that stays though a stage is running:
    one whose objects live on (a source of addresses)."""
    before = set(sys.modules)
    try:
        module = load(name)
    except MemoryError:  # half of what it needs may have come
        if scarce:
            _open.append(before)
            _leave(before)
        raise
    new = [one for one in sys.modules if one not in before]
    for kept in _open:
        kept.update(new)
    if scarce and new:
        _brought[name] = new
    return module


def dismiss(name):
    """Forget a resident module and what it brought along, where memory is scarce: its objects are gone."""
    for one in _brought.pop(name, ()):
        _drop_file(one)


def forget(name):
    """Drop a module that `resident` loaded, where memory is scarce: nobody needs it for now."""
    if scarce:
        _drop(_PACKAGE + name)


def _drop_file(name):
    """Forget one of ours. On a board what MicroPython has in Python, as requests, goes with it and comes
    back; what it has in C has no file and stays."""
    if name.startswith(_PACKAGE) and hasattr(sys.modules.get(name), "__file__"):
        _drop(name)


def _drop(name):
    if name in sys.modules:
        parent, _, child = name.rpartition(".")  # takes memory: before anything is gone
        if hasattr(sys.modules.get(parent), child):
            delattr(sys.modules[parent], child)
        del sys.modules[name]


_ROOM = 8192  # bytes for what five hosts are made of
_CODE = 6144  # of what a start loads at a time
_brought = {}  # resident module -> the modules that came with it
_spare = bytearray(512)  # what forgetting needs itself, should there be no memory left
_open = []  # for each stage that runs: the modules that stay after it


def run(name, function, *args, **more):
    """Call a function of module `name` as a stage, return what it returns."""
    before = _enter()
    try:
        return getattr(load(name), function)(*args, **more)
    finally:
        _leave(before)


def once(name, function, *args):
    """A stage that a process has once, at its start: its code goes wherever the agent runs.
    It would stay for months. (CPython would only load it again, when a test begins a thousand times.)

    What it makes lives on: so its code is loaded behind room for that. It would lie scattered above
    the code otherwise, and no large piece be free any more when that has gone."""
    if sys.implementation.name != "micropython":
        return run(name, function, *args)
    gc.collect()
    before = set(sys.modules)
    _open.append(before)
    try:
        room = _some_room() if scarce else None
        made = getattr(load(name), function)
        room = None  # noqa: F841  (free from here on)
        gc.collect()
        return made(*args)
    finally:
        _leave(before)


def _some_room():
    try:
        room = bytearray(_ROOM)
        bytearray(_CODE)  # or the code would not fit any more
        return room
    except MemoryError:  # then it lies where it may
        return None


async def run_async(name, function, *args):
    """The same for a coroutine function."""
    before = _enter()
    try:
        return await getattr(load(name), function)(*args)
    finally:
        _leave(before)


def _enter():
    if not scarce:
        return None
    gc.collect()  # its code comes to lie where there is room now, not behind what is left of the stage before
    _open.append(set(sys.modules))
    return _open[-1]


def _leave(before):
    if before is None:
        return
    global _spare
    _open.remove(before)
    try:
        _forget(before)
    except MemoryError:  # it may be why the stage ended: what it loaded must go all the same
        _spare = None
        gc.collect()
        _forget(before)
    gc.collect()
    _spare = _spare or bytearray(512)


def _forget(before):
    for name in list(sys.modules):
        if name not in before:
            _drop_file(name)
