"""The personalities: one module per provider, found by name. This file must not import one before it is asked for.

A personality is a module with `RULES` (see `rules.Rules`), `ACCOUNTS` (the document of its demo accounts) and
`ROUTES`: path -> function (request, world) -> Reply. The key "*" takes every path that has no route."""

import copy
import importlib

from tools import UserError

#: name on the command line -> module
PERSONALITIES = {"dyn": "dyn"}


def load(name):
    """The module of a personality; UserError if there is none."""
    if name not in PERSONALITIES:
        raise UserError("the lab has no provider %r; it has: %s" % (name, ", ".join(sorted(PERSONALITIES))))
    return importlib.import_module("tools.lab.providers." + PERSONALITIES[name])


def rules_of(module):
    """The module's rules, copied: a test may change them for its own lab."""
    return copy.deepcopy(module.RULES)
