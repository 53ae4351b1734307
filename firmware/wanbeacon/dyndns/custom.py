# SPDX-License-Identifier: MIT
"""A row made of a config's own provider ("provider": "custom"), as the catalogue's are (catalog.py)."""

from wanbeacon.core.text import printable
from wanbeacon.core.url import split_url

_PLACES = ("hostname", "host", "labels", "domain", "ip", "ipv6", "user", "password")
_URL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?%"


def places(template):
    """The {names} in a template. Raises ValueError for one that means nothing, or a character that a URL
    cannot hold."""
    found, rest = [], template
    while rest:
        cut = rest.find("{")
        part = rest if cut < 0 else rest[:cut]
        for i in range(len(part)):
            if part[i : i + 1].encode() not in _URL:
                raise ValueError("%s is not allowed in a URL: write it percent-encoded" % _show(part[i]))
            if part[i] == "%" and not _hex(part[i + 1 : i + 3]):
                raise ValueError(
                    "%s: a place is written {host}, a percent sign %%25" % printable(part[i : i + 3])
                )
        if cut < 0:
            break
        end = rest.find("}", cut)
        name = rest[cut + 1 : end]
        if end < 0 or name not in _PLACES:
            raise ValueError(
                "unknown place {%s; known: {%s}" % (_show(rest[cut + 1 :][:20]), "} {".join(_PLACES))
            )
        found.append(name)
        rest = rest[end + 1 :]
    return found


def _hex(pair):
    return len(pair) == 2 and not [c for c in pair.encode() if c not in b"0123456789abcdefABCDEF"]


def _show(text):
    return "a space" if text == " " else printable(text)


def row(spec):
    """A row from a config's own provider: {"url", "url6", "url_dual", "method", "auth", "ok", "same", "fail",
    "later"}.

    Each URL serves the addresses it names: {ip}, {ipv6} or both; one that names none leaves the address to
    the connection. Answers without a mark in front mean the first word of a line; without any, DynDNS2 words
    count. Raises ValueError, one line that says what is wrong.
    """
    out = {"id": "custom", "path": "", "max": 1}
    used = []
    for key in ("url", "url6", "url_dual"):
        if spec.get(key):
            try:
                used += _template(out, key, spec[key])
            except ValueError as e:
                raise ValueError("%s: %s" % (key, e))
    if spec.get("method") == "POST":
        out["post"] = 1
    way = spec.get("auth") or "basic"
    if way == "query" and "password" not in used and "user" not in used:  # no login would be sent at all
        raise ValueError("auth: query needs {password} in the url")
    # credentials that the URL holds are not sent twice
    out["auth"] = ["none" if way == "query" or "password" in used else way]
    rules = []
    for cls, key in (("FAIL", "fail"), ("LATER", "later"), ("SAME", "same"), ("OK", "ok")):
        if spec.get(key):
            rules.append([cls] + [_rule(r, key) for r in spec[key]])
    if rules:
        out["rules"] = rules
        out["bad"] = range(400, 429)  # who lists words of failure need not know the status they come with
        if "<" in str(rules):  # it answers in HTML or XML
            out["page"] = [""]
        out["std"] = 2 if spec.get("ok") else 1  # `same` alone says nothing of "good"
    return out


def _template(out, key, url):
    """Put one URL into the row `out`, where its first gave the server. Returns the places that it names."""
    tls, host, port, path, query = split_url(url)
    if query:
        path += "?" + query
    names = places(path)
    if "ip" in names:
        kind = "qd" if "ipv6" in names else "q4"
    else:
        kind = "q6" if "ipv6" in names else ""
    if not kind and key == "url":
        out["conn"], kind = 1, "q4"
    if kind != {"url": kind, "url6": "q6", "url_dual": "qd"}[key]:
        raise ValueError("should name %s" % ("{ipv6} only" if key == "url6" else "{ip} and {ipv6}"))
    if key == "url":
        out["host"], out["port"], out["plain"] = host, port, 0 if tls else 1
    elif kind == "q6" and (tls, port) == (not out["plain"], out["port"]):
        out["host6"] = host
    elif (tls, host, port) != (not out["plain"], out["host"], out["port"]):
        raise ValueError("should lead to the same server as url")
    out[kind] = path
    return names


_SIGNS = ' .,:=()"'  # what may stand between a word and an address


def _rule(text, key):
    """A config's answer -> a rule as in reply.py. {ip} or {ipv6} alone: the address stands anywhere. After
    words it is dropped and the words count: failures name the address too. Words behind it could be those
    that tell them apart."""
    text = text.strip().lower()
    if text in ("0", "@"):
        return text
    if text in ("{ip}", "{ipv6}"):
        return "@"
    word, place, rest = text.replace("{ipv6}", "{ip}").partition("{ip}")
    if place:
        word = "" if rest.replace("{ip}", "").strip(_SIGNS) else word.rstrip(_SIGNS)
        if word[:1] == "=":  # the line goes on with the address
            word = "^" + word[1:]
    if (
        word in ("", "^", "=", "~", "*")
        or text[0] == "#"
        and not (len(text) == 4 and text[1:].isdigit() and max(text) <= "9")
    ):
        raise ValueError(
            "%s: an answer should be word, ^word, =line, ~word, *text, #status such as #200, or {ip} alone"
            % key
        )
    return word if word[0] in "^=~*#" else "^" + word
