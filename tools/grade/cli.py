"""`python -m tools grade`: choose clients, play the scenes, print who meets which rule. Knows the order of things only."""

import json
import signal
import time
from pathlib import Path

import typer
from rich.console import Console

from .. import OUT, UserError
from . import certify, clients, rules, run, scenes, view

#: Where the last results are kept, for --why.
LAST = OUT / "grade.json"
_READY = "a ready client: %s; default: all of them" % ", ".join(clients.PROFILES)


def chosen(profiles, words, template, name, own_time):
    """The clients to grade: those named, the one on the command line, or every profile that can run here."""
    for option, value in (("--template", template), ("--name", name), ("--own-time", own_time)):
        if value and not words:
            raise UserError("%s is for a client of your own; name it after --" % option)
    found = [clients.profile(one) for one in profiles]
    if words:
        found.append(clients.given(words, template, name, own_time))
    for i, client in enumerate(found):  # records are kept by name
        if client.name in [other.name for other in found[:i]]:
            raise UserError("two of the clients are named %s; leave one out, or name yours with --name" % client.name)
    if not found:
        found, missing = clients.usable()
        for text in missing:
            Console(stderr=True).print(text, style="yellow", highlight=False)
    return found


def some(names, short):
    """The scenes of these names; all, or the shortened set."""
    known = {scene.name: scene for scene in scenes.SCENES}
    for name in names:
        if name not in known:
            raise UserError("there is no scene %r; there are: %s" % (name, ", ".join(known)))
    return [known[name] for name in names] or [scene for scene in scenes.SCENES if scene.short or not short]


def results_of(found, played, wanted):
    """The list that everything else works on: name, version, speed, cannot, scenes, records and verdicts of each client."""
    return judged([{"name": client.name, "version": client.version(), "speed": client.speed, "cannot": client.cannot,
                    "scenes": [scene.name for scene in wanted], "records": played[client.name]} for client in found])


def judged(results):
    for one in results:
        one["verdicts"] = rules.judge(one["records"], one["cannot"], one["scenes"])
    return results


def save(path, document):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document)
    except OSError as error:
        raise UserError("cannot write %s: %s; name another file" % (path, error.strerror))


def last(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        raise UserError("there are no earlier results in %s; run `python -m tools grade` first" % path)


def rule_of(name):
    for rule in rules.RULES:
        if rule.id == name:
            return rule
    raise UserError("there is no rule %r; there are: %s" % (name, ", ".join(rule.id for rule in rules.RULES)))


def mute(one):
    """Why a client's records tell nothing of it, one sentence; "" when they do."""
    records = one["records"]
    if not records or any(record["requests"] for record in records.values()):
        return ""
    right = all(scene.quiet for scene in scenes.SCENES if scene.name in records)
    if right and not all(record["exits"] for record in records.values()):
        return ""
    said = next(iter(records.values()))["output"].strip().splitlines()
    return "%s sent nothing in any scene; its last words: %s" % (one["name"], said[-1] if said else "none")


def play(found, wanted, speed, jobs, short, quiet):
    """Plays everything; returns (the results, a sentence for each client that did nothing and is not among them). A line
    per scene on stderr."""
    for client in found:
        client.speed = speed or client.speed
    err, began = Console(stderr=True), time.monotonic()
    count = sum(not client.cannot.keys() & scene.options.keys() for client in found for scene in wanted)
    done = []
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the clients must not outlive this

    def told(record):
        done.append(record)
        if not quiet:
            err.print("%3d of %d  %4d s  %s: %s" % (len(done), count, time.monotonic() - began, record["client"], record["scene"]),
                      highlight=False)
    results = results_of(found, run.play_all(found, wanted, jobs=jobs, short=short, told=told), wanted)
    idle = [text for text in map(mute, results) if text]
    if idle and len(idle) == len(results):
        raise UserError("; ".join(idle))
    return [one for one in results if not mute(one)], idle


def show(results, short, certification, why):
    out = Console(soft_wrap=True)
    if why:
        rule = rule_of(why)
        for one in results:
            out.print("\n".join(view.why(rule, one, whole=True)), markup=False, highlight=False)
        return
    wide = Console(width=max(out.width, 110 + 16 * len(results)))
    if certification:
        for one in results:
            rows = certify.view(certification, one["verdicts"])
            wide.print(view.certification(certification, one, rows))
            out.print("\n".join(view.evidence(one, rows)), markup=False, highlight=False)
        out.print("All requests behind a rule: python -m tools grade --last --why RULE", highlight=False)
        return
    wide.print(view.table(results))
    out.print(view.method(results, short), highlight=False)
    out.print("Why a rule is not met: python -m tools grade --last --why RULE", highlight=False)


def app(
    client: list[str] = typer.Argument(None, help="a client and its arguments, after --; placeholders: docs/grading.md"),
    profile: list[str] = typer.Option([], help=_READY),
    template: Path = typer.Option(None, help="settings file of the client, with placeholders"),
    name: str = typer.Option("", help="the client's name in the table"),
    own_time: bool = typer.Option(False, help="no libfaketime: the client is told {speed} and makes its time pass itself"),
    scene: list[str] = typer.Option([], help="only this scene"),
    short: bool = typer.Option(False, help="the shortened set: about a minute for all four"),
    speed: float = typer.Option(None, min=1, help="how many times as fast time passes; default: what the client bears"),
    jobs: int = typer.Option(4, min=1, help="scenes at the same time"),
    certification: str = typer.Option("", help="dyn or noip: the requirements of their integration pages"),
    why: str = typer.Option("", help="the ledger lines behind a rule"),
    use_last: bool = typer.Option(False, "--last", help="do not run anything: judge and show the last records again"),
    as_json: Path = typer.Option(None, "--json", help="write everything, ledger lines included, to this file"),
    as_markdown: Path = typer.Option(None, "--markdown", help="write the table to this file"),
    quiet: bool = typer.Option(False, help="no progress on stderr"),
):
    """Judge any DDNS client against the provider lab, by the providers' own rules."""
    if certification and certification not in certify.REQUIREMENTS:
        raise UserError("--certification is dyn or noip, not %r" % certification)
    if why:
        rule_of(why)
    idle = []
    if use_last:
        document = last(LAST)
        results = judged([one for one in document["results"] if not profile or one["name"] in profile])
        short = document["short"]
    else:
        results, idle = play(chosen(profile, client, template, name, own_time), some(scene, short), speed, jobs, short, quiet)
        document = {"short": short, "method": view.method(results, short), "results": results}
        save(LAST, json.dumps(document))
    if as_json:
        save(as_json, json.dumps(document, indent=1) + "\n")
    if as_markdown:
        save(as_markdown, view.markdown(results, short))
    show(results, short, certification, why)
    if idle:  # the others' results are not lost for it
        raise UserError("; ".join(idle))
