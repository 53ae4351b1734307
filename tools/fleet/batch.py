# SPDX-License-Identifier: MIT
"""Settings, secrets and labels for many boards, from a table (CSV) and a template of the settings.

Each row is a device; what a column is called may stand as {column} in any text of the template. Columns of
their
own: `name` (needed: the device at the broker, and its files), `label`. Made here unless a column has them:
{broker_password}, {page_password}. What is made lies in one folder:

    NAME.json           the settings, checked as `tools check` does
    NAME.device.json    name and password of the board's own Wi-Fi, for `tools image --device`
    NAME.svg            the label to print
    secrets.csv         all of it, for whoever keeps it
    mosquitto.passwd    for `mosquitto_passwd -U`; mosquitto.acl: each device may say its own words only

Files with secrets are readable by their owner alone. A second run keeps what the first made up."""

import csv
import json
import os
import re
import secrets
from pathlib import Path

from .. import UserError
from ..build import label as labels
from ..device.config import check

#: As mqtt.name in the settings, and safe as a file's name.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,22}")
_HOLE = re.compile(r"\{([a-z0-9_]+)\}")
_MADE = ("broker_password", "page_password")
_KEPT = ("name", "label", *_MADE, "wifi_name", "wifi_password_of_its_own")
_ACL = """# For `tools fleet --user desk`, who sees all devices and may send commands: make the user with
# `mosquitto_passwd mosquitto.passwd desk`, and take the # away from these two lines:
#user desk
#topic readwrite %(prefix)s/#

# Each device may say its own words and hear its own commands; its user name is its name.
pattern write %(prefix)s/%%u/state
pattern write %(prefix)s/%%u/online
pattern write %(prefix)s/%%u/answer
pattern read %(prefix)s/%%u/set
"""
_ACL_DISCOVERY = "pattern write %s/device/%%u/config\n"


def _rows(table):
    """[(line, {column: text})] of the table. UserError with all that is wrong."""
    try:
        with open(table, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = [str(column).strip() for column in reader.fieldnames or ()]
            rows = [
                (
                    reader.line_num,
                    dict(zip(columns, [(v or "").strip() for v in row.values() if not isinstance(v, list)])),
                )
                for row in reader
            ]
    except (OSError, UnicodeError, csv.Error) as error:
        raise UserError("the table %s cannot be read (%s)" % (table, error)) from None
    problems, seen = [], {}
    if "name" not in columns:
        raise UserError("%s: there is no column `name`; there are %s" % (table, ", ".join(columns) or "none"))
    for line, row in rows:
        name = row["name"]
        if not _NAME.fullmatch(name):
            problems.append("line %d: name: at most 23 letters, digits, - and _, not %r" % (line, name))
        elif seen.setdefault(name.lower(), line) != line:
            problems.append("line %d: name: %s is in line %d too" % (line, name, seen[name.lower()]))
    if problems or not rows:
        raise UserError("%s: %s" % (table, "; ".join(problems[:20]) or "no rows"))
    return rows


def _fill(value, row, missing):
    """The template's value with the holes filled."""
    if isinstance(value, dict):
        return {key: _fill(one, row, missing) for key, one in value.items()}
    if isinstance(value, list):
        return [_fill(one, row, missing) for one in value]
    if not isinstance(value, str):
        return value
    missing.update(name for name in _HOLE.findall(value) if not row.get(name))
    return _HOLE.sub(lambda hole: row.get(hole[1], ""), value)


def _before(path):
    """name -> row of an earlier secrets.csv."""
    if not path.exists():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def _authorities(value):
    """Every file that a `ca` of the template names."""
    if isinstance(value, list):
        return [one for part in value for one in _authorities(part)]
    if not isinstance(value, dict):
        return []
    found = [value["ca"]] if isinstance(value.get("ca"), str) else []
    return found + [one for part in value.values() for one in _authorities(part)]


def _write(path, text):
    """A file that its owner alone can read, old or new as a whole."""
    part = path.with_name(path.name + ".new")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    part.replace(path)


def make(table, template, out):
    """All files; the number of devices. UserError: then nothing was written."""
    rows, out = _rows(table), Path(out)
    try:
        form = json.loads(Path(template).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UserError("the template %s cannot be read (%s)" % (template, error)) from None
    if not isinstance(form, dict):
        raise UserError("the template %s should hold one JSON object" % template)
    old, made, problems = _before(out / "secrets.csv"), [], []
    for line, row in rows:
        for key in _MADE:
            row[key] = row.get(key) or old.get(row["name"], {}).get(key) or secrets.token_urlsafe(15)
        doc, missing = form, set()
        if isinstance(
            form.get("mqtt"), dict
        ):  # what every device needs there, unless the template says otherwise
            usual = {"name": "{name}", "user": "{name}", "password": "{broker_password}"}
            doc = {
                **form,
                "mqtt": {**usual, **({"label": "{label}"} if row.get("label") else {}), **form["mqtt"]},
            }
        doc = _fill(doc, row, missing)
        try:
            if missing:
                raise UserError("no value for %s" % ", ".join("{%s}" % name for name in sorted(missing)))
            data = check(doc, "line %d, %s" % (line, row["name"]), Path(template).parent)
        except UserError as error:
            problems.append(
                str(error)
                if str(error).startswith("line")
                else "line %d, %s: %s" % (line, row["name"], error)
            )
            continue
        made.append((row, data))
    if problems:
        more = ["... and %d more" % (len(problems) - 20)] if len(problems) > 20 else []
        raise UserError(
            "%s: %d of %d devices cannot be made" % (table, len(problems), len(rows)), *problems[:20], *more
        )
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in _authorities(form):
        if not Path(name).is_absolute():  # relative to the template, and then to the settings
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes((Path(template).parent / name).read_bytes())
    _put(out, made, form.get("mqtt") or {})
    return len(made)


def _put(out, made, broker):
    """The files of devices whose settings are good."""
    kept = []
    for row, data in made:
        _write(out / (row["name"] + ".json"), data.decode() + "\n")
        identity = labels.identity(out / (row["name"] + ".device.json"))
        labels.svg(identity, out / (row["name"] + ".svg"))
        kept.append(
            [
                row["name"],
                row.get("label", ""),
                *[row[key] for key in _MADE],
                identity["name"],
                identity["ap_password"],
            ]
        )
    with open(
        out / "secrets.csv.new", "w", newline="", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)
    ) as file:
        writer = csv.writer(file)
        writer.writerow(_KEPT)
        writer.writerows(kept)
    (out / "secrets.csv.new").replace(out / "secrets.csv")
    _write(out / "mosquitto.passwd", "".join("%s:%s\n" % (row[0], row[2]) for row in kept))
    rules, discovery = (
        _ACL % {"prefix": broker.get("prefix", "wanbeacon")},
        broker.get("discovery", "homeassistant"),
    )
    if discovery != "off":
        rules += _ACL_DISCOVERY % discovery
    _write(out / "mosquitto.acl", rules)
