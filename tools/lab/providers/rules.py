# SPDX-License-Identifier: MIT
"""A provider's rules as data: what the shared engine and the judge look up. Values only, no behaviour."""

from dataclasses import dataclass, field


@dataclass
class Rules:
    """Times in seconds; 0 switches a limit off."""

    name: str
    title: str
    names: tuple = ()  # DNS names of the real service, put into the lab's certificate
    update_paths: tuple = ("/nic/update",)
    check_paths: tuple = ()
    methods: tuple = ("GET",)
    host_keys: tuple = ("hostname",)  # parameters that carry the host list
    auth: tuple = ("basic",)  # of basic, bearer, token, query
    query_auth: tuple = ()  # names of the user and password parameters; user may be ""
    header_auth: bool = True  # False: the query is the documented place for credentials
    agent_form: str = ""  # regular expression of the documented User-Agent
    agent_required: bool = True  # a missing or generic User-Agent is refused, not only noted
    families: tuple = ("A", "AAAA")
    by_connection: bool = False  # the address is that of the connection, whatever the parameters say
    forwarded: bool = False  # the connection's address is taken from X-Forwarded-For when there is one
    # values of myip that are no address and yet right: "", "auto", "preserve"
    words_for_address: tuple = ("",)
    list_limit: int = 0  # hosts in one request; 0 = no limit, 1 = no lists
    list_any: bool = True  # any hosts of an account may share a request
    code_status: dict = field(default_factory=dict)  # code -> HTTP status where it is not 200
    good: str = "good {ip}"
    nochg: str = "nochg {ip}"
    newline: str = "\n"
    end_newline: bool = True
    chunked: bool = False
    headers: dict = field(default_factory=dict)
    steps: tuple = ()  # checks before the hosts are looked at, in the provider's order
    min_interval: int = 0  # between two updates of a host and address family
    burst: tuple = ()  # (requests, seconds) that one account or domain may make
    check_interval: int = 0  # between two reads of the check page
    trouble_hold: int = 1800  # after 911 / dnserr
    refresh_age: int = 20 * 86400  # from this age on, an unchanged address may be sent again
    expiry: int = 0  # a host that is not updated for so long is dropped
    nochg_fault: bool = True  # a needless update is held against the client
    retry_after: bool = False  # the 429 says when to come again
    nochg_limit: int = 0  # needless updates in a row until somebody is blocked:
    nochg_punishes: str = "host"  # the host, or the whole account
    refusal_limit: int = 0  # updates after a refusal until the client is blocked
    blocked_reply: str = "badagent"
    documents: dict = field(default_factory=dict)  # finding -> this provider's own document
