# SPDX-License-Identifier: MIT
"""`python -m tools.build.openwrt.pot`: writes the template for translators from the _() texts of our LuCI
views and menu."""

import json
import re
import sys

from ... import ROOT

APP = ROOT / "boards/openwrt/luci-app-wanbeacon"
POT = APP / "po/templates/wanbeacon.pot"
_CALL = re.compile(r"\b_\(\s*'((?:[^'\\]|\\.)*)'")


def texts():
    """{text: [file:line, ...]} in order of appearance."""
    found = {}
    for file in sorted((APP / "htdocs").rglob("*.js")):
        source = file.read_text()
        for match in _CALL.finditer(source):
            text = match.group(1).replace("\\'", "'")
            place = "%s:%d" % (file.relative_to(APP), source[: match.start()].count("\n") + 1)
            found.setdefault(text, []).append(place)
    for file in sorted((APP / "root/usr/share").glob("*/*.d/*.json")) + sorted(
        (APP / "root/usr/share").glob("*/*/*.json")
    ):
        for entry in json.loads(file.read_text()).values():
            for key in ("title", "description"):
                if key in entry:
                    places = found.setdefault(entry[key], [])
                    place = str(file.relative_to(APP))
                    if place not in places:
                        places.append(place)
    return found


def template():
    """The .pot file's text."""
    parts = ['msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8"\n']
    for text, places in texts().items():
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        parts.append('%s\nmsgid "%s"\nmsgstr ""\n' % ("\n".join("#: " + place for place in places), quoted))
    return "\n".join(parts)


if __name__ == "__main__":
    POT.parent.mkdir(parents=True, exist_ok=True)
    POT.write_text(template())
    sys.stdout.write("%s: %d texts\n" % (POT, len(texts())))
