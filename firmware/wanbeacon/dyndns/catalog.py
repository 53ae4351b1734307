# SPDX-License-Identifier: MIT
"""What a provider's row holds. How it is found: rows.py. `python -m tools catalogue` writes it; keys, beside
its id:

    host host6 port plain path post    where to: `host6` = for IPv6 alone, `plain` = HTTP without TLS,
                                       `post` 1 = POST instead of GET, 2 = POST if the account wants it
    q4 q6 qd qc qa                     query templates: IPv4, IPv6, both, address left to the connection,
                                       credentials in the query when the user wants them there;
                                       q4@ q6@: for the top of a zone; q4- q6- qd-: to delete the records
                                       (offline). One that starts with "/" holds its own path
    auth key user enc own              login: list out of basic, bearer, query, none - first wins;
                                       key: start of a password that is a bearer token;
                                       user: "host" = the host is the user, "token" = the token is,
                                       "none" = none is needed; enc: No-IP's user encoding;
                                       own: the account must name its server
    max zone both one any              hosts: per request (1 = one), only of one domain, for names below
                                       `zone` one label below it; records: a family left out is reset,
                                       a host is A or AAAA; any: names that are no DNS names
    min days conn rate                 seconds between requests; refresh age; takes the connection's
                                       address; rate: a 429 is about the hosts of the request, not about
                                       the account
    check                              its own pages that tell the caller's address: IPv4, then IPv6
    opts ua roots closed untested      options it knows, "name=sent when not set" (wildcard mx backmx
                                       offline system); "dyn" for Dyn's User-Agent form; CA roots of its
                                       servers; gone; no answer of it was ever recorded
    words rules bad std page tags      reply reading (see reply.py)
    dns                                1: DNS UPDATE (tsig.py, net/dnsupdate.py), whose word the rules read
"""

from wanbeacon.dyndns.rows import find, names  # noqa: F401
