"""What happens to a client: the scenes, each a short script over a Run. Times are the client's own seconds.
Knows nothing of right and wrong (rules.py) nor of how a client is started (clients.py)."""

from dataclasses import dataclass, field

from .run import Enough

#: Publishable addresses of nobody in particular.
ONE, TWO = "45.33.7.9", "45.33.8.20"
SIX, SEVEN = "2600:3c00::9", "2600:3c00::20"
#: Any client has sent its first update long before, also on a busy machine.
FIRST = 900
#: The clients read so far try again after 120, 300 or 600 s, if at all.
REFUSED = 650
#: Some look at their address only every 300 s.
LOOK = 330
#: 911 and dnserr ask for half an hour; a minute less shows who does not wait.
ALMOST = 1740
#: The longest wait that any client read so far chooses after an answer it does not understand, and some more.
PATIENCE = 2700


@dataclass
class Scene:
    """options: service, hosts, page, dual (see clients.Setup) and broken=True where connections without a request are
    the scene's own doing. short: it belongs to the set for CI. quiet: a client that does right sends nothing."""

    name: str
    what: str
    script: object
    options: dict = field(default_factory=dict)
    short: bool = False
    quiet: bool = False


def first(run, address=ONE, updates=1):
    """A start with an address, until it is published."""
    run.address(address)
    run.start()
    run.wait(FIRST, run.answered(updates))
    run.mark("settled")


def life(run):
    first(run)
    run.wait(250 if run.short else 900)
    run.mark("change")
    run.address(TWO)
    run.wait(LOOK + 90, run.holds(TWO))
    run.wait(60 if run.short else 240)
    run.restart()
    run.wait(160 if run.short else 400)


def refused(code, status=200):
    """The code to every update; then a new address; then a restart with the same settings."""
    def script(run):
        run.lab.answer(code + "\n", status=status)
        first(run)
        run.wait(LOOK if run.short else REFUSED)
        run.mark("change")
        run.address(TWO)
        run.wait(20 if run.short else 130)
        run.restart()
        run.wait(400)
    return script


def stay(seconds, code="", status=200):
    """A start, with the code to every update if there is one; then time passes."""
    def script(run):
        if code:
            run.lab.answer(code + "\n", status=status)
        first(run)
        run.wait(seconds)
    return script


def odd(text, kind="text/plain"):
    """One answer that is no code; then the provider is well. Until the name points to the line."""
    def script(run):
        run.lab.answer(text, headers={"Content-Type": kind}, times=1)
        first(run)
        run.wait(PATIENCE, run.holds(ONE))
        run.mark("healed")
    return script


def loopback(run):
    """good 127.0.0.1 to a request that asked for another address; then a new address."""
    run.lab.fault("good-loopback")
    first(run)
    run.wait(60)
    run.mark("change")
    run.address(TWO)
    run.wait(LOOK if run.short else REFUSED, run.answered(2))


def retry_after(name, seconds):
    """The provider is busy and says for how long; then it is well."""
    def script(run):
        run.lab.fault(name, seconds=seconds, times=1)
        first(run)
        run.mark("asked")
        run.wait(PATIENCE, run.holds(ONE))
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
    run.lab.clear()
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
            ("https://%s:%d" if tls else "http://%s:%d") % (run.setup.check_host, run.lab.ports["stranger-tls" if tls else "stranger"]),
            run.setup.hosts[0], ONE)
        run.lab.fault("redirect", to=target)
        first(run)
        run.wait(100 if run.short else 240)
    return script


def certificate(kind):
    def script(run):
        run.lab.fault("certificate", kind=kind)
        run.address(ONE)
        run.start()
        run.wait(FIRST, lambda: len(run.lab.connections) > 0)
        run.wait(100 if run.short else 240)
        run.marks["connections"] = len(run.lab.connections)
    return script


def unknown(run):
    """No address at first; then one; then none again."""
    run.address()
    run.start()
    run.wait(400)
    run.mark("known")
    run.address(ONE)
    run.wait(FIRST, run.holds(ONE))
    run.wait(60)
    run.mark("lost")
    run.address()
    run.wait(400)


def bogon(*addresses):
    def script(run):
        run.address(addresses[0])
        run.start()
        run.wait(150 if run.short else 500)
        for address in addresses[1:]:
            run.address(address)
            run.wait(LOOK)
    return script


def hosts(run):
    """Three names in one account; the provider does not know the second. Then a new address."""
    first(run)
    run.wait(130 if run.short else 300)
    run.mark("change")
    run.address(TWO)
    run.wait(LOOK if run.short else 500)


def dual(run):
    run.address(ONE, SIX)
    run.start()
    run.wait(FIRST, lambda: run.holds(ONE)() and run.holds(SIX, kind="AAAA")())
    run.wait(120)
    run.mark("change")
    run.address(TWO, SIX)
    run.wait(400, run.holds(TWO))
    run.wait(120)


def noip(run):
    first(run)
    run.mark("change")
    run.wait(150)
    run.address(TWO)
    run.wait(400, run.holds(TWO, run.setup.hosts[0]))


#: Codes that end the matter until a person acts.
REFUSALS = ("badauth", "nohost", "notfqdn", "numhost", "abuse", "badagent", "!donator")
HTML = "<html><body>\n<p>Please log in to the hotel network.\ngood luck, and have a good stay</p>\n</body></html>\n"
THREE = ("demo.dyndns.org", "nosuch.dyndns.org", "demo2.dyndns.org")

SCENES = (
    Scene("life", "first start, no change, a change, a restart", life, short=True),
    *(Scene(code, "the provider answers %s" % code, refused(code), short=code == "badauth") for code in REFUSALS),
    Scene("badauth-401", "badauth in HTTP 401", refused("badauth", 401)),
    Scene("911", "the provider answers 911", stay(ALMOST, "911")),
    Scene("dnserr", "the provider answers dnserr", stay(ALMOST, "dnserr")),
    Scene("911-500", "911 in HTTP 500", stay(ALMOST, "911", 500)),
    Scene("loopback", "good 127.0.0.1 though another address was sent", loopback, short=True),
    Scene("html", "a log-in page with the word good instead of an answer, once", odd(HTML, "text/html")),
    Scene("empty", "an empty answer, once", odd("")),
    Scene("429", "HTTP 429 with Retry-After: 900, once", retry_after("429", 900)),
    Scene("503", "HTTP 503 with Retry-After: 900, once", retry_after("503", 900)),
    Scene("outage", "connections are reset for five minutes", outage, {"broken": True}),
    Scene("hang", "the first request is never answered", hang, {"broken": True}),
    Scene("redirect", "a redirect to another host over HTTP", redirect(False), short=True),
    Scene("redirect-tls", "a redirect to another host over HTTPS", redirect(True)),
    Scene("wrong-name", "a certificate for another host", certificate("wrong-name"), {"broken": True}, short=True, quiet=True),
    Scene("unknown-ca", "a certificate from an unknown authority", certificate("unknown-ca"), {"broken": True}, quiet=True),
    Scene("unknown", "the address cannot be told", unknown),
    Scene("private", "a private address", bogon("192.168.1.5"), short=True, quiet=True),
    Scene("cgnat", "an address inside carrier-grade NAT", bogon("100.64.3.9"), quiet=True),
    Scene("reserved", "addresses for documentation and tests", bogon("203.0.113.5", "198.18.0.1"), quiet=True),
    Scene("hosts", "three names, one unknown to the provider; a change", hosts, {"hosts": THREE}, short=True),
    Scene("dual", "IPv4 and IPv6; then another IPv4", dual, {"dual": True}),
    Scene("page", "the address comes from the check page", stay(1500), {"page": True}),
    Scene("page-refused", "badauth, with the check page at hand", stay(1300, "badauth"), {"page": True}),
    Scene("chunked", "the answer is chunked, as Dyn sends it", stay(REFUSED), {"chunked": True}),
    Scene("noip", "No-IP: first start and a change", noip, {"service": "noip"}),
)
