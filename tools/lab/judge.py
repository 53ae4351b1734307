"""What a client did right and wrong, each finding with the provider document it comes from.
Works on requests and replies as values; it must not know HTTP servers, faults, or a provider beyond its Rules."""

import re
from email.utils import parsedate_to_datetime

from tools.lab.messages import address, addresses, is_bogon

DYN_POLICIES = "help.dyn.com, Remote Access API, Policies"
DYN_UPDATE = "help.dyn.com, Remote Access API, Perform Update"
DYN_RETURN = "help.dyn.com, Remote Access API, Return Codes"
NOIP_RESPONSE = "noip.com, Integrate, Response"
RFC_HTTP = "RFC 9110"

#: finding -> the document that asks for better, unless the provider's own rules name another.
FINDINGS = {
    "no User-Agent": DYN_POLICIES,
    "generic User-Agent": DYN_POLICIES,
    "User-Agent not in the provider's form": DYN_UPDATE,
    "needless update": DYN_POLICIES,
    "update after a refusal": DYN_RETURN,
    "blocked client goes on": DYN_POLICIES,
    "too soon after 911 or dnserr": NOIP_RESPONSE,
    "Retry-After ignored": RFC_HTTP + ", section 10.2.3",
    "updates too close together": DYN_POLICIES,
    "check page asked too often": DYN_POLICIES,
    "check page asked after an error": NOIP_RESPONSE,
    "address header sent to the check page": "help.dyn.com, Remote Access API, CheckIP Tool",
    "bogon address sent": "IANA special-purpose address registries (RFC 6890)",
    "malformed address sent": DYN_POLICIES,
    "too many hosts": DYN_UPDATE,
    "one request per host": DYN_UPDATE,
    "credentials in query": RFC_HTTP + ", section 17.9",
    "credentials over plain HTTP": "RFC 7617, section 4",
    "credentials sent to another host": RFC_HTTP + ", section 15.4",
    "POST instead of GET": DYN_UPDATE,
    "other page than the update URL": DYN_POLICIES,
    "malformed request": RFC_HTTP,
    "other family deleted": "the provider's update API",
    "no update for too long": "the provider's update API",
}

REFUSALS = frozenset(("badauth", "!donator", "!active", "nohost", "notfqdn", "!yours", "numhost", "badsys", "badip",
                      "abuse", "badagent", "loopback", "disabled"))
#: Refusals that concern the account or the client, whatever hosts were named.
ACCOUNT_WIDE = frozenset(("badauth", "badagent", "loopback", "disabled"))
TROUBLE = frozenset(("911", "dnserr", "servererror"))
#: The longest pause after 911/dnserr that the providers ask for: 30 minutes.
TROUBLE_HOLD = 1800
#: A needless update is forgiven once the last success is this old: a refresh before the name expires.
REFRESH_AGE = 20 * 86400
GENERIC = re.compile(r"(python|curl|wget|micropython|urequests|requests|aiohttp|httpie?|libwww|lua|go-http|java|okhttp|"
                     r"mozilla|dyndns|ddns|client|agent|user-agent|test)([-/ ]?[\w.]*)*$", re.I)
WAIT = re.compile(r"w(\d\d)([hms])$")


def is_generic(agent):
    """True for a User-Agent that names a library or nothing in particular instead of the client."""
    return bool(GENERIC.match(agent.split("(")[0].strip())) and "@" not in agent


def note(client, request, name, detail=""):
    """Files one finding; returns it."""
    finding = {"finding": name, "detail": detail, "request": request.number, "time": request.now}
    client.findings.append(finding)
    return finding


def fingerprint(request):
    """What a user must change before a refused host may be tried again."""
    options = sorted((key, value) for key, value in request.params.items()
                     if key not in ("hostname", "host", "domains", "myip", "myipv6", "ip", "ipv4", "ipv6"))
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
        add("credentials in query", ", ".join(sorted(request.params.keys() & {"password", "pwd", "pass", "token"})))
    if request.headers.get("authorization") and not request.tls:
        client.praise.discard("credentials only over TLS")
        add("credentials over plain HTTP")
    elif request.tls:
        client.praise.add("credentials only over TLS")
    if request.method not in rules.methods:
        add("POST instead of GET" if request.method == "POST" else "malformed request", request.method)
    for key in ("myip", "myipv6", "myipv4", "ip", "ipv4", "ipv6"):
        sent = request.params.get(key, "")
        if not addresses(sent)[1] and sent not in rules.words_for_address and "/" not in sent:
            add("malformed address sent", "%s=%s" % (key, sent))
        for item in sent.split(","):
            if is_bogon(item):
                add("bogon address sent", item)
    if rules.list_limit and len(hosts) > rules.list_limit:
        add("too many hosts", "%d in one request, %d allowed" % (len(hosts), rules.list_limit))
    _after_answers(request, hosts, rules, add)
    when, other, sent = client.last or (-1e18, [], None)
    now_sent = request.params.get("myip")
    if rules.list_limit != 1 and request.now - when < 5 and len(other) == len(hosts) == 1 and other != hosts \
            and sent == now_sent:
        add("one request per host", "%s and %s within %d s" % (other[0], hosts[0], request.now - when))
    client.last = (request.now, list(hosts), now_sent)
    client.updates += 1
    for host in hosts:
        client.last_update[host] = request.now
    return found


def _after_answers(request, hosts, rules, add):
    """Was this request forbidden or postponed by an earlier answer?"""
    client, mark = request.client, fingerprint(request)
    if client.blocked:
        add("blocked client goes on", client.blocked)
    for key in ["*", tuple(hosts), *hosts]:
        code, old = client.refusals.get(key, ("", None))
        if code and old == mark:
            add("update after a refusal", "%s %s" % (code, "for " + key if isinstance(key, str) and key != "*" else ""))
            client.sins += 1
            break
    for key in ["*", *hosts]:
        until, said, name = client.holds.get(key, (0, "", ""))
        if request.now < until - 1:  # a second of grace: clients count in whole seconds
            add(name, "%s, asked again %d s too early" % (said, until - request.now))
            break
    for host in hosts:
        gone = request.now - client.last_update.get(host, -1e18)
        if rules.min_interval and gone < rules.min_interval - 1:
            add("updates too close together", "%s after %d s, %d s asked for" % (host, gone, rules.min_interval))
            break


def read(body):
    """[(code, rest)] of the words the protocol knows, one per line, in `body`; unknown lines give ("", line)."""
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
            if code in ACCOUNT_WIDE:
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
    found += _retry_after(request, reply)
    for name, detail in reply.findings:
        found.append(note(client, request, name, detail))
    return found


def _success(request, host, code, wanted, rules):
    """A nochg is a fault when this client itself had stored the same address not long ago."""
    client, found = request.client, []
    known = {kind: client.stored.get((host, kind)) for kind in wanted}
    if code == "nochg" and rules.nochg_fault and wanted:
        fresh = all(old and old[0] == wanted[kind] and request.now - old[1] < rules.refresh_age
                    for kind, old in known.items())
        if fresh:
            age = request.now - max(old[1] for old in known.values())
            found.append(note(client, request, "needless update", "%s already had %s, sent %d s before"
                              % (host, ", ".join(wanted.values()), age)))
    for kind, text in wanted.items():
        client.stored[(host, kind)] = (text, request.now)
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
    """Judges one read of the address-check page; returns (findings, seconds until it may be asked again or 0)."""
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
        found.append(note(client, request, "check page asked too often",
                          "after %d s, %d s asked for" % (gone, rules.check_interval)))
        wait = rules.check_interval - gone
    else:
        client.last_check = request.now
    return found, wait


def verdict(client, rules):
    """{"client", "user", "agent", "requests", "findings": [{"finding","document","count","details"}], "good": [...]}"""
    table = {}
    for item in client.findings:
        row = table.setdefault(item["finding"], {"finding": item["finding"], "count": 0, "details": [], "requests": [],
                                                 "document": rules.documents.get(item["finding"])
                                                 or FINDINGS.get(item["finding"], "")})
        row["count"] += 1
        row["requests"].append(item["request"])
        if item["detail"] and len(row["details"]) < 5:
            row["details"].append(item["detail"])
    good = sorted(client.praise - ({"credentials only over TLS"} if "credentials over plain HTTP" in table else set()))
    if client.updates and client.changes == client.updates:
        good.append("one request per change (%d of %d)" % (client.changes, client.updates))
    if client.refusals and not client.sins:
        good += ["no update after %s" % code for code in sorted({code for code, _ in client.refusals.values()})]
    if client.agent and not {"generic User-Agent", "User-Agent not in the provider's form"} & table.keys():
        good.append("a User-Agent of its own")
    return {"client": client.key, "user": client.user, "agent": client.agent, "requests": client.requests,
            "updates": client.updates, "checks": client.checks, "changes": client.changes, "blocked": client.blocked,
            "findings": list(table.values()), "good": good}


def same_address(left, right):
    """True if two texts are the same address, however they are spelt."""
    return address(left or "") is not None and address(left) == address(right or "")
