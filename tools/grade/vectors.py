# SPDX-License-Identifier: MIT
"""The test vectors of docs/dyndns2.md: answers of a server, and what a client has to read from each."""

import json

from .. import HERE, UserError

FILE = HERE / "data" / "dyndns2-vectors.json"
_found = {}


def load(path=FILE):
    """The whole document: see docs/dyndns2.md, section 12."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError("cannot read the test vectors %s: %s" % (path, error.strerror))
    except ValueError as error:
        raise UserError("the test vectors %s are not JSON: %s" % (path, error))


def find(name):
    """The vector of that id, {"body", "status", "headers", ...}."""
    if not _found:
        _found.update((one["id"], {"status": 200, "headers": {}, **one}) for one in load()["vectors"])
    return _found[name]
