# SPDX-License-Identifier: MIT
"""`micropython -m wanbeacon.openwrt settings UCI OUT`: the router's settings to the file the agent reads.

Run as root by the init script and by `wanbeacon check`. Exit status: 0 written, 3 nothing is switched on, 4
the settings have problems (one line each on stderr, all of them), 1 something else is wrong, 2 wrong call.
What is no error but good to know (options without effect, a password sent in plain text) goes to stdout.
"""

import json
import sys

from wanbeacon.app import config, config_rows
from wanbeacon.dyndns import catalog
from wanbeacon.dyndns.advice import judge
from wanbeacon.openwrt import ddns, settings, uci
from wanbeacon.openwrt.origin import name_origin

FILE_MAX = 65536  # a settings file is 2 KB; more is a mistake, and a small router's memory is not for it
DONE, BROKEN, OFF, REFUSED = 0, 1, 3, 4


def read_text(path):
    """The file as text. ValueError, with the path and what to do, when it cannot be."""
    try:
        with open(path, "rb") as f:
            parts = [f.read(4096)]  # not a block of the largest size for a small file
            while parts[-1] and len(parts) <= FILE_MAX // 4096:
                parts.append(f.read(4096))
        data = b"".join(parts)
    except OSError as e:
        raise ValueError("%s: cannot be read (%s)" % (path, "it does not exist" if e.errno == 2 else e))
    if len(data) > FILE_MAX:
        raise ValueError("%s: larger than %d KB; this is not a settings file" % (path, FILE_MAX // 1024))
    try:
        return data.decode()
    except UnicodeError:
        raise ValueError("%s: not UTF-8 text; retype names and passwords with other characters" % path)


def providers(catalogue):
    """Names of the catalogue's providers. ValueError in one line."""
    try:
        return catalog.names(catalogue)
    except (OSError, ValueError):
        raise ValueError("%s is missing or damaged; install the package wanbeacon again" % catalogue)


def load(path, catalogue):
    """settings.Settings of the UCI file at `path`; problems of the agent's own validator included.
    ValueError as uci."""
    known = providers(catalogue)

    def provider(name):
        return known if name is None else ddns.ours(name, known)

    found = settings.convert(uci.parse(read_text(path), path), path, provider)
    accounts, most = len(found.document["accounts"]), _most()
    if accounts > most:
        found.problems.append(
            "%s: services with %d different logins; %d are allowed" % (path, accounts, most)
        )
    if not found.problems and found.enabled and found.document["accounts"]:
        for lines, said in zip(validate(found.document, catalogue), (found.problems, found.notes)):
            for text in lines:
                text = name_origin(text, found, path)
                if text not in said:  # of a service on several lines, each says it
                    said.append(text)
    return found


def _most():
    """How many accounts the agent's own settings may have."""
    return [int(row[2].split(":")[1]) for row in config_rows.rows("") if row[0] == "accounts"][0]


def validate(document, catalogue):
    """What the agent itself would say of the document:
    (problems, warnings), lists of lines that start with the key."""
    unwise = []
    try:
        _, lines, unwise = judge(catalogue, config.load(json.dumps(document), config.ROUTER_MAX)["accounts"])
    except config.ConfigError as e:
        lines = e.problems
    owners = [("mqtt", document.get("mqtt") or {})]
    for kind in ("accounts", "notify"):
        owners += [("%s[%d]" % (kind, i), one) for i, one in enumerate(document.get(kind) or ())]
    for where, owner in owners:
        why = _authority(owner["ca"]) if owner.get("ca") else None
        if why:
            lines.append("%s.ca: %s" % (where, why))
    return lines, unwise


def _authority(path):
    """None, or what is wrong with a CA file."""
    try:
        with open(path, "rb") as f:
            head = f.read(11)
    except OSError:
        return "%s cannot be read; name the file of the authority's certificate" % path
    if head == b"-----BEGIN ":
        return "%s is PEM; make it DER: openssl x509 -in %s -outform der -out %s.der" % (path, path, path)
    return None


def main(argv, catalogue):
    """Exit status as above."""
    if len(argv) != 2:
        # /usr/bin/wanbeacon is the only caller, and that of 0.1.0 gave three
        sys.stderr.write(
            "wanbeacon: /usr/bin/wanbeacon belongs to another version; install the package wanbeacon again\n"
        )
        return 2
    try:
        providers(catalogue)
    except ValueError as e:
        sys.stderr.write("wanbeacon: %s\n" % e)
        return BROKEN
    try:
        found = load(argv[0], catalogue)
    except (ValueError, OSError) as e:
        sys.stderr.write("%s\n" % e)
        return REFUSED
    except MemoryError:
        sys.stderr.write("%s: too much for the memory of this program; use fewer services\n" % argv[0])
        return REFUSED
    if not found.enabled or (not found.problems and not found.document["accounts"]):
        return OFF
    for line in found.notes:
        print("note: " + line)
    for line in found.problems:
        sys.stderr.write(line + "\n")
    if found.problems:
        return REFUSED
    with open(argv[1], "w") as f:
        f.write(json.dumps(found.document) + "\n")
    return DONE
