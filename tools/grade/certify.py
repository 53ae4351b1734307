# SPDX-License-Identifier: MIT
"""The integration pages of Dyn and No-IP as lists: each requirement and the rules that show it. Only a table
and a look-up.

Sources: help.dyn.com, Remote Access API (Perform Update, Return Codes, Policies, CheckIP Tool, Flow);
noip.com, Integrate (Request Method, Response). The codes are played by the lab as Dyn, for both lists; the
scene "noip" alone is played as No-IP."""

from .rules import MET, NOT_APPLICABLE, NOT_PLAYED, UNMET

REQUIREMENTS = {
    "dyn": (
        ("Perform Update", "HTTPS, with Basic authentication, GET", ("over-tls", "not-in-url", "get")),
        (
            "Perform Update",
            "a User-Agent of the form Company - Device - Version",
            ("user-agent", "agent-dyn"),
        ),
        ("Perform Update", "hosts with the same address may share a request", ("grouped",)),
        ("Perform Update", "IPv4 and IPv6 in myip", ("dual", "dual-once")),
        ("Flow", "detects a change and updates the host", ("first-update", "follows-change")),
        (
            "Policies",
            "updates only when the address differs from the last one, also after a restart",
            ("no-needless", "restart", "well-hosts"),
        ),
        (
            "Policies",
            "checks the form of the address before an update",
            ("unknown", "private", "cgnat", "reserved"),
        ),
        ("Policies", "touches nothing but the update URL", ("only-update-url",)),
        ("Policies", "CheckIP at most once in ten minutes", ("check-page",)),
        (
            "Policies",
            "no further attempt after notfqdn, abuse, nohost, badagent, badauth",
            ("stop-notfqdn", "stop-abuse", "stop-nohost", "stop-badagent", "stop-badauth"),
        ),
        ("Return Codes", "numhost and !donator are fatal", ("stop-numhost", "stop-!donator")),
        ("Return Codes", "disabled until the user acts, over a restart too", ("refusal-kept",)),
        ("Return Codes", "codes are told apart host by host", ("refused-host", "other-hosts")),
        ("Return Codes", "good 127.0.0.1 is a refusal of the client", ("loopback",)),
        (
            "Return Codes",
            "dnserr and 911: stops (half an hour: No-IP's and DNS-O-Matic's figure)",
            ("wait-dnserr", "wait-911", "wait-911-500", "recovers-911"),
        ),
        ("Return Codes", "anything but a code is a failure", ("html", "empty", "garbage")),
        ("Return Codes", "reads the answer that the server sends today (chunked)", ("chunked",)),
    ),
    "noip": (
        ("Request Method", "HTTPS, with Basic authentication, GET", ("over-tls", "not-in-url", "get")),
        (
            "Request Method",
            "a User-Agent of the form Company Device/Version mail@address",
            ("user-agent", "agent-noip"),
        ),
        ("Request Method", "sends the address when it changes", ("noip", "follows-change")),
        (
            "Response",
            "nochg is kept rare: no update without a change, also after a restart",
            ("no-needless", "restart", "well-hosts"),
        ),
        ("Response", "badauth, also as HTTP 401: stops until the user acts", ("stop-badauth", "stop-401")),
        ("Response", "nohost: stops until the user acts", ("stop-nohost", "refused-host")),
        ("Response", "badagent: no further updates", ("stop-badagent",)),
        ("Response", "!donator: stops until the user acts", ("stop-!donator",)),
        ("Response", "abuse: stops until the user acts", ("stop-abuse",)),
        ("Response", "911: not sooner than 30 minutes", ("wait-911", "wait-911-500")),
        ("Response", "no IP detection after an error code", ("check-refused",)),
        ("Response", "the stop outlives a restart", ("refusal-kept",)),
    ),
}


def view(service, verdicts):
    """[(document, requirement, verdict, [(rule id, verdict)])] for one client's verdicts {rule id: (verdict,
    lines)}."""
    rows = []
    for document, text, rules in REQUIREMENTS[service]:
        known = [(rule, verdicts[rule][0]) for rule in rules if rule in verdicts]
        counted = [verdict for _, verdict in known if verdict != NOT_APPLICABLE]
        whole = "not run" if not known else NOT_APPLICABLE if not counted else MET
        if set(counted) - {MET}:
            whole = NOT_PLAYED if set(counted) <= {MET, NOT_PLAYED} else UNMET
        rows.append((document, text, whole, known))
    return rows
