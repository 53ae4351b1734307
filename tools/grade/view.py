# SPDX-License-Identifier: MIT
"""Results as a rich table, as Markdown and as plain evidence lines."""

import re

from rich.table import Table

from .evidence import line
from .rules import MET, NOT_APPLICABLE, NOT_PLAYED, NOT_SHOWN, RULES, UNMET, section

_STYLE = {MET: "green", UNMET: "bold red", NOT_SHOWN: "yellow", NOT_PLAYED: "dim", NOT_APPLICABLE: "dim"}
_SHORT = {MET: "yes", UNMET: "no", NOT_SHOWN: "not shown", NOT_PLAYED: NOT_PLAYED, NOT_APPLICABLE: "n/a"}
#: Where many clients are columns of a narrow page.
_NARROW = {NOT_SHOWN: "?", NOT_PLAYED: "-"}
#: Lines of evidence behind a "no", and of a failed client's output, that a page shows.
_LINES, _LAST = 3, 10
#: Width of a page, and how many clients its table of verdicts has beside each other.
_PAGE, _BESIDE = 80, 8
#: Columns that a table needs with what each rule asks and without, and for a client's number.
_WORDS_WIDTH, _BARE_WIDTH, _CELL = 62, 29, 6


def total(verdicts):
    """(met, all that apply and could be shown)."""
    counted = [verdict for verdict, _ in verdicts.values() if verdict not in (NOT_APPLICABLE, NOT_PLAYED)]
    return counted.count(MET), len(counted)


def _rows(results):
    for rule in RULES:
        if any(rule.id in one["verdicts"] for one in results):
            yield rule, [one["verdicts"].get(rule.id, ("", []))[0] for one in results]


def method(results, wire):
    """How it was measured, as sentences."""
    text = (
        "Method: each client runs as a process of its own, with its own code and stored state, "
        "against a provider on this machine (tools/lab). "
    )
    if wire:
        return text + (
            "Nothing is compressed: only the rules that seconds can show are graded, "
            'the others say "%s" and do not '
            "count." % NOT_PLAYED
        )
    speeds = ", ".join("%s x%g" % (one["name"], one["speed"]) for one in results)
    return text + (
        "Time is compressed: libfaketime makes the client's clocks, sleeps and time-outs pass faster, "
        "the provider's clock runs at the same speed (%s). The clients have their authors' default "
        "settings; only Wanbeacon looks at its address as often as it can (every 60 s), "
        "because its waits after errors do not depend on that, and its settings name a mail address. "
        "A scene in which a connection broke off, or an answer came late, "
        "because the machine was too slow is run again at half the speed, then at a quarter. "
        "Answers come with nuisances (chunks, capitals, a second's delay); "
        "a client that breaks a rule with them gets the scene again without. "
        "The provider's punishments are off, so that one mistake shows in one rule. "
        "'not shown' counts as not met." % speeds
    )


def tables(results, width):
    """The verdicts as tables that fit: where the clients' names do not, they stand as numbers, with a line
    for each under the last table; where all numbers do not fit beside the text, each table has as many as fit
    without it."""
    if width >= _WORDS_WIDTH + 16 * len(results):
        return [_table(results, 1, False, True)]
    if len(results) <= (width - _WORDS_WIDTH) // _CELL:
        found = [_table(results, 1, True, True)]
    else:
        found = [
            _table(part, first, True, False)
            for first, part in _parts(results, (width - _BARE_WIDTH) // _CELL)
        ]
    met = [total(one["verdicts"]) for one in results]
    lines = [
        "%d  %s %s: %d of %d" % (n + 1, one["name"], one["version"], *met[n]) for n, one in enumerate(results)
    ]
    used = {row[0] for one in results for row in one["verdicts"].values()}
    found[-1].caption = "\n".join(lines + ["%s  %s" % (_NARROW[v], v) for v in _NARROW if v in used])
    return found


def _parts(results, size):
    """[(number of its first client, clients)] of at most `size`, of about the same size."""
    count = -(-len(results) // max(1, size))
    size = -(-len(results) // max(1, count))
    return [(first + 1, results[first : first + size]) for first in range(0, len(results), size)]


def _table(results, first, numbers, text):
    """One table: numbers: the clients' numbers, from `first` on, in place of their names;
    text: what each rule asks."""
    out = Table(title="Rules of DynDNS2, and who meets them", title_justify="left", caption_justify="left")
    out.add_column("rule", overflow="fold", min_width=17)
    if text:
        out.add_column("what it asks", overflow="fold")
    out.add_column("§", no_wrap=True)
    for number, one in enumerate(results):
        name = one["name"] + ("\n" + one["version"] if one["version"] else "")
        out.add_column(str(first + number) if numbers else name, justify="center", overflow="fold")
    for rule, verdicts in _rows(results):
        words = [
            "[%s]%s[/]" % (_STYLE[v], (_NARROW.get(v) if numbers else None) or _SHORT[v]) if v else ""
            for v in verdicts
        ]
        out.add_row(rule.id, *([rule.what] if text else []), rule.section, *words)
    out.add_section()
    met = [total(one["verdicts"]) for one in results]
    totals = ("%d" % m if numbers else "%d of %d" % (m, n) for m, n in met)
    out.add_row("total", *([""] if text else []), "", *totals, style="bold")
    return out


def last_words(one):
    """The last lines that a client printed in a scene that it broke a rule in; [] when it breaks none or
    prints nothing."""
    bad = {
        scene for rule in RULES if one["verdicts"].get(rule.id, ("",))[0] == UNMET for scene in rule.scenes
    }
    said = [record["output"].strip().splitlines() for name, record in one["records"].items() if name in bad]
    return max(said, key=len, default=[])[-_LAST:]


def _anchor(client, rule):
    return "%s-%s" % (re.sub(r"[^a-z0-9]+", "-", client.lower()), re.sub(r"[^a-z0-9]+", "", rule.id.lower()))


def _page_table(results):
    """The clients by their number, as many in a table as stay within a page's width."""
    out = []
    for first, part in _parts(results, _BESIDE):
        numbers = [str(first + n) for n in range(len(part))]
        out += ["| rule | § | %s |" % " | ".join(numbers), "|---|---|%s" % (":-:|" * len(part))]
        for rule, verdicts in _rows(part):
            cells = [
                "[no](#%s)" % _anchor(one["name"], rule)
                if v == UNMET
                else _NARROW.get(v) or _SHORT.get(v, "")
                for one, v in zip(part, verdicts, strict=True)
            ]
            out.append("| `%s` | %s | %s |" % (rule.id, rule.section, " | ".join(cells)))
        out.append("")
    return out[:-1]


def _wrap(text, indent=""):
    out, row = [], indent
    for word in text.split():
        if len(row) + len(word) + 1 > _PAGE and row.strip():
            out.append(row.rstrip())
            row = indent
        row += word + " "
    return [*out, row.rstrip()]


def _neutral(text):
    """A line of evidence without the folders of the machine that it was measured on."""
    return re.sub(
        r"(?:/[\w.+-]+)+/(?=site-packages|grade-|node_modules|clients/(?:bin|next)/)",
        ".../",
        re.sub(r"grade-\w{8}", "grade-x", text),
    )


def _evidence_of(one):
    """Every "no" of a client with the ledger lines behind it, and the last it said."""
    out = []
    for rule in RULES:
        verdict, lines = one["verdicts"].get(rule.id, ("", []))
        if verdict == UNMET:
            out += [
                '<a id="%s"></a>' % _anchor(one["name"], rule),
                "`%s`: %s" % (rule.id, rule.what),
                "",
                "```text",
                *(_neutral(" ".join(text.split()))[:200] for text in lines[:_LINES]),
                "```",
                "",
            ]
    last = last_words(one)
    if out and last:
        out += [
            "Its last lines in one of these scenes:",
            "",
            "```text",
            *(_neutral(text)[:200] for text in last),
            "```",
            "",
        ]
    return ["## Why %s does not meet a rule" % one["name"], "", *out] if out else []


def markdown(results, wire):
    """The page docs/grades.md. The table of verdicts fits 80 columns as it is shown: clients stand as
    numbers."""
    lines = [
        "# Who meets which rule",
        "",
        *_wrap(
            "Written by `wanbeacon-tools grade --markdown FILE`; how to read it: [grading.md](grading.md); "
            "§: the section of "
            '[dyndns2.md](dyndns2.md). A "no" leads to the requests behind it.'
        ),
        "",
        "| | client | version | meets |",
        "|---|---|---|---|",
    ]
    lines += [
        "| %d | %s | %s | %d of %d |" % (n + 1, one["name"], one["version"] or "-", *total(one["verdicts"]))
        for n, one in enumerate(results)
    ]
    lines += [
        "",
        *_page_table(results),
        "",
        "yes: met. no: not met. ?: not shown, the client never got so far; it counts as not met. "
        "n/a: it has no setting for it.",
        "",
        "## The rules",
        "",
        "| rule | what it asks | from |",
        "|---|---|---|",
    ]
    lines += ["| `%s` | %s | %s |" % (rule.id, rule.what, rule.document) for rule, _ in _rows(results)]
    lines += ["", *_wrap(method(results, wire)), ""]
    for one in results:
        lines += _evidence_of(one)
    return "\n".join(lines).rstrip() + "\n"


def certification(service, one, rows):
    title = {"dyn": "Dyn", "noip": "No-IP"}[service]
    out = Table(
        title="%s: what its integration pages ask, and %s %s" % (title, one["name"], one["version"]),
        title_justify="left",
    )
    for name in ("page", "requirement", "met", "shown by"):
        out.add_column(name, overflow="fold")
    for document, text, whole, known in rows:
        out.add_row(
            document,
            text,
            "[%s]%s[/]" % (_STYLE.get(whole, "dim"), _SHORT.get(whole, whole)),
            ", ".join(
                rule if verdict == MET else "%s (%s)" % (rule, _SHORT[verdict]) for rule, verdict in known
            ),
        )
    return out


def evidence(one, rows):
    """The first lines behind each requirement."""
    out = []
    for document, text, whole, known in rows:
        out.append("%s: %s: %s" % (document, text, _SHORT.get(whole, whole)))
        for rule, _ in known:
            out += ["   %-16s %s" % (rule, proof) for proof in one["verdicts"][rule][1][:2]]
    return out


def why(rule, one, whole=False):
    """Evidence lines of one client for a rule; whole: and every request of its scenes, and the client's last
    lines."""
    verdict, lines = one["verdicts"].get(rule.id, ("not run", []))
    out = [
        "%s: %s: %s" % (one["name"], rule.id, verdict),
        "   %s: %s; %s" % (rule.what, section(rule), rule.document),
        *("   " + text for text in lines),
    ]
    for scene in rule.scenes if whole else ():
        record = one["records"].get(scene)
        if record:
            out.append(
                "  the whole scene %s (x%g%s): %s"
                % (
                    scene,
                    record["speed"],
                    "".join(", " + n for n in record["nuisances"]),
                    ", ".join(
                        "%s at %d s" % item
                        for item in sorted(record["marks"].items(), key=lambda item: item[1])
                    ),
                )
            )
            out += ["   " + line(record, entry) for entry in record["requests"]]
            out += [
                "   the client ended by itself at %d s with status %d" % tuple(item)
                for item in record["exits"]
            ]
            if verdict not in (MET, NOT_APPLICABLE):
                out += ["   it printed: " + text for text in record["output"].strip().splitlines()[-_LAST:]]
    return out
