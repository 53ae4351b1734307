"""The command line on Linux: `micropython -m wanbeacon run|check|status|update|retry|pause|resume|offline|providers`.

A user's mistake is one line on stderr and exit status 1; nothing here knows how the agent works.
"""

import sys

CONFIG = "/etc/wanbeacon/config.json"
STATE = "/etc/wanbeacon"
STATUS = "/var/run/wanbeacon/status.json"
CONTROL = "/var/run/wanbeacon/control"

USAGE = """usage: wanbeacon COMMAND [HOST] [--config FILE] [--state DIR] [--status FILE] [--control SOCKET]
  run         keep the names up to date (in the foreground)
  check       check the config file, say everything that is wrong with it
  status      what is published, what comes next and why
  update      send one update now (all hosts, or HOST)
  retry HOST  try a stopped host again
  pause, resume, offline HOST
  providers   names of the providers
  --version"""


class Mistake(Exception):
    """A user's mistake, in one line."""


def fail(text):
    """One line on stderr, exit status 1."""
    sys.stderr.write("wanbeacon: %s\n" % text)
    sys.exit(1)


def arguments(argv):
    """argv -> (words, options). Raises Mistake."""
    options = {"--config": CONFIG, "--state": STATE, "--status": STATUS, "--control": CONTROL}
    words, i = [], 0
    while i < len(argv):
        word = argv[i]
        if word in options:
            i += 1
            if i == len(argv):
                raise Mistake("%s needs a value" % word)
            options[word] = argv[i]
        elif word[:1] == "-" and word not in ("--version", "--help", "-h"):
            raise Mistake("unknown option %s; see --help" % word)
        else:
            words.append(word)
        i += 1
    return words, options


def load(path):
    """The checked config. Raises Mistake with every problem in one line each."""
    from wanbeacon import config

    try:
        with open(path) as f:
            text = f.read(config.SIZE_MAX + 1)
    except OSError as e:
        raise Mistake("cannot read the config %s (%s); give its path with --config" % (path, _words(e)))
    except UnicodeError:
        raise Mistake("%s is not a text file (UTF-8)" % path)
    try:
        return config.load(text)
    except config.ConfigError as e:
        raise Mistake("\nwanbeacon: ".join(["%s: %s" % (path, p) for p in e.problems]))


def _words(e):
    return {1: "not permitted", 2: "no such file", 13: "permission denied", 20: "not a folder", 21: "it is a folder",
            28: "no space left", 30: "read-only file system", 98: "in use"}.get(e.errno, str(e))  # fmt: skip


def check(options):
    """Say what is wrong with the config file, or that nothing is."""
    import os

    from wanbeacon.agent import unknown_provider
    from wanbeacon.board import linux
    from wanbeacon.dyndns import catalog

    cfg = load(options["--config"])
    board = linux.Board(options["--state"])
    problems = []
    for i in range(len(cfg["accounts"])):
        a = cfg["accounts"][i]
        if a["provider"] == "custom":
            try:
                catalog.custom(a["custom"])
            except ValueError as e:
                problems.append("accounts[%d].custom.url: %s" % (i, e))
            continue
        row = catalog.find(board.catalogue, a["provider"])
        if row is None:
            problems.append("accounts[%d].provider: %s" % (i, unknown_provider(a["provider"], board.catalogue)))
        elif row.get("closed"):
            print("warning: accounts[%d].provider: %s is closed" % (i, a["provider"]))
        if a.get("ca"):
            try:
                os.stat(a["ca"])
            except OSError as e:
                problems.append("accounts[%d].ca: cannot read %s (%s)" % (i, a["ca"], _words(e)))
    if problems:
        raise Mistake("\nwanbeacon: ".join(["%s: %s" % (options["--config"], p) for p in problems]))
    print("%s: ok, %d hosts" % (options["--config"], sum([len(a["hosts"]) for a in cfg["accounts"]])))


def run(options):
    """Run the agent until it is stopped."""
    import asyncio
    import gc

    try:
        import tls  # noqa: F401
    except ImportError:
        raise Mistake("this MicroPython has no TLS: install the variant that has it (OpenWrt: micropython-mbedtls)")
    cfg = load(options["--config"])
    sys.modules.pop("wanbeacon.config", None)  # its tables are not needed any more: 9 KB of heap
    gc.collect()
    from wanbeacon import agent, status
    from wanbeacon.board import control, linux
    from wanbeacon.net import clock

    path = options["--status"]
    written = []

    def report(a):
        try:
            status.write(path, a.status())
        except OSError as e:
            if not written:
                written.append(1)
                a.log("the status cannot be written to %s (%s)" % (path, _words(e)))

    try:
        linux.make_folder(path.rsplit("/", 1)[0])
        linux.make_folder(options["--control"].rsplit("/", 1)[0])
        sock = control.listen(options["--control"])
    except OSError as e:
        if e.errno == 98:
            raise Mistake("another wanbeacon runs already and answers at %s" % options["--control"])
        raise Mistake("cannot make the control socket %s (%s)" % (options["--control"], _words(e)))
    try:
        a = agent.Agent(cfg, linux.Board(options["--state"]), clock.Clock(), report=report)
    except ValueError as e:
        control.remove(options["--control"])
        raise Mistake("%s: %s" % (options["--config"], e))
    except OSError as e:
        control.remove(options["--control"])
        raise Mistake("cannot use the journal's folder %s (%s)" % (options["--state"], _words(e)))
    del cfg
    gc.collect()

    async def both():
        asyncio.create_task(control.serve(sock, a))
        await a.run()

    try:
        asyncio.run(both())
    except KeyboardInterrupt:
        a.log("stopped")
    finally:
        sock.close()
        control.remove(options["--control"])


def tell(words, options):
    """Send a command to the running agent and print its answer."""
    from wanbeacon.board import control

    try:
        answer = control.run(options["--control"], " ".join(words))
    except (OSError, ValueError):
        raise Mistake("no agent answers at %s: is it running?" % options["--control"])
    if words[0] == "status":
        return show(answer)
    if not answer["ok"]:
        raise Mistake(answer["text"])
    print(answer["text"])


def show(doc):
    """Print a status document for a person."""
    if "hosts" not in doc:
        raise Mistake(doc.get("text", "no status"))
    for line in doc["lines"]:
        for family in ("ipv4", "ipv6"):
            f = line[family]
            if f["why"] != "not needed":
                print("%-6s %s  %s" % (family, f["address"] or "none", f["why"]))
    if doc["clock"] != "ok":
        print("clock not set")
    for h in doc["hosts"]:
        have = " ".join([x for x in (h["ipv4"], h["ipv6"]) if x]) or "not published"
        print("%-30s %s  %s: %s" % (h["name"], have, h["state"], h["why"]))
        if h["next"] in ("send", "refresh") and h["next_in"] is not None:
            print("%-30s next: %s in %d s" % ("", h["next"], h["next_in"]))


def providers(options):
    """Print the catalogue's names."""
    from wanbeacon.board import linux
    from wanbeacon.dyndns import catalog

    for name in catalog.names(linux.Board(options["--state"]).catalogue):
        print(name)


def main(argv):
    """Run one command; returns nothing, exits with 1 after a mistake."""
    from wanbeacon import VERSION

    try:
        words, options = arguments(argv)
        if not words or words[0] in ("--help", "-h"):
            print(USAGE)
        elif words[0] == "--version":
            print("wanbeacon %s" % VERSION)
        elif words[0] in ("run", "check", "providers") and len(words) == 1:
            {"run": run, "check": check, "providers": providers}[words[0]](options)
        elif words[0] in ("status", "update", "retry", "pause", "resume", "offline"):
            tell(words, options)
        else:
            raise Mistake("unknown command %s; see --help" % " ".join(words))
    except Mistake as e:
        fail(e)


if __name__ in ("__main__", "wanbeacon.__main__"):
    main(sys.argv[1:])
