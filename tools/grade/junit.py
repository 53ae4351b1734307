# SPDX-License-Identifier: MIT
"""Verdicts as JUnit XML, which every CI reads: a suite per client or server, a case per rule, named by the
rule's id."""

from dataclasses import dataclass, field
from xml.etree import ElementTree as xml

from . import view
from .rules import MET, RULES, UNMET, section

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


@dataclass
class Row:
    """outcome: PASSED, FAILED or SKIPPED; verdict: the word for it; lines: evidence."""

    id: str
    said: str
    outcome: str
    verdict: str
    lines: list = field(default_factory=list)
    seconds: float = 0.0


def _clean(lines):
    """XML has no way to write most control characters."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in "\n".join(lines))


def xml_of(title, suites):
    """The XML text; suites: [(name, {property: value}, rows, last lines of output)]."""
    root = xml.Element("testsuites", name=title)
    for name, properties, rows, output in suites:
        outcomes = [row.outcome for row in rows]
        suite = xml.SubElement(
            root,
            "testsuite",
            name=name,
            tests=str(len(rows)),
            failures=str(outcomes.count(FAILED)),
            errors="0",
            skipped=str(outcomes.count(SKIPPED)),
        )
        listed = xml.SubElement(suite, "properties")
        for key, value in properties.items():
            xml.SubElement(listed, "property", name=key, value=str(value))
        for row in rows:
            case = xml.SubElement(suite, "testcase", classname=name, name=row.id, time="%.1f" % row.seconds)
            if row.outcome == FAILED:
                xml.SubElement(case, "failure", message=row.said, type=row.verdict).text = _clean(
                    [row.said, *row.lines]
                )
            elif row.outcome == SKIPPED:
                xml.SubElement(case, "skipped", message=row.verdict)
            else:
                xml.SubElement(case, "system-out").text = _clean([row.said, *row.lines])
        if output:
            xml.SubElement(suite, "system-out").text = _clean(output)
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def document(results):
    """The XML text of the results of clients (see cli.results_of)."""
    suites = []
    for one in results:
        rows = []
        for rule in RULES:
            if rule.id in one["verdicts"]:
                verdict, lines = one["verdicts"][rule.id]
                took = sum(
                    record["end"] / record["speed"]
                    for name, record in one["records"].items()
                    if name in rule.scenes
                )
                rows.append(
                    Row(
                        rule.id,
                        "%s (%s; %s)" % (rule.what, section(rule), rule.document),
                        {MET: PASSED, UNMET: FAILED}.get(verdict, SKIPPED),
                        verdict,
                        lines,
                        took,
                    )
                )
        properties = {
            "version": one["version"],
            "speed": "%g" % one["speed"],
            "met": "%d of %d" % view.total(one["verdicts"]),
        }
        suites.append((one["name"], properties, rows, view.last_words(one)))
    return xml_of("DynDNS2 clients", suites)
