# SPDX-License-Identifier: MIT
"""What ddns-scripts calls things: its service names and options, beside ours.
Data and look-ups, no file, no socket."""

# "their name=our catalogue id", where the id does not follow from the name (see ours()). First one wins.
_NAMES = (
    "dyn.com=dyn dyndns.org=dyn no-ip.com=noip he.net=he-dns tunnelbroker.net=he-tunnelbroker dy.fi=dyfi "
    "dedyn.io=desec afraid.org-basicauth=freedns-nic afraid.org-keyauth=freedns-v1 "
    "afraid.org-v2-token=freedns-v2 afraid.org-v2-basic=freedns-nic afraid.org=freedns-v1 "
    "moniker.com=domaindiscount24 njal.la=njalla domains.google.com=google dyndns.strato.com=strato "
    "checkip.dyndns.org=dyn dnsexit.com=dnsexit-old dnspod.cn-v3=tencent"
)

# Services that ddns-scripts updates by a script of its own: "their name=our row:" and what they keep in user
# name, password and domain. u: user, s: the part of the name before the zone (`domain` is the zone), z: the
# zone, j: joined to the password with a comma, -: nothing; p: password, t: token; a: `domain` is host@zone,
# f: host@zone or a whole name, i: an id, the name is in lookup_host, l: its last two labels are the zone,
# h: the zone, the name is in lookup_host, o: the zone, the part before it is in param_opt.
_APIS = (
    "cloudflare.com-v4=cloudflare:-ta digitalocean.com-v2=digitalocean:st gandi.net=gandi:st "
    "godaddy.com-v1=godaddy:upa hetzner.cloud=hetzner:st namesilo.com-v1=namesilo:st netcup.com=netcup:up "
    "ns1.com=ns1:zt pdns=powerdns:st powerdns=powerdns:st porkbun.com-v3=porkbun:upl "
    "scaleway.com=scaleway:zt servercow.de=servercow:up dnspod.cn=dnspod:jtf luadns.com-v1=luadns-rest:up "
    "bind-nsupdate=rfc2136:up dnspod.cn-v3=tencent:upa aliyun.com=aliyun:upa huaweicloud.com=huawei:upf "
    "route53-v1=route53:upi dnsimple.com-v2=dnsimple:uth spaceship.com-v1=spaceship:upo gandi.net-v2=gandi:st"
)
# ... and what they keep in param_enc and param_opt, where that has a place here
PARAMS = {
    "netcup": {"param_enc": "token", "param_opt": "zone"},
    "powerdns": {"param_opt": "server"},
    "rfc2136": {"dns_server": "server"},
}


def api(name, known):
    """(our row, its letters as above) of a service that ddns-scripts has a script for, or None.
    known: all ids."""
    for pair in _APIS.split():
        theirs, _, rest = pair.partition("=")
        mine, _, letters = rest.partition(":")
        if theirs == name.lower().replace(" dns", ".com") and mine in known:
            return mine, letters
    return None


# Services that no row can serve, and why.
_RSA = "wants RSA signatures, which this agent does not make"
_PAGES = "has no API: ddns-scripts fills in its web pages"
WHY_NOT = {
    "beget.com": "beget's API replaces every record of a name, others' too",
    "blazingfast.io": "its API wants the account's own password, and the numbers of service, zone and record",
    "cloud.google.com-v1": "Google Cloud " + _RSA,
    "cnkuai.cn": "cnkuai " + _PAGES,
    "freedns.42.pl": "its call replaces all addresses of the name, and their TTL",
    "mythic-beasts.com": "mythic-beasts wants an API key: its id as user name, its secret as password",
    "one.com": "one.com " + _PAGES,
    "transip.nl": "TransIP " + _RSA,
}

# Services whose user name and password fit none of our rows, but whose URL any service can have:
# it, and its words.
URLS = {
    "ddnss.de": (
        "https://ip4.ddnss.de/upd.php?user=[USERNAME]&pwd=[PASSWORD]&host=[DOMAIN]&ip=[IP]",
        ["*updated"],
        ["*no change"],
        ["*badauth"],
    )
}

# Options with a ddns-scripts meaning that has no place here, and why nothing is lost.
_LOG = "the log is in `logread -e wanbeacon`, the state in `wanbeacon status`"
_RULE = "the provider's own rules decide when to try again"
_DNS = "no DNS look-up decides what is sent"
_EVENT = "netifd reports a change at once; check_interval in the section 'main' is the fallback"
NOT_NEEDED = {
    "retry_interval": _RULE,
    "retry_unit": _RULE,
    "retry_count": _RULE,
    "retry_max_count": _RULE,
    "use_syslog": _LOG,
    "use_logfile": _LOG,
    "log_dir": _LOG,
    "log_lines": _LOG,
    "run_dir": _LOG,
    "date_format": _LOG,
    "ddns_dateformat": _LOG,
    "ddns_loglines": _LOG,
    "ddns_logdir": _LOG,
    "ddns_rundir": _LOG,
    "dns_server": _DNS,
    "force_dnstcp": _DNS,
    "is_glue": _DNS,
    "force_ipversion": "use_ipv6 says which address is sent; the road there is the resolver's choice",
    "use_curl": "HTTPS is spoken by the agent itself",
    "check_interval": _EVENT,
    "check_unit": _EVENT,
}

# Options whose meaning would be lost.
CANNOT = {
    "update_script": "a script cannot be carried over; see `wanbeacon providers`, or give an update_url",
    "proxy": "there is no support for a proxy; requests go straight to the provider",
    "param_enc": "give the value inside update_url",
    "param_opt": "give the value inside update_url",
    "ip_source_v6": "use ip_source and ip_network",
    "bind_network": "name it as `interface`",
}

BUNDLE = ("/etc/ssl/certs", "/etc/ssl/certs/", "/etc/ssl/certs/ca-certificates.crt")  # the usual authorities


def ours(name, known):
    """ddns-scripts' service_name (or our own id) -> the catalogue's id, None if it has none.
    known: all ids."""
    name = name.lower()
    if name in known:
        return name
    for pair in _NAMES.split():
        theirs, mine = pair.split("=")
        if theirs == name:
            return mine if mine in known else None
    for guess in (name.replace(".", "-"), name.rsplit(".", 1)[0], name.rsplit(".", 1)[0].replace(".", "-")):
        # dyn.example is not Dyn: a stranger's password must not go there
        if guess in known and guess != "dyn":
            return guess
    return None


_PLACES = (("[USERNAME]", "{user}"), ("[PASSWORD]", "{password}"), ("[DOMAIN]", "{hostname}"))


def plain(text):
    """Percent-encoding undone; a text that has none stays as it is."""
    first, *rest = text.encode().split(b"%")
    try:
        return b"".join([first] + [bytes([int(part[:2], 16)]) + part[2:] for part in rest]).decode()
    except ValueError:
        return text


def custom(url, https=True):
    """An update_url of ddns-scripts -> ({"url", "url6", "auth"}, user or None, password or None), the last
    two from a URL that has them written out. No url6 if no address stands in it. https: make it HTTPS though
    it says http. ValueError says what cannot be."""
    cut = url.find("://")
    if cut < 0 or url[:cut].lower() not in ("http", "https"):
        raise ValueError("should start with https://")
    scheme, rest = url[:cut].lower(), url[cut + 3 :]
    if "{" in rest or "}" in rest:
        raise ValueError("has braces; places are written [DOMAIN] and [IP]")
    for place in ("[PARAMENC]", "[PARAMOPT]"):
        if place in rest:
            raise ValueError("has %s; write its value in its place" % place)
    slash = rest.find("/")
    at = rest.rfind("@", 0, len(rest) if slash < 0 else slash)
    user = password = None
    auth = "none"
    if at >= 0:
        auth = "basic"
        user, _, password = rest[:at].partition(":")
        rest = rest[at + 1 :]
        user = None if user == "[USERNAME]" else plain(user)
        password = None if password == "[PASSWORD]" else plain(password)
    for place, name in _PLACES:
        rest = rest.replace(place, name)
    if "[" in rest.replace("[IP]", ""):
        raise ValueError("has a place that is none of [USERNAME] [PASSWORD] [DOMAIN] [IP]")
    start = ("https" if https else scheme) + "://"
    spec = {"url": start + rest.replace("[IP]", "{ip}"), "auth": auth}
    if "[IP]" in rest:
        spec["url6"] = start + rest.replace("[IP]", "{ipv6}")
    return spec, user, password
