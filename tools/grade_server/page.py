# SPDX-License-Identifier: MIT
"""The page docs/server-grades.md: what servers that anybody can install answer,
and what of it does not fit."""

import re

from . import checks, installed

_WORDS = {checks.FITS: "yes", checks.NOT_SHOWN: "?"}
#: Answers behind a "no" that the page shows.
_LINES = 3

_HEAD = """# What servers answer

Written by `wanbeacon-tools grade-server --installed all --markdown FILE`; how to read it:
[grading.md](grading.md#grading-a-server); §: the section of [dyndns2.md](dyndns2.md). A "no" leads to the
answers behind it.
"""


def _anchor(name, check):
    return "%s-%s" % (name, check.id)


def markdown(results):
    """The page of the results of cli.one_of_ours."""
    lines = [_HEAD, "| | server | as it was run | fits |", "|---|---|---|---|"]
    for number, one in enumerate(results):
        server, words = installed.SERVERS[one["name"]], [row[0] for row in one["verdicts"].values()]
        shown = len(words) - words.count(checks.NOT_SHOWN)
        lines.append(
            "| %d | %s | %s | %d of %d |"
            % (number + 1, server.what, server.notes, words.count(checks.FITS), shown)
        )
    lines += ["", "| check | what it asks | § | %s |" % " | ".join(str(n + 1) for n in range(len(results)))]
    lines.append("|---|---|---|%s" % (":-:|" * len(results)))
    for check in checks.CHECKS:
        cells = [
            _WORDS.get(one["verdicts"][check.id][0]) or "[no](#%s)" % _anchor(one["name"], check)
            for one in results
        ]
        row = (check.id, check.what + ("" if check.level == checks.MUST else " (should)"), check.section)
        lines.append("| `%s` | %s | %s | %s |" % (*row, " | ".join(cells)))
    lines += ["", "yes: fits. no: does not. ?: not shown.", ""]
    for one in results:
        lines += _evidence(one)
    return "\n".join(lines).rstrip() + "\n"


def _evidence(one):
    lines = ["## %s" % installed.SERVERS[one["name"]].what, ""]
    if one["stopped"]:
        lines += ["Not everything was asked: %s." % _neutral(one["stopped"]), ""]
    for check in checks.CHECKS:
        verdict, said = one["verdicts"][check.id]
        if verdict == checks.MISFIT:
            lines += [
                '<a id="%s"></a>' % _anchor(one["name"], check),
                "`%s`: %s" % (check.id, check.what),
                "",
            ]
            lines += ["```text", *(_neutral(text)[:200] for text in said[:_LINES]), "```", ""]
    return lines


def _neutral(text):
    """Without what differs from run to run."""
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1", " ".join(text.split()))
