# SPDX-License-Identifier: MIT
"""What a client did wrong, seen from its requests and from what was answered before. Works on requests
and replies as values."""

import re
from email.utils import parsedate_to_datetime

from .findings import note
from .messages import addresses, is_bogon

REFUSALS = frozenset(
    (
        "badauth",
        "!donator",
        "!active",
        "nohost",
        "notfqdn",
        "!yours",
        "numhost",
        "badsys",
        "badip",
        "abuse",
        "badagent",
        "loopback",
        "disabled",
        "badrequest",
    )
)
#: Refusals that concern the account or the client, whatever hosts were named.
ACCOUNT_WIDE = frozenset(("badauth", "badagent", "loopback", "disabled"))
TROUBLE = frozenset(("911", "dnserr", "servererror"))
#: Parameters that carry addresses, whatever the provider calls them.
ADDRESS_KEYS = ("myip", "myipv6", "myipv4", "ip", "ipv4", "ipv6")
#: User-Agents made only of such words and a version say nothing of the client.
GENERIC = re.compile(
    r"(?:(?:python|curl|wget|micropython|esp32|urequests|requests|urllib3?|aiohttp|httpx|http|https|"
    r"libwww|perl|lua|go|java|php|ruby|node|fetch|okhttp|mozilla|dyndns2?|ddns|dns|updater|client|"
    r"agent|user|test)[-/ _]?)+v?[\d.]*\s*$",
    re.I,
)
WAIT = re.compile(r"w(\d\d)([hms])$")


def is_generic(agent):
    """True for a User-Agent that names a library or nothing in particular instead of the client."""
    return bool(GENERIC.match(agent.split("(")[0].strip())) and "@" not in agent


def fingerprint(request):
    """What a user must change before a refused host may be tried again."""
    options = sorted(
        (key, value)
        for key, value in request.params.items()
        if key not in ("hostname", "host", "domains", *ADDRESS_KEYS)
    )
    return hash((request.scheme, request.user, request.password, request.path, str(options)))


def before(request, hosts, rules):
    """Findings that the request shows by itself or by what was answered before; returns their list."""
    client, found = request.client, []

    def add(name, detail=""):
        found.append(note(client, request, name, detail))

    client.requests += 1
    if not request.agent:
        add("no User-Agent")
    elif is_generic(request.agent):
        add("generic User-Agent", request.agent)
    elif rules.agent_form and not re.match(rules.agent_form, request.agent):
        add("User-Agent not in the provider's form", request.agent)
    if request.params.keys() & {"password", "pwd", "pass", "token"} and rules.header_auth:
        add(
            "credentials in query",
            ", ".join(sorted(request.params.keys() & {"password", "pwd", "pass", "token"})),
        )
    if request.headers.get("authorization") and not request.tls:
        client.praise.discard("credentials only over TLS")
        add("credentials over plain HTTP")
    elif request.tls:
        client.praise.add("credentials only over TLS")
    if request.method not in rules.methods:
        add("POST instead of GET" if request.method == "POST" else "malformed request", request.method)
    for key in ADDRESS_KEYS:
        sent = request.params.get(key, "")
        if not addresses(sent)[1] and sent not in rules.words_for_address and "/" not in sent:
            add("malformed address sent", "%s=%s" % (key, sent))
        for item in sent.split(","):
            if is_bogon(item):
                add("bogon address sent", item)
    if rules.list_limit and len(hosts) > rules.list_limit:
        add("too many hosts", "%d in one request, %d allowed" % (len(hosts), rules.list_limit))
    _after_answers(request, hosts, rules, add)
    client.updates += 1
    kinds = _kinds(request)
    for host in hosts:
        client.last_update[(host, kinds)] = request.now
    return found


def _kinds(request):
    """The address families that the request names: text like "A", "A+AAAA", "" """
    found = set()
    for key in ADDRESS_KEYS:
        found |= addresses(request.params.get(key, ""))[0].keys()
    return "+".join(sorted(found))


def _after_answers(request, hosts, rules, add):
    """Was this request forbidden or postponed by an earlier answer?"""
    client, mark = request.client, fingerprint(request)
    if client.blocked:
        add("blocked client goes on", client.blocked)
    for key in ["*", tuple(hosts), *hosts]:
        code, old = client.refusals.get(key, ("", None))
        if code and old == mark:
            add(
                "update after a refusal",
                "%s %s" % (code, "for " + key if isinstance(key, str) and key != "*" else ""),
            )
            client.sins += 1
            break
    for key in ["*", *hosts]:
        until, said, name = client.holds.get(key, (0, "", ""))
        if request.now < until - 1:  # a second of grace: clients count in whole seconds
            add(name, "%s, asked again %d s too early" % (said, until - request.now))
            break
    kinds = _kinds(request)
    for host in hosts:
        gone = request.now - client.last_update.get((host, kinds), -1e18)
        if rules.min_interval and gone < rules.min_interval - 1:
            add(
                "updates too close together",
                "%s after %d s, %d s asked for" % (host, gone, rules.min_interval),
            )
            break


def read(body):
    """[(code, rest)] of the words the protocol knows, one per line, in `body`; unknown lines give ("",
    line)."""
    lines = []
    for line in body.replace("\ufeff", "").replace("\r", "\n").split("\n"):
        word, _, rest = line.strip().partition(" ")
        word = word.lower()
        if word:
            known = word in REFUSALS or word in TROUBLE or word in ("good", "nochg") or WAIT.match(word)
            lines.append((word, rest.strip()) if known else ("", line.strip()))
    return lines


def outcomes(body, hosts, asked=""):
    """[(host or "*", code)] as a careful client reads `body`: a lone refusal concerns the whole request."""
    lines = read(body)
    codes = []
    for code, rest in lines:
        if code == "good" and rest == "127.0.0.1" and "127.0.0.1" not in asked:
            code = "loopback"
        codes.append(code)
    if len(codes) == 1 and (len(hosts) != 1 or codes[0] in ACCOUNT_WIDE | TROUBLE):
        if codes[0] in ("good", "nochg", ""):
            return [(host, codes[0]) for host in hosts]
        return [("*", codes[0])]
    return list(zip(hosts, codes, strict=False))


def after(request, reply, hosts, wanted, rules):
    """Remembers what was answered, so that the next request can be judged; returns new findings.

    `wanted`: {"A": text, "AAAA": text} that the request asked for, by parameter or by connection."""
    client, found = request.client, []
    results = reply.outcomes
    if results is None:
        results = outcomes(reply.body, hosts, request.params.get("myip", ""))
    changed = False
    for host, code in results:
        wait = WAIT.match(code)
        if code in REFUSALS:
            key = host
            if code in ACCOUNT_WIDE or (host == "*" and code == "abuse"):
                key = "*"
            elif host == "*":
                key = tuple(hosts) if len(hosts) > 1 else hosts[0] if hosts else "*"
            client.refusals[key] = (code, fingerprint(request))
        elif code in TROUBLE:
            client.holds[host] = (request.now + rules.trouble_hold, code, "too soon after 911 or dnserr")
        elif wait:
            seconds = int(wait[1]) * {"h": 3600, "m": 60, "s": 1}[wait[2]]
            client.holds[host] = (request.now + seconds, code, "Retry-After ignored")
        elif code in ("good", "nochg"):
            found += _success(request, host, code, wanted, rules)
            changed |= code == "good"
            for key in (host, "*", tuple(hosts)):
                client.refusals.pop(key, None)
                client.holds.pop(key, None)
    client.changes += changed
    found += _company(request, hosts, results, rules) + _retry_after(request, reply)
    for name, detail in reply.findings:
        found.append(note(client, request, name, detail))
    return found


def _success(request, host, code, wanted, rules):
    """A nochg is a fault when this client itself had stored the same address not long ago."""
    client, found = request.client, []
    known = {kind: client.stored.get((host, kind)) for kind in wanted}
    if code == "nochg" and rules.nochg_fault and wanted:
        fresh = all(
            old and old[0] == wanted[kind] and request.now - old[1] < rules.refresh_age
            for kind, old in known.items()
        )
        if fresh:
            age = request.now - max(old[1] for old in known.values())
            found.append(
                note(
                    client,
                    request,
                    "needless update",
                    "%s already had %s, sent %d s before" % (host, ", ".join(wanted.values()), age),
                )
            )
    for kind, text in wanted.items():
        client.stored[(host, kind)] = (text, request.now, request.number)
    return found


def lost(request):
    """The answer to this request never reached the client: a repetition will not be its fault."""
    stored = request.client.stored
    for key in [key for key, old in stored.items() if old[2] == request.number]:
        del stored[key]


def _company(request, hosts, results, rules):
    """Two hosts that got the same data within seconds could have shared one request, unless a list was
    refused."""
    client, found = request.client, []
    sent = sorted(item for item in request.params.items() if item[0] not in rules.host_keys)
    split = any(isinstance(key, tuple) for key in client.refusals)
    if (
        len(hosts) == 1
        and results[:1] == [(hosts[0], "good")]
        and rules.list_any
        and rules.list_limit != 1
        and not split
    ):
        when, other, what = client.last or (-1e18, "", "")
        if request.now - when < 5 and other != hosts[0] and what == sent:
            found.append(
                note(
                    client,
                    request,
                    "one request per host",
                    "%s and %s within %d s" % (other, hosts[0], request.now - when),
                )
            )
        client.last = (request.now, hosts[0], sent)
    return found


def _retry_after(request, reply):
    header = reply.headers.get("Retry-After")
    if not header or reply.status not in (429, 503):
        return []
    if header.strip().isdigit():
        seconds = int(header)
    else:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - request.now
        except (TypeError, ValueError):
            return []
    request.client.holds["*"] = (request.now + seconds, "Retry-After: " + header, "Retry-After ignored")
    return []


def check(request, rules):
    """Judges one read of the address-check page; returns (findings, seconds until it may be asked again or
    0)."""
    client, found = request.client, []
    client.requests += 1
    client.checks += 1
    if not request.agent:
        found.append(note(client, request, "no User-Agent"))
    for header in ("client-ip", "x-forwarded-for"):
        if header in request.headers:
            found.append(note(client, request, "address header sent to the check page", header))
    gone, wait = request.now - client.last_check, 0
    if rules.check_interval and gone < rules.check_interval - 1:
        found.append(
            note(
                client,
                request,
                "check page asked too often",
                "after %d s, %d s asked for" % (gone, rules.check_interval),
            )
        )
        wait = rules.check_interval - gone
    else:
        client.last_check = request.now
    return found, wait
