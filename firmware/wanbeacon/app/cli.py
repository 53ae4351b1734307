# SPDX-License-Identifier: MIT
"""The commands of the command line other than `run`."""

import asyncio
import json
import os
import sys

from wanbeacon import VERSION
from wanbeacon.app import config, stage
from wanbeacon.board import linux
from wanbeacon.board.words import Mistake, words_of
from wanbeacon.net import unix, waits

CONFIG = "/etc/wanbeacon/config.json"
STATE = "/etc/wanbeacon"
STATUS = "/var/run/wanbeacon/status.json"
CONTROL = "/var/run/wanbeacon/control"

USAGE = """usage: wanbeacon COMMAND [HOST] [--config FILE] [--state DIR] [--status FILE] [--control SOCKET]
  run               keep the names up to date (in the foreground)
  run --once        one look, at most one update, for cron and timers; exit status 0: up to date,
                    1: something needs you, 3: not yet, a later run tries again
  check             check the config file, say everything that is wrong with it;
                    have the agent look at the address now
  status [--json]   what is published, what comes next and why
  status --health   exit status 0: nothing to do for anybody, 1: something needs you (it is
                    printed), 2: no agent runs
  update [HOST]     send one update now (all hosts, or HOST)
  retry HOST        try a stopped host again
  verify [HOST]     ask the zone's own name servers what is published; status says it
  pause, resume     send nothing until resumed
  offline HOST      have the provider set the name offline, where it can
  notice test       send a test notice to everybody in "notify"
  providers [WORD]  the providers it knows, or those like WORD
  --version"""


def arguments(argv):
    """argv -> (words, options). Raises Mistake."""
    options = {"--config": CONFIG, "--state": STATE, "--status": STATUS, "--control": CONTROL}
    words, i = [], 0
    while i < len(argv):
        word = argv[i]
        if word in ("--json", "--once"):
            options[word] = True
        elif word in options:
            i += 1
            if i == len(argv):
                raise Mistake("%s needs a value" % word)
            options[word] = argv[i]
        elif word[:1] == "-" and word not in ("--version", "--help", "-h", "--health"):
            raise Mistake("unknown option %s; see --help" % word)
        else:
            words.append(word)
        i += 1
    return words, options


def load(path):
    """The checked config. Raises Mistake with every problem in one line each."""
    try:
        with open(path) as f:
            text = f.read(config.SIZE_MAX)
            # at once, a small heap would have to have the room for the largest
            if len(text) == config.SIZE_MAX:
                text += f.read(config.ROUTER_MAX + 1 - config.SIZE_MAX)
    except OSError as e:
        raise Mistake("cannot read the config %s (%s); give its path with --config" % (path, words_of(e)))
    except UnicodeError:
        raise Mistake("%s is not a text file (UTF-8)" % path)
    try:
        return config.load(text, config.ROUTER_MAX)
    except config.ConfigError as e:
        raise Mistake("\nwanbeacon: ".join(["%s: %s" % (path, p) for p in _problems(text, e)]))


def _problems(text, error):
    """Where the text is no JSON: its line with a caret; else what the settings say that is wrong."""
    if len(text) > config.ROUTER_MAX:  # not read to its end
        return error.problems
    fault = stage.run("app.json_fault", "lines", text)
    return ["\n".join(fault)] if fault else error.problems


def prepare(argv, board):
    """(options, config) of `run`; any other command is carried out here, and there is no config. board: class
    of the machine instead of linux.Board."""
    verbs, options = arguments(argv)
    options["board"] = board
    if verbs == ["run"]:
        return options, load(options["--config"])
    main(verbs, options)
    return options, None


def main(words, options):
    """Run one command. Raises Mistake."""
    name = words[0] if words else "--help"
    if name in ("--help", "-h"):
        print(USAGE)
    elif name == "--version":
        print("wanbeacon %s" % VERSION)
    elif name == "check" and len(words) == 1:
        check(options)
    elif name == "providers" and len(words) <= 2:
        providers(options, words[1] if words[1:] else "")
    elif words == ["status", "--health"]:
        health(options)
    elif name in ("status", "update", "retry", "pause", "resume", "offline", "verify", "notice"):
        tell(words, options)
    else:
        raise Mistake("unknown command %s; see --help" % " ".join(words))


def check(options):
    """Say what is wrong with the config file, or that nothing is."""
    path = options["--config"]
    cfg = load(path)
    accounts = cfg["accounts"]
    _, problems, warnings = _of_catalogue("advice", "judge", linux.board(options).catalogue, accounts)
    for text in warnings:
        print("warning: " + text)
    places = [("accounts[%d]" % i, accounts[i]) for i in range(len(accounts))]
    for where, owner in places + [("mqtt", cfg.get("mqtt") or {})]:
        ca = owner.get("ca")
        if ca:
            try:
                os.stat(ca)
            except OSError as e:
                problems.append("%s.ca: cannot read %s (%s)" % (where, ca, words_of(e)))
    if problems:
        raise Mistake("\nwanbeacon: ".join(["%s: %s" % (path, p) for p in problems]))
    count = sum([len(a["hosts"]) for a in accounts])
    print("%s: ok, %d host%s" % (path, count, "" if count == 1 else "s"))
    try:
        tell(["check"], options)
    except Mistake:  # no agent runs: the file was what was asked about
        pass


def tell(words, options):
    """Send a command to the running agent and print its answer."""
    try:
        answer = asyncio.run(_ask(options["--control"], " ".join(words)))
    except (OSError, ValueError):
        raise Mistake("no agent answers at %s: is it running?" % options["--control"])
    if words[0] == "status" and "hosts" in answer:
        if options.get("--json"):
            return print(json.dumps(answer))
        return show(answer)
    if not answer["ok"]:
        raise Mistake(answer["text"])
    print(answer["text"])


def health(options):
    """For monitoring: print what needs a person, a line each; exit with 1 when there is something, with 2
    without an agent."""
    try:
        doc = asyncio.run(_ask(options["--control"], "status"))
    except (OSError, ValueError):
        print("no agent answers at %s" % options["--control"])
        sys.exit(2)
    said = ["%s: %s" % (h["name"], h["why"]) for h in doc["hosts"] if h["state"] == "stopped"]
    said += ["%s: %s" % (row["where"], row["what"]) for row in doc["faults"]]
    if doc["journal"]["state"] != "ok":
        said.append(doc["journal"]["state"])
    if said:
        print("\n".join(said))
        sys.exit(1)
    count = len(doc["hosts"])
    print("ok: %d name%s" % (count, "" if count == 1 else "s"))


async def _ask(path, line):
    """Send one command to the agent at `path`; its answer (dict). Raises OSError when there is none,
    ValueError when it cannot be read."""
    sock = unix.open_unix(path)
    try:
        sock.send(line.encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            if not await waits.ready(sock, 30000):
                raise OSError(110, "no answer")
            data = waits.receive(sock, 4096)
            if data == b"":
                break
            answer += data or b""
        return json.loads(answer)
    finally:
        sock.close()


def show(doc):
    """Print a status document for a person."""
    # a line that never had IPv6 is an IPv4 line, and that is no complaint
    six = [h for h in doc["hosts"] if h["ipv6"]]
    for line in doc["lines"]:
        for family in ("ipv4", "ipv6"):
            f = line[family]
            quiet = family == "ipv6" and not six and line["ipv4"]["why"] != "not needed"
            if f["address"] or f["why"] != "not needed" and not quiet:
                print("%-6s %s  %s" % (family, f["address"] or "none", f["why"]))
    if doc["clock"] != "ok":
        print("clock not set")
    names = [h["name"] for h in doc["hosts"]]
    for h in doc["hosts"]:
        if names.count(h["name"]) > 1:  # on several lines
            h["name"] += " (%s)" % h["line"]
        have = " ".join([x for x in (h["ipv4"], h["ipv6"]) if x]) or "not published"
        print("%-30s %s  %s: %s" % (h["name"], have, h["state"], h["why"]))
        if h.get("published"):
            print("%-30s %s" % ("", h["published"]))
        if h["next"] in ("send", "refresh") and h["next_in"] is not None:
            print(
                "%-30s next: %s %s"
                % ("", h["next"], "in " + span(h["next_in"]) if h["next_in"] > 0 else "now")
            )


def span(seconds):
    """Seconds for a person: "40 s", "12 min", "5 h 20 min", "26 days"."""
    seconds = max(0, int(seconds))
    if seconds < 120:
        return "%d s" % seconds
    if seconds < 7200:
        return "%d min" % (seconds // 60)
    if seconds < 172800:
        return "%d h %d min" % (seconds // 3600, seconds // 60 % 60)
    return "%d days" % (seconds // 86400)


def providers(options, word):
    """Print the providers, or those that `word` may mean, best first: id, name, host; and of a JSON API which
    key with which rights it wants."""
    found = _of_catalogue(
        "search",
        "search",
        linux.board(options).catalogue.rpartition("/")[0] + "/names.txt",
        word,
        8 if word else 999,
    )
    if not found:
        raise Mistake(
            "no provider is like %s; `wanbeacon providers` lists them, and provider: "
            "custom describes any other" % word
        )
    for one, name, host in found:
        print(
            "%-20s %s (%s)" % (one, name, host)
            if one != "-"
            else "%-20s %s cannot be kept: %s" % ("-", name, host)
        )
    if word and found[0][0] != "-":
        row = _of_catalogue("rows", "find", linux.board(options).catalogue, found[0][0])
        if row and row.get("about"):
            print("%-20s %s wants %s" % ("", row["id"], row["about"]))


def _of_catalogue(module, job, path, *more):
    try:
        return stage.run("dyndns." + module, job, path, *more)
    except (OSError, ValueError):
        raise Mistake("the catalogue of providers is missing or damaged: %s; install wanbeacon again" % path)
