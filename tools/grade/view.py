"""Results as a rich table, as Markdown and as plain evidence lines. Knows verdicts; runs and judges nothing."""

from rich.table import Table

from .judges import line
from .rules import MET, NOT_APPLICABLE, NOT_SHOWN, RULES, UNMET

_STYLE = {MET: "green", UNMET: "bold red", NOT_SHOWN: "yellow", NOT_APPLICABLE: "dim"}
_SHORT = {MET: "yes", UNMET: "no", NOT_SHOWN: "not shown", NOT_APPLICABLE: "n/a"}


def total(verdicts):
    """(met, all that apply)."""
    counted = [verdict for verdict, _ in verdicts.values() if verdict != NOT_APPLICABLE]
    return counted.count(MET), len(counted)


def _rows(results):
    for rule in RULES:
        if any(rule.id in one["verdicts"] for one in results):
            yield rule, [one["verdicts"].get(rule.id, ("", []))[0] for one in results]


def method(results, short):
    """How it was measured, as sentences."""
    speeds = ", ".join("%s x%g" % (one["name"], one["speed"]) for one in results)
    return ("Method: each client runs as a process of its own, with its own code and stored state, against a provider on this "
            "machine (tools/lab). Time is compressed: libfaketime makes the client's clocks, sleeps and time-outs pass faster, "
            "the provider's clock runs at the same speed (%s); no restart resets it. The clients have their authors' default "
            "settings; only Wanbeacon looks at its address as often as it can (every 60 s), because its waits after errors do not "
            "hang on that. A scene in which a connection broke off, "
            "or an answer came late, because the machine was too slow is run again at half the speed, then at a quarter. The provider's punishments are off, so that "
            "one mistake shows in one rule. 'not shown' counts as not met.%s"
            % (speeds, " Shortened set." if short else ""))


def table(results):
    out = Table(title="Rules of the providers, and who meets them", title_justify="left")
    for title in ("rule", "what it asks", "from"):
        out.add_column(title, overflow="fold")
    for one in results:
        out.add_column(one["name"] + ("\n" + one["version"] if one["version"] else ""), justify="center")
    for rule, verdicts in _rows(results):
        out.add_row(rule.id, rule.what, rule.document, *("[%s]%s[/]" % (_STYLE[v], _SHORT[v]) if v else "" for v in verdicts))
    out.add_section()
    out.add_row("", "total", "", *("%d of %d" % total(one["verdicts"]) for one in results), style="bold")
    return out


def markdown(results, short):
    lines = ["# Who meets which rule", "", "Written by `python -m tools grade --markdown FILE`; how to read it: [grading.md](grading.md).", "",
             "| rule | what it asks | from | %s |" % " | ".join(("%s %s" % (r["name"], r["version"])).strip() for r in results),
             "|---|---|---|%s" % ("---|" * len(results))]
    lines += ["| `%s` | %s | %s | %s |" % (rule.id, rule.what, rule.document, " | ".join(_SHORT.get(v, "") for v in verdicts))
              for rule, verdicts in _rows(results)]
    lines.append("| | **total** | | %s |" % " | ".join("**%d of %d**" % total(one["verdicts"]) for one in results))
    return "\n".join([*lines, "", method(results, short), ""])


def certification(service, one, rows):
    title = {"dyn": "Dyn", "noip": "No-IP"}[service]
    out = Table(title="%s: what its integration pages ask, and %s %s" % (title, one["name"], one["version"]), title_justify="left")
    for name in ("page", "requirement", "met", "shown by"):
        out.add_column(name, overflow="fold")
    for document, text, whole, known in rows:
        out.add_row(document, text, "[%s]%s[/]" % (_STYLE.get(whole, "dim"), _SHORT.get(whole, whole)),
                    ", ".join(rule if verdict == MET else "%s (%s)" % (rule, _SHORT[verdict]) for rule, verdict in known))
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
    """Evidence lines of one client for a rule; whole: and every request of its scenes."""
    verdict, lines = one["verdicts"].get(rule.id, ("not run", []))
    out = ["%s: %s: %s" % (one["name"], rule.id, verdict), *("   " + text for text in lines)]
    if whole:
        for scene in rule.scenes:
            record = one["records"].get(scene)
            if record:
                out.append("  the whole scene %s (x%g): %s" % (scene, record["speed"], ", ".join(
                    "%s at %d s" % item for item in sorted(record["marks"].items(), key=lambda item: item[1]))))
                out += ["   " + line(record, entry) for entry in record["requests"]]
                out += ["   the client ended by itself at %d s with status %d" % tuple(item) for item in record["exits"]]
    return out
