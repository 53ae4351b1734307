# SPDX-License-Identifier: MIT
"""`python -m tools NAME ...` and `wanbeacon-tools NAME ...`: finds the tool, turns a user's mistake into one
line.

Tools are imported only when asked for, so that a broken or absent one does not stop the others."""

import contextlib
import importlib
import importlib.metadata
import os
import sys

from . import CHECKOUT, COMMAND, UserError

# name -> its line in the list. The tool is `app` in NAME/cli.py or NAME.py: a typer app, or a plain function
# with typer options.
TOOLS = {
    "run": "start the agent under MicroPython with the provider lab and a live view",
    "check": "check a configuration file without sending anything",
    "convert": "make a settings file of ddclient's or inadyn's",
    "backup": "seal a settings file with its passwords under a passphrase",
    "restore": "open such a file, or that of a board's page",
    "ctl": "talk to a running agent: status, check, update, retry, pause, offline, verify, notice test ...",
    "providers": "list the providers the agent knows",
    "push": "print what to enter in a router so that it pushes its address to the agent",
    "flash": "put the agent on a board that runs MicroPython",
    "image": "make a flash image with MicroPython, the agent and a configuration",
    "web": "build the page that installs a board from a browser, and show it",
    "board-memory": "ask a board for its memory: both heaps, largest blocks, low-water marks",
    "report": "collect a board's log, status and memory for a bug report, without secrets",
    "traceback": "print a board's traceback with the names of the sources",
    "lab": "a DynDNS2 provider on this machine: HTTP(S) and DNS, with faults on request",
    "grade": "judge any DynDNS client against the provider lab",
    "grade-server": "say which answers of a DynDNS2 server fit docs/dyndns2.md",
    "fleet": "see many devices live from their MQTT broker; make settings for many boards",
    "simulate": "run a year of line changes through the agent's decisions",
    "package": "build the OpenWrt packages",
    "mpy": "compile firmware/ to .mpy files",
    "version": "versions of the agent, the tools and the interpreters found",
}
#: Those that work on a checkout: its sources, its documents, its tests.
OF_A_CHECKOUT = {
    "bench": "measure change-to-request time, sizes and memory",
    "catalogue": "write the device's provider catalogue from tools/data/providers.json",
    "docs": "write the pages of docs/ that are made from the sources",
    "screens": "make docs/portal.png from the pictures of the set-up pages",
    "roots": "cut the CA roots in firmware/catalogue/roots from certifi",
    "nightly": "run all tests at their longest, each in a time box",
    "lock": "write down what `make run` installs, with hashes",
    "bundle": "sign this version for boards that upgrade themselves",
    "release": "build everything a release consists of, twice, with checksums",
    "mutants": "would the tests notice small mistakes in the core?",
}
if CHECKOUT:
    TOOLS.update(OF_A_CHECKOUT)
#: Python module -> the extra that installs it; pyproject.toml has the same names.
EXTRAS = {"aiohttp": "lab", "cryptography": "lab", "dnslib": "lab", "trustme": "lab", "esptool": "write",
          "numpy": "simulate", "matplotlib": "simulate", "zopfli": "package"}  # fmt: skip
#: Packages whose absence is a fault of ours and not of an installation.
OURS = ("None", "tools", "wanbeacon_tools", "wanbeacon")


def listing():
    """The text that the command alone prints."""
    wide = max(map(len, TOOLS))
    return "\n".join(
        ["usage: %s NAME [options]   (NAME --help says more)" % COMMAND, ""]
        + ["  %-*s  %s" % (wide, name, line) for name, line in TOOLS.items()]
    )


def load(name):
    """The callable of the tool `name`; UserError if there is none of that name or one of its parts is not
    installed."""
    if name not in TOOLS:
        why = (
            " in an installation; it works on a checkout"
            if name in OF_A_CHECKOUT
            else "; `%s` lists them" % COMMAND
        )
        raise UserError("there is no tool %r%s" % (name, why))
    plain = name.replace("-", "_")
    for place in (".%s.cli", ".%s", ".build.%s", ".device.%s"):
        module = __package__ + place % plain
        try:
            return importlib.import_module(module).app
        except ModuleNotFoundError as error:
            # A dependency that is missing is another matter than the tool itself missing.
            if error.name is None or not (module == error.name or module.startswith(error.name + ".")):
                raise UserError(_absent(name, error.name))
    raise UserError("the tool %r is not part of this checkout yet" % name)


def _absent(name, module):
    """What to do when a tool needs a Python module that is not installed."""
    if CHECKOUT:
        how = "`make setup` installs what all tools need; then use .venv/bin/python -m tools"
    else:
        how = "install it with: python -m pip install " + " ".join(
            _needs(EXTRAS.get(str(module).split(".")[0], "all"))
        )
    return "%s needs the Python module %s, which is not installed; %s" % (name, module, how)


def _needs(extra):
    """What an extra installs, for a command line: by these names, as nobody knows from where we came."""
    mark = 'extra == "%s"' % extra
    found = [
        one.partition(";")[0].strip()
        for one in importlib.metadata.requires("wanbeacon-tools") or ()
        if mark in one.replace("'", '"')
    ]
    return ['"%s"' % one for one in found]


def _command(name):
    """The click command of a tool."""
    import typer

    tool = load(name)
    if not isinstance(tool, typer.Typer):
        app = typer.Typer(add_completion=False)
        app.command()(tool)
        tool = app
    return typer.main.get_command(tool)


def call(name, args):
    """Runs the tool `name` with `args`; returns the exit status."""
    # standalone_mode off: typer would otherwise turn Ctrl-C into "Aborted!" and errors into boxes.
    try:
        status = _command(name).main(args=args, prog_name="%s %s" % (COMMAND, name), standalone_mode=False)
    except ModuleNotFoundError as error:  # a tool may import its larger parts late
        if str(error.name).split(".")[0] in OURS:
            raise
        raise UserError(_absent(name, error.name)) from None
    return status if isinstance(status, int) else 0


def completion(argv):
    """Typer's shell completion: answers the shell (_WANBEACON_TOOLS_COMPLETE), or installs or shows the
    script for it."""
    import typer
    from typer.core import TyperGroup

    class Lazy(TyperGroup):
        """All tools as subcommands, each imported only when it is named."""

        def list_commands(self, ctx):
            return list(TOOLS)

        def get_command(self, ctx, cmd_name):
            return _command(cmd_name) if cmd_name in TOOLS else None

        def shell_complete(self, ctx, incomplete):
            from typer.core import CompletionItem

            return [
                CompletionItem(name, help=line) for name, line in TOOLS.items() if name.startswith(incomplete)
            ]

    app = typer.Typer(cls=Lazy, add_completion=True)
    app.callback()(lambda: None)
    app(args=argv, prog_name=COMMAND)


def main(argv):
    """Exit status of the command with `argv`: 0 done, 1 the user's mistake, 2 wrong options, 130 Ctrl-C."""
    if "_WANBEACON_TOOLS_COMPLETE" in os.environ or argv[:1] in (
        ["--install-completion"],
        ["--show-completion"],
    ):
        completion(argv)
        return 0
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(listing())
        return 0
    try:
        return call(argv[0], argv[1:])
    except UserError as error:
        # texts name commands as a checkout calls them
        print(
            "wanbeacon: " + " ".join(str(error).split()).replace("python -m tools", COMMAND),
            *error.args[1:],
            sep="\n",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `... | head`
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 141
    except Exception as error:
        # click's own errors, wherever typer keeps click in this version: they carry an exit code and a way to
        # show.
        if type(error).__name__ == "Abort":
            return 130
        if not (hasattr(error, "exit_code") and hasattr(error, "format_message")):
            raise
        print(
            "wanbeacon: %s; see %s %s --help" % (error.format_message().rstrip("."), COMMAND, argv[0]),
            file=sys.stderr,
        )
        return error.exit_code


def script():
    """The console script `wanbeacon-tools`."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    script()
