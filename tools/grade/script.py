# SPDX-License-Identifier: MIT
"""What happens to a client in a scene: short scripts over a Run, in the client's own seconds. In the set
without compressed time (run.wire) the waits are real seconds, and what needs more is left out: the rules then
say that it was not shown."""

from . import vectors
from .run import Enough

#: Publishable addresses of nobody in particular.
ONE, TWO = "45.33.7.9", "45.33.8.20"
SIX, SEVEN = "2600:3c00::9", "2600:3c00:0:1::20"
#: Any client has sent its first update long before, also on a busy machine; real seconds where time is not
#: compressed.
FIRST, FIRST_WIRE = 900, 20
#: Real seconds after an answer in which a client that ignores it tries again, and after a start in which a
#: bogon would be sent.
PAUSE_WIRE, IDLE_WIRE = 4, 10
#: The clients read so far try again after 120, 300 or 600 s, if at all.
REFUSED = 650
#: 911 and dnserr ask for half an hour. The trouble is over just before: the first that may come finds the
#: provider well.
HALF_HOUR = 1790
#: The longest wait that any client read so far chooses after an answer it does not understand, and some more.
PATIENCE = 2700
#: Nothing changes for so long: a loop that sends every half hour, or every hour, is seen.
QUIET = 3 * 3600 - 300
#: Seconds that the clock is off by, ahead or behind: more than any time-out, less than any refresh.
STEP = 3 * 86400


def look(run):
    """The client has looked at its address at least once in so many seconds, with a margin for a slow
    machine."""
    return run.client.look * 1.5 + 60


def first(run, address=ONE, updates=1):
    """A start with an address, until it is published."""
    run.address(address)
    run.start()
    came = run.wait(FIRST_WIRE if run.wire else FIRST, run.answered(updates))
    run.mark("settled")
    if run.wire and not came and not run.lab.ledger:
        raise Enough


def change(run, until=True):
    """Another address, for as long as the client needs to see it."""
    run.mark("change")
    run.address(TWO)
    run.wait(look(run), run.holds(TWO) if until else None)


def restart(run):
    """A restart, for as long as the client needed at its first start, and a look."""
    began, settled = run.starts[0], run.marks.get("settled", 0)
    run.restart()
    run.wait(2 * (settled - began) + PAUSE_WIRE if run.wire else look(run))


def life(run):
    first(run)
    if run.wire:
        run.wait(PAUSE_WIRE)
    else:
        run.wait(REFUSED)
        change(run)
        run.wait(240)
    restart(run)


def quiet(run):
    """Hours in which nothing changes; the second update says all."""
    first(run)
    run.wait(QUIET + 60, run.answered(2))


def refused(code, status=200):
    """The code to every update; then a new address; then a restart with the same settings."""

    def script(run):
        run.lab.answer(code + "\n", status=status)
        first(run)
        if run.wire:
            run.wait(PAUSE_WIRE)
        else:
            run.wait(REFUSED)
            change(run, until=False)
        restart(run)

    return script


def stay(seconds, code="", status=200):
    """A start, with the code to every update if there is one; then time passes."""

    def script(run):
        if code:
            run.lab.answer(code + "\n", status=status)
        first(run)
        run.wait(seconds)

    return script


def trouble(code, status=200):
    """The code to every update for half an hour; then the provider is well."""

    def script(run):
        run.lab.answer(code + "\n", status=status)
        first(run)
        run.marks["troubled"] = run.marks["settled"] if run.lab.updates else 0
        run.wait(HALF_HOUR)
        run.lab.clear("answer")
        run.mark("healed")
        run.wait(PATIENCE, run.holds(ONE))

    return script


def odd(name):
    """One answer that is no code, from the test vectors; then the provider is well. Until the name points to
    the line."""

    def script(run):
        one = vectors.find(name)
        run.lab.answer(one["body"], status=one["status"], headers=one["headers"], times=1)
        first(run)
        run.marks["troubled"] = run.marks["settled"] if run.lab.updates else 0
        run.wait(PATIENCE, run.holds(ONE))
        run.mark("healed")

    return script


def bytes_of(text):
    """One answer that is not even HTTP; the provider has stored nothing. Then it is well, and the address
    changes."""

    def script(run):
        run.lab.fault("garbage", text=text, times=1)
        first(run)
        run.wait(PATIENCE, run.holds(ONE))
        change(run)

    return script


def dressed(*faults, **options):
    """The provider answers right, in an unusual dress, as long as the scene lasts."""

    def script(run):
        run.plain()
        run.lab.rules.chunked = "chunked" in faults
        for name in faults:
            run.lab.fault(name, **options)
        first(run)
        if run.wire:
            run.wait(PAUSE_WIRE)
            restart(run)
        else:
            run.wait(REFUSED)
            change(run)

    return script


def loopback(run):
    """good 127.0.0.1 to a request that asked for another address; then a new address."""
    run.lab.fault("good-loopback")
    first(run)
    run.wait(60)
    run.mark("change")
    run.address(TWO)
    run.wait(max(REFUSED, look(run)), run.answered(2))


def retry_after(name, seconds):
    """The provider is busy and says for how long; then it is well."""

    def script(run):
        run.lab.fault(name, seconds=seconds, times=1)
        first(run)
        run.marks["troubled"] = run.marks["settled"] if run.lab.updates else 0
        run.wait(seconds + PATIENCE, run.holds(ONE))
        run.mark("healed")

    return script


def outage(run):
    """Connections are reset for five minutes."""
    run.address(ONE)
    run.lab.fault("close", reset=1)
    run.start()
    run.wait(FIRST, lambda: len(run.lab.connections) > 0)
    run.wait(300)
    run.mark("tries")
    run.marks["count"] = len(run.lab.connections)
    run.marks["troubled"] = run.marks["tries"] if run.lab.connections else 0
    run.lab.clear("close")
    run.wait(3600, run.holds(ONE))
    run.mark("healed")


def hang(run):
    """The provider reads the first request and never answers."""
    run.lab.fault("mute-after-tls", times=1, seconds=3600)
    run.address(ONE)
    run.start()
    run.wait(FIRST, lambda: run.lab.updates)
    if not run.lab.updates:
        raise Enough
    run.mark("asked")
    number = run.lab.updates[0]["connection"] - 1
    # Time limits that the client left to the kernel do not pass faster: 20 s of real time at least.
    run.wait(max(900, 20 * run.speed), lambda: run.lab.connections[number]["closed"])
    run.mark("closed" if run.lab.connections[number]["closed"] else "open")


def redirect(tls):
    def script(run):
        target = "%s/nic/update?hostname=%s&myip=%s" % (
            ("https://%s:%d" if tls else "http://%s:%d")
            % (run.setup.check_host, run.lab.ports["stranger-tls" if tls else "stranger"]),
            run.setup.hosts[0],
            ONE,
        )
        run.lab.fault("redirect", to=target)
        first(run)
        run.wait(PAUSE_WIRE if run.wire else 240)

    return script


def certificate(kind):
    """A certificate that a careful client refuses: it may connect, and says nothing."""

    def script(run):
        run.lab.fault("certificate", kind=kind)
        run.address(ONE)
        run.start()
        run.wait(FIRST_WIRE if run.wire else FIRST, lambda: len(run.lab.connections) > 0)
        run.wait(PAUSE_WIRE if run.wire else 240)
        run.marks["connections"] = len(run.lab.connections)

    return script


def chain(kind):
    """A certificate that a careful client accepts."""

    def script(run):
        run.lab.authority.context(kind)  # RSA keys take a while: not the client's time
        run.lab.fault("certificate", kind=kind)
        first(run)
        run.wait(1)

    return script


def unknown(run):
    """No address at first; then one; then none again."""
    run.address()
    run.start()
    run.wait(look(run))
    run.mark("known")
    run.address(ONE)
    run.wait(FIRST, run.holds(ONE))
    run.wait(60)
    run.mark("lost")
    run.address()
    run.wait(look(run))


def bogon(*addresses):
    def script(run):
        run.address(addresses[0])
        run.start()
        run.wait(IDLE_WIRE if run.wire else max(500, look(run)))
        for address in () if run.wire else addresses[1:]:
            run.address(address)
            run.wait(look(run))

    return script


def hosts(run):
    """Three names in one account; the provider does not know the second. Then a new address."""
    first(run)
    if run.wire:
        run.wait(PAUSE_WIRE)
    else:
        run.wait(300)
        change(run)
        run.wait(max(500, look(run)))


def list_nochg(run):
    """Two names in one request; the provider takes the list as one name that it does not know, and says
    nochg."""
    run.lab.answer("nochg\n", times=1)
    first(run)
    run.wait(PATIENCE, lambda: all(run.holds(ONE, host)() for host in run.setup.hosts))


def dual(run):
    run.address(ONE, SIX)
    run.start()
    run.wait(FIRST_WIRE if run.wire else FIRST, lambda: run.holds(ONE)() and run.holds(SIX, kind="AAAA")())
    run.wait(PAUSE_WIRE if run.wire else 120)
    if not run.wire:
        run.mark("change")
        run.address(TWO, SIX)
        run.wait(look(run), run.holds(TWO))
        run.wait(120)


def renumber(run):
    """Another IPv6 prefix, the same IPv4 address."""
    run.address(ONE, SIX)
    run.start()
    run.wait(FIRST, lambda: run.holds(ONE)() and run.holds(SIX, kind="AAAA")())
    run.wait(300)
    run.mark("change")
    run.address(ONE, SEVEN)
    run.wait(look(run) + 300, run.holds(SEVEN, kind="AAAA"))
    run.wait(60)


def clock(before, after):
    """The clock is `before` seconds off at the first start and `after` at the second; then a new address."""

    def script(run):
        run.address(ONE)
        run.start(before)
        run.wait(FIRST, run.answered(1))
        run.wait(300)
        run.restart(after)
        run.wait(look(run))
        change(run)

    return script


def noip(run):
    first(run)
    if not run.wire:
        run.wait(150)
        change(run)
