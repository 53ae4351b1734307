"""The command line on Linux: `micropython -m wanbeacon run`; the other commands are in cli.py.

A user's mistake is one line on stderr and exit status 1; nothing here knows how the agent works.
"""

import sys

CONFIG = "/etc/wanbeacon/config.json"
STATE = "/etc/wanbeacon"
STATUS = "/var/run/wanbeacon/status.json"
CONTROL = "/var/run/wanbeacon/control"


class Mistake(Exception):
    """A user's mistake, in one line."""


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
        raise Mistake("cannot read the config %s (%s); give its path with --config" % (path, words_of(e)))
    except UnicodeError:
        raise Mistake("%s is not a text file (UTF-8)" % path)
    try:
        return config.load(text)
    except config.ConfigError as e:
        raise Mistake("\nwanbeacon: ".join(["%s: %s" % (path, p) for p in e.problems]))


def words_of(e):
    """An OSError in words."""
    known = {1: "not permitted", 2: "no such file", 13: "permission denied", 20: "not a folder", 21: "it is a folder"}
    known.update({28: "no space left", 30: "read-only file system", 98: "in use"})
    return known.get(e.errno) or str(e)


def run(options):
    """Run the agent until it is stopped. Raises Mistake when it cannot start."""
    import asyncio
    import gc

    try:
        import tls  # noqa: F401
    except ImportError:
        raise Mistake("this MicroPython has no TLS: install the variant that has it (OpenWrt: micropython-mbedtls)")
    from wanbeacon import lean

    cfg = load(options["--config"])
    lean.drop("config")
    gc.collect()
    from wanbeacon.board import control, linux

    path, place = options["--status"], options["--control"]
    try:
        linux.make_folder(path.rsplit("/", 1)[0])
        linux.make_folder(place.rsplit("/", 1)[0])
        sock = control.listen(place)
    except OSError as e:
        if e.errno == 98:
            raise Mistake("another wanbeacon runs already and answers at %s" % place)
        raise Mistake("cannot make the control socket %s (%s)" % (place, words_of(e)))
    try:
        agent = _agent(cfg, options)

        async def both():
            asyncio.create_task(control.serve(sock, agent))
            await agent.run()

        asyncio.run(both())
    except KeyboardInterrupt:
        print("stopped")
    finally:
        sock.close()
        control.remove(place)


def _agent(cfg, options):
    from wanbeacon import agent, status
    from wanbeacon.board import linux
    from wanbeacon.net import clock

    path = options["--status"]
    written = []

    def report(a):
        try:
            status.write(path, a.status())
            written.clear()
        except OSError as e:
            if not written:
                written.append(1)
                a.log("the status cannot be written to %s (%s)" % (path, words_of(e)))

    try:
        return agent.Agent(cfg, linux.Board(options["--state"]), clock.Clock(), report=report)
    except ValueError as e:
        raise Mistake("%s: %s" % (options["--config"], e))
    except OSError as e:
        raise Mistake("cannot use the journal's folder %s (%s)" % (options["--state"], words_of(e)))


def main(argv):
    """Run one command; exits with 1 after a mistake."""
    try:
        words, options = arguments(argv)
        if words == ["run"]:
            run(options)
        else:
            from wanbeacon import cli

            cli.main(words, options)
    except Mistake as e:
        sys.stderr.write("wanbeacon: %s\n" % e)
        sys.exit(1)

