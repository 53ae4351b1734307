# SPDX-License-Identifier: MIT
"""Reply faults: functions (reply, request, options) that change a Reply into what some provider really
sends."""

import html as html_module
import json
import re
from email.utils import formatdate
from ipaddress import ip_address

from .messages import address

#: code -> HTTP status, as CertaDNS, dy.fi, nsupdate.info, Infomaniak and others answer.
HTTP_CODES = {
    "badauth": 401,
    "!donator": 401,
    "badagent": 401,
    "nohost": 404,
    "!yours": 403,
    "abuse": 403,
    "notfqdn": 400,
    "numhost": 400,
    "badsys": 400,
    "badip": 400,
    "dnserr": 500,
    "911": 500,
}


def _words(reply, change):
    """Applies `change(word, rest) -> line` to each line."""
    lines = [change(*(line.partition(" ")[::2])) for line in reply.body.split("\n")]
    reply.body = "\n".join(lines)


def _line(word, rest):
    return word + " " + rest if rest else word


def _replace(reply, body, status=200, kind="text/html", **headers):
    """Another answer altogether: what it means is read from its text."""
    reply.body, reply.status, reply.outcomes = body, status, None
    reply.headers = {"Content-Type": kind, **headers}


def crlf(reply, request, options):
    reply.body = reply.body.replace("\n", "\r\n")


def trailing_blanks(reply, request, options):
    reply.body = "".join("  %s \t \n" % line for line in reply.body.splitlines())


def stray_cr(reply, request, options):
    reply.body = reply.body.replace("\n", "\r\r\n") + "\r"


def no_newline(reply, request, options):
    reply.body = reply.body.rstrip("\r\n")


def good_bare(reply, request, options):
    _words(reply, lambda word, rest: word if word == "good" else _line(word, rest))


def good_blank(reply, request, options):
    _words(reply, lambda word, rest: "good " if word in ("good", "nochg") else _line(word, rest))


def nochg_bare(reply, request, options):
    _words(reply, lambda word, rest: word if word == "nochg" else _line(word, rest))


def good_loopback(reply, request, options):
    _words(reply, lambda word, rest: "good 127.0.0.1" if word in ("good", "nochg") else _line(word, rest))
    reply.outcomes = None


def errors_200(reply, request, options):
    reply.status = 200
    reply.headers.pop("WWW-Authenticate", None)


def codes_4xx(reply, request, options):
    word = reply.body.split(" ")[0].strip().lower()
    reply.status = int(options.get("status") or HTTP_CODES.get(word, reply.status))
    if reply.status == 401:
        reply.headers["WWW-Authenticate"] = 'Basic realm="DynDNS API"'


def plain_2xx(reply, request, options):
    _replace(
        reply,
        options.get("text", "Your update was processed.\n"),
        int(options.get("status", 200)),
        "text/plain",
    )


def ko_200(reply, request, options):
    _replace(reply, "KO", kind="text/plain")


def _later(reply, request, options, status, date):
    seconds = int(options.get("seconds", 120))
    value = formatdate(request.now + seconds, usegmt=True) if date else str(seconds)
    _replace(
        reply, "Request was throttled. Expected available in %d seconds.\n" % seconds, status, "text/plain"
    )
    reply.headers["Retry-After"] = value


def long_headers(reply, request, options):
    """Header lines of 3 KB, 12 KB in all: what a CDN adds for browsers."""
    for number in range(4):
        reply.headers["X-Policy-%d" % number] = "default-src 'none'; " * 150


def http_429(reply, request, options):
    _later(reply, request, options, 429, False)


def http_429_date(reply, request, options):
    _later(reply, request, options, 429, True)


def http_503(reply, request, options):
    _later(reply, request, options, 503, False)


def http_503_date(reply, request, options):
    _later(reply, request, options, 503, True)


def limit_in_body(reply, request, options):
    _replace(
        reply, options.get("text", "You are sending more than 20 requests per second\n"), kind="text/plain"
    )


def one_line(reply, request, options):
    reply.body = reply.body.splitlines()[0] + "\n"


def many_lines(reply, request, options):
    """As nsupdate.info does for two families, and then as OVH does around the code."""
    line = reply.body.splitlines()[0]
    reply.body = "%s\nnochg 2600:3c00::7\n<!-- served by lab -->\nEnd of answer\n" % line


def mixed_lines(reply, request, options):
    line = reply.body.splitlines()[0]
    reply.body = "%s\n%s\n" % (line, options.get("word", "dnserr"))
    reply.outcomes = [(host, options.get("word", "dnserr")) for host, _ in (reply.outcomes or [])[:1]]


def many_addresses(reply, request, options):
    sep = options.get("sep", ",")
    _words(
        reply,
        lambda word, rest: (
            "%s %s%s2600:3c00::7" % (word, rest, sep) if word in ("good", "nochg") else _line(word, rest)
        ),
    )


def home_made(reply, request, options):
    reply.body = options.get("word", "addresses updated") + "\n"


def html(reply, request, options):
    reply.headers["Content-Type"] = "text/html"
    reply.body = (
        "<!DOCTYPE html>\n<html><head><title>Update</title></head>\n<body><h1>Result</h1>\n"
        "<p>%s</p></body></html>\n"
        % "<br>\n".join(html_module.escape(line) for line in reply.body.splitlines())
    )


def html_good(reply, request, options):
    _replace(
        reply,
        "<html><body><p>This is no good: the page you asked for\ngood luck finding it\nwas moved.</p>"
        "</body></html>\n",
        int(options.get("status", 404)),
    )


def xml(reply, request, options):
    reply.headers["Content-Type"] = "text/xml; charset=utf-16"
    reply.body = (
        '<?xml version="1.0" encoding="utf-16"?><interface-response><Command>SETDNSHOST</Command>'
        "<IP>%s</IP><ErrCount>0</ErrCount><Done>true</Done></interface-response>"
        % reply.body.strip().partition(" ")[2]
    )


def json_body(reply, request, options):
    reply.headers["Content-Type"] = "application/json"
    reply.body = json.dumps(
        {"status": 200, "message": "record updated", "value": {"A": reply.body.strip().partition(" ")[2]}}
    )


def chunked(reply, request, options):
    reply.chunked = True


def lone(reply, request, options):
    reply.headers["Connection"] = "close"


def http_204(reply, request, options):
    _replace(reply, "", 204)


def empty_200(reply, request, options):
    _replace(reply, "", 200, "text/plain")


def redirect(reply, request, options):
    """options["stranger"] is filled in by the server: the base URLs of a host that writes down who comes."""
    base = options["stranger"][str(options.get("tls", "yes")) in ("yes", "True", "1")]
    target = options.get("to") or base + request.target
    _replace(
        reply,
        '<html><body>Moved <a href="%s">here</a></body></html>\n' % target,
        int(options.get("status", 302)),
        Location=target,
    )


def redirect_same(reply, request, options):
    target = options.get("to") or "/moved" + request.target
    _replace(reply, "", int(options.get("status", 301)), Location=target)


def upper_case(reply, request, options):
    _words(reply, lambda word, rest: _line(word.upper(), rest))


def title_case(reply, request, options):
    _words(reply, lambda word, rest: _line(word.capitalize(), rest))


def substring(reply, request, options):
    _replace(
        reply,
        options.get("text", "The update of 2600:911::1 is no good. Not OK, not nochg, call 911!\n"),
        kind="text/plain",
    )


def odd_word(reply, request, options):
    count = max(1, len(reply.outcomes or [1]))
    _replace(reply, (options.get("word", "fatal") + "\n") * count, kind="text/plain")


def other_sense(reply, request, options):
    _replace(reply, options.get("word", "911") + "\n", kind="text/plain")


def ignores_myip(reply, request, options):
    other = options.get("address", "45.33.99.99")
    _words(reply, lambda word, rest: "%s %s" % (word, other) if rest else word)
    reply.effects = [
        (verb, name, {"A": other}) if verb == "set" else (verb, name, value)
        for verb, name, value in reply.effects
    ]


def captive_portal(reply, request, options):
    _replace(
        reply,
        "<html><head><title>Welcome</title></head><body><form>Please log in to the good hotel WLAN. OK?"
        "</form></body></html>\n",
        Via="1.1 proxy (squid)",
        **{"X-Cache": "MISS from proxy"},
    )


def bom(reply, request, options):
    reply.body = "\ufeff" + reply.body


def _addresses(reply, change):
    reply.body = re.sub(
        r"[0-9a-fA-F:.]{3,}", lambda match: change(match[0]) if address(match[0]) else match[0], reply.body
    )


def zero_padded(reply, request, options):
    _addresses(
        reply,
        lambda text: (
            ".".join("%03d" % int(part) for part in text.split("."))
            if "." in text
            else ip_address(text).exploded
        ),
    )


def mapped(reply, request, options):
    _addresses(reply, lambda text: "::ffff:" + text if "." in text else ip_address(text).exploded.upper())


def prefix_length(reply, request, options):
    _addresses(reply, lambda text: text + ("/32" if "." in text else "/64"))
