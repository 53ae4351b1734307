# SPDX-License-Identifier: MIT
"""The picture of a fleet: one rich renderable from a model.Fleet. Reads nothing, asks nobody."""

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

COLORS = {
    "ok": "green",
    "stopped": "red",
    "offline": "magenta",
    "waiting": "yellow",
    "paused": "cyan",
    "new": "dim",
}
#: Values of one kind that the head names; the rest is a number.
NAMED = 6


def _counter(title, counter, order=()):
    keys = [key for key in order if counter[key]] or [key for key, _ in counter.most_common()]
    parts = []
    for key in keys[:NAMED]:
        parts.append("[%s]%s[/] %d" % (COLORS.get(key, "bold"), escape(key[:40]), counter[key]))
    if len(keys) > NAMED:
        parts.append("%d others" % sum(counter[key] for key in keys[NAMED:]))
    return Text.from_markup("%-9s " % title + ("   ".join(parts) or "-"))


def head(fleet, note=""):
    """The counts."""
    counts = fleet.counts()
    lines = [
        Text("%d devices%s" % (len(fleet.devices), "   " + note if note else ""), style="bold"),
        _counter("state", counts["state"], ("stopped", "offline", "waiting", "paused", "new", "ok")),
        _counter("version", counts["version"]),
        _counter("provider", counts["provider"]),
    ]
    if counts["answer"]:
        lines.append(_counter("answers", counts["answer"]))
    return lines


def rows(devices, most):
    """The first devices as a table."""
    table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
    for name, more in (
        ("device", {}),
        ("label", {}),
        ("state", {}),
        ("address", {}),
        ("answer", {}),
        ("version", {}),
        ("why", {"ratio": 1, "overflow": "ellipsis"}),
    ):
        table.add_column(name, **{"no_wrap": True, **more})
    for one in devices[:most]:
        address = one.text("ipv4") or one.text("ipv6")
        why = "" if one.state == "ok" and not one.doc.get("problem") else one.text("why")
        table.add_row(
            Text(one.name),
            Text(one.text("label")),
            Text(one.state, style=COLORS.get(one.state, "")),
            Text(address),
            Text(one.text("answer")),
            Text(one.text("version")),
            Text(why),
        )
    return table


def render(fleet, devices, height, note=""):
    """All of it, fitted to a screen of so many lines."""
    top = head(fleet, note)
    most = max(1, height - len(top) - 3)
    parts = [*top, Text(""), rows(devices, most)]
    if len(devices) > most:
        parts.append(Text("... and %d more that fit" % (len(devices) - most), style="dim"))
    return Group(*parts)
