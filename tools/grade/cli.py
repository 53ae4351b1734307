# SPDX-License-Identifier: MIT
"""`python -m tools grade`: choose clients, play the scenes, print who meets which rule."""

import json
import signal
import time
from pathlib import Path

import typer
from rich.console import Console

from .. import COMMAND, OUT, UserError
from . import certify, clients, junit, play, rules, run, scenes, view

#: Where the last results are kept, for --why.
LAST = OUT / "grade.json"
#: Of a client that does nothing.
LAST_LINES = 10
_READY = "a ready client: %s; default: all of them" % ", ".join(clients.PROFILES)


#: Scenes at the same time: where time is compressed a machine has to keep up with all of them.
_JOBS, _JOBS_WIRE = 4, 8


def chosen(profiles, words, template, name, own_time, look):
    """The clients to grade: those named, the one on the command line, or every profile that can run here."""
    for option, value in (
        ("--template", template),
        ("--name", name),
        ("--own-time", own_time),
        ("--look", look),
    ):
        if value and not words:
            raise UserError("%s is for a client of your own; name it after --" % option)
    found = [clients.profile(one) for one in profiles]
    if words:
        found.append(clients.given(words, template, name, own_time, look=look or 300))
    for i, client in enumerate(found):  # records are kept by name
        if client.name in [other.name for other in found[:i]]:
            raise UserError(
                "two of the clients are named %s; leave one out, or name yours with --name" % client.name
            )
    if not found:
        found, missing = clients.usable()
        for text in missing:
            Console(stderr=True).print(text, style="yellow", highlight=False)
    return found


def some(names, wire):
    """The scenes of these names; all, or those that can be played in real time."""
    known = {scene.name: scene for scene in scenes.SCENES}
    for name in names:
        if name not in known:
            raise UserError("there is no scene %r; there are: %s" % (name, ", ".join(known)))
    found = [known[name] for name in names] or list(scenes.SCENES)
    found = [scene for scene in found if scene.wire or not wire]
    if not found:
        raise UserError(
            "%s: not in real time; leave out --short, and install libfaketime (apt-get install faketime)"
            % ", ".join(names)
        )
    return found


def results_of(found, played, wanted, wire):
    """The list that everything else works on: name, version, speed, cannot, scenes, records and verdicts of
    each client."""
    return judged(
        [
            {
                "name": client.name,
                "version": client.version(),
                "speed": 1 if wire else client.speed,
                "cannot": client.cannot,
                "scenes": [scene.name for scene in wanted],
                "records": played[client.name],
            }
            for client in found
        ],
        wire,
    )


def judged(results, wire):
    whole = {scene.name for scene in scenes.SCENES if scene.wire}
    for one in results:
        # rules that were left out count as open only where the whole set was played
        table = rules.judge(one["records"], one["cannot"], one["scenes"], wire)
        one["verdicts"] = {
            rule: row
            for rule, row in table.items()
            if row[0] != rules.NOT_PLAYED or row[1] or whole <= set(one["scenes"])
        }
    return results


def together(before, now):
    """The results of an earlier run and of this one: this one's where both have them."""
    fresh = {one["name"]: one for one in now}
    found = []
    for one in before:
        new = fresh.pop(one["name"], None)
        if new:
            names = [*one["scenes"], *(name for name in new["scenes"] if name not in one["scenes"])]
            one = {**new, "scenes": names, "records": {**one["records"], **new["records"]}}
        found.append(one)
    return [*found, *fresh.values()]


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
    if name in rules.BY_ID:
        return rules.BY_ID[name]
    raise UserError("there is no rule %r; there are: %s" % (name, ", ".join(rule.id for rule in rules.RULES)))


def mute(one):
    """Why a client's records tell nothing of it, one sentence; "" when they do."""
    records = one["records"]
    if not records or any(record["requests"] for record in records.values()):
        return ""
    right = all(scene.quiet for scene in scenes.SCENES if scene.name in records)
    if right and not all(record["exits"] for record in records.values()):
        return ""
    said = [
        " ".join(text.split())
        for text in next(iter(records.values()))["output"].strip().splitlines()[-LAST_LINES:]
    ]
    return "%s sent nothing in any scene; its last words: %s" % (one["name"], " | ".join(said) or "none")


def play_scenes(found, wanted, jobs, quiet, wire, speed=None, strict=False):
    """Plays everything; returns (the results, a sentence for each client that did nothing and is not among
    them). A line per scene on stderr."""
    for client in found:
        client.speed = speed or client.speed
    err, began = Console(stderr=True), time.monotonic()
    count = sum(not client.cannot.keys() & scene.options.keys() for client in found for scene in wanted)
    done = []
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the clients must not outlive this

    def told(record):
        done.append(record)
        if not quiet:
            err.print(
                "%3d of %d  %4d s  %s: %s"
                % (len(done), count, time.monotonic() - began, record["client"], record["scene"]),
                highlight=False,
            )

    played = play.play_all(
        found, wanted, jobs or (_JOBS_WIRE if wire else _JOBS), told, wire=wire, strict=strict
    )
    results = results_of(found, played, wanted, wire)
    idle = [text for text in map(mute, results) if text]
    if idle and len(idle) == len(results):
        raise UserError("; ".join(idle))
    return [one for one in results if not mute(one)], idle


def show(results, wire, certification, why):
    out = Console(soft_wrap=True)
    if why:
        rule = rule_of(why)
        for one in results:
            out.print("\n".join(view.why(rule, one, whole=True)), markup=False, highlight=False)
        return
    if certification:
        wide = Console(width=max(out.width, 110))
        for one in results:
            rows = certify.view(certification, one["verdicts"])
            wide.print(view.certification(certification, one, rows))
            out.print("\n".join(view.evidence(one, rows)), markup=False, highlight=False)
        out.print("All requests behind a rule: %s grade --last --why RULE" % COMMAND, highlight=False)
        return
    Console().print(*view.tables(results, out.width), sep="\n")
    out.print(view.method(results, wire), highlight=False)
    for one in results:
        last = view.last_words(one)
        if last:
            out.print(
                "The last that %s printed in a scene of a rule it does not meet:" % one["name"],
                highlight=False,
            )
            out.print("\n".join("   " + text for text in last), markup=False, highlight=False)
    out.print("Why a rule is not met: %s grade --last --why RULE" % COMMAND, highlight=False)


def failing(results):
    """The rules that anything but "met" makes a failure of with --strict: "CLIENT: rule, rule"."""
    fine = (rules.MET, rules.NOT_APPLICABLE, rules.NOT_PLAYED)
    bad = {
        one["name"]: [rule for rule, row in one["verdicts"].items() if row[0] not in fine] for one in results
    }
    return "; ".join("%s: %s" % (name, ", ".join(found)) for name, found in bad.items() if found)


def on_the_wire(clients, short):
    """True when only what real seconds can show is graded: because it was asked for, or for want of
    libfaketime."""
    if short or run.library() is not None or all(one.own_time for one in clients):
        return short
    Console(stderr=True).print(
        "libfaketime is not installed: only the rules that real seconds can show are graded",
        style="yellow",
        highlight=False,
    )
    return True


def known(certification, why):
    """UserError for one that is not there."""
    if certification and certification not in certify.REQUIREMENTS:
        raise UserError("--certification is dyn or noip, not %r" % certification)
    if why:
        rule_of(why)


def last_of(wire):
    """The last records, to which others are added. UserError when they are of the other set."""
    kept = last(LAST)
    if kept["wire"] != wire:
        raise UserError("the last results are of the other set: with --add, both are --short or both are not")
    return kept


def document_of(results, wire):
    """What is kept of a run, as JSON."""
    asked = {
        rule.id: {"what": rule.what, "section": rules.section(rule), "from": rule.document}
        for rule in rules.RULES
    }
    return {"wire": wire, "method": view.method(results, wire), "rules": asked, "results": results}


def write_results(document, results, wire, as_json, as_junit, as_markdown):
    if as_json:
        save(as_json, json.dumps(document, indent=1) + "\n")
    if as_junit:
        save(as_junit, junit.document(results))
    if as_markdown:
        save(as_markdown, view.markdown(results, wire))


def app(
    client: list[str] = typer.Argument(
        None, help="a client and its arguments, after --; placeholders: docs/grading.md"
    ),
    profile: list[str] = typer.Option([], help=_READY),
    template: Path = typer.Option(None, help="settings file of the client, with placeholders"),
    name: str = typer.Option("", help="the client's name in the table"),
    own_time: bool = typer.Option(
        False, help="no libfaketime: the client is told {speed} and makes its time pass itself"
    ),
    look: int = typer.Option(
        None, min=1, help="seconds between two looks at its address, at most; 300 where nothing is said"
    ),
    scene: list[str] = typer.Option([], help="only this scene"),
    short: bool = typer.Option(
        False, help="only what real seconds can show, without libfaketime: about a minute"
    ),
    speed: float = typer.Option(
        None, min=1, help="how many times as fast time passes; default: what the client can take"
    ),
    jobs: int = typer.Option(None, min=1, help="scenes at the same time"),
    strict: bool = typer.Option(
        False, help="no second try without nuisances; status 1 if any rule is not met"
    ),
    certification: str = typer.Option("", help="dyn or noip: the requirements of their integration pages"),
    why: str = typer.Option("", help="the ledger lines behind a rule"),
    add: bool = typer.Option(False, help="keep the last records of the other clients and scenes"),
    use_last: bool = typer.Option(
        False, "--last", help="do not run anything: judge and show the last records again"
    ),
    as_json: Path = typer.Option(
        None, "--json", help="write everything, ledger lines included, to this file"
    ),
    as_junit: Path = typer.Option(None, "--junit", help="write the verdicts to this file, as JUnit XML"),
    as_markdown: Path = typer.Option(None, "--markdown", help="write the table to this file"),
    quiet: bool = typer.Option(False, help="no progress on stderr"),
):
    """Judge any DDNS client against the provider lab, by the providers' own rules."""
    known(certification, why)
    idle = []
    if use_last:
        document = last(LAST)
        wire = document["wire"]
        results = judged([one for one in document["results"] if not profile or one["name"] in profile], wire)
    else:
        # a mistake in what was asked for comes first, alone: clients that are missing are news of their own
        some(scene, short)
        found = chosen(profile, client, template, name, own_time, look)
        wire = on_the_wire(found, short)
        kept = last_of(wire) if add else None
        results, idle = play_scenes(found, some(scene, wire), jobs, quiet, wire, speed, strict)
        results = judged(together(kept["results"], results), wire) if kept else results
        document = document_of(results, wire)
        save(LAST, json.dumps(document))
    write_results(document, results, wire, as_json, as_junit, as_markdown)
    show(results, wire, certification, why)
    bad = failing(results) if strict else ""
    if idle or bad:  # the others' results are not lost for it
        raise UserError("; ".join([*idle, *(["not met: " + bad] if bad else [])]))
