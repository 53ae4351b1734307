# SPDX-License-Identifier: MIT
"""The MQTT broker, for Home Assistant or a fleet (docs/mqtt.md)."""

import hashlib
import os
from binascii import a2b_base64, hexlify

_FIELDS = ("broker", "port", "broker_user")
_BEGIN = "-----BEGIN CERTIFICATE-----"


def answer(site):
    """GET: what is set; POST: another broker, or none."""
    faults, typed, saved = (), site.form, site.view("broker")
    if site.guest.method == "POST":
        typed["ca_file"], fault = _authority(typed.get("ca") or "")
        must = not getattr(site.device.board, "plenty", False)
        faults = [fault] if fault else site.edit("set_broker", typed, must)
        if not faults:
            return site.to("/settings")
    else:
        typed = saved[0]
    return site.page("broker", (site.csrf, typed, saved[1], saved[2], faults))


def _authority(text):
    """(path of the file with a certificate that was pasted, fault): each None when there is none. A file of
    its own: what is in use stays as it is until the settings are saved."""
    if not text.strip():
        return None, None
    start, end = text.find(_BEGIN), text.find("-----END")
    try:
        data = a2b_base64("".join(text[start + len(_BEGIN) : end].split())) if 0 <= start < end else b""
    except ValueError:
        data = b""
    if data[:1] != b"\x30":  # DER of a certificate is a SEQUENCE
        return None, ("ca", "ca_form")
    path = "/ca/%s-broker.der" % hexlify(hashlib.sha256(data).digest()[:4]).decode()
    try:
        os.mkdir("/ca")
    except OSError:  # it is there
        pass
    with open(path, "wb") as f:
        f.write(data)
    return path, None


def body(t, csrf, typed, saved, ca, faults):
    faults = [(name, t[key]) for name, key in faults]
    yield "<h1>%s</h1>%s<p>%s</p>" % (t["title_broker"], t.trouble(faults), t["broker_text"])
    yield t.form("/broker", csrf)
    for name in _FIELDS:
        more = 'maxlength="253" autocomplete="off" autocapitalize="none" spellcheck="false"'
        more = 'maxlength="5" inputmode="numeric"' if name == "port" else more
        yield t.field(name, typed.get(name) or "", more=more, faults=faults)
    more, kept = 'maxlength="255" autocomplete="off"', t["broker_kept"] if saved else None
    yield t.field("broker_password", typed.get("broker_password") or "", "password", more, faults, kept)
    yield '<p><label><input type="checkbox" name="plain" value="1"%s> %s</label></p>' % (
        " checked" if typed.get("plain") else "", t["plain"])  # fmt: skip
    kept = t["ca_kept"] if ca else None
    yield t.field("ca", typed.get("ca") or "", "area", 'spellcheck="false"', faults, kept)
    yield "<button>%s</button></form>" % t["go_on"]
