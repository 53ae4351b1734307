# SPDX-License-Identifier: MIT
"""The live picture of a lab on a terminal: newest requests, published addresses, verdicts. Reads, changes
nothing."""

import time

from rich.console import Group
from rich.table import Table
from rich.text import Text


def _table(title, *columns):
    table = Table(title=title, expand=True, title_justify="left", padding=(0, 1))
    for name, ratio in columns:
        table.add_column(name, ratio=ratio, no_wrap=True, overflow="ellipsis")
    return table


def view(lab, height=40):
    """A rich renderable of at most about `height` lines."""
    published = [(name, lab.published(name)) for name, host in list(lab.world.hosts.items()) if host.records]
    wrong = [(verdict, row) for verdict in lab.verdicts() for row in verdict["findings"]]
    published, wrong = published[: max(3, height // 5)], wrong[: max(4, height // 4)]
    title = "%s   http %d  https %d  dns %d  admin http://127.0.0.1:%d" % (
        lab.rules.title,
        lab.http_port,
        lab.https_port,
        lab.dns_port,
        lab.admin_port,
    )
    requests = _table(
        title, ("#", 1), ("time", 2), ("who", 2), ("request", 3), ("hosts", 4), ("answer", 5), ("remarks", 5)
    )
    rows = max(3, height - len(published) - len(wrong) - 15)
    for row in lab.ledger_book.requests(last=rows):
        answer = "%s %s" % (row.get("status", "..."), " / ".join(row.get("reply", "").split()))
        remark = Text(", ".join(row["findings"]), "red") + Text(
            " ".join(["", *row.get("faults", [])]), "yellow"
        )
        requests.add_row(
            str(row["number"]),
            time.strftime("%H:%M:%S", time.localtime(row["time"])),
            Text(row["user"] or "-"),
            Text("%s %s" % (row["method"], row["path"])),
            Text(", ".join(row["hosts"])),
            Text(answer),
            remark,
        )
    names = _table("", ("host", 3), ("A", 2), ("AAAA", 3))
    for name, found in published:
        names.add_row(Text(name), found["A"] or "", found["AAAA"] or "")
    verdicts = _table("", ("client", 3), ("did wrong", 3), ("times", 1), ("see", 4))
    for verdict, row in wrong:
        verdicts.add_row(Text(verdict["client"]), row["finding"], str(row["count"]), row["document"])
    return Group(requests, names, verdicts)
