# SPDX-License-Identifier: MIT
"""The scenes: a name, what happens in it in one line, its script, and what it asks of a client's settings."""

from dataclasses import dataclass, field

from . import script as s
from .script import ONE, SEVEN, SIX, TWO

__all__ = ("ONE", "REFUSALS", "SCENES", "SEVEN", "SIX", "TWO", "Scene")


@dataclass
class Scene:
    """options: service, hosts, page, dual (see clients.Setup) and broken=True where connections without a
    request are the scene's own doing. wire: it can be played in real time, in seconds. quiet: a client that
    does right sends nothing."""

    name: str
    what: str
    script: object
    options: dict = field(default_factory=dict)
    wire: bool = False
    quiet: bool = False


#: Codes that end the matter until a person acts.
REFUSALS = ("badauth", "nohost", "notfqdn", "numhost", "abuse", "badagent", "!donator")
THREE = ("demo.dyndns.org", "nosuch.dyndns.org", "demo2.dyndns.org")
PAIR = ("demo.dyndns.org", "demo2.dyndns.org")
#: Header lines that no server should send and some middle boxes do: text without a colon, ten times more than
#: usual.
FLOOD = (
    "HTTP/1.1 200 OK\r\n"
    + "".join("line %d of a page that should have been the body\r\n" % n for n in range(170))
    + "\r\n"
)
_BROKEN = {"broken": True}

SCENES = (
    Scene("life", "first start, no change, a change, a restart", s.life, wire=True),
    Scene("quiet", "three hours without a change", s.quiet),
    *(
        Scene(code, "the provider answers %s" % code, s.refused(code), wire=code == "badauth")
        for code in REFUSALS
    ),
    Scene("badauth-401", "badauth in HTTP 401", s.refused("badauth", 401)),
    Scene("911", "the provider answers 911 for half an hour", s.trouble("911")),
    Scene("dnserr", "the provider answers dnserr for half an hour", s.trouble("dnserr")),
    Scene("911-500", "911 in HTTP 500, for half an hour", s.trouble("911", 500)),
    Scene("loopback", "good 127.0.0.1 though another address was sent", s.loopback),
    Scene("html", "a log-in page with the word good instead of an answer, once", s.odd("page-good")),
    Scene("empty", "an empty answer, once", s.odd("empty")),
    Scene("garbage", "an answer that is no HTTP, once", s.bytes_of("\x00\x01SSH-2.0-lab\r\n\r\n")),
    Scene("flood", "170 header lines without a colon, once", s.bytes_of(FLOOD)),
    Scene("403", "the HTTP 403 page of a proxy in front of the provider, once", s.odd("page-403")),
    Scene("429", "HTTP 429 with Retry-After: 900, once", s.retry_after("429", 900)),
    Scene("503", "HTTP 503 with Retry-After: 900, once", s.retry_after("503", 900)),
    Scene(
        "503-date", "HTTP 503 with Retry-After as a date an hour ahead, once", s.retry_after("503-date", 3600)
    ),
    Scene("outage", "connections are reset for five minutes", s.outage, _BROKEN),
    Scene("hang", "the first request is never answered", s.hang, _BROKEN),
    Scene("redirect", "a redirect to another host over HTTP", s.redirect(False), wire=True),
    Scene("redirect-tls", "a redirect to another host over HTTPS", s.redirect(True), wire=True),
    Scene(
        "wrong-name",
        "a certificate for another host",
        s.certificate("wrong-name"),
        _BROKEN,
        wire=True,
        quiet=True,
    ),
    Scene(
        "unknown-ca",
        "a certificate from an unknown authority",
        s.certificate("unknown-ca"),
        _BROKEN,
        wire=True,
        quiet=True,
    ),
    Scene(
        "expired",
        "a certificate that ended last year",
        s.certificate("expired"),
        _BROKEN,
        wire=True,
        quiet=True,
    ),
    Scene("chain", "an RSA certificate behind two intermediates", s.chain("long-chain"), wire=True),
    Scene("unknown", "the address cannot be told", s.unknown),
    Scene("private", "a private address", s.bogon("192.168.1.5"), wire=True, quiet=True),
    Scene("cgnat", "an address inside carrier-grade NAT", s.bogon("100.64.3.9"), wire=True, quiet=True),
    Scene(
        "reserved",
        "addresses for documentation and tests",
        s.bogon("203.0.113.5", "198.18.0.1"),
        wire=True,
        quiet=True,
    ),
    Scene(
        "hosts", "three names, one unknown to the provider; a change", s.hosts, {"hosts": THREE}, wire=True
    ),
    Scene("list-nochg", "two names, and one bare nochg for both", s.list_nochg, {"hosts": PAIR}),
    Scene("dual", "IPv4 and IPv6; then another IPv4", s.dual, {"dual": True}, wire=True),
    Scene("renumber", "IPv4 and IPv6; then another IPv6 prefix", s.renumber, {"dual": True}),
    Scene("clock-ahead", "the clock jumps three days ahead at a restart", s.clock(0, s.STEP)),
    Scene("clock-back", "the clock was three days ahead, and is right after a restart", s.clock(s.STEP, 0)),
    Scene("page", "the address comes from the check page", s.stay(1500), {"page": True}),
    Scene("page-refused", "badauth, with the check page at hand", s.stay(4000, "badauth"), {"page": True}),
    Scene("chunked", "the answer is chunked, as Dyn sends it", s.dressed("chunked"), wire=True),
    Scene("case", "the codes are in capitals", s.dressed("upper-case"), wire=True),
    Scene(
        "bare",
        "good without an address and without a line end",
        s.dressed("good-bare", "nochg-bare", "no-newline"),
        wire=True,
    ),
    Scene("noip", "No-IP: first start and a change", s.noip, {"service": "noip"}, wire=True),
)
