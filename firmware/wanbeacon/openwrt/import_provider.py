# SPDX-License-Identifier: MIT
"""Which provider a service of ddns-scripts is, and what its login means there. `one`: importer._Service."""

from wanbeacon.core.text import nearest
from wanbeacon.openwrt import ddns, known_urls

_OTHER_KEY = (
    "'%s' is a JSON API here, and what this service keeps in user name, password and domain is not known; "
    "see `wanbeacon providers %s`"
)


def provider(one, known, rows):
    """Who the service is: by its name, by the script that ddns-scripts has for it (then `letters` are set),
    by the host of its URL, or as a service of the user's own. Returns a known_urls.Match or None."""
    url = one.text("update_url")
    name = one.text("service_name")
    name = None if name == "-" else name
    why = ddns.WHY_NOT.get((name or "").lower())
    script = ddns.api(name, known) if name else None
    by_words = name and name.lower() in ddns.URLS
    if by_words and not url:
        return _by_words(name, one)
    ours = script[0] if script else ddns.ours(name, known) if name and not why and not by_words else None
    if ours and ours != name.lower() and not script and _is_api(ours, rows):
        # a script that is newer than this table may keep the zone where the name is looked for
        why = _OTHER_KEY % (ours, ours)
        ours = None
    if ours:
        one.put("service_name", ours)
        one.say("service_name", "service_name '%s'" % ours)
        if url:
            one.say("update_url", "not needed: the catalogue knows this service")
        one.letters = script[1] if script else None
        return None
    found = known_urls.match(url, rows) if url else None
    if name and url:
        one.say("service_name", "not needed: update_url is used")
    if found:
        _by_host(found, one)
    elif url:
        _own_url(url, one)
    elif name:
        near = nearest(name.split(".")[0], known)
        one.lose(
            "service_name", why or "not in the catalogue" + ("; near: " + ", ".join(near) if near else "")
        )
    return found


def _is_api(id_, rows):
    return bool([row for row in rows if row["id"] == id_ and row.get("rest")])


def _by_host(found, one):
    one.put("service_name", found.id)
    for key, option in (("user", "username"), ("password", "password")):
        one.put(option, found.values.get(key))
    said = "service_name '%s': its host is in the catalogue" % found.id
    one.say("update_url", said + ("; left out: " + " ".join(found.left_out) if found.left_out else ""))


def _by_words(name, one):
    url, success, unchanged, failure = ddns.URLS[name.lower()]
    one.put("update_url", url)
    for option, words in (("success", success), ("unchanged", unchanged), ("failure", failure)):
        one.put(option, words)
    one.say("service_name", "update_url, with the words of its answers")


def _own_url(url, one):
    try:
        spec, user, password = ddns.custom(url)
    except ValueError as e:
        return one.lose("update_url", "it %s" % e)
    place = spec["url"].replace("{user}", "[USERNAME]").replace("{password}", "[PASSWORD]")
    place = place.replace("{hostname}", "[DOMAIN]").replace("{ip}", "[IP]")
    if spec["auth"] == "basic":
        place = "https://[USERNAME]:[PASSWORD]@" + place[8:]
    one.put("update_url", place)
    one.put("username", user)
    one.put("password", password)
    one.say(
        "update_url",
        "update_url"
        + ("" if url.startswith("https:") else ", now over HTTPS")
        + "; if it answers otherwise than good or nochg, list its words: success, failure",
    )


def api(name, one):
    """An option that means something else with a service that ddns-scripts has a script for.
    False: it does not."""
    letters, value = one.letters, one.text(name)
    if not letters:
        return False
    target = ddns.PARAMS.get(one.provider(), {}).get(name)
    if target and value is not None:
        one.put(target, value)
        one.say(name, target)
    elif name == "username":
        _api_user(letters[0], value, one)
    elif name == "password":
        key = "token" if letters[1] == "t" else "password"
        one.put(key, "%s,%s" % (one.text("username"), value) if letters[0] == "j" else value)
        one.say(name, key)
    elif letters[2:] in ("i", "h") and name in ("domain", "lookup_host"):
        _by_lookup_host(name, value, one, letters[2:] == "h")
    elif letters[2:] == "o" and name in ("domain", "param_opt"):
        _by_param_opt(name, value, one)
    elif name == "domain" and letters[2:] and value and (letters[2] != "f" or "@" in value):
        _with_zone(letters[2], value, one)
    else:
        return False
    return True


def _by_lookup_host(name, value, one, is_zone):
    """The name is in lookup_host; `domain` holds the zone, or its id: a zone is found by its name."""
    if name == "lookup_host":
        one.put("domain", value)
    elif is_zone:
        one.put("zone", value)
    said = "zone '%s'" % value if is_zone else "not needed: the zone is found by its name"
    one.say(name, "domain" if name == "lookup_host" else said)


def _by_param_opt(name, value, one):
    """`domain` is the zone, `param_opt` the part of the name before it."""
    if name == "param_opt":
        return one.say(name, "part of the name")
    label = one.text("param_opt", "@")
    host = value if label in ("", "@") else "%s.%s" % (label, value)
    one.put("zone", value)
    one.put("domain", host)
    one.say(name, "domain '%s', zone '%s'" % (host, value))


def _with_zone(letter, value, one):
    """`domain` says which part of the name the zone is."""
    host, at, zone = value.partition("@")
    if letter == "l":
        zone = ".".join(value.split(".")[-2:])
    elif not at:
        zone = value
    host = value.lstrip("@").replace("@", ".")
    one.put("zone", zone)
    one.put("domain", host)
    one.say("domain", "domain '%s', zone '%s'" % (host, zone))


# letter of ddns.api -> what a user name is that our row does not send as one
_USER_IS = {"s": "part of the name", "j": "part of the token", "-": "not needed: the token says it"}


def _api_user(letter, value, one):
    if one.provider() == "cloudflare" and value != "Bearer":
        one.lose("username", "make an API token and give it as password; the global key is not taken")
    elif letter == "u":
        one.put("username", value)
        one.say("username", "username")
    elif letter == "z":
        one.put("zone", value)
        one.say("username", "zone '%s'" % value)
    else:
        one.say("username", _USER_IS[letter])


def names_below(one):
    """`username` was the part before the zone, `domain` the zone."""
    zone, label = one.text("domain") or "", one.text("username", "@")
    one.replace("zone", zone)
    one.replace("domain", zone if label in ("", "@") else label + "." + zone)
