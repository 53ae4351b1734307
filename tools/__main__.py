"""`python -m tools NAME ...`: finds the tool, turns a user's mistake into one line. Knows no tool's inside.

Tools are imported only when asked for, so that a broken or absent one does not stop the others."""

import contextlib
import importlib
import os
import sys

from tools import UserError

# name -> its line in the list. The tool is `app` in tools/NAME/cli.py or tools/NAME.py: a typer app, or a plain
# function with typer options.
TOOLS = {
    "run": "start the agent under MicroPython with the provider lab and a live view",
    "check": "check a configuration file without sending anything",
    "ctl": "talk to a running agent: status, check, update, retry, pause, resume, offline",
    "providers": "list the providers the agent knows",
    "catalogue": "write the device's provider catalogue from tools/data/providers.json",
    "lab": "a DynDNS2 provider on this machine: HTTP(S) and DNS, with faults on request",
    "simulate": "run a year of line changes through the agent's decisions",
    "flash": "put MicroPython and the agent on a board",
    "image": "make a flash image with MicroPython, the agent and a configuration",
    "package": "make the OpenWrt package and the mip package",
    "grade": "judge any DynDNS client against the provider lab",
    "bench": "measure change-to-request time, sizes and memory",
    "roots": "cut the CA roots in firmware/catalogue/roots from certifi",
    "mpy": "compile firmware/ to .mpy files",
    "release": "build everything a release consists of, twice, with checksums",
    "mutants": "would the tests notice small mistakes in decide, journal and reply?",
    "version": "versions of the agent, the tools and the interpreters found",
}


def listing():
    """The text that `python -m tools` alone prints."""
    wide = max(map(len, TOOLS))
    return "\n".join(["usage: python -m tools NAME [options]   (NAME --help says more)", ""]
                     + ["  %-*s  %s" % (wide, name, line) for name, line in TOOLS.items()])


def load(name):
    """The callable of the tool `name`; UserError if there is none of that name or it is not built yet."""
    if name not in TOOLS:
        raise UserError("there is no tool %r; `python -m tools` lists them" % name)
    for module in ("tools.%s.cli" % name, "tools." + name, "tools.build." + name, "tools.device." + name):
        try:
            return importlib.import_module(module).app
        except ModuleNotFoundError as error:
            # A dependency that is missing is another matter than the tool itself missing.
            if error.name is None or not (module == error.name or module.startswith(error.name + ".")):
                raise UserError("%s needs the Python module %s, which is not installed; `make test` or `make run` "
                                "sets up .venv with all of them" % (name, error.name))
    raise UserError("the tool %r is not part of this checkout yet" % name)


def call(tool, name, args):
    """Runs a typer app or plain function with `args`; returns the exit status."""
    import typer
    if not isinstance(tool, typer.Typer):
        app = typer.Typer(add_completion=False)
        app.command()(tool)
        tool = app
    # standalone_mode off: typer would otherwise turn Ctrl-C into "Aborted!" and errors into boxes.
    command = typer.main.get_command(tool)
    status = command.main(args=args, prog_name="python -m tools " + name, standalone_mode=False)
    return status if isinstance(status, int) else 0


def main(argv):
    """Exit status of `python -m tools *argv`: 0 done, 1 the user's mistake, 2 wrong options, 130 Ctrl-C."""
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(listing())
        return 0
    try:
        return call(load(argv[0]), argv[0], argv[1:])
    except UserError as error:
        print("wanbeacon: %s" % " ".join(str(error).split()), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `... | head`
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 141
    except Exception as error:
        # click's own errors, wherever typer keeps click in this version: they carry an exit code and a way to show.
        if type(error).__name__ == "Abort":
            return 130
        if not (hasattr(error, "exit_code") and hasattr(error, "format_message")):
            raise
        print("wanbeacon: %s; see python -m tools %s --help" % (error.format_message().rstrip("."), argv[0]),
              file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
