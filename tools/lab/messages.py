# SPDX-License-Identifier: MIT
"""What goes in and out of a personality: one Request, one Reply, and the addresses inside them. Pure
values."""

import base64
import binascii
import ipaddress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_plus


@dataclass
class Request:
    """One HTTP request as a personality sees it. Header names are lower case; times are the lab's seconds."""

    method: str = "GET"
    target: str = "/"
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    peer: str = "127.0.0.1"
    version: str = "1.1"
    tls: str = ""  # "TLSv1.3", "" = plain
    listener: str = "http"
    now: float = 0.0
    number: int = 0
    connection: int = 0
    client: object = None  # ledger.Client, once known
    siblings: tuple = ()  # every Client with the same User-Agent: a check page knows no account
    wait: float = 0.0  # seconds until the check page may be asked again
    wanted: dict = field(default_factory=dict)  # "A"/"AAAA" -> text: what the personality understood

    def __post_init__(self):
        self.path, _, self.query = self.target.partition("?")
        pairs = parse_qsl(self.query, keep_blank_values=True)
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            pairs += parse_qsl(self.body.decode("latin-1"), keep_blank_values=True)
        self.params = {}
        for name, value in pairs:
            self.params.setdefault(name, value)
        #: Parameters without "=" (`?token`): one service puts its key there.
        self.flags = [unquote_plus(part) for part in self.query.split("&") if part and "=" not in part]
        self.agent = self.headers.get("user-agent", "").strip()
        self.scheme, self.user, self.password = credentials(self.headers.get("authorization", ""))

    def names(self, *keys):
        """The host list of the first of `keys` that is there: lower case, empty items dropped."""
        for key in keys:
            if key in self.params:
                return [name.strip().lower() for name in self.params[key].split(",") if name.strip()]
        return []


@dataclass
class Reply:
    """What the personality answers. `outcomes` are (host or "*", standard code) pairs for the ledger's judge;
    None = read them from the body. `effects`: see World.apply."""

    body: str = ""
    status: int = 200
    headers: dict = field(default_factory=dict)
    outcomes: list = None
    effects: list = field(default_factory=list)
    findings: list = field(default_factory=list)  # (finding name, detail) that only the personality can see
    chunked: bool = False
    newline: str = "\n"
    wire: object = None  # (fault, options) that sends this reply in its own way


def credentials(header):
    """(scheme, user, password) of an Authorization header; scheme in lower case, "" = none or not
    understood."""
    scheme, _, rest = header.strip().partition(" ")
    scheme, rest = scheme.lower(), rest.strip()
    if scheme in ("bearer", "token") and rest:
        return scheme, "", rest
    if scheme == "basic":
        try:
            text = base64.b64decode(rest, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return "", "", ""
        user, colon, password = text.partition(":")
        if colon:
            return scheme, user, password
    return "", "", ""


def address(text):
    """The ipaddress object of `text`, or None. IPv4-mapped is unmapped; a prefix length or a zone is no
    address."""
    try:
        value = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return getattr(value, "ipv4_mapped", None) or value


def family(value):
    """The record type, "A" or "AAAA", of an ipaddress object."""
    return "A" if value.version == 4 else "AAAA"


def addresses(text):
    """({"A": text, "AAAA": text} of a comma list, True if every item was an address)."""
    found, fine = {}, True
    for item in (text or "").split(","):
        if item.strip():
            value = address(item)
            if value is None:
                fine = False
            else:
                found[family(value)] = str(value)
    return found, fine


#: Never reachable from the Internet (IANA special-purpose registries, RFC 6890, 6598, 8190, 9637, 9602).
BOGONS = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)
GLOBAL6 = ipaddress.ip_network("2000::/3")


def is_bogon(text):
    """True if `text` is an address that must never be published."""
    value = address(text)
    if value is None:
        return False
    if value.version == 6 and value not in GLOBAL6:
        return True
    return any(value in net for net in BOGONS if net.version == value.version)
