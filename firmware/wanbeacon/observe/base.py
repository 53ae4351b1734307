# SPDX-License-Identifier: MIT
"""The contract of an observer: what it is given, what it may do, and what it answers.

An observer is one way to learn the WAN address. It lives in a file of its own, `observe/NAME.py`, which holds
a class `Observer`; the options it takes are the section `[source NAME]` of catalogue/settings.txt. How to add
one: docs/sources.md.

    class Observer:
        FAMILIES = (4, 6)   the families it can tell
        OUTSIDE = False     True when it asks somebody beyond the router: the chooser then asks at most once
                            in ten minutes

        def __init__(self, options, kit)    options: the checked dict of the settings; kit: a Kit
        async def read(self, family)        -> (kind, packed, why)
        async def changed(self)             optional: returns when something hints at a change
        def close(self)                     gives back what it holds; may be called twice

read()
    kind    FOUND, NONE or UNKNOWN. "Could not tell" is never "there is none": NONE only when the source is
            sure of it.
    packed  FOUND: the address as bytes (4 or 16), publishable or not (the chooser judges); else None.
    why     a code and its data, ("natpmp.silent", "192.168.1.1"), never a sentence. Data: text, whole
            numbers, bytes (an address), another such tuple, or a list of them. The sentence of each code:
            catalogue/words.txt.
    It may raise anything and may hang: the chooser takes both for UNKNOWN. It should not hold the event loop
    (kit.fetch and name look-ups do, within their own limits).
changed()
    A hint is never believed, only a reason to read(). It must wait for something (no polling); when it cannot
    listen, it sleeps and tries again. On MicroPython only one task may wait for a socket at a time.
Attributes the chooser sets or looks at, where the class has them
    known   set before each read(): the packed address that is published, or None (for sources that choose
            among several)
    rest, resume   (both or none) where memory is scarce an observer lives for one read() only. rest() gives
            what the next one goes on with, which resume(kept) takes: a tuple, first its `listener`, an
            object of another module whose changed() is waited for meanwhile; then plain values and sockets.
    later   None, or (module, coroutine function, args...) to be run in a quiet moment, without the
            observer; found(what that returned) is called then
    networks   set by read(6): the home's IPv6 networks, where the source knows them: a tuple of (name,
            packed prefix, bits); name "" for a prefix delegated to the router, else the LAN of the router
            that has it. (), as without the attribute: the /64 of the address is the home's. None: it is
            not, and which one is the source does not know
    router6 True: its IPv6 address is the router's own, not this machine's. It is asked for IPv6 only where
            hosts at home have a `suffix` or `mac` (they take the prefix), and no other host gets that address
    asked   (OUTSIDE) False after a read() that did not get as far as the service: it may be asked again soon
"""

FOUND = 1  # packed is the address
NONE = 0  # the source is sure: this line has no address now
UNKNOWN = -1  # no answer, or one that cannot be used; nothing may be concluded from it


class Kit:
    """What an observer, and the chooser, may use of the agent.

    board    board/linux.py or board/esp32: gateway(), lan_address(), sockaddr(), ip_port(), bind(), sources()
    clock    net/clock.py: mono() seconds and mono_ms(), which never step; wall() unix seconds or None
    log      log(code, *data): one line for people
    fetch    fetch(url, family, ca=None, bind=None) -> (HTTP status, body): a bounded GET without credentials,
             TLS verified. Raises net.Trouble.
    load     load(name) -> the module observe/NAME.py, which stays loaded
    dismiss  dismiss(name): that module is not needed for now, its observer is closed
    run      await run(module, function, *args): a coroutine function of a module that may be forgotten
             afterwards
    brief    True where memory is scarce: observers rest between two reads
    outside  sources beyond the router that "auto" may ask last: [{"source": "web", ...}]
    """

    def __init__(self, board, clock, log, fetch, load, run, outside=(), dismiss=None, brief=False):
        self.board = board
        self.clock = clock
        self.log = log
        self.fetch = fetch
        self.load = load
        self.run = run
        self.dismiss = dismiss or (lambda name: None)
        self.outside = outside
        self.brief = brief
