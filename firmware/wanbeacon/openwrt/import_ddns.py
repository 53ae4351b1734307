# SPDX-License-Identifier: MIT
"""`wanbeacon import-ddns [FILE] [--write]`:
shows what of ddns-scripts' settings can be taken over; takes it over."""

import os
import sys

from wanbeacon.dyndns import catalog
from wanbeacon.openwrt import ddns, render, settings, uci
from wanbeacon.openwrt.importer import convert, is_on
from wanbeacon.openwrt.origin import name_origin

THEIRS, OURS = "/etc/config/ddns", "/etc/config/wanbeacon"
_WIDTH = 34  # longest value in the table; a longer one is cut


def table(taken):
    """The rows as lines of text, columns aligned."""
    rows = [["section", "option", "value", "here"]] + taken.rows
    cells = []
    for row in rows:
        row = ["(list)" if isinstance(c, list) else c for c in row]
        cells.append(
            [c if len(c) <= _WIDTH or i == 3 else c[: _WIDTH - 3] + "..." for i, c in enumerate(row)]
        )
    wide = [max([len(row[i]) for row in cells]) for i in range(3)]
    out = []
    last = None
    for row in cells:
        first = "" if row[0] == last else row[0]
        last = row[0]
        out.append(
            ("%-*s  %-*s  %-*s  %s" % (wide[0], first, wide[1], row[1], wide[2], row[2], row[3])).rstrip()
        )
    return out


def compose(taken, current):
    """Our settings file: the `wanbeacon` section there is, services already switched on, then those taken
    over.

    ValueError when one of them has a name that is taken.
    """
    kept = []
    main = uci.Section("wanbeacon", "main", 0, 0)
    for section in current:
        if section.kind == "wanbeacon":
            main = section
        elif is_on(section.get("enabled")):
            kept.append(section)
    if taken.check and taken.check != 300:
        main.options = [e for e in main.options if e[0] not in ("check_interval", "check_unit")]
        main.options += [["check_interval", str(taken.check), 0], ["check_unit", "seconds", 0]]
    names = [section.name for section in kept if section.name]
    for section in taken.sections:
        if section.name in names:
            raise ValueError(
                "'%s' is switched on in %s already; rename one of the two" % (section.name, OURS)
            )
    return uci.dump([main] + kept + taken.sections)


def judge(taken, current, catalogue):
    """Take out of `taken` what `wanbeacon check` would refuse, each with the reason in its rows: alone, and
    beside the others.

    current: sections that are switched on already. Services that are off are judged as if they were on."""
    known = render.providers(catalogue)
    kept = [s for s in current if s.kind == "service" and is_on(s.get("enabled"))]
    if _problems(kept, known, catalogue):
        kept = []  # they are refused already, whatever comes
    alone = [section for section in taken.sections if not _problems([section], known, catalogue)]
    together = not _problems(kept + alone, known, catalogue)  # they may also be in each other's way
    accepted = []
    for section in taken.sections:
        if section in alone and together:
            accepted.append(section)
            continue
        problems = _problems((kept + accepted if section in alone else []) + [section], known, catalogue)
        if not problems:
            accepted.append(section)
            continue
        why = (
            problems[0][problems[0].find(", option '") + 2 :] if ", option '" in problems[0] else problems[0]
        )
        taken.lost += 1
        for row in taken.rows:
            if row[0] == section.title() and not row[3].startswith("NOT"):
                row[3] = "NOT taken over: " + why
                why = "see above"
    taken.sections = accepted


def _problems(sections, known, catalogue):
    rows = []
    for section in sections:
        row = uci.Section(section.kind, section.name, section.line, section.index)
        row.options = [["enabled", "1", 0]] + [e for e in section.options if e[0] != "enabled"]
        rows.append(row)

    def provider(name):
        return known if name is None else ddns.ours(name, known)

    found = settings.convert(rows, OURS, provider)
    if found.problems or not rows:
        return found.problems
    return [name_origin(text, found, OURS) for text in render.validate(found.document, catalogue)[0]]


def rows_of(catalogue):
    """The catalogue's rows, to know URLs by."""
    return [catalog.find(catalogue, name) for name in render.providers(catalogue)]


def main(argv, catalogue):
    """Exit status: 0 all taken over, 1 a fault, 2 wrong call, 4 something could not be taken over."""
    write = "--write" in argv
    files = [a for a in argv if a != "--write"]
    if len(files) > 1 or files and files[0].startswith("-"):
        sys.stderr.write("usage: wanbeacon import-ddns [FILE] [--write]\n")
        return 2
    path = files[0] if files else THEIRS
    ours = os.getenv("WANBEACON_CONFIG") or OURS
    try:
        taken = convert(
            uci.parse(render.read_text(path), path), render.providers(catalogue), rows_of(catalogue)
        )
        try:
            current = uci.parse(render.read_text(ours), ours)
        except ValueError as e:
            if "does not exist" not in str(e):
                raise
            current = []
        judge(taken, current, catalogue)
        print("\n".join(table(taken)))
        text = compose(taken, current)
        if not taken.sections:
            raise ValueError("%s: no service in it that could be taken over" % path)
    except (ValueError, OSError) as e:
        sys.stderr.write("wanbeacon: %s\n" % e)
        return 1
    print()
    if not write:
        print(
            "%d of the services can be taken over; nothing is written yet: wanbeacon import-ddns --write"
            % len(taken.sections)
        )
    else:
        # the caller's umask keeps it from others (there is no chmod here)
        with open(ours + ".new", "w") as f:
            f.write(text)
        os.rename(ours + ".new", ours)
        print(
            "written to %s; now: service ddns disable; service ddns stop; service wanbeacon enable; "
            "service wanbeacon restart" % ours
        )
    if taken.lost:
        print("%d settings could not be taken over: see NOT above" % taken.lost)
    return 4 if taken.lost else 0
