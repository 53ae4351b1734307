# SPDX-License-Identifier: MIT
"""The picture of a running agent: one rich renderable from plain values. Reads no file, starts nothing.

A Picture comes from cli.py; `render(picture, width, height)` fits it into the terminal."""

import time
from dataclasses import dataclass, field

from rich import box
from rich.console import Group
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

#: state -> colour, mark
STATES = {
    "ok": ("green", "✓"),
    "stopped": ("red", "■"),
    "waiting": ("yellow", "…"),
    "paused": ("yellow", "∥"),
    "new": ("dim", "·"),
}
SOURCES = {
    "netlink": "the kernel (netlink)",
    "interface": "the network device",
    "ubus": "OpenWrt (ubus)",
    "natpmp": "the router (NAT-PMP)",
    "pcp": "the router (PCP)",
    "upnp": "the router (UPnP)",
    "stun": "a STUN server",
    "whoami": "a name server outside",
    "web": "a web page outside",
    "command": "a command",
}


@dataclass
class Picture:
    """title: first line. caption: (headline, explanation, result). step: "scene 2 of 11" or "". done: 0..1 of
    this scene, None without a story. status: the agent's document or None. dns: {host: address} of the lab,
    None without one. seen: Text-ready lines of what the lab saw. log: [(number, time, text)]. hints: lines at
    the foot."""

    title: str
    caption: tuple
    step: str = ""
    done: float | None = None
    left: float = 0.0
    status: dict | None = None
    dns: dict | None = None
    seen: list = field(default_factory=list)
    log: list = field(default_factory=list)
    hints: list = field(default_factory=list)


def age(seconds):
    """ "7 s", "12 min", "3 h", "5 days": as much as a person wants to know."""
    seconds = max(0, int(seconds))
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return "%d %s" % (seconds // unit, name)
    return "%d days" % (seconds // 86400)


def next_words(host, now):
    """What the agent will do for this host and why: (action, why)."""
    when, why = host.get("next_at"), host["why"]
    wait = age(when - now) if when and when > now else None
    if host["state"] == "stopped":
        return "nothing before you act", why
    if host["state"] == "paused":
        return "nothing", why
    if host["state"] == "waiting" and host.get("class") in ("LATER", "ODD"):
        why = host["text"]  # the long form of what went wrong
    if host["state"] == "ok":
        return "refresh in " + wait if wait else "nothing", "up to date"
    if host["next"] == "send":
        return "send " + ("in " + wait if wait else "now"), why
    return "wait", why


def headline(status):
    """One sentence on the whole, for a view without a story."""
    if status is None:
        return "The agent is starting", "", ""
    states = [host["state"] for host in status["hosts"]]
    count = len(states)
    if status["paused"]:
        return "Paused by the user", "Nothing is sent until resume.", ""
    if states.count("ok") == count:
        what = "Everything is up to date"
        return what, "Nothing is sent until the address changes.", ""
    stopped = states.count("stopped")
    if stopped:
        return (
            "%d of %d hosts stopped" % (stopped, count),
            "Their line in the table says why, and what to do.",
            "",
        )
    return (
        "%d of %d hosts up to date" % (states.count("ok"), count),
        "The table says what the others wait for.",
        "",
    )


def address_line(status, now):
    """The WAN address, where it came from, since when."""
    out = Text()
    # a line that never had IPv6 is an IPv4 line, and that is no complaint
    six = any(host["ipv6"] for host in status["hosts"])
    for line in status["lines"]:
        for name in ("ipv4", "ipv6"):
            one = line[name]
            quiet = name == "ipv6" and not six and line["ipv4"]["why"] != "not needed"
            if one["why"] == "not needed" or (quiet and not one["address"]):
                continue
            if out:
                out.append("\n")
            if not one["address"]:
                out.append("no address", "yellow").append("  " + one["why"], "dim")
                continue
            source = SOURCES.get(one["source"], one["source"] or "")
            out.append(one["address"], "bold cyan").append("  from %s" % source)
            if one["since"]:
                out.append(", for %s" % age(now - one["since"]), "dim")
            if one["address"] in one["why"]:  # not publishable: the reason is about this address
                out.append("\nnot published: " + one["why"].replace(one["address"], "it", 1), "yellow")
    return out


def exchange_line(exchange, now):
    """The last request and its answer."""
    if not exchange:
        return Text("none since the start", "dim")
    out = Text("%s: %s → " % (exchange["provider"], plural(len(exchange["hosts"]), "host")))
    number = isinstance(exchange["status"], int)
    out.append(
        "HTTP %s " % exchange["status"] if number else exchange["status"] + ": ", "" if number else "yellow"
    )
    out.append(exchange["reply"], "bold")
    out.append("  in %d ms" % exchange["ms"], "dim")
    if exchange["when"]:
        out.append(", %s ago" % age(now - exchange["when"]), "dim")
    return out


def plural(count, noun):
    return "%d %s%s" % (count, noun, "" if count == 1 else "s")


def facts(picture, now, short):
    """The lines between caption and hosts; short: one line each."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True, min_width=12)
    grid.add_column(overflow="ellipsis" if short else "fold", no_wrap=short)
    status = picture.status
    if status:
        grid.add_row("Line", address_line(status, now))
        grid.add_row("Last request", exchange_line(status["exchange"], now))
        journal = status["journal"]
        memory = "%s, %s since its start %s ago; journal written %s" % (
            plural(status["counters"]["requests"], "request"),
            plural(status["counters"]["events"], "event"),
            age(now - status["started"]) if status["started"] else "?",
            plural(journal["sequence"], "time"),
        )
        grid.add_row("Agent", memory)
        for trouble in (
            journal["state"] if journal["state"] != "ok" else None,
            journal["lost"],
            None if status["clock"] == "ok" else "clock not set: no password is sent before it is",
        ):
            if trouble:
                grid.add_row("", Text(trouble, "yellow"))
    else:
        grid.add_row("Agent", Text("starting…", "dim"))
    for label, text in picture.seen:
        grid.add_row(label, text)
    return grid


def hosts(picture, now, width, rows, short=False):
    """The table of hosts, at most `rows` of them: those that need attention first when there are more. short:
    a line each."""
    narrow = width < 96
    published = picture.dns is None or not narrow  # else the name server's word alone says it
    table = Table(
        box=None if short else box.SIMPLE_HEAD,
        expand=True,
        padding=(0, 1),
        pad_edge=False,
        header_style="bold dim",
    )
    table.add_column("Host", no_wrap=True, overflow="ellipsis", max_width=max(18, width // 4))
    for heading in (
        ["Published"] * published + ["DNS answers"] * (picture.dns is not None) + ["Since", "State"]
    ):
        table.add_column(heading, no_wrap=True)
    table.add_column("Next, and why", ratio=1, no_wrap=short, overflow="ellipsis" if short else "fold")
    every = picture.status["hosts"] if picture.status else []
    bad = {
        one["why"]
        for line in (picture.status or {"lines": ()})["lines"]
        for one in (line["ipv4"], line["ipv6"])
        if one["address"] and one["address"] in one["why"]
    }
    shown = (
        every
        if len(every) <= rows
        else sorted(every, key=lambda host: host["state"] == "ok")[: max(1, rows - 1)]
    )
    for host in shown:
        colour, mark = STATES.get(host["state"], STATES["new"])
        cells = [host["name"]]
        if published:
            cells.append((" " if short else "\n").join(a for a in (host["ipv4"], host["ipv6"]) if a) or "–")
        if picture.dns is not None:
            answer = picture.dns.get(host["name"])
            cells.append(Text(answer or "no record", "cyan" if answer else "dim"))
        action, why = next_words(host, now)
        if why in bad:  # the reason stands above the table already, in full length
            why = "the line's address cannot be published"
        fine = host["state"] == "ok"
        if not (fine and narrow):
            action = Text(action).append(": " + why, "dim" if fine else colour)
        cells += [
            age(now - host["since"]) if host["since"] else "",
            Text("%s %s" % (mark, host["state"]), colour),
            action,
        ]
        table.add_row(*cells)
    if len(shown) < len(every):
        table.add_row(Text("and %d more" % (len(every) - len(shown)), "dim"))
    return table


def caption(picture, short):
    """What is happening now."""
    title, text, result = picture.caption
    rows = [Text(title, "bold"), Text(text)]
    if picture.done is not None:
        rows.append(Text("→ " + result, "bold green") if result else Text("…", "dim"))
        if not short:
            rows.append(ProgressBar(total=1.0, completed=picture.done, style="grey23", complete_style="blue"))
    return Panel(
        Group(*rows),
        title="now",
        title_align="left",
        box=box.HEAVY,
        border_style="blue",
        padding=(0, 1),
        subtitle="%s, next in %d s" % (picture.step, picture.left + 0.99) if picture.step else None,
        subtitle_align="right",
    )


#: Lines of the log that a table of many hosts leaves, its heading and the blank line below it included.
_LOG_LEAST = 5


def render(picture, console, now=None):
    """The whole picture, as high as the console."""
    now = time.time() if now is None else now
    width, height = console.size
    short = height < 30 or width < 96
    title = Text(picture.title, "bold white on blue", no_wrap=True, overflow="ellipsis")
    title.pad_right(max(0, width - len(picture.title)))
    foot = [Text(line, "dim", no_wrap=True, overflow="ellipsis") for line in picture.hints]

    def lines(parts):
        return sum(len(console.render_lines(part, console.options.update(height=None))) for part in parts)

    top = [title, caption(picture, short), facts(picture, now, short), None]
    rows, over = height, 1
    while over > 0 and rows > 0:  # a host may need several lines
        top[3] = hosts(picture, now, width, rows, short)
        over = lines(top) + len(foot) + _LOG_LEAST - height
        rows = min(rows, len(picture.status["hosts"]) if picture.status else 0) - max(1, over // 2)
    room = height - lines(top) - len(foot) - 2  # a heading above the log and a blank line below it
    if room < 1:
        return Group(*top, *foot)
    log = [
        Text("%s  %s" % (when, text), no_wrap=True, overflow="ellipsis")
        for _, when, text in list(picture.log)[-room:]
    ]
    return Group(*top, Text("Log of the agent", "bold dim"), *log, *[Text("")] * (room - len(log) + 1), *foot)
