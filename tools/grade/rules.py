"""The rules: what a client has to do, the document that says so, the scenes that show it, and the judge.
Knows nothing of processes, labs or tables on a screen."""

from dataclasses import dataclass

from . import judges as j
from .scenes import ONE, REFUSALS, TWO

DYN_POLICIES = "Dyn, Policies"
DYN_UPDATE = "Dyn, Perform Update"
DYN_RETURN = "Dyn, Return Codes"
DYN_FLOW = "Dyn, Flow"
NOIP_REQUEST = "No-IP, Request Method"
NOIP_RESPONSE = "No-IP, Response"
#: Dyn says to stop after dnserr, not for how long; DNS-O-Matic, which took its codes over, says half an hour.
DNSOMATIC = "Dyn, Return Codes; the time: DNS-O-Matic"
OURS = "ours: no provider page has it"

MET, UNMET, NOT_SHOWN, NOT_APPLICABLE = "met", "not met", "not shown", "n/a"


@dataclass
class Rule:
    """judge(record, ...) gets the records of `scenes`: see judges.py."""

    id: str
    what: str
    document: str
    scenes: tuple
    judge: object


RULES = (
    Rule("first-update", "publishes the line's address at its first start", DYN_FLOW, ("life",), j.published_first),
    Rule("no-needless", "one update per change, none while nothing changes", DYN_POLICIES, ("life",), j.no_needless),
    Rule("follows-change", "publishes a new address", DYN_FLOW, ("life",), j.reaches(TWO)),
    Rule("restart", "sends nothing after a restart with the same address", DYN_POLICIES, ("life",), j.quiet_after_restart),
    Rule("user-agent", "names itself in the User-Agent", DYN_POLICIES, ("life",),
         j.agent("no User-Agent", "generic User-Agent")),
    Rule("agent-dyn", "User-Agent in Dyn's form: Company - Device - Version", DYN_UPDATE, ("life",),
         j.agent("User-Agent not in the provider's form", "no User-Agent", "generic User-Agent")),
    Rule("agent-noip", "User-Agent in No-IP's form: Company Device/Version mail@address", NOIP_REQUEST, ("noip",),
         j.agent("User-Agent not in the provider's form", "no User-Agent", "generic User-Agent")),
    Rule("not-in-url", "the password is not part of the URL", "RFC 9110, section 17.9", ("life", "noip"), j.every(j.not_in_url)),
    Rule("over-tls", "credentials only over TLS", "RFC 7617, section 4", ("life", "noip"), j.every(j.over_tls)),
    Rule("only-update-url", "asks for no other page of the provider", DYN_POLICIES, ("life", "noip"), j.every(j.only_update_url)),
    Rule("get", "GET, not POST", DYN_UPDATE, ("life",), j.by_get),
    *(Rule("stop-" + code, "%s: no further update" % code,
           NOIP_RESPONSE + "; " + DYN_RETURN if code in ("badauth", "nohost", "abuse", "badagent", "!donator") else DYN_RETURN,
           (code,), j.one_try) for code in REFUSALS),
    Rule("stop-401", "badauth in HTTP 401: no further update", NOIP_RESPONSE, ("badauth-401",), j.one_try),
    Rule("refusal-kept", "a refusal is remembered over a restart", DYN_RETURN, (*REFUSALS, "badauth-401"), j.every(j.quiet_after_restart)),
    Rule("wait-911", "911: not again for 30 minutes", NOIP_RESPONSE, ("911",), j.half_hour),
    Rule("wait-dnserr", "dnserr: not again for 30 minutes", DNSOMATIC, ("dnserr",), j.half_hour),
    Rule("wait-911-500", "911 in HTTP 500: not again for 30 minutes", NOIP_RESPONSE, ("911-500",), j.half_hour),
    Rule("loopback", "good 127.0.0.1 is a refusal, also when the address changes", DYN_RETURN, ("loopback",), j.stops_after_loopback),
    Rule("html", "a web page with the word good is no success", DYN_RETURN, ("html",), j.noticed),
    Rule("empty", "an empty answer is no success", DYN_RETURN, ("empty",), j.noticed),
    Rule("retry-after-429", "HTTP 429: waits as long as Retry-After says", "RFC 6585, section 4", ("429",), j.waits),
    Rule("retry-after-503", "HTTP 503: waits as long as Retry-After says", "RFC 9110, section 10.2.3", ("503",), j.waits),
    Rule("recovers-429", "publishes once the limit is over", OURS, ("429",), j.reaches(ONE)),
    Rule("recovers-503", "publishes once the provider is well again", OURS, ("503",), j.reaches(ONE)),
    Rule("recovers-outage", "publishes once the line is well again", OURS, ("outage",), j.reaches(ONE)),
    Rule("gentle", "broken connections: at most one try a minute", OURS, ("outage",), j.gentle),
    Rule("hang", "a provider that never answers does not hold it for ever", OURS, ("hang",), j.bounded),
    Rule("redirect", "a redirect to another host over HTTP gets no credentials", "RFC 9110, section 15.4", ("redirect",), j.kept_from_strangers),
    Rule("redirect-tls", "a redirect to another host over HTTPS gets no credentials", "RFC 9110, section 15.4", ("redirect-tls",), j.kept_from_strangers),
    Rule("tls-name", "no request when the certificate is for another host", "RFC 9110, section 4.3.4", ("wrong-name",), j.nothing_told),
    Rule("tls-authority", "no request when nobody known signed the certificate", "RFC 9110, section 4.3.4", ("unknown-ca",), j.nothing_told),
    Rule("unknown", "sends nothing while the address is not known", DYN_POLICIES, ("unknown",), j.only_known),
    Rule("private", "does not publish a private address", "RFC 6890", ("private",), j.not_sent),
    Rule("cgnat", "does not publish an address inside carrier-grade NAT", "RFC 6598", ("cgnat",), j.not_sent),
    Rule("reserved", "does not publish addresses for documentation and tests", "RFC 6890", ("reserved",), j.not_sent),
    Rule("grouped", "several hosts share one request", DYN_UPDATE + " (allowed, not asked for)", ("hosts",), j.one_request),
    Rule("refused-host", "the host that is refused is not asked for again", DYN_RETURN, ("hosts",), j.refused_host_rests),
    Rule("other-hosts", "the other hosts go on", DYN_RETURN, ("hosts",), j.others_follow),
    Rule("well-hosts", "and are not sent again without a change", DYN_POLICIES, ("hosts",), j.without_finding("needless update")),
    Rule("dual", "keeps A and AAAA", DYN_UPDATE, ("dual",), j.both_families),
    Rule("dual-once", "one request for both families", DYN_UPDATE, ("dual",), j.one_for_both),
    Rule("check-page", "check page at most once in 10 minutes", DYN_POLICIES, ("page",), j.rarely_checked),
    Rule("check-refused", "check page not asked after a refusal", NOIP_RESPONSE, ("page-refused",), j.no_check_after_refusal),
    Rule("chunked", "understands a chunked answer", "RFC 9112, section 7.1", ("chunked",), j.one_try),
    Rule("noip", "No-IP: follows a change", NOIP_REQUEST, ("noip",), j.reaches(TWO)),
)


def judge(records, cannot=None, played=()):
    """{rule id: (verdict, evidence lines)} of one client's records {scene: record}; rules whose scenes were not played (by
    anybody: names in `played`) are left out, those that the client has no settings for are not applicable. "not shown" counts as not met."""
    table = {}
    for rule in RULES:
        missing = [scene for scene in rule.scenes if scene not in records]
        why = [text for what, text in (cannot or {}).items() if rule.scenes[0].startswith(what)]
        if missing and why and (not played or set(missing) <= set(played)):
            table[rule.id] = (NOT_APPLICABLE, why)
        elif not missing or len(missing) < len(rule.scenes):
            verdict, lines = rule.judge(*(records[scene] for scene in rule.scenes if scene in records))
            if rule.judge is j.not_sent and table.get("first-update", (MET,))[0] != MET:
                verdict = None  # a client that sends nothing at all has not shown that it looks at the address
            table[rule.id] = (NOT_SHOWN if verdict is None else MET if verdict else UNMET, lines)
    return table
