# SPDX-License-Identifier: MIT
"""What belongs to one device: its name and the password of its own Wi-Fi, and how to print them.

The password is random for each device: one derived from the MAC address, which every neighbour sees, would be
none."""

import html
import json
import secrets
from pathlib import Path

from .. import UserError

#: Without 0 O 1 l I, which look alike on a label. firmware/wanbeacon/app/board_main.py has the same letters.
_LETTERS = "abcdefghijkmnpqrstuvwxyzACDEFGHJKLMNPQRSTUVWXYZ23456789"
_LENGTH = 12  # 68 bits; WPA2 wants 8 characters at least


def new():
    """A fresh identity: {"name", "ap_password"}."""
    return {
        "name": "Wanbeacon-%04X" % secrets.randbelow(65536),
        "ap_password": "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)),
    }


def identity(path=None):
    """The identity in the file `path`, which is made when missing (readable by its owner only); a fresh one
    without."""
    if path is None:
        return new()
    path = Path(path)
    if not path.exists():
        made = new()
        path.touch(mode=0o600)
        path.write_text(json.dumps(made) + "\n")
        return made
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError("%s cannot be used as a device's identity (%s)" % (path, error))
    if (
        not isinstance(found, dict)
        or not 8 <= len(str(found.get("ap_password", ""))) <= 63
        or not found.get("name")
    ):
        raise UserError('%s should hold {"name": ..., "ap_password": 8 to 63 characters}' % path)
    return {"name": str(found["name"]), "ap_password": str(found["ap_password"])}


def wifi_qr(identity):
    """The text a phone's camera understands as "join this network" (the form ZXing introduced)."""

    def safe(text):
        return "".join("\\" + c if c in '\\;,:"' else c for c in text)

    return "WIFI:T:WPA;S:%s;P:%s;;" % (safe(identity["name"]), safe(identity["ap_password"]))


def show(identity, say):
    """Name, password and QR code on the terminal."""
    import segno

    say.print(
        "This device's own Wi-Fi for the set-up: [bold]%s[/bold], password [bold]%s[/bold]"
        % (identity["name"], identity["ap_password"])
    )
    if say.is_terminal:
        segno.make(wifi_qr(identity), micro=False).terminal(compact=True)


def svg(identity, path):
    """A label to print, 60 x 30 mm: QR code, name, password, address of the set-up page."""
    import segno

    code = segno.make(wifi_qr(identity), micro=False)
    side = code.symbol_size(border=0)[0]
    mesh = code.svg_inline(border=0, omitsize=True, svgclass=None, lineclass=None)
    lines = (
        ("Wanbeacon", 4, "sans-serif"),
        ("Wi-Fi: " + identity["name"], 2.4, "sans-serif"),
        ("Password:", 2.4, "sans-serif"),
        (identity["ap_password"], 3.2, "monospace"),
        ("then http://192.168.4.1", 2.4, "sans-serif"),
    )
    texts = "".join(
        '<text x="29" y="%g" font-size="%g" font-family="%s"%s>%s</text>'
        % (7 + 5 * i, size, font, _fit(text, size), html.escape(text))
        for i, (text, size, font) in enumerate(lines)
    )
    Path(path).write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="60mm" height="30mm" viewBox="0 0 60 30">'
        '<rect width="60" height="30" fill="white"/><svg x="3" y="3" width="24" height="24" viewBox="0 0 %d '
        '%d">%s</svg>%s</svg>\n' % (side, side, mesh, texts)
    )


def _fit(text, size):
    """Squeezes a text that would run over the label's edge: a letter is 0.62 of its size wide."""
    return ' textLength="28" lengthAdjust="spacingAndGlyphs"' if len(text) * size * 0.62 > 28 else ""
