# SPDX-License-Identifier: MIT
"""The rules: what a client has to do, the section of docs/dyndns2.md and the document that say so, the scenes
that show it, and the judge. Ids never change: other people's CI names them."""

from dataclasses import dataclass

from . import judges as j
from . import judges_request as q
from .evidence import every
from .scenes import REFUSALS, SCENES

DYN_POLICIES = "Dyn, Policies"
DYN_UPDATE = "Dyn, Perform Update"
DYN_RETURN = "Dyn, Return Codes"
DYN_FLOW = "Dyn, Flow"
NOIP_REQUEST = "No-IP, Request Method"
NOIP_RESPONSE = "No-IP, Response"
#: Dyn says to stop after dnserr, not for how long; DNS-O-Matic, which took its codes over, says half an hour.
DNSOMATIC = "Dyn, Return Codes; the time: DNS-O-Matic"
OURS = "ours: no provider page has it"

MET, UNMET, NOT_SHOWN, NOT_APPLICABLE = "met", "not met", "not shown", j.NOT_APPLICABLE
#: The set without compressed time leaves the rule open: it counts for nobody.
NOT_PLAYED = "not shown (needs libfaketime)"


@dataclass
class Rule:
    """judge(record, ...) gets the records of `scenes`: see judges.py. section: of docs/dyndns2.md. wire: real
    seconds are enough to meet it. after: a rule that must be met first, else this one has shown nothing: who
    never follows a change is not seen to stop, who never sends anything is not seen to refuse a private
    address. blurred: rules that would break this one too when they are not met: who sends every five minutes
    has not shown that a clock makes it send. timed: met by letting time pass, so a machine that holds the client
    up would meet it."""

    id: str
    what: str
    section: str
    document: str
    scenes: tuple
    judge: object
    wire: bool = False
    after: str = ""
    # the same for the set in real time only, where the rule is seen by that other one
    after_wire: str = ""
    blurred: tuple = ()
    timed: bool = False


#: Who sends again and again without a reason.
_RESTLESS = ("no-needless", "restart")


def _on_first(*row):
    return Rule(*row, wire=True)


# fmt: off
RULES = (
    _on_first("first-update", "publishes the line's address at its first start", "6.1", DYN_FLOW, ("life",), j.published_first),
    Rule("no-needless", "one update per change, none while nothing changes", "6.1", DYN_POLICIES, ("life", "quiet"), j.no_needless),
    Rule("follows-change", "publishes a new address", "6.1", DYN_FLOW, ("life",), j.follows),
    _on_first("restart", "sends nothing after a restart with the same address", "6.3", DYN_POLICIES, ("life",), j.after_restart),
    _on_first("user-agent", "names itself in the User-Agent", "4.3", DYN_POLICIES, ("life",),
              q.agent("no User-Agent", "generic User-Agent")),
    _on_first("agent-dyn", "User-Agent in Dyn's form: Company - Device - Version", "4.3", DYN_UPDATE, ("life",),
              q.agent("User-Agent not in the provider's form", "no User-Agent", "generic User-Agent")),
    _on_first("agent-noip", "User-Agent in No-IP's form: Company Device/Version mail@address", "4.3", NOIP_REQUEST, ("noip",),
              q.agent("User-Agent not in the provider's form", "no User-Agent", "generic User-Agent")),
    _on_first("not-in-url", "the password is not part of the URL", "4.6", "RFC 9110, section 17.9", ("life", "noip"), every(q.not_in_url)),
    _on_first("over-tls", "credentials only over TLS", "9.1", "RFC 7617, section 4", ("life", "noip"), every(q.over_tls)),
    _on_first("only-update-url", "asks for no other page of the provider", "6.1", DYN_POLICIES, ("life", "noip"), every(q.only_update_url)),
    _on_first("get", "GET, not POST", "4.2", DYN_UPDATE, ("life",), q.by_get),
    *(Rule("stop-" + code, "%s: no further update" % code, "6.5",
           NOIP_RESPONSE + "; " + DYN_RETURN if code in ("badauth", "nohost", "abuse", "badagent", "!donator") else DYN_RETURN,
           (code,), j.one_try, after="follows-change") for code in REFUSALS),
    Rule("stop-401", "badauth in HTTP 401: no further update", "6.5", NOIP_RESPONSE, ("badauth-401",), j.one_try, after="follows-change"),
    _on_first("refusal-kept", "a refusal is remembered over a restart", "6.5", DYN_RETURN, (*REFUSALS, "badauth-401"), every(j.refusal_kept)),
    Rule("wait-911", "911: not again for 30 minutes", "6.6", NOIP_RESPONSE, ("911",), j.half_hour, timed=True),
    Rule("wait-dnserr", "dnserr: not again for 30 minutes", "6.6", DNSOMATIC, ("dnserr",), j.half_hour, timed=True),
    Rule("wait-911-500", "911 in HTTP 500: not again for 30 minutes", "6.6", NOIP_RESPONSE, ("911-500",), j.half_hour, timed=True),
    Rule("recovers-911", "911: publishes once the provider is well again", "6.6", OURS, ("911",), j.recovers()),
    Rule("loopback", "good 127.0.0.1 is a refusal, also when the address changes", "6.5", DYN_RETURN, ("loopback",), j.stops_after_loopback,
         after="follows-change"),
    Rule("html", "a web page with the word good is no success", "5.6", DYN_RETURN, ("html",), j.noticed),
    Rule("empty", "an empty answer is no success", "5.6", DYN_RETURN, ("empty",), j.noticed),
    Rule("garbage", "an answer that is no HTTP does not end it", "5.1", OURS, ("garbage",), j.survives),
    Rule("flood", "a flood of header lines does not end it", "5.1", OURS, ("flood",), j.survives),
    Rule("recovers-403", "a proxy's HTTP 403 page is no refusal by the provider", "5.6", OURS, ("403",), j.recovers()),
    Rule("retry-after-429", "HTTP 429: waits as long as Retry-After says", "6.7", "RFC 6585, section 4", ("429",), j.waits(900), timed=True),
    Rule("retry-after-503", "HTTP 503: waits as long as Retry-After says", "6.7", "RFC 9110, section 10.2.3", ("503",), j.waits(900), timed=True),
    Rule("retry-after-date", "HTTP 503: waits until the date that Retry-After says", "6.7", "RFC 9110, section 10.2.3", ("503-date",),
         j.waits(3600), timed=True),
    Rule("recovers-429", "publishes once the limit is over", "6.7", OURS, ("429",), j.recovers()),
    Rule("recovers-503", "publishes once the provider is well again", "6.7", OURS, ("503",), j.recovers()),
    Rule("recovers-outage", "publishes once the line is well again", "6.7", OURS, ("outage",), j.recovers()),
    Rule("gentle", "broken connections: at most one try a minute", "6.7", OURS, ("outage",), j.gentle, timed=True),
    Rule("hang", "a provider that never answers does not hold it for ever", "6.7", OURS, ("hang",), j.bounded),
    _on_first("redirect", "a redirect to another host over HTTP gets no credentials", "9.2", "RFC 9110, section 15.4", ("redirect",),
              q.kept_from_strangers),
    _on_first("redirect-tls", "a redirect to another host over HTTPS gets no credentials", "9.2", "RFC 9110, section 15.4",
              ("redirect-tls",), q.kept_from_strangers),
    Rule("tls-name", "no request when the certificate is for another host", "9.1", "RFC 9110, section 4.3.4", ("wrong-name",),
         q.nothing_told, True, "first-update"),
    Rule("tls-authority", "no request when nobody known signed the certificate", "9.1", "RFC 9110, section 4.3.4", ("unknown-ca",),
         q.nothing_told, True, "first-update"),
    Rule("tls-expired", "no request when the certificate has ended", "9.1", "RFC 5280, section 6.1", ("expired",), q.nothing_told, True,
         "first-update"),
    Rule("tls-chain", "an RSA certificate behind two intermediates is fine", "9.1", "RFC 5280, section 6.1", ("chain",), q.accepts, True,
         "first-update"),
    Rule("unknown", "sends nothing while the address is not known", "6.2", DYN_POLICIES, ("unknown",), q.only_known),
    Rule("private", "does not publish a private address", "6.2", "RFC 6890", ("private",), q.not_sent, True, "first-update"),
    Rule("cgnat", "does not publish an address inside carrier-grade NAT", "6.2", "RFC 6598", ("cgnat",), q.not_sent, True, "first-update"),
    Rule("reserved", "does not publish addresses for documentation and tests", "6.2", "RFC 6890", ("reserved",), q.not_sent, True,
         "first-update"),
    _on_first("grouped", "several hosts share one request", "5.4", DYN_UPDATE + " (allowed, not asked for)", ("hosts",), j.one_request),
    Rule("refused-host", "the host that is refused is not asked for again", "6.5", DYN_RETURN, ("hosts",), j.refused_host_rests,
         after="follows-change"),
    Rule("other-hosts", "the other hosts go on", "5.4", DYN_RETURN, ("hosts",), j.others_follow),
    Rule("well-hosts", "and are not sent again without a change", "6.1", DYN_POLICIES, ("hosts",), j.well_hosts_rest, blurred=("no-needless",)),
    Rule("list-nochg", "one bare nochg for a list is not taken for every name", "5.4", OURS, ("list-nochg",), j.list_noticed),
    _on_first("dual", "keeps A and AAAA", "5.5", DYN_UPDATE, ("dual",), j.both_families),
    _on_first("dual-once", "one request for both families", "5.5", DYN_UPDATE, ("dual",), j.one_for_both),
    Rule("renumber", "follows another IPv6 prefix and keeps IPv4", "6.1", DYN_FLOW, ("renumber",), j.renumbered),
    Rule("clock-ahead", "a clock that jumps ahead makes no update and holds none up", "6.3", OURS, ("clock-ahead",), j.clock_stepped,
         blurred=_RESTLESS),
    Rule("clock-back", "a clock that was ahead makes no update and holds none up", "6.3", OURS, ("clock-back",), j.clock_stepped,
         blurred=_RESTLESS),
    Rule("check-page", "check page at most once in 10 minutes", "6.8", DYN_POLICIES, ("page",), q.rarely_checked, timed=True),
    Rule("check-refused", "check page not asked after a refusal", "6.8", NOIP_RESPONSE, ("page-refused",), q.no_check_after_refusal),
    Rule("chunked", "understands a chunked answer", "5.1", "RFC 9112, section 7.1", ("chunked",), j.understood, True, after_wire="restart",
         blurred=("no-needless",)),
    Rule("case", "understands codes in capitals", "5.2", OURS, ("case",), j.understood, True, after_wire="restart",
         blurred=("no-needless",)),
    Rule("bare", "understands good without an address, without a line end", "5.2", OURS, ("bare",), j.understood, True, after_wire="restart",
         blurred=("no-needless",)),
    Rule("noip", "No-IP: follows a change", "6.1", NOIP_REQUEST, ("noip",), j.follows),
)
# fmt: on
BY_ID = {rule.id: rule for rule in RULES}
_OPTIONS = {scene.name: scene.options for scene in SCENES}
#: Even the grader was held up, at a quarter of the speed too (play.py): nobody is convicted for that.
_BUSY = "this machine was too busy to tell; grade again when it has less to do, or with a lower --speed"
_WORDS = {True: MET, False: UNMET, None: NOT_SHOWN}


def judge(records, cannot=None, played=(), wire=False):
    """{rule id: (verdict, evidence lines)} of one client's records {scene: record}; rules whose scenes were
    not played (by anybody: names in `played`) are left out, those that the client has no settings for are not
    applicable. "not shown" counts as not met, unless the records are of the set in real time (`wire`), which
    cannot show the rule to anybody."""
    table = {}
    for rule in RULES:
        missing = [scene for scene in rule.scenes if scene not in records]
        why = [
            text for what, text in (cannot or {}).items() if any(what in _OPTIONS[scene] for scene in missing)
        ]
        if why and (not played or set(missing) <= set(played)):
            table[rule.id] = (NOT_APPLICABLE, why)
        elif not missing or len(missing) < len(rule.scenes):
            shown = [records[scene] for scene in rule.scenes if scene in records]
            verdict, lines = rule.judge(*shown)
            verdict = _WORDS.get(verdict, verdict)
            if verdict == UNMET and any(record.get("busy") for record in shown):
                verdict, lines = NOT_SHOWN, [_BUSY, *lines]
            if wire and not rule.wire and verdict != UNMET:
                verdict = NOT_PLAYED
            table[rule.id] = (verdict, lines)
        elif wire:
            table[rule.id] = (NOT_PLAYED, [])
    _leave_open(table, wire)
    return table


def _leave_open(table, wire):
    """Verdicts that another rule explains become "not shown"."""
    for rule in RULES:
        cause = next((name for name in rule.blurred if table.get(name, ("",))[0] == UNMET), None)
        if cause and table.get(rule.id, ("",))[0] == UNMET:
            table[rule.id] = (NOT_SHOWN, ["it may be for %s, which is not met" % cause, *table[rule.id][1]])
    for rule in RULES:
        first = rule.after or (wire and rule.after_wire)
        doubtful = (MET, UNMET) if wire and rule.after_wire else (MET,)
        if (
            first
            and table.get(rule.id, ("",))[0] in doubtful
            and table.get(first, (MET,))[0] not in (MET, NOT_PLAYED)
        ):
            table[rule.id] = (
                NOT_SHOWN,
                ["%s is not met, so this one shows nothing" % first, *table[rule.id][1]],
            )


def section(rule):
    return "dyndns2.md, section " + rule.section


__all__ = (
    "BY_ID",
    "MET",
    "NOT_APPLICABLE",
    "NOT_PLAYED",
    "NOT_SHOWN",
    "RULES",
    "UNMET",
    "Rule",
    "judge",
    "section",
)
