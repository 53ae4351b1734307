# SPDX-License-Identifier: MIT
"""`python -m tools.build.openwrt.ddns_table`: what `wanbeacon import-ddns` makes of each service of
ddns-scripts."""

import sys
from pathlib import Path

from ... import ROOT

SERVICES = Path(__file__).with_name("ddns-services.txt")
CATALOGUE = str(ROOT / "firmware/catalogue/providers.dat")
for _path in ("firmware/wanbeacon/board/cpython", "firmware"):
    if str(ROOT / _path) not in sys.path:
        sys.path.append(str(ROOT / _path))

import wanbeacon_cpython  # noqa: E402, F401  (gives CPython's time and gc what MicroPython's have)
from wanbeacon.openwrt import import_ddns, importer, render, uci  # noqa: E402


def services():
    """[(name, user, domain, {option: value})] of ddns-services.txt."""
    rows = [line.split() for line in SERVICES.read_text().splitlines() if line[:1] != "#"]
    return [(row[0], row[1], row[2], dict(part.split("=", 1) for part in row[3:])) for row in rows]


def settings(name, user, domain, more):
    """A section of /etc/config/ddns as a user of that service has it."""
    options = {
        "enabled": "1",
        "service_name": name,
        "lookup_host": "home.example.org",
        "domain": domain,
        "username": user,
        "password": "secretpw",
        **more,
    }
    return "config service 's'\n" + "".join("\toption %s '%s'\n" % item for item in options.items())


def table():
    """{service: (our row or "update_url" or None, what the import says of it)}; None: nothing is taken
    over."""
    known, rows, out = render.providers(CATALOGUE), import_ddns.rows_of(CATALOGUE), {}
    for one in services():
        taken = importer.convert(uci.parse(settings(*one)), known, rows)
        import_ddns.judge(taken, [], CATALOGUE)
        said = [row[3] for row in taken.rows if row[1] == "service_name" or row[3].startswith("NOT")]
        ours = taken.sections[0].get("service_name") if taken.sections else None
        out[one[0]] = (ours[1] if ours else "update_url" if taken.sections else None, said[0])
    return out


def main():
    """Prints the table, those that are not taken over last."""
    found = table()
    for name, (ours, said) in sorted(found.items(), key=lambda item: (item[1][0] is None, item[0])):
        print("%-24s %-18s %s" % (name, ours or "-", "" if ours and ours != "update_url" else said))
    print("%d of %d are taken over" % (sum(1 for ours, _ in found.values() if ours), len(found)))


if __name__ == "__main__":
    main()
