# SPDX-License-Identifier: MIT
"""What the agent's validator says of a key, said of the UCI section and option that it came from. Pure."""

from wanbeacon.openwrt import extras
from wanbeacon.openwrt.settings import HOST_KEYS

# the agent's key -> the option it came from, where the two have different names
_OPTION_OF = {
    "provider": "service_name",
    "user": "username",
    "hosts": "domain",
    "ca": "cacert",
    "address": "ip_source",
    "bind": "interface",
    "custom": "update_url",
    "check": "check_interval",
    "minimum": "min_interval",
    "name": "device_name",
    "url": "ip_url",
    "url6": "ip_url",
    "device": "ip_interface",
    "interface": "ip_network",
    "command": "ip_script",
    "servers": "stun_server",
    "ok": "success",
    "same": "unchanged",
    "fail": "failure",
    "refresh_hours": "force_interval",
}


def name_origin(problem, settings, file):
    """The agent's validator speaks of accounts[2].hosts[0].name: say which section and option that is."""
    key = problem.split(":")[0]
    text = problem[len(key) + 1 :]
    parts = [p.rstrip("]").split("[") for p in key.split(".")]
    first = parts.pop(0)
    section = settings.main
    if first[0] == "accounts" and parts:
        number = int(first[1])
        first = parts[0]
        for i, (one, host) in enumerate(
            zip(settings.origin[number], settings.document["accounts"][number]["hosts"])
        ):
            if i == 0 or first == ["hosts", str(i)] or text.startswith(" %s: " % host["name"]):
                section = one
    elif first[0] == "notify" and first[1:]:
        section = settings.notices[int(first[1])]
        first = parts[0] if parts else ["notify"]
        return "%s:%s" % (section.where(file, "cacert" if first[0] == "ca" else first[0]), text)
    elif parts and first[0] != "address":  # of intervals, of device
        first = parts[0]
    elif not section or first[0] == "accounts" or " " in key:
        # no section alone says that: too many accounts, too long
        return "%s: %s" % (file, problem)
    if first[0] == "custom" and parts[1:] and parts[1][0] in [key for _, key in extras.ANSWERS]:
        first = parts[1]
    option = _OPTION_OF.get(first[0], first[0])
    if ": keep_others: " in text:  # asked for by itself, or by naming several lines
        option = "keep_others" if section.get("keep_others") else "interface"
    elif key[:5] == "mqtt.":
        option = "mqtt_" + first[0]
    if option == "ip_source" and parts:
        option = _OPTION_OF.get(parts[-1][0], option)
    elif option == "domain" and (parts[-1][0] in HOST_KEYS or parts[-1][0] in extras.HOME):
        option = parts[-1][0]
    for i, one in enumerate(settings.origin):
        text = text.replace("accounts[%d]" % i, "section '%s'" % one[0].title())
    return "%s:%s" % (section.where(file, option), text)
