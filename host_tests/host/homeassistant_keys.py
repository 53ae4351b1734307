# SPDX-License-Identifier: MIT
"""What Home Assistant takes in a discovery message of the device form, as far as we use it: read in the
schemas of homeassistant 2026.2.3 (components/mqtt/schemas.py, discovery.py, abbreviations.py and one file per
component).
Unknown keys in a component are dropped there without a word, so a typo would stay: here it is a failure."""

ROOT = {
    "dev",
    "o",
    "cmps",
    "avty_t",
    "avty_mode",
    "avty_tpl",
    "pl_avail",
    "pl_not_avail",
    "stat_t",
    "qos",
    "e",
}
DEVICE = {"ids", "cns", "name", "mf", "mdl", "mdl_id", "sw", "hw", "sn", "sa", "cu"}
ORIGIN = {"name", "sw", "url"}
_ENTITY = {
    "p",
    "name",
    "uniq_id",
    "def_ent_id",
    "ic",
    "ent_cat",
    "en",
    "avty_t",
    "json_attr_t",
    "json_attr_tpl",
    "qos",
    "~",
}
COMPONENTS = {
    "sensor": _ENTITY
    | {"stat_t", "val_tpl", "dev_cla", "stat_cla", "unit_of_meas", "exp_aft", "sug_dsp_prc"},
    "binary_sensor": _ENTITY | {"stat_t", "val_tpl", "dev_cla", "pl_on", "pl_off", "exp_aft", "off_dly"},
    "button": _ENTITY | {"cmd_t", "cmd_tpl", "pl_prs", "dev_cla", "ret"},
    "update": _ENTITY
    | {"stat_t", "val_tpl", "l_ver_t", "l_ver_tpl", "cmd_t", "pl_inst", "dev_cla", "rel_s", "rel_u", "tit"},
}
#: component -> what it cannot be without (stat_t may come from the root)
NEEDED = {"sensor": {"stat_t"}, "binary_sensor": {"stat_t"}, "button": {"cmd_t"}, "update": {"stat_t"}}
CLASSES = {
    "sensor": {None, "timestamp", "signal_strength", "duration", "enum"},
    "binary_sensor": {None, "problem", "connectivity"},
    "button": {None, "restart", "update", "identify"},
    "update": {None, "firmware"},
}
CATEGORIES = {None, "config", "diagnostic"}


def faults(message):
    """What Home Assistant would refuse or drop in a discovery message (a dict): one line each."""
    out = ["%s is no key of the message" % key for key in set(message) - ROOT]
    out += ["dev: %s" % key for key in set(message["dev"]) - DEVICE]
    out += ["o: %s" % key for key in set(message["o"]) - ORIGIN]
    if not (message["dev"].get("ids") or message["dev"].get("cns")) or not message["o"].get("name"):
        out.append("dev needs ids or cns, o a name")
    seen = set()
    for name, part in message["cmps"].items():
        kind = part.get("p")
        if kind not in COMPONENTS:
            out.append("%s: no such component: %s" % (name, kind))
            continue
        out += ["%s: %s" % (name, key) for key in set(part) - COMPONENTS[kind]]
        out += [
            "%s: %s is missing" % (name, key)
            for key in NEEDED[kind]
            if not (part.get(key) or message.get(key))
        ]
        if part.get("dev_cla") not in CLASSES[kind] or part.get("ent_cat") not in CATEGORIES:
            out.append("%s: class or category" % name)
        if kind == "sensor" and part.get("ent_cat") == "config":
            out.append("%s: a sensor is never of the category config" % name)
        if kind == "update" and part.get("cmd_t") and not part.get("pl_inst"):
            out.append("%s: its install button would fail" % name)
        if not part.get("uniq_id") or part["uniq_id"] in seen:
            out.append("%s: uniq_id" % name)
        seen.add(part.get("uniq_id"))
        for key in ("stat_t", "cmd_t", "avty_t", "json_attr_t", "l_ver_t"):
            if "#" in part.get(key, "") or "+" in part.get(key, ""):
                out.append("%s: %s" % (name, key))
    return out
