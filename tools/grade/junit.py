"""Results as JUnit XML, which every CI reads: a suite per client, a case per rule, named by the rule's id."""

from xml.etree import ElementTree as xml

from tools.grade import view
from tools.grade.rules import MET, RULES, UNMET, section


def _case(suite, rule, verdict, lines, seconds):
    case = xml.SubElement(suite, "testcase", classname=suite.get("name"), name=rule.id, time="%.1f" % seconds)
    said = "%s (%s; %s)" % (rule.what, section(rule), rule.document)
    # XML has no way to write most control characters
    text = "".join(c if c.isprintable() or c == "\n" else "?" for c in "\n".join([said, *lines]))
    if verdict == UNMET:
        xml.SubElement(case, "failure", message=said, type=verdict).text = text
    elif verdict != MET:
        xml.SubElement(case, "skipped", message=verdict)
    else:
        xml.SubElement(case, "system-out").text = text


def document(results):
    """The XML text of the results (see cli.results_of)."""
    root = xml.Element("testsuites", name="DynDNS2 clients")
    for one in results:
        rows = [(rule, *one["verdicts"][rule.id]) for rule in RULES if rule.id in one["verdicts"]]
        words = [verdict for _, verdict, _ in rows]
        suite = xml.SubElement(root, "testsuite", name=one["name"], tests=str(len(rows)), failures=str(words.count(UNMET)),
                               errors="0", skipped=str(len(words) - words.count(UNMET) - words.count(MET)))
        properties = xml.SubElement(suite, "properties")
        for name, value in (("version", one["version"]), ("speed", "%g" % one["speed"]), ("met", "%d of %d" % view.total(one["verdicts"]))):
            xml.SubElement(properties, "property", name=name, value=str(value))
        for rule, verdict, lines in rows:
            took = sum(record["end"] / record["speed"] for name, record in one["records"].items() if name in rule.scenes)
            _case(suite, rule, verdict, lines, took)
        last = view.last_words(one)
        if last:
            xml.SubElement(suite, "system-out").text = "".join(c if c.isprintable() or c == "\n" else "?" for c in "\n".join(last))
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"
